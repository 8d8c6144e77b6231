package hs

import (
	"sync"

	"github.com/vitro-tls/vitro/event"
	"github.com/vitro-tls/vitro/fault"
	"github.com/vitro-tls/vitro/internal/record"
	"github.com/vitro-tls/vitro/wire"
)

// Outgoing is the write half: its keys, and the records that wait to be taken to the network. Its lock is where the
// two halves of a connection meet, when the read half has an alert to send.
type Outgoing struct {
	mu      sync.Mutex
	half    record.Half
	pending []byte
	lent    *[]byte // what pending begins with, nil for memory of its own
	closed  error   // after close_notify or a fatal alert nothing more is sent
	stream  *event.Stream
	traffic *Traffic13 // TLS 1.3: what the keys come from
	version wire.Version
	updated bool // a KeyUpdate is among what waits
	asked   bool // one that asks the peer for the same
	aside   bool // so is an Aside
	patient bool // all that waits may wait for company
	data    bool // application data may be sent
	owesCCS bool // TLS 1.3: a ChangeCipherSpec goes in front of what is encrypted first
}

// Init sets the version that records carry at first, and the padding policy. RFC 5246 §E.1: TLS 1.0 on a ClientHello, for old servers.
func (o *Outgoing) Init(stream *event.Stream, v wire.Version, pad func(int) int) {
	o.stream, o.version, o.half.Pad = stream, v, pad
}

// SetVersion sets the version that records carry from now on. RFC 8446 §5.1, §D.5.
func (o *Outgoing) SetVersion(v wire.Version) {
	o.mu.Lock()
	o.version = v
	o.mu.Unlock()
}

// SetLimit bounds what a record carries from now on.
func (o *Outgoing) SetLimit(n int, clear bool) {
	o.mu.Lock()
	o.half.SetLimit(n, clear)
	o.mu.Unlock()
}

// Write puts content into records that wait to be taken: of the types that there are, none empty, and
// in their order. RFC 5246 §6, §6.2.1, RFC 8446 §5, §5.1.
func (o *Outgoing) Write(t wire.ContentType, content []byte) error {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.lend()
	var err error
	o.pending, err = o.seal(o.pending, t, content)
	return err
}

// lend gives pending memory to begin with, while a handshake writes: that is taken soon.
func (o *Outgoing) lend() {
	if o.pending == nil {
		o.lent = lend()
		o.pending = *o.lent
	}
}

// Aside is Write for what may as well stay unsaid: after the end it does nothing, nor while another Aside waits, so that
// a peer that asks and does not read cannot make us keep an answer for each question. It returns whether it was said.
func (o *Outgoing) Aside(t wire.ContentType, content []byte) (bool, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.closed != nil || o.aside {
		return false, nil
	}
	var err error
	o.pending, err = o.seal(o.pending, t, content)
	o.aside = err == nil
	return err == nil, err
}

// writeClear is Write without protection, whatever the keys in force.
func (o *Outgoing) writeClear(t wire.ContentType, content []byte) error {
	o.mu.Lock()
	defer o.mu.Unlock()
	var err error
	o.pending, err = o.sealClear(o.pending, t, content)
	return err
}

func (o *Outgoing) sealClear(dst []byte, t wire.ContentType, content []byte) ([]byte, error) {
	keys := o.half
	o.half = record.Half{}
	dst, err := o.seal(dst, t, content)
	o.half = keys
	return dst, err
}

func (o *Outgoing) oweCCS() {
	o.mu.Lock()
	o.owesCCS = true
	o.mu.Unlock()
}

// ChangeKeys puts a ChangeCipherSpec out and protects what follows. RFC 5246 §7.1.
func (o *Outgoing) ChangeKeys(p record.Protection) error {
	o.mu.Lock()
	defer o.mu.Unlock()
	var err error
	o.pending, err = o.seal(o.pending, wire.ContentChangeCipherSpec, ccsBody)
	o.half.MoveProtection(p)
	return err
}

func (o *Outgoing) setTraffic(t *Traffic13, space *keySpace) error {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.traffic = t
	return space.protect(&o.half, t)
}

// UpdateKeys sends a KeyUpdate and changes to the keys that follow. RFC 8446 §4.6.3. While one waits to be taken,
// another that tells the peer nothing new is left out: a flood of requests is not answered with a flood.
func (o *Outgoing) UpdateKeys(request bool) error {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.update(request)
}

// AnswerUpdate is UpdateKeys for a peer that asks, while it may be told: who has said close_notify already says nothing
// more, and reads on.
func (o *Outgoing) AnswerUpdate() error {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.closed != nil {
		return nil
	}
	return o.update(false)
}

func (o *Outgoing) update(request bool) error {
	if o.closed != nil {
		return o.closed
	}
	if o.updated && (o.asked || !request) {
		return nil
	}
	var err error
	if o.pending, err = o.updateKeys(o.pending, request); err == nil {
		o.updated, o.asked = true, request
	}
	return err
}

func (o *Outgoing) updateKeys(dst []byte, request bool) ([]byte, error) {
	m := &wire.KeyUpdate{RequestUpdate: request}
	raw, err := wire.Encode(m, wire.Context{Version: wire.TLS13})
	if err != nil {
		return dst, fault.New(fault.InternalError).Because(err)
	}
	event.Emit(o.stream, 0, event.Message{Sent: true, Message: m})
	if dst, err = o.seal(dst, wire.ContentHandshake, raw); err != nil {
		return dst, err
	}
	advance(o.traffic)
	if err := new(keySpace).protect(&o.half, o.traffic); err != nil {
		return dst, err
	}
	event.Emit(o.stream, 0, event.KeysUpdated{Sent: true, Requested: request})
	return dst, nil
}

// Finally puts out the last that is sent: after it every other call fails with reason. Only the first Finally counts;
// it returns whether this was the first.
func (o *Outgoing) Finally(t wire.ContentType, content []byte, reason error) bool {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.closed != nil {
		return false
	}
	// Without a sequence number left there is no way to say anything; what matters is that nothing follows.
	o.pending, _ = o.seal(o.pending, t, content)
	o.closed = reason
	return true
}

// FinallyRaw is Finally for bytes that are no record: the answer to a peer that does not speak TLS.
func (o *Outgoing) FinallyRaw(b []byte, reason error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.closed == nil {
		o.pending, o.closed = append(o.pending, b...), reason
	}
}

// Shut lets nothing more out, without a word to the peer.
func (o *Outgoing) Shut(reason error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.closed == nil {
		o.closed = reason
	}
}

// Seal appends application data as records to dst, behind what waits: the order of sealing is the order of the wire.
// After the end it leaves what waits, which is the alert.
//
// The cipher is called from here, which with its own frames just fits into the stack that a goroutine begins with.
func (o *Outgoing) Seal(dst, plaintext []byte) ([]byte, error) {
	s, dst, content, err := o.beginSeal(dst, plaintext)
	if s == nil {
		return dst, err
	}
	dst = s.Seal(dst, s.Nonce(), content, s.Additional())
	o.mu.Unlock()
	return dst, nil
}

// beginSeal does all but calling the cipher, and leaves o locked, or, where there is more to do than one record, all.
func (o *Outgoing) beginSeal(dst, plaintext []byte) (s *record.Sealer, front, content []byte, err error) {
	o.mu.Lock()
	defer func() {
		if s == nil {
			o.mu.Unlock()
		}
	}()
	if o.closed != nil {
		return nil, dst, nil, o.closed
	}
	// Nor before the connection is secure.
	if !o.data {
		return nil, dst, nil, fault.New(fault.InternalError).With("Seal while a handshake is to be done")
	}
	dst = o.drain(dst)
	if o.traffic != nil && o.half.Records() >= o.traffic.Suite().Cipher.MaxRecords {
		if dst, err = o.updateKeys(dst, false); err != nil {
			return nil, dst, nil, err
		}
	}
	const t = wire.ContentApplicationData
	if !o.owesCCS && len(plaintext) <= o.half.MaxContent() {
		start := len(dst)
		began, front, content, err := o.half.BeginSeal(dst, t, o.version, plaintext)
		if began != nil {
			o.tell(t, record.ParseHeader(front[start:]).Length) // which may panic, while s is nil
		}
		if began != nil || err != nil {
			return began, front, content, err
		}
	}
	front, err = o.seal(dst, t, plaintext)
	return nil, front, nil, err
}

func (o *Outgoing) tell(t wire.ContentType, length int) {
	event.Emit(o.stream, 0, event.Record{Sent: true, Type: t, Version: o.version, Length: length, Protected: o.half.Protected()})
}

// LetData says whether application data may be sent from now on.
func (o *Outgoing) LetData(let bool) {
	o.mu.Lock()
	o.data = let
	o.mu.Unlock()
}

// Closed reports whether nothing more may be sent.
func (o *Outgoing) Closed() bool {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.closed != nil
}

// Take appends what waits to dst and forgets it.
func (o *Outgoing) Take(dst []byte) []byte {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.drain(dst)
}

// Waiting reports whether anything waits to be taken that cannot wait longer.
func (o *Outgoing) Waiting() bool {
	o.mu.Lock()
	defer o.mu.Unlock()
	return len(o.pending) > 0 && !o.patient
}

func (o *Outgoing) drain(dst []byte) []byte {
	dst = append(dst, o.pending...)
	if o.lent != nil {
		giveBack(o.lent)
	}
	o.pending, o.lent, o.updated, o.asked, o.aside, o.patient = nil, nil, false, false, false, false
	return dst
}

func (o *Outgoing) seal(dst []byte, t wire.ContentType, content []byte) ([]byte, error) {
	if o.closed != nil {
		return dst, o.closed
	}
	o.patient = false
	if o.owesCCS && o.half.Protected() {
		o.owesCCS = false
		event.Emit(o.stream, 0, event.Message{Sent: true, Message: CCS})
		var err error
		if dst, err = o.sealClear(dst, wire.ContentChangeCipherSpec, ccsBody); err != nil {
			return dst, err
		}
	}
	for {
		n := min(len(content), o.half.MaxContent())
		start := len(dst)
		var err error
		if dst, err = o.half.Seal(dst, t, o.version, content[:n]); err != nil {
			return dst, err
		}
		o.tell(t, len(dst)-start-record.HeaderLen)
		if content = content[n:]; len(content) == 0 {
			return dst, nil
		}
	}
}

// settle is for the end of a handshake.
func (o *Outgoing) settle(in *record.Half) {
	o.mu.Lock()
	record.Settle(in, &o.half)
	o.mu.Unlock()
}
