package engine

import (
	"context"
	"errors"
	"io"
	"slices"

	"github.com/vitro-tls/vitro/event"
	"github.com/vitro-tls/vitro/fault"
	"github.com/vitro-tls/vitro/internal/hs"
	"github.com/vitro-tls/vitro/wire"
)

// failed returns the connection's failure, nil while it has none.
func (e *Engine) failed() error {
	if p := e.failure.Load(); p != nil {
		return *p
	}
	return nil
}

// fail makes err the connection's failure, sends the alert of its rule and returns the failure. Only the first counts.
func (e *Engine) fail(err error) error {
	found, failure := e.own(err)
	if !e.failure.CompareAndSwap(nil, &failure) {
		return e.failed()
	}
	e.cancel()
	e.say(found, failure)
	hs.Tell(&e.desk, 0, event.Failed{Err: failure})
	return failure
}

// own returns what is wrong with this connection, and the fault if it is one of ours. It is a copy, because err may be
// a value that the caller has for all connections. What err wraps is its cause, and may have happened on another one.
func (e *Engine) own(err error) (*fault.Error, error) {
	var found *fault.Error
	switch err := err.(type) {
	case *fault.PeerAlert:
		told := *err
		told.Role, told.Step, told.Versions = e.desk.Role, e.desk.Step, e.versions()
		return nil, &told
	case *fault.Error:
		found = new(*err)
	default:
		found = fault.New(fault.InternalError).Because(err)
	}
	found.Place(e.desk.Role, e.desk.Step)
	return found, found
}

// versions is what the connection is of or, before that is chosen, may become.
func (e *Engine) versions() []wire.Version {
	if v := e.desk.Context.Version; v != 0 {
		return []wire.Version{v}
	}
	return slices.Clone(e.desk.Config.Versions)
}

// answerHTTP is what a browser shows to someone who forgot the s of https.
const answerHTTP = "HTTP/1.0 400 Bad Request\r\nContent-Type: text/plain; charset=utf-8\r\nConnection: close\r\n\r\n" +
	"Client sent an HTTP request to an HTTPS server.\n"

// say tells the peer of a fault of ours: the alert is the last that is sent. RFC 5246 §7.2.2, RFC 8446 §6, §6.2.
func (e *Engine) say(found *fault.Error, err error) {
	switch {
	case found == nil || found.Rule.Silent:
		e.desk.Out.Shut(err)
	case found.Rule == fault.PlainHTTPRequest:
		e.desk.Out.FinallyRaw([]byte(answerHTTP), err)
	default:
		alert := wire.Alert{Level: wire.LevelFatal, Description: found.Rule.Alert}
		if e.desk.Out.Finally(wire.ContentAlert, alert.Append(nil), err) {
			hs.Tell(&e.desk, 0, event.Alert{Sent: true, Alert: alert})
		}
	}
}

// Abort ends the connection for a reason of the caller's: a new *fault.Error as it is, the end of a context as Cancelled
// or, where its deadline passed, Silence, io.ErrUnexpectedEOF as an end within a record, anything else as
// ConnectionBroken. It is called by the goroutine that drives Step or the read half.
func (e *Engine) Abort(reason error) error {
	// A fault with a step is that of another connection: of one underneath, which speaks TLS itself.
	if known, ok := reason.(*fault.Error); ok && known.Step == 0 {
		return e.fail(known)
	}
	switch {
	case errors.Is(reason, context.Canceled):
		return e.fail(fault.New(fault.Cancelled).Because(reason))
	case errors.Is(reason, context.DeadlineExceeded):
		return e.fail(fault.New(fault.Silence).Because(reason))
	case errors.Is(reason, io.ErrUnexpectedEOF):
		return e.cutOff(reason)
	}
	return e.fail(fault.New(fault.ConnectionBroken).Because(reason))
}

// cutOff: the bytes ended within a record, which nobody can have meant.
func (e *Engine) cutOff(reason error) error {
	if !e.ready.Load() {
		return e.fail(fault.New(fault.HangUp).Because(reason))
	}
	hs.Tell(&e.desk, 0, event.Truncated{})
	return e.fail(fault.New(fault.Truncated).With("it ended within a record").Because(reason))
}

// CloseInput says that the network has no more bytes. If it has left a part of a record, Abort with
// io.ErrUnexpectedEOF says more. CloseInput returns the failure of a handshake that was still going on;
// after it io.EOF, or with StrictClose the fault Truncated, unless close_notify had come before.
func (e *Engine) CloseInput() error {
	if err := e.failed(); err != nil {
		return err
	}
	if e.peerClosed {
		return errEOF
	}
	if !e.ready.Load() {
		if len(e.desk.Input) > 0 {
			return e.cutOff(io.ErrUnexpectedEOF)
		}
		return e.fail(fault.New(fault.HangUp))
	}
	hs.Tell(&e.desk, 0, event.Truncated{})
	if e.desk.Config.StrictClose {
		return e.fail(fault.New(fault.Truncated))
	}
	e.peerClosed = true
	return errEOF
}

// Close says close_notify, after which nothing more is sent; reading goes on. It cancels every question. A second
// call, or one after a failure, does nothing. RFC 5246 §7.2.1, RFC 8446 §6.1.
func (e *Engine) Close() {
	e.cancel()
	alert := wire.Alert{Level: wire.LevelWarning, Description: wire.AlertCloseNotify}
	if e.desk.Out.Finally(wire.ContentAlert, alert.Append(nil), fault.New(fault.Closed)) {
		event.Emit(&e.desk.Stream, 0, event.Alert{Sent: true, Alert: alert})
	}
}

// Failure is what the connection failed with, nil while it has not.
func (e *Engine) Failure() error { return e.failed() }

// Failed reports whether the connection has failed.
func (e *Engine) Failed() bool { return e.failed() != nil }

// UpdateKeys goes on under new keys and tells the peer; request asks it to do the same. Output has the KeyUpdate.
// Only TLS 1.3 has it. RFC 8446 §4.6.3.
func (e *Engine) UpdateKeys(request bool) error {
	if !e.ready.Load() || !e.tls13() {
		return fault.New(fault.InternalError).With("UpdateKeys outside a connection of TLS 1.3")
	}
	return e.desk.Out.UpdateKeys(request)
}
