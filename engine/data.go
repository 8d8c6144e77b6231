package engine

import (
	"errors"
	"fmt"

	"github.com/vitro-tls/vitro/fault"
	"github.com/vitro-tls/vitro/internal/hs"
	"github.com/vitro-tls/vitro/internal/record"
	"github.com/vitro-tls/vitro/wire"
)

// HasHandshake reports whether Step has a handshake to do: before Ready, and again after a HelloRequest that the
// configuration lets a client heed. Open and Seal have to wait until Step returns Ready.
func (e *Engine) HasHandshake() bool {
	_, begins := e.state.(hs.Beginner)
	return (begins || !e.ready.Load()) && e.failed() == nil
}

// maxHeld bounds what a server can say before it heeds the ClientHello that it has asked for.
const maxHeld = 1 << 20

func (e *Engine) hold(content []byte) error {
	if err := e.checkData(content); err != nil {
		return err
	}
	if len(e.held)+len(content) > maxHeld {
		return fault.New(fault.TooMuchBeforeHello).With(fmt.Sprintf("more than %d bytes", maxHeld))
	}
	e.held = append(e.held, content...)
	return nil
}

// Held returns the application data that came while a renegotiation was on its way, and forgets it. It is to be asked
// for once Step has returned Ready.
func (e *Engine) Held() []byte {
	held := e.held
	e.held = nil
	return held
}

// HasQuestion reports whether Step would raise a question, after the handshake: a session to store. Nothing waits for
// its answer.
func (e *Engine) HasQuestion() bool { return e.ready.Load() && e.failed() == nil && e.desk.HasAsides() }

// Output returns what is to be written to the network. The bytes are the caller's.
func (e *Engine) Output() []byte { return e.desk.Out.Take(nil) }

// AppendOutput is Output into a buffer of the caller's.
func (e *Engine) AppendOutput(dst []byte) []byte { return e.desk.Out.Take(dst) }

// HasOutput reports whether Output would return anything that has to go out now. A session ticket waits for what is sent
// next, and is returned with it: alone it would hold up a server whose client does not read yet.
func (e *Engine) HasOutput() bool { return e.desk.Out.Waiting() }

// HasTicket reports whether Output would return a session ticket that waits for what is sent next.
func (e *Engine) HasTicket() bool { return e.desk.Out.Patient() }

// Seal appends plaintext to dst as records of application data, behind what Output still has. The error is that of
// a connection that is closed or has failed, or is not yet secure: RFC 5246 §7.3, RFC 8446 §2, §5.1.
func (e *Engine) Seal(dst, plaintext []byte) ([]byte, error) { return e.desk.Out.Seal(dst, plaintext) }

// RecordSize returns how many bytes the record at the start of b has with its header, 0 if b is shorter than
// a header. io.EOF says that the peer has closed its side, so that none is to be waited for. Any other error is the
// connection's failure: b does not begin a record.
func (e *Engine) RecordSize(b []byte) (int, error) {
	if err := e.failed(); err != nil {
		return 0, err
	}
	if e.peerClosed {
		return 0, errEOF
	}
	if len(b) < record.HeaderLen {
		return 0, nil
	}
	if err := e.checkHeader(b); err != nil {
		return 0, e.fail(err)
	}
	return record.HeaderLen + record.ParseHeader(b).Length, nil
}

// Open takes one whole record after the handshake, decrypts it in place and returns the application data in it,
// which is valid until the next call and may be empty. io.EOF says that the peer has closed its side. Any other
// error is the connection's end; Output then holds the alert.
func (e *Engine) Open(rec []byte) ([]byte, error) { return e.OpenTo(nil, rec) }

// OpenTo is Open, but decrypts into dst, which must not overlap the record, where dst has room for all that the record
// encrypts and its cipher can do so; it has if it is as long as the record. What is returned lies at the start of
// dst then. The rest of dst may be used as scratch.
func (e *Engine) OpenTo(dst, rec []byte) ([]byte, error) {
	t, content, err := e.OpenRecord(dst, rec)
	if err == nil && t != wire.ContentApplicationData {
		return nil, e.Attend(t, content)
	}
	return content, err
}

// OpenRecord is OpenTo for who has little stack: what has another type than application data is only opened. Attend has to
// act on it next.
func (e *Engine) OpenRecord(dst, rec []byte) (wire.ContentType, []byte, error) {
	s, to, ciphertext, err := e.beginOpen(dst, rec)
	if err != nil {
		return 0, nil, err
	}
	if s == nil {
		return e.opened(e.openRecord(dst, rec))
	}
	// The cipher is called from here, which with its own frames just fits into the stack that a goroutine begins with.
	inner, err := s.Open(to, s.Nonce(), ciphertext, s.Additional())
	return e.endOpen(rec, inner, err)
}

// beginOpen does what is to be done before the cipher is called. It returns no Sealer where openRecord does that.
func (e *Engine) beginOpen(dst, rec []byte) (s *record.Sealer, to, ciphertext []byte, err error) {
	if err := e.failed(); err != nil {
		return nil, nil, nil, err
	}
	if e.peerClosed {
		return nil, nil, nil, errEOF
	}
	if e.HasHandshake() {
		return nil, nil, nil, fault.New(fault.InternalError).With("Open while a handshake is to be done")
	}
	if err = e.checkHeader(rec); err == nil {
		s, to, ciphertext, err = e.desk.In.Half.BeginOpen(dst, rec)
	}
	if err != nil {
		return nil, nil, nil, e.fail(err)
	}
	return s, to, ciphertext, nil
}

func (e *Engine) endOpen(rec, inner []byte, err error) (wire.ContentType, []byte, error) {
	t, content, err := e.desk.In.Half.EndOpen(rec, inner, err)
	if err == nil && e.tls13() {
		err = checkInner13(t)
	}
	if err == nil {
		e.tell(t, record.ParseHeader(rec), true)
	}
	return e.opened(t, content, err)
}

// opened has the last word over a record after the handshake.
func (e *Engine) opened(t wire.ContentType, content []byte, err error) (wire.ContentType, []byte, error) {
	if err == nil && t == wire.ContentApplicationData {
		err = e.checkData(content)
	}
	if err != nil {
		return 0, nil, e.fail(err)
	}
	return t, content, nil
}

// Attend acts on what OpenRecord has found to be no application data: alerts, tickets, new keys. Its error is as Open's.
func (e *Engine) Attend(t wire.ContentType, content []byte) error { return e.control(t, content) }

// control acts on a record after the handshake that is not application data.
func (e *Engine) control(t wire.ContentType, content []byte) error {
	err := e.act(t, content)
	for err == nil && !e.HasHandshake() {
		var raw []byte
		if raw, err = e.next(); raw == nil {
			break
		}
		err = e.receive(raw)
	}
	if err != nil && !errors.Is(err, errEOF) {
		return e.fail(err)
	}
	return err
}
