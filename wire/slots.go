package wire

// Slots is one of each message that follows the ServerHello in a full handshake of TLS 1.3, in one piece of memory. Each
// is given away once; a nil *Slots gives away none.
type Slots struct {
	extensions  EncryptedExtensions
	certificate Certificate
	verify      CertificateVerify
	finished    Finished
	given       [4]bool
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
	if s.give(3) {
		return &s.finished
	}
	return new(Finished)
}
