// Package wire turns TLS messages into bytes and bytes into messages.
//
// It knows layouts and code points, and nothing of what they are for: whether a message is welcome now is decided
// above. A message is decoded exactly once, here; every decoded [Message] keeps the bytes it came from, because the
// transcript hash needs them and so does whoever watches.
//
// A decoder that fails says where: [DecodeError] carries the path of the field, its offset in the message and what
// was wrong with it. [Fields] runs the same decoder and returns the byte range of every field it read.
//
// The layouts are those of RFC 5246 §4 (the presentation language) and §7.4 (the handshake messages), and of RFC 8446
// §4. Where the two differ for one message, [Context] decides.
package wire

import (
	"fmt"
	"sync"
)

// Message is a handshake message, or the ChangeCipherSpec that takes a place among them.
//
// Raw returns the bytes of the message as on the wire, with the four-byte handshake header; they belong to the
// message and must not be changed. It is nil for a message that has been neither decoded nor encoded.
type Message interface {
	Type() HandshakeType
	Raw() []byte
	Context() Context

	keep(raw []byte, ctx Context)
	decode(r *Reader, ctx Context)
	encode(w *Writer, ctx Context)
}

// Context is what a layout depends on and the message itself does not tell.
type Context struct {
	// Version is the negotiated version, 0 before it is known. Certificate, CertificateRequest, NewSessionTicket and
	// Finished have one layout in TLS 1.3 and another before it.
	Version Version
	// KeyExchange decides the layout of ServerKeyExchange and ClientKeyExchange in TLS 1.2.
	KeyExchange KeyExchange
	// HashLen is the length of the suite's hash in bytes, which that of a Finished of TLS 1.3 is; 0 takes any hash's.
	HashLen int
}

// KeyExchange names the layouts that ServerKeyExchange and ClientKeyExchange can have (RFC 5246 §7.4.3, §7.4.7).
type KeyExchange uint8

const (
	KeyExchangeUnknown KeyExchange = iota
	KeyExchangeRSA
	KeyExchangeECDHE
	KeyExchangeDHE
)

func (k KeyExchange) String() string {
	switch k {
	case KeyExchangeRSA:
		return "RSA"
	case KeyExchangeECDHE:
		return "ECDHE"
	case KeyExchangeDHE:
		return "DHE"
	}
	return "unknown"
}

// kept is embedded in every message: the bytes it was decoded from or encoded to.
type kept struct {
	raw []byte
	ctx Context
}

func (k *kept) Raw() []byte                  { return k.raw }
func (k *kept) Context() Context             { return k.ctx }
func (k *kept) keep(raw []byte, ctx Context) { k.raw, k.ctx = raw, ctx }

// HandshakeHeaderLen is the length of a handshake message's header: its type, and its length as a uint24.
const HandshakeHeaderLen = 4

// newMessage returns an empty message of a type, nil for a type that this package does not know.
func newMessage(t HandshakeType, slots *Slots) Message {
	switch t {
	case TypeHelloRequest:
		return new(HelloRequest)
	case TypeClientHello:
		return slots.ClientHello()
	case TypeServerHello:
		return slots.ServerHello()
	case TypeNewSessionTicket:
		return slots.NewSessionTicket()
	case TypeEndOfEarlyData:
		return new(EndOfEarlyData)
	case TypeEncryptedExtensions:
		return slots.EncryptedExtensions()
	case TypeCertificate:
		return slots.Certificate()
	case TypeServerKeyExchange:
		return slots.ServerKeyExchange()
	case TypeCertificateRequest:
		return new(CertificateRequest)
	case TypeServerHelloDone:
		return slots.ServerHelloDone()
	case TypeCertificateVerify:
		return slots.CertificateVerify()
	case TypeClientKeyExchange:
		return slots.ClientKeyExchange()
	case TypeFinished:
		return slots.Finished()
	case TypeCertificateStatus:
		return new(CertificateStatus)
	case TypeKeyUpdate:
		return new(KeyUpdate)
	}
	return nil
}

// Decode decodes one whole handshake message, header included. The message keeps raw and points into it, so raw
// must not be changed afterwards. The error, if any, is a *[DecodeError].
func Decode(raw []byte, ctx Context) (Message, error) { return DecodeIn(nil, raw, ctx) }

// DecodeIn is Decode into a slot, if there is one for the message.
func DecodeIn(slots *Slots, raw []byte, ctx Context) (Message, error) {
	doc := documents.Get().(*document)
	defer func() {
		*doc = document{}
		documents.Put(doc)
	}()
	return decode(slots, raw, ctx, doc)
}

var documents = sync.Pool{New: func() any { return new(document) }}

func decode(slots *Slots, raw []byte, ctx Context, doc *document) (Message, error) {
	if len(raw) < HandshakeHeaderLen {
		return nil, &DecodeError{Path: "Handshake", Problem: Truncated, Detail: missing(HandshakeHeaderLen - len(raw))}
	}
	t := HandshakeType(raw[0])
	m := newMessage(t, slots)
	if m == nil {
		return nil, &DecodeError{Path: "Handshake.msg_type", Problem: UnknownType, Detail: fmt.Sprintf("%v is not a message of this protocol", t)}
	}
	r := &doc.message
	*r = Reader{buf: raw, end: len(raw), doc: doc, name: t.String(), index: -1}
	code8[HandshakeType](r, "msg_type")
	if length := r.Uint24("length"); length != len(raw)-HandshakeHeaderLen {
		r.fail("length", 1, Invalid, fmt.Sprintf("says %s, has %d", size(length), len(raw)-HandshakeHeaderLen))
	}
	m.decode(r, ctx)
	r.Done()
	if doc.err != nil {
		return nil, doc.err
	}
	m.keep(raw, ctx)
	return m, nil
}

// Encode encodes a message with its header and keeps the bytes in it. The error says which field does not fit the
// layout; the message is then unchanged.
func Encode(m Message, ctx Context) ([]byte, error) { return EncodeIn(nil, m, ctx) }

// EncodeIn is Encode with the bytes in a room.
func EncodeIn(room *Room, m Message, ctx Context) (raw []byte, err error) {
	err = EncodeFor(m, ctx, func(encoded []byte) error {
		raw = append(room.Take(len(encoded)), encoded...)
		m.keep(raw, ctx)
		return nil
	})
	return raw, err
}

// EncodeFor is Encode for one use of the bytes, which neither use nor m keeps. Its error is that of Encode, or of use.
func EncodeFor(m Message, ctx Context, use func(raw []byte) error) error {
	w := writers.Get().(*Writer)
	defer func() {
		*w = Writer{buf: w.buf[:0]}
		writers.Put(w)
	}()
	w.Uint8(uint8(m.Type()))
	body := w.Open24()
	m.encode(w, ctx)
	w.Close(body, "body")
	if w.err != nil {
		return fmt.Errorf("wire: %v does not fit its layout: %w", m.Type(), w.err)
	}
	return use(w.buf)
}

// writers lend their buffers; what is encoded holds no secret that is not sent.
var writers = sync.Pool{New: func() any { return &Writer{buf: make([]byte, 0, 1024)} }}

// ChangeCipherSpec stands for the record of that content type, which is not a handshake message and enters no
// transcript, but has its place in their order. RFC 5246 §7.1.
type ChangeCipherSpec struct{ kept }

func (*ChangeCipherSpec) Type() HandshakeType         { return TypeChangeCipherSpec }
func (*ChangeCipherSpec) decode(r *Reader, _ Context) { r.Uint8("type") }
func (*ChangeCipherSpec) encode(w *Writer, _ Context) { w.Uint8(1) }
func (*ChangeCipherSpec) keep([]byte, Context)        {} // it has no bytes of its own, and may be everyone's
