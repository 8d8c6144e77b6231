package engine

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"

	"github.com/vitro-tls/vitro/event"
	"github.com/vitro-tls/vitro/fault"
	"github.com/vitro-tls/vitro/internal/hs"
	"github.com/vitro-tls/vitro/internal/record"
	"github.com/vitro-tls/vitro/wire"
)

var errEOF = io.EOF

// maxIdle bounds the records in a row that bring nothing, and the messages. RFC 5246 allows them without end; a peer that means well
// sends few.
const maxIdle = 32

// maxWarnings bounds the warnings in a row. There is one for a name that is not known, and one for a renegotiation that is
// declined; a peer that means well needs no more of either.
const maxWarnings = 4

func (e *Engine) idled() error {
	e.idle++
	return tooMany(e.idle, maxIdle, fault.TooManyEmptyRecords)
}

func (e *Engine) warned() error {
	e.warn++
	return tooMany(e.warn, maxWarnings, fault.TooManyWarnings)
}

func (e *Engine) talked() error {
	e.talk++
	return tooMany(e.talk, maxIdle, fault.TooManyMessages)
}

func tooMany(n, most int32, r *fault.Rule) error {
	if n > most {
		return fault.New(r).With(fmt.Sprintf("more than %d in a row", most))
	}
	return nil
}

// moved: the peer has said something that leads on.
func (e *Engine) moved() { e.idle, e.warn, e.talk = 0, 0, 0 }

// checkHeader refuses a record by its first bytes: RFC 5246 §6 has four types. What is no record at all is given its name.
func (e *Engine) checkHeader(b []byte) error {
	h, agreed := record.ParseHeader(b), e.desk.Context.Version
	known := h.Type >= wire.ContentChangeCipherSpec && h.Type <= wire.ContentApplicationData
	// RFC 5246 §E.1, RFC 8446 §D, §D.2: before a version is agreed on only the major version counts, and that where a message
	// begins: there it tells TLS from what is none.
	begins := agreed == 0 && e.desk.In.Assembler.Empty()
	if !known || begins && h.Version>>8 != 3 {
		return e.notTLS(b, h)
	}
	// RFC 8446 §5.1: TLS 1.3 ignores the field.
	if agreed == wire.TLS12 && h.Version != agreed {
		return fault.New(fault.RecordVersion).With(fmt.Sprintf("%v, agreed on was %v", h.Version, agreed))
	}
	// RFC 8446 §4.2.10, §5.2: early data that is passed over without keys is as long as any other protected record.
	if half := &e.desk.In.Half; e.desk.SkipEarly == 0 || half.Protected() || h.Type != wire.ContentApplicationData || h.Length > record.MaxCiphertext13 {
		return half.CheckLength(h.Length)
	}
	return nil
}

var httpMethods = []string{"GET ", "HEAD ", "POST", "PUT ", "DELET", "OPTIO", "CONNE", "TRACE", "PATCH", "PRI *"}

// notTLS finds out what the bytes are instead. Only the first record can be such a mistake.
func (e *Engine) notTLS(b []byte, h record.Header) error {
	found := fault.Found(b[:record.HeaderLen])
	start := string(found[:])
	if e.desk.Context.Version != 0 || e.desk.In.Half.Protected() {
		return fault.New(fault.UnknownContentType).With(fmt.Sprintf("%v, version %v", h.Type, h.Version))
	}
	if e.desk.Role == fault.Server {
		for _, method := range httpMethods {
			if strings.HasPrefix(start, method[:min(len(method), len(start))]) {
				return fault.New(fault.PlainHTTPRequest).Because(found)
			}
		}
		// RFC 5246 §E.2, RFC 8446 §D.5: a two-byte length with its top bit set, then CLIENT-HELLO.
		if b[0]&0x80 != 0 && b[2] == 1 {
			return fault.New(fault.SSLv2Hello)
		}
		return fault.New(fault.NotTLS).With("it begins with " + strconv.Quote(start)).Because(found)
	}
	if strings.HasPrefix(start, "HTTP/") {
		return fault.New(fault.PlainHTTPReply).Because(found)
	}
	if printable(b[:record.HeaderLen]) {
		return fault.New(fault.OtherProtocol).With(banner(b)).Because(found)
	}
	return fault.New(fault.NotTLS).With("it begins with " + strconv.Quote(start)).Because(found)
}

func printable(b []byte) bool {
	return !bytes.ContainsFunc(b, func(r rune) bool { return r < ' ' && r != '\r' && r != '\n' && r != '\t' || r > '~' })
}

// banner names the protocol that greets like this.
func banner(b []byte) string {
	start := strconv.Quote(string(b[:record.HeaderLen]))
	for _, known := range []struct{ prefix, name string }{
		{"SSH-", "SSH"}, {"220 ", "SMTP or FTP"}, {"220-", "SMTP or FTP"}, {"+OK", "POP3"}, {"* OK", "IMAP"}, {"RFB ", "VNC"},
	} {
		if strings.HasPrefix(string(b), known.prefix) {
			return known.name + ": it begins with " + start
		}
	}
	return "it begins with " + start
}

func (e *Engine) openRecord(dst, rec []byte) (wire.ContentType, []byte, error) {
	if err := e.checkHeader(rec); err != nil {
		return 0, nil, err
	}
	h := record.ParseHeader(rec)
	half := &e.desk.In.Half
	clear, err := e.unprotected(h)
	if err != nil {
		return 0, nil, err
	}
	protected := half.Protected() && !clear
	t, content := h.Type, rec[record.HeaderLen:]
	if protected {
		t, content, err = half.OpenTo(dst, rec)
		if errors.Is(err, fault.BadRecordMAC) {
			skip, tooMuch := e.skipEarly(h)
			if tooMuch != nil {
				return 0, nil, tooMuch
			}
			if skip {
				return wire.ContentHandshake, nil, errSkipped
			}
		}
		if err == nil && e.tls13() {
			err = checkInner13(t)
		}
		if err != nil {
			return 0, nil, err
		}
		e.desk.SkipEarly = 0
	}
	e.tell(t, h, protected)
	return t, content, nil
}

func (e *Engine) tell(t wire.ContentType, h record.Header, protected bool) {
	hs.Tell(&e.desk, 0, event.Record{Type: t, Version: h.Version, Length: h.Length, Protected: protected})
}

// errSkipped: the record was none of ours.
var errSkipped = errors.New("skipped")

// act takes a record that is not application data.
func (e *Engine) act(t wire.ContentType, content []byte) error {
	if e.tls13() {
		if err := e.checkContent13(t, content); err != nil {
			return err
		}
	}
	switch t {
	case wire.ContentAlert:
		return e.alert(content)
	case wire.ContentChangeCipherSpec:
		if e.tls13() {
			return e.changeCipherSpec13(content)
		}
		if e.behindRetry() && meantAsChange(content) {
			return e.idled()
		}
		// RFC 5246 §7.1: one byte of value 1.
		if !meantAsChange(content) {
			return fault.New(fault.MalformedChangeCipherSpec)
		}
		if _, err := e.desk.In.Assembler.Boundary(); err != nil {
			return err
		}
		return e.deliver(hs.CCS)
	}
	if len(content) == 0 {
		return e.idled()
	}
	e.desk.In.Assembler.Add(content)
	return nil
}

func meantAsChange(content []byte) bool { return len(content) == 1 && content[0] == 1 }

// checkData: application data is welcome between messages only, and empty records up to a bound.
func (e *Engine) checkData(content []byte) error {
	if !e.desk.In.Assembler.Empty() {
		return fault.New(fault.InterleavedMessage)
	}
	if len(content) == 0 {
		return e.idled()
	}
	e.moved()
	return nil
}

// alert: RFC 5246 §7.2. close_notify is an end, a fatal alert is the peer's refusal, other warnings pass.
func (e *Engine) alert(content []byte) error {
	a, err := wire.DecodeAlert(content)
	if err != nil {
		return fault.New(fault.MalformedAlert).Because(err)
	}
	hs.Tell(&e.desk, 0, event.Alert{Alert: a})
	switch {
	case a.Description == wire.AlertCloseNotify:
		if !e.ready.Load() {
			return fault.New(fault.HangUp).With("with a close_notify")
		}
		e.peerClosed = true
		return errEOF
	// RFC 8446 §6: in TLS 1.3 the level says nothing, and all but two are fatal.
	case a.Level == wire.LevelWarning && (!e.tls13() || a.Description == wire.AlertUserCanceled):
		return e.warned()
	}
	return e.refused(a)
}

// refused makes the error of a fatal alert, with what it may be about.
func (e *Engine) refused(a wire.Alert) error {
	// A server of TLS 1.2 that goes on to its Finished can do without the certificate that it asked for.
	// A client of TLS 1.3 is done before the server has seen that it got none.
	asked := e.desk.CertificateAsked && (e.tls13() || !e.ready.Load())
	told := &fault.PeerAlert{Alert: a, Asked: asked && aboutCertificate(a.Description)}
	if e.desk.Role == fault.Client && e.desk.Step == fault.StepClientHello {
		switch a.Description {
		case wire.AlertHandshakeFailure, wire.AlertInsufficientSecurity:
			told.Offers = &fault.Offers{Of: "cipher suites", Ours: hs.Names(e.desk.Config.Offer)}
		case wire.AlertNoApplicationProtocol:
			told.Offers = &fault.Offers{Of: "application protocols", Ours: e.desk.Config.Protocols}
		case wire.AlertProtocolVersion:
			told.Offers = &fault.Offers{Of: "versions", Ours: hs.Names(e.desk.Config.Versions)}
		}
	}
	return told
}

// aboutCertificate tells the alerts of servers that got an empty list of certificates; decode_error is GnuTLS's.
func aboutCertificate(d wire.AlertDescription) bool {
	switch d {
	case wire.AlertHandshakeFailure, wire.AlertBadCertificate, wire.AlertNoCertificate, wire.AlertCertificateUnknown,
		wire.AlertCertificateRequired, wire.AlertAccessDenied, wire.AlertUnsupportedCertificate, wire.AlertDecodeError:
		return true
	}
	return false
}

// undecodable gives a decoder's error its rule. RFC 5246 §7.4.1.2, RFC 8446 §4.1.2, §6.
func undecodable(err error) error {
	var broken *wire.DecodeError
	if !errors.As(err, &broken) {
		return fault.New(fault.InternalError).Because(err)
	}
	rule := fault.DecodeError
	switch broken.Problem {
	case wire.Duplicate:
		rule = fault.DuplicateExtension
	case wire.Misplaced:
		rule = fault.MisplacedExtension
	case wire.Forbidden:
		rule = fault.IllegalValue
	case wire.UnknownType:
		rule = fault.UnexpectedMessage
	}
	return fault.New(rule).Because(err)
}
