// Package engine is TLS without I/O: a client and a server that take bytes and give bytes.
//
// The engine opens no socket, starts no goroutine and reads no clock. Its caller runs a loop over [Engine.Step]:
//
//	for {
//		switch w := e.Step(time.Now()).(type) {
//		case want.NeedInput:        // read from the network, then e.Feed
//		case want.HaveOutput:       // write e.Output to the network
//		case want.Ready:            // done: e.Seal and e.Open carry application data
//		case want.Failed:           // w.Err says why; the alert has been taken as output before
//		case *want.VerifyPeer:      // w.Answer, now or later, from any goroutine
//		case *want.Sign:            // w.Run answers with the credential's own key
//		…
//		}
//	}
//
// A client that may renegotiate (TLS 1.2) asks HasHandshake after each Open, and goes back to the loop for another
// handshake, with no Seal meanwhile; Held has what the server said until it took note. Where the configuration does not let it, that never happens.
//
// After Ready a server's Step may still raise SealTicket, and a client's StoreSession, once a record with a ticket has
// been opened. Data flows meanwhile; an answer to SealTicket takes effect in a later Step.
//
// While the handshake runs, one goroutine drives the engine. After Ready the read half (Open, Step, CloseInput) and
// the write half (Seal, Output, Close) may be driven by two. What the read half has to say to the peer (an alert)
// waits in Output, and goes out in front of what Seal returns next: both must be written in the order of the calls.
package engine

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"
	"time"

	"github.com/vitro-tls/vitro/event"
	"github.com/vitro-tls/vitro/fault"
	"github.com/vitro-tls/vitro/internal/hs"
	"github.com/vitro-tls/vitro/internal/lazy"
	"github.com/vitro-tls/vitro/internal/record"
	"github.com/vitro-tls/vitro/want"
	"github.com/vitro-tls/vitro/wire"
)

// Config says how connections are to be made; Compile makes it usable.
type Config = hs.Config

// Compiled is a Config that has been checked and worked out. It serves any number of connections at once.
type Compiled = hs.Compiled

// CookieKeys seals and opens the cookies of a server that keeps nothing between two ClientHellos. session.Tickets does.
type CookieKeys = hs.CookieKeys

// Entropy is every random operation of a handshake.
type Entropy = hs.Entropy

// Compile checks a configuration. The error is a *fault.Error of the rule fault.BadConfig.
func Compile(c Config) (*Compiled, error) { return hs.Compile(c) }

// Options are what differs from connection to connection.
type Options struct {
	// Context is the parent of every question's context, nil for context.Background.
	Context context.Context
	// Notify is called whenever a question has been answered, from the answering goroutine: time for a Step. That may be
	// the goroutine that drives the engine, for which it must not wait.
	Notify func()
	// Conn is the connection's number in events, 0 for the next free one.
	Conn uint64
}

// Engine is one end of one connection.
type Engine struct {
	desk   hs.Desk
	state  hs.State
	raised want.Question // the question that Step has returned already
	// questions ends the context of what is asked: the handshake's, after SetContext life.
	questions *lazy.Context
	life      lazy.Context

	idle int // records in a row that brought nothing: empty ones, warnings
	talk int // messages in a row that brought no data, and that nothing waited for: tickets, new keys, HelloRequests

	held       []byte // application data that came between a HelloRequest and the ServerHello
	peerClosed bool   // close_notify has come
	failure    atomic.Pointer[error]
	ready      atomic.Bool
}

// NewClient makes the client's end.
func NewClient(c *Compiled, o Options) *Engine {
	e := newEngine(fault.Client, c, o)
	e.state = start{}
	return e
}

// NewServer makes the server's end.
func NewServer(c *Compiled, o Options) *Engine {
	e := newEngine(fault.Server, c, o)
	e.state = waitClientHello{}
	e.desk.Cookies = c.Cookies
	return e
}

func newEngine(role fault.Role, c *Compiled, o Options) *Engine {
	e := &Engine{}
	if o.Conn == 0 && c.Tracer != nil {
		o.Conn = event.NextConn()
	}
	d := &e.desk
	d.Role, d.Config = role, c
	d.Asker.Notify = o.Notify
	d.Shaking = new(hs.Shaking)
	e.questions = &d.Questions
	e.questions.Follow(o.Context)
	d.Asker.Context = e.questions
	d.Stream.Init(c.Tracer, role, o.Conn)
	d.Out.Init(&d.Stream, wire.TLS10, c.RecordPadding)
	return e
}

// Feed takes bytes from the network, at most up to the end of a record, and returns how many it took. It takes none
// while a whole record waits for Step, and none once the handshake is done, or only our own part of it is left: the
// rest belongs to Open.
func (e *Engine) Feed(b []byte) int {
	taken := 0
	if _, last := e.state.(hs.LastResumer); last || e.desk.Shaking == nil {
		return 0
	}
	for e.desk.Size == 0 && taken < len(b) {
		n := min(record.HeaderLen-len(e.desk.Input), len(b)-taken)
		if e.done() {
			return taken
		}
		e.desk.Input = append(e.desk.Input, b[taken:taken+n]...)
		taken += n
		if len(e.desk.Input) == record.HeaderLen {
			e.desk.Size = record.HeaderLen + record.ParseHeader(e.desk.Input).Length
			if e.checkHeader(e.desk.Input) != nil {
				e.desk.Size = record.HeaderLen // Step says what is wrong
			}
		}
	}
	if n := min(e.desk.Size-len(e.desk.Input), len(b)-taken); n > 0 {
		e.desk.Input = append(e.desk.Input, b[taken:taken+n]...)
		taken += n
	}
	return taken
}

func (e *Engine) done() bool { return e.ready.Load() || e.failed() != nil }

func (e *Engine) recordComplete() bool {
	return e.desk.Shaking != nil && e.desk.Size > 0 && len(e.desk.Input) >= e.desk.Size
}

// Step goes on as far as it can and says what it needs next. now is the time, for certificates and events.
func (e *Engine) Step(now time.Time) want.Want {
	e.desk.Now = now
	e.desk.Stream.SetTime(now)
	for {
		if err := e.failed(); err != nil {
			if e.desk.Out.Waiting() {
				return want.HaveOutput{}
			}
			return want.Failed{Err: err}
		}
		w, err := e.advance()
		if err != nil {
			e.fail(err)
			continue
		}
		if w != nil {
			return w
		}
	}
}

// advance takes one step. It returns a want when the engine cannot go on alone, and nil, nil when it can.
func (e *Engine) advance() (want.Want, error) {
	switch s := e.state.(type) {
	case hs.Beginner:
		e.ready.Store(false)
		return nil, e.enter(s.Begin(&e.desk))
	case hs.Resumer:
		return e.resume(s)
	}
	raw, err := e.desk.In.Assembler.Next()
	if err != nil {
		return nil, err
	}
	if raw != nil {
		return nil, e.receive(raw)
	}
	if e.recordComplete() {
		return nil, e.takeRecord()
	}
	if e.ready.Load() {
		if err := e.desk.TakeAsides(); err != nil {
			return nil, err
		}
	}
	if e.desk.Out.Waiting() {
		return want.HaveOutput{}, nil
	}
	if e.ready.Load() {
		if q := e.desk.RaiseAside(); q != nil {
			return q, nil
		}
		return want.Ready{}, nil
	}
	return want.NeedInput{}, nil
}

// resume raises the question of a state, and goes on when it has been answered. Output waits for the answer to the
// first call, so that an answer given at once costs no extra write.
func (e *Engine) resume(s hs.Resumer) (want.Want, error) {
	q := s.Question()
	if !q.Answered() {
		if e.raised != q {
			e.raised = q
			return q, nil
		}
		if e.desk.Out.Waiting() {
			return want.HaveOutput{}, nil
		}
		return q, nil
	}
	e.raised = nil
	hs.Tell(&e.desk, 0, event.Answered{Want: q.Name()})
	return nil, e.enter(s.Resume(&e.desk))
}

// enter makes next the state.
func (e *Engine) enter(next hs.State, err error) error {
	if err != nil {
		return err
	}
	e.state = next
	if _, ok := next.(hs.Ready); ok {
		e.ready.Store(true)
	}
	return nil
}

func (e *Engine) receive(raw []byte) error {
	m, err := wire.Decode(raw, e.desk.Context)
	if err != nil {
		return undecodable(err)
	}
	return e.deliver(m)
}

func (e *Engine) deliver(m wire.Message) error {
	// RFC 5246 §7.4.1.1: a client that is shaking hands already ignores a HelloRequest.
	if _, ok := m.(*wire.HelloRequest); ok && e.desk.Role == fault.Client && !e.ready.Load() && !e.tls13() && e.desk.Config.Speaks(wire.TLS12) {
		hs.Tell(&e.desk, 0, event.Message{Message: m})
		return e.talked()
	}
	if !e.ready.Load() {
		e.idle, e.talk = 0, 0
	} else if err := e.talked(); err != nil {
		return err
	}
	if err := e.checkTurn(m); err != nil {
		return err
	}
	return e.enter(e.state.(hs.Receiver).Receive(&e.desk, m))
}

// checkTurn: RFC 5246 §7.3: a message that it is our turn to answer is the last one of its flight. What stands behind it
// was made without knowing the answer.
func (e *Engine) checkTurn(m wire.Message) error {
	ours := false
	switch m := m.(type) {
	case *wire.ClientHello, *wire.ServerHelloDone:
		ours = true
	case *wire.ServerHello:
		ours = m.IsHelloRetryRequest()
	case *wire.HelloRequest:
		ours = e.desk.Config.Again != nil
	}
	if ours && !e.desk.In.Assembler.Empty() {
		return fault.New(fault.MessageBehindFlight).With("behind " + m.Type().String())
	}
	return nil
}

// takeRecord opens the record that was fed and acts on it.
func (e *Engine) takeRecord() error {
	rec := e.desk.Input
	e.desk.Input, e.desk.Size = e.desk.Input[:0], 0
	t, content, err := e.openRecord(rec)
	if errors.Is(err, errSkipped) {
		return nil
	}
	if err != nil {
		return err
	}
	if t == wire.ContentApplicationData {
		if _, ok := e.state.(hs.DataReceiver); ok {
			return e.hold(content)
		}
		// Early data that came before a second ClientHello is in the clear for us.
		if skip, err := e.skipEarly(record.Header{Type: t, Length: len(content)}); skip || err != nil {
			return err
		}
		return fault.New(fault.EarlyApplicationData)
	}
	return e.act(t, content)
}

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
func (e *Engine) Seal(dst, plaintext []byte) ([]byte, error) {
	if err := e.failed(); err != nil {
		return dst, err
	}
	if !e.ready.Load() {
		return dst, fault.New(fault.InternalError).With("Seal while a handshake is to be done")
	}
	return e.desk.Out.Seal(dst, plaintext)
}

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
func (e *Engine) Open(rec []byte) ([]byte, error) {
	if err := e.failed(); err != nil {
		return nil, err
	}
	if e.peerClosed {
		return nil, errEOF
	}
	if e.HasHandshake() {
		return nil, fault.New(fault.InternalError).With("Open while a handshake is to be done")
	}
	t, content, err := e.openRecord(rec)
	if err != nil {
		return nil, e.fail(err)
	}
	if t != wire.ContentApplicationData {
		return nil, e.control(t, content)
	}
	if err := e.checkData(content); err != nil {
		return nil, e.fail(err)
	}
	return content, nil
}

// control acts on a record after the handshake that is not application data.
func (e *Engine) control(t wire.ContentType, content []byte) error {
	err := e.act(t, content)
	for err == nil && !e.HasHandshake() {
		var raw []byte
		if raw, err = e.desk.In.Assembler.Next(); raw == nil {
			break
		}
		err = e.receive(raw)
	}
	if err != nil && !errors.Is(err, errEOF) {
		return e.fail(err)
	}
	return err
}

// State returns what has been agreed on so far.
func (e *Engine) State() want.ConnectionState { return e.Agreed()() }

// Agreed is State for later: what it returns goes on saying what has been agreed on by now, from any goroutine, and keeps
// no more than that.
func (e *Engine) Agreed() func() want.ConnectionState {
	if ready, ok := e.state.(hs.Ready); ok {
		return ready.Negotiated.Complete
	}
	return e.soFar
}

func (e *Engine) soFar() want.ConnectionState {
	if agreed, ok := e.state.(interface{ ConnectionState() want.ConnectionState }); ok {
		return agreed.ConnectionState()
	}
	return want.ConnectionState{ServerName: e.desk.Config.ServerName}
}

// SetContext makes ctx the parent of the contexts of questions to come, in the place of Options.Context, which may have
// been for the handshake only, once. It is called before Seal, Open and Close may be.
func (e *Engine) SetContext(ctx context.Context) {
	e.questions.Cancel()
	e.questions = &e.life
	e.life.Follow(ctx)
	e.desk.Asker.Context = &e.life
}

// cancel ends the context of every question, those to come too.
func (e *Engine) cancel() { e.questions.Cancel() }

// SetTime hands in the time of the events to come where no Step does it.
func (e *Engine) SetTime(now time.Time) { e.desk.Stream.SetTime(now) }

// Config returns the configuration in force: that of NewServer, or the answer to ChooseConfig.
func (e *Engine) Config() *Compiled { return e.desk.Config }
