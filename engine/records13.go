package engine

import (
	"fmt"

	"github.com/vitro-tls/vitro/fault"
	"github.com/vitro-tls/vitro/internal/record"
	"github.com/vitro-tls/vitro/wire"
)

// What TLS 1.3 has otherwise at the record layer.

func (e *Engine) tls13() bool { return e.desk.Context.Version == wire.TLS13 }

// unprotected reports whether a record travels in the clear though the read half has keys: the ChangeCipherSpec that
// means nothing (RFC 8446 §D.4), and the alert of a peer that failed before it had keys. Nothing else may (RFC 8446 §5.2).
func (e *Engine) unprotected(h record.Header) (bool, error) {
	half := &e.desk.In.Half
	switch {
	case !e.tls13() || !half.Protected() || h.Type == wire.ContentApplicationData:
		return false, nil
	case h.Type == wire.ContentChangeCipherSpec && !e.ready.Load():
		return true, nil
	case h.Type == wire.ContentAlert && half.Records() == 0 && !e.ready.Load() && e.desk.Role == fault.Server:
		return true, nil
	}
	return false, fault.New(fault.UnprotectedRecord).With(h.Type.String())
}

// behindRetry reports whether the client may have come with its second ClientHello, in front of which it sends the
// ChangeCipherSpec that means nothing: the first went to another server, for which a cookie speaks. RFC 8446 §4.2.2, §D.4.
func (e *Engine) behindRetry() bool {
	_, first := e.state.(waitClientHello)
	return first && e.desk.Cookies != nil
}

// changeCipherSpec13: during the handshake it is dropped without a trace, afterwards it is out of place. What is not the
// single byte 1 has no meaning at all, and another alert than in TLS 1.2. RFC 8446 §5.
func (e *Engine) changeCipherSpec13(content []byte) error {
	if !meantAsChange(content) {
		return fault.New(fault.UnexpectedMessage).With("a ChangeCipherSpec that is not the single byte 1")
	}
	if e.ready.Load() {
		return fault.New(fault.UnexpectedMessage).With("ChangeCipherSpec after the handshake")
	}
	return e.idled()
}

// checkInner13 refuses the content types that an encrypted record may not have. RFC 8446 §5: an unexpected record type,
// and ChangeCipherSpec, which only ever travels in the clear.
func checkInner13(t wire.ContentType) error {
	switch t {
	case wire.ContentAlert, wire.ContentHandshake, wire.ContentApplicationData:
		return nil
	case wire.ContentChangeCipherSpec:
		return fault.New(fault.UnexpectedMessage).With("an encrypted ChangeCipherSpec")
	}
	return fault.New(fault.UnknownContentType).With(t.String() + " in an encrypted record")
}

// checkContent13: messages are not interleaved with other records, and only application data may be empty. RFC 8446
// §5.1, §5.4.
func (e *Engine) checkContent13(t wire.ContentType, content []byte) error {
	if t != wire.ContentHandshake && !e.desk.In.Assembler.Empty() {
		return fault.New(fault.InterleavedMessage)
	}
	if len(content) == 0 {
		return fault.New(fault.EmptyRecord).With(t.String())
	}
	return nil
}

// skipEarly passes over a record of early data that we do not take, within a bound. Without keys it is told by its
// type; under keys, by its not being the client's next record. RFC 8446 §4.2.10, §E.5.
func (e *Engine) skipEarly(h record.Header) (bool, error) {
	d := &e.desk
	if d.SkipEarly == 0 || h.Type != wire.ContentApplicationData {
		return false, nil
	}
	if h.Length == 0 { // that no bound would be reached by
		return true, e.idled()
	}
	if d.SkipEarly -= int32(h.Length); d.SkipEarly <= 0 {
		return false, fault.New(fault.TooMuchEarlyData).With(fmt.Sprintf("the last record has %d bytes", h.Length))
	}
	return true, nil
}
