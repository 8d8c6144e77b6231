package engine

import (
	"errors"
	"time"

	"github.com/vitro-tls/vitro/event"
	"github.com/vitro-tls/vitro/fault"
	"github.com/vitro-tls/vitro/internal/hs"
	"github.com/vitro-tls/vitro/internal/record"
	"github.com/vitro-tls/vitro/want"
	"github.com/vitro-tls/vitro/wire"
)

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
		if e.desk.Input == nil {
			e.desk.LendInput()
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
		e.setReady(false)
		return nil, e.enter(s.Begin(&e.desk))
	case hs.Resumer:
		return e.resume(s)
	}
	raw, err := e.next()
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
		e.setReady(true)
	}
	return nil
}

func (e *Engine) setReady(ready bool) {
	e.ready.Store(ready)
	e.desk.Out.LetData(ready)
}

func (e *Engine) receive(raw []byte) error {
	m, err := wire.DecodeIn(e.desk.Slots(), raw, e.desk.Context)
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
		e.moved()
	} else if err := e.talked(); err != nil {
		return err
	}
	if err := e.checkTurn(m); err != nil {
		return err
	}
	wait := e.state.(hs.Receiver)
	if !wait.Takes(&e.desk).Has(m.Type()) {
		return hs.Unexpected(&e.desk, m, e.expected(wait))
	}
	return e.enter(wait.Receive(&e.desk, m))
}

// next returns the next whole message, nil if there is none. One that has only begun is refused already where it has no
// place: nothing is collected to be thrown away.
func (e *Engine) next() ([]byte, error) {
	raw, err := e.desk.In.Assembler.Next()
	if raw != nil || err != nil {
		return raw, err
	}
	t, begun := e.desk.In.Assembler.Begun()
	wait, ok := e.state.(hs.Receiver)
	switch {
	case !ok || !begun:
		return nil, nil
	case t == wire.TypeChangeCipherSpec: // its number is ours, for what is no handshake message
		return nil, fault.New(fault.UnexpectedMessage).With("a handshake message of type 255")
	case !wait.Takes(&e.desk).Has(t):
		return nil, hs.UnexpectedType(t, e.expected(wait))
	}
	return nil, nil
}

func (e *Engine) expected(wait hs.Receiver) string {
	if _, ready := wait.(hs.Ready); ready {
		return "application data or " + wait.Takes(&e.desk).String()
	}
	return wait.Takes(&e.desk).String()
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
	t, content, err := e.openRecord(nil, rec)
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
		// RFC 8446 §5.1: nothing stands between the fragments of a message.
		if !e.desk.In.Assembler.Empty() {
			return fault.New(fault.InterleavedMessage)
		}
		// Early data that came before a second ClientHello is in the clear for us.
		if skip, err := e.skipEarly(record.Header{Type: t, Length: len(content)}); skip || err != nil {
			return err
		}
		return fault.New(fault.EarlyApplicationData)
	}
	return e.act(t, content)
}
