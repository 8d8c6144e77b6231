package evil

import (
	"bytes"
	"errors"
	"fmt"
	"io"

	"github.com/vitro-tls/vitro/fault"
	"github.com/vitro-tls/vitro/internal/testkit"
	"github.com/vitro-tls/vitro/want"
	"github.com/vitro-tls/vitro/wire"
)

// Play is one handshake between a victim and its evil peer.
type Play struct {
	Victim, Evil *End
	// Alter changes a flight of the evil peer's before it is sealed; nil leaves it.
	Alter func(flight int, units []Unit) []Unit
	// Flights is what the evil peer's engine meant to send. In a kind that talks the last one is behind the handshake.
	Flights [][]Unit
	// Heard is what the victim said.
	Heard []Unit
	// Waited: everything was said, and the victim waited for more.
	Waited bool
	line   line
	talked bool
}

// NewPlay sets up a handshake whose victim has a role.
func NewPlay(k Kind, victim fault.Role) (*Play, error) {
	v, err := NewEnd(k, victim)
	if err != nil {
		return nil, err
	}
	e, err := NewEnd(k, victim.Peer())
	if err != nil {
		return nil, err
	}
	return &Play{Victim: v, Evil: e, line: line{from: e}}, nil
}

var errHang = errors.New("it goes in circles")

// Run plays the handshake to its end: connected, failed, or everything said and the victim still waiting, whose
// network then ends. Its error is that of an engine that hangs.
func (p *Play) Run() error {
	toEvil, err := p.Victim.take(nil)
	p.Heard = p.Victim.units(toEvil)
	for range 20 {
		if err != nil {
			return err
		}
		var out, sealed []byte
		if out, err = p.Evil.take(toEvil); err != nil {
			return fmt.Errorf("the evil peer: %w", err)
		}
		if len(out) == 0 && p.Evil.kind.Talks && !p.talked && p.Victim.Ready && p.Evil.Ready {
			p.talked = true
			if out, err = p.Evil.talk(); err != nil {
				return err
			}
		}
		if len(out) == 0 {
			return p.end()
		}
		if sealed, err = p.line.seal(p.altered(p.Evil.units(out))); err != nil {
			return err
		}
		toEvil, err = p.Victim.take(sealed)
		p.Heard = append(p.Heard, p.Victim.units(toEvil)...)
	}
	return errHang
}

func (p *Play) altered(units []Unit) []Unit {
	p.Flights = append(p.Flights, units)
	if p.Alter == nil {
		return units
	}
	return p.Alter(len(p.Flights)-1, units)
}

// talk is what an end says after its handshake: tickets, if it is a server, and data under three keys in a row, of which
// the first change asks its peer to change too.
func (e *End) talk() ([]byte, error) {
	out := e.Output()
	for i, data := range []string{"first", "second", "third"} {
		if i > 0 {
			if err := e.UpdateKeys(i == 1); err != nil {
				return nil, err
			}
			out = e.AppendOutput(out)
		}
		var err error
		if out, err = e.Seal(out, []byte(data)); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// end is the network's, for a victim that is still in its handshake. One that is done stores what it was given.
func (p *Play) end() error {
	if v := p.Victim; v.Err == nil && v.Ready {
		_, err := v.step()
		return err
	}
	if v := p.Victim; v.Err == nil && !v.Ready {
		p.Waited = true
		v.Err = v.CloseInput()
		more, err := v.step()
		p.Heard = append(p.Heard, v.units(more)...)
		return err
	}
	return nil
}

// step drives the engine until it waits for input or is done, and returns what it put out.
func (e *End) step() ([]byte, error) {
	var out []byte
	for range 1000 {
		switch w := e.Step(testkit.Now).(type) {
		case want.HaveOutput:
			out = e.AppendOutput(out)
		case want.Question:
			e.answer(w)
			<-w.Done()
		case want.Ready:
			e.Ready = true
			return out, nil
		case want.Failed:
			e.Err = w.Err
			return out, nil
		case want.NeedInput:
			return out, nil
		}
	}
	return nil, errHang
}

// take hands all of b to the engine, as far as it goes on, and returns what it put out.
func (e *End) take(b []byte) ([]byte, error) {
	out, err := e.step()
	for len(b) > 0 && e.Err == nil && err == nil {
		var more []byte
		n := 0
		if e.Ready {
			n, more = e.open(b)
		} else {
			n = e.Feed(b)
			more, err = e.step()
		}
		if n == 0 && len(more) == 0 && !e.Ready && e.Err == nil {
			return out, fmt.Errorf("it takes no input and says nothing, with %d bytes left", len(b))
		}
		b, out = b[n:], append(out, more...)
	}
	return out, err
}

// open takes the first record of b after the handshake.
func (e *End) open(b []byte) (int, []byte) {
	size, err := e.RecordSize(b)
	switch {
	case err == nil && (size == 0 || size > len(b)):
		e.Err = e.Abort(io.ErrUnexpectedEOF)
		size = len(b)
	case err == nil:
		var data []byte
		data, err = e.Open(bytes.Clone(b[:size]))
		e.Data = append(e.Data, data...)
	default:
		size = len(b)
	}
	switch {
	case errors.Is(err, io.EOF):
		e.Closed, size = true, len(b)
	case err != nil:
		e.Err = err
	}
	return size, e.Output()
}

// Rule is the rule by which the victim refused its peer, nil if it did not.
func (p *Play) Rule() *fault.Rule {
	var found *fault.Error
	if errors.As(p.Victim.Err, &found) {
		return found.Rule
	}
	return nil
}

// Told is the alert that the victim was told instead, false if it was told none.
func (p *Play) Told() (wire.AlertDescription, bool) {
	var told *fault.PeerAlert
	if errors.As(p.Victim.Err, &told) {
		return told.Alert.Description, true
	}
	return 0, false
}

// Judge holds the end of the handshake to what is true of every end: an error of this library's own kind, whose rule
// names the alert that the peer was told, last and once; or no error, and both ends connected.
func (p *Play) Judge() error {
	rule := p.Rule()
	_, told := p.Told()
	var alerts []wire.Alert
	for _, u := range p.Heard {
		if u.Type == wire.ContentAlert && u.Content[0] == byte(wire.LevelFatal) {
			alerts = append(alerts, wire.Alert{Level: wire.LevelFatal, Description: wire.AlertDescription(u.Content[1])})
		}
	}
	switch {
	case p.Victim.Err == nil && (!p.Victim.Ready || len(alerts) > 0):
		return fmt.Errorf("no error; ready: %v, alerts: %v", p.Victim.Ready, alerts)
	case p.Victim.Err == nil:
		return nil
	case told && len(alerts) == 0:
		return nil
	case rule == nil:
		return fmt.Errorf("failed with %T %v, having said %v", p.Victim.Err, p.Victim.Err, alerts)
	case rule == fault.InternalError || rule == fault.BadConfig:
		return fmt.Errorf("a fault of our own: %v", p.Victim.Err)
	case rule.Silent:
		if len(alerts) > 0 {
			return fmt.Errorf("%s is silent, and said %v", rule.Name, alerts)
		}
		return nil
	case len(alerts) != 1 || p.Heard[len(p.Heard)-1].Type != wire.ContentAlert:
		return fmt.Errorf("%v: the peer was told %v, want one alert, and that last", p.Victim.Err, alerts)
	case alerts[0] != wire.Alert{Level: wire.LevelFatal, Description: rule.Alert}:
		return fmt.Errorf("%v: the peer was told %v, want %v", p.Victim.Err, alerts[0], rule.Alert)
	}
	return nil
}
