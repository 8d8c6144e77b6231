package wire

import "sync"

// Slots is one of each message that a full handshake usually has, in one piece of memory. Each is given away once; a nil
// *Slots gives away none. They are lent by TakeSlots until Return.
type Slots struct {
	clientHello    ClientHello
	serverHello    ServerHello
	extensions     EncryptedExtensions
	certificate    Certificate
	serverExchange ServerKeyExchange
	done           ServerHelloDone
	clientExchange ClientKeyExchange
	verify         CertificateVerify
	ticket         NewSessionTicket
	finished       [2]Finished
	given          [11]bool
	orders         [2][usualExtensions]ExtensionType // of the hellos' extensions
}

var slots = sync.Pool{New: func() any { return new(Slots) }}

// TakeSlots borrows them.
func TakeSlots() *Slots { return slots.Get().(*Slots) }

// Return gives them back, with every message that came from them: nobody may have one any more. What the messages point
// to stays as it is, but for the order of a hello's extensions.
func (s *Slots) Return() {
	*s = Slots{}
	slots.Put(s)
}

func (s *Slots) give(i int) bool {
	if s == nil || s.given[i] {
		return false
	}
	s.given[i] = true
	return true
}

// EncryptedExtensions returns an empty message, and so do its siblings.
func (s *Slots) EncryptedExtensions() *EncryptedExtensions {
	if s.give(0) {
		return &s.extensions
	}
	return new(EncryptedExtensions)
}

func (s *Slots) Certificate() *Certificate {
	if s.give(1) {
		return &s.certificate
	}
	return new(Certificate)
}

func (s *Slots) CertificateVerify() *CertificateVerify {
	if s.give(2) {
		return &s.verify
	}
	return new(CertificateVerify)
}

func (s *Slots) Finished() *Finished {
	for i := range 2 {
		if s.give(3 + i) {
			return &s.finished[i]
		}
	}
	return new(Finished)
}

// ClientHello and ServerHello have room for the order of their extensions.
func (s *Slots) ClientHello() *ClientHello {
	if s.give(5) {
		s.clientHello.Order = s.orders[0][:0]
		return &s.clientHello
	}
	return new(ClientHello)
}

func (s *Slots) ServerHello() *ServerHello {
	if s.give(6) {
		s.serverHello.Order = s.orders[1][:0]
		return &s.serverHello
	}
	return new(ServerHello)
}

func (s *Slots) ServerKeyExchange() *ServerKeyExchange {
	if s.give(7) {
		return &s.serverExchange
	}
	return new(ServerKeyExchange)
}

func (s *Slots) ServerHelloDone() *ServerHelloDone {
	if s.give(8) {
		return &s.done
	}
	return new(ServerHelloDone)
}

func (s *Slots) ClientKeyExchange() *ClientKeyExchange {
	if s.give(9) {
		return &s.clientExchange
	}
	return new(ClientKeyExchange)
}

func (s *Slots) NewSessionTicket() *NewSessionTicket {
	if s.give(10) {
		return &s.ticket
	}
	return new(NewSessionTicket)
}
