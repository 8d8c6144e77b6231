package flow

import (
	"fmt"

	"github.com/vitro-tls/vitro/fault"
	"github.com/vitro-tls/vitro/wire"
)

const (
	// MaxMessage bounds a handshake message's body, MaxCertificate that of a Certificate, whose chain may be long, and MaxKey
	// that of a message which has no more in it than keys and a signature.
	MaxMessage     = 64 << 10
	MaxCertificate = 256 << 10
	MaxKey         = 16 << 10
)

func limit(t wire.HandshakeType) int {
	switch t {
	case wire.TypeCertificate:
		return MaxCertificate
	case wire.TypeHelloRequest, wire.TypeEndOfEarlyData, wire.TypeServerKeyExchange, wire.TypeServerHelloDone,
		wire.TypeCertificateVerify, wire.TypeClientKeyExchange, wire.TypeFinished, wire.TypeKeyUpdate:
		return MaxKey
	}
	return MaxMessage
}

// Assembler joins fragments into messages: a message may come in many records, a record may hold many messages.
// RFC 5246 §6.2.1.
type Assembler struct {
	// Room is where messages lie, nil for memory of their own.
	Room *wire.Room
	buf  []byte
}

// Add takes a copy of a handshake record's content.
func (a *Assembler) Add(fragment []byte) {
	if a.buf == nil {
		a.buf = a.Room.Take(len(fragment))
	}
	a.buf = append(a.buf, fragment...)
}

// Next returns the next whole message, nil if there is none yet. The message is the caller's.
func (a *Assembler) Next() ([]byte, error) {
	if len(a.buf) < wire.HandshakeHeaderLen {
		return nil, nil
	}
	t := wire.HandshakeType(a.buf[0])
	length := int(a.buf[1])<<16 | int(a.buf[2])<<8 | int(a.buf[3])
	if most := limit(t); length > most {
		return nil, fault.New(fault.MessageTooLong).With(fmt.Sprintf("%v of %d bytes, at most %d", t, length, most))
	}
	end := wire.HandshakeHeaderLen + length
	if len(a.buf) < end {
		return nil, nil
	}
	message := a.buf[:end:end]
	a.buf = a.buf[end:]
	if len(a.buf) == 0 {
		a.buf = nil // lent, not owned: an idle connection holds no buffer
	}
	return message, nil
}

// Begun returns the type of the message whose header is here, if there is one.
func (a *Assembler) Begun() (wire.HandshakeType, bool) {
	if len(a.buf) < wire.HandshakeHeaderLen {
		return 0, false
	}
	return wire.HandshakeType(a.buf[0]), true
}

// Empty reports whether no byte of a message is waiting.
func (a *Assembler) Empty() bool { return len(a.buf) == 0 }

// Boundary proves that keys may change: no message, and no part of one, is waiting that came under the old ones.
type Boundary struct{ proven bool }

// Proven is false for a Boundary that did not come from an Assembler.
func (b Boundary) Proven() bool { return b.proven }

// Demand panics without proof: that is a mistake of this program's.
func (b Boundary) Demand() {
	if !b.proven {
		panic("flow: keys changed without proof that no message straddles the change")
	}
}

// Boundary returns the proof, or the fault that keys would change within a message. RFC 8446 §5.1 says it for 1.3;
// for 1.2 it is what keeps a plaintext message from being taken for an encrypted one.
func (a *Assembler) Boundary() (Boundary, error) {
	if !a.Empty() {
		return Boundary{}, fault.New(fault.MessageAcrossKeyChange).With(fmt.Sprintf("%d bytes of a message came before it", len(a.buf)))
	}
	return Boundary{true}, nil
}
