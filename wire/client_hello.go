package wire

import (
	"errors"
	"fmt"
)

// ClientHello is the client's opening. RFC 8446 §4.1.2, RFC 5246 §7.4.1.2:
//
//	struct {
//	    ProtocolVersion client_version;
//	    Random random;
//	    opaque session_id<0..32>;
//	    CipherSuite cipher_suites<2..2^16-2>;
//	    CompressionMethod compression_methods<1..2^8-1>;
//	    Extension extensions<0..2^16-1>;      // may be absent
//	} ClientHello;
type ClientHello struct {
	kept
	Version            Version
	Random             Random
	SessionID          []byte
	CipherSuites       []CipherSuite
	CompressionMethods []CompressionMethod
	Extensions
}

func (*ClientHello) Type() HandshakeType { return TypeClientHello }

// Offers reports whether a cipher suite, or a signalling value that travels as one, is in the offer.
func (m *ClientHello) Offers(s CipherSuite) bool {
	for _, have := range m.CipherSuites {
		if have == s {
			return true
		}
	}
	return false
}

func (m *ClientHello) decode(r *Reader, _ Context) {
	m.Version = code16[Version](r, "client_version")
	copy(m.Random[:], r.Bytes("random", RandomLen))
	m.SessionID = r.Opaque8("session_id", 0, 32)
	m.CipherSuites = list16[CipherSuite](r, "cipher_suites", 2, 2, 1<<16-2)
	m.CompressionMethods = list8[CompressionMethod](r, "compression_methods", 1, 1<<8-1)
	m.Extensions.decode(r, inClientHello)
}

func (m *ClientHello) encode(w *Writer, _ Context) {
	w.Uint16(uint16(m.Version))
	w.Bytes(m.Random[:])
	w.Opaque8(m.SessionID, "session_id")
	writeList16(w, 2, m.CipherSuites, "cipher_suites")
	writeList8(w, m.CompressionMethods, "compression_methods")
	m.Extensions.encode(w, inClientHello)
}

// BindersLen returns how many bytes the PSK binders take at the end of the message, the length of their list included;
// 0 without pre_shared_key. The bytes before them are what the binders are computed over. RFC 8446 §4.2.11.2.
func (m *ClientHello) BindersLen() int {
	if !m.Has(ExtPreSharedKey) {
		return 0
	}
	n := 2
	for _, binder := range m.PSKBinders {
		n += 1 + len(binder)
	}
	return n
}

// SetBinders puts other binders of the same lengths into an encoded message, in place: they can be computed only when
// all that stands before them is known. On an error the message is unchanged.
func (m *ClientHello) SetBinders(binders [][]byte) error {
	if !m.Has(ExtPreSharedKey) {
		return errors.New("wire: a ClientHello without pre_shared_key has no binders")
	}
	if len(binders) != len(m.PSKBinders) {
		return fmt.Errorf("wire: %d binders for a ClientHello with %d", len(binders), len(m.PSKBinders))
	}
	at := len(m.raw) - m.BindersLen()
	if at < HandshakeHeaderLen {
		return errors.New("wire: binders for a ClientHello that has not been encoded")
	}
	if int(m.raw[at])<<8|int(m.raw[at+1]) != m.BindersLen()-2 {
		return errors.New("wire: the binders were changed after the ClientHello was encoded")
	}
	places := make([][]byte, len(binders))
	at += 2
	for i, binder := range binders {
		n := len(binder)
		if n != len(m.PSKBinders[i]) || n != int(m.raw[at]) {
			return fmt.Errorf("wire: binder %d has %s, its place %d", i, size(n), m.raw[at])
		}
		places[i] = m.raw[at+1 : at+1+n : at+1+n]
		at += 1 + n
	}
	for i, place := range places {
		copy(place, binders[i])
	}
	m.PSKBinders = places
	return nil
}
