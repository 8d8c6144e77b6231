package main

import (
	"bytes"
	"slices"

	"github.com/vitro-tls/vitro/want"
	"github.com/vitro-tls/vitro/wire"
)

// check holds a finished handshake to what the flags expect of it; again says that there was a session to go on with.
func (l *link) check(state want.ConnectionState, again bool) error {
	l.complete(state)
	for _, c := range []struct {
		what string
		want uint64 // 0: nothing is expected
		got  uint64
	}{
		{"version", l.expectVersion, uint64(state.Version)},
		{"group", l.expectCurve, uint64(l.full.Group)},
		{"cipher suite", l.expectCipher, uint64(state.CipherSuite)},
		{"cipher suite with AES in hardware", l.expectCipherAES, uint64(state.CipherSuite)},
		{"peer's signature scheme", l.expectScheme, uint64(l.full.Scheme)},
	} {
		if c.want != 0 && c.want != c.got {
			return unexpected("%s %#04x instead of %#04x", c.what, c.got, c.want)
		}
	}
	switch {
	case l.expectEMS && !state.ExtendedMaster:
		return unexpected("no extended master secret")
	case l.expectHRR && l.hellos < 2:
		return unexpected("no HelloRetryRequest")
	case l.expectNoHRR && l.hellos > 1:
		return unexpected("a HelloRetryRequest")
	case l.expectSecureRenegotiation && !l.secure(state):
		return unexpected("no secure renegotiation")
	case l.expectNoSecureRenegotiation && l.secure(state):
		return unexpected("secure renegotiation")
	case l.expectVerifyResult && l.refuse != (l.verifyFail && len(state.PeerCertificates) > 0):
		return unexpected("the peer refused: %v", l.refuse)
	case l.expectSelected != nil && l.chosen != l.numbered(int(*l.expectSelected)):
		return unexpected("another credential than number %d", int(*l.expectSelected)-1)
	}
	if err := l.checkSession(state, again); err != nil {
		return err
	}
	if err := l.checkNames(state); err != nil {
		return err
	}
	if err := l.checkRequest(); err != nil {
		return err
	}
	return l.checkPeer(state)
}

// secure: RFC 5746; in TLS 1.3 nobody renegotiates.
func (l *link) secure(state want.ConnectionState) bool {
	return state.Version == tls13 || l.watched.answer.Has(wire.ExtRenegotiationInfo)
}

// complete takes from a full handshake what a resumed one does not have, and the runner asks for all the same.
func (l *link) complete(state want.ConnectionState) {
	if state.Resumed {
		if l.full.Version == tls13 {
			l.full.Group = state.Group
		}
		return
	}
	l.full = state
	if l.server {
		l.full.Scheme = l.proof // the state's is our own
	}
}

// checkSession: whether one was resumed, and whether there is a new one. In TLS 1.3 that comes later.
func (l *link) checkSession(state want.ConnectionState, again bool) error {
	given := l.given != nil
	switch {
	case state.Resumed != (again && !l.expectMiss):
		return unexpected("resumed: %v", state.Resumed)
	case l.server && !again && (l.expectSessionID && !given || l.expectNoSessionID && given):
		return unexpected("a session that goes by an ID: %v", given)
	case l.server || state.Version == tls13:
		return nil
	case !state.ExtendedMaster: // RFC 7627 §5.3: our clients keep no such session, whatever the runner expects
		if given {
			return unexpected("a session without the extended master secret")
		}
		return nil
	case given != (!l.expectNoSession && (!state.Resumed || l.expectRenewal)):
		return unexpected("a new session: %v", given)
	}
	return nil
}

// checkLate: what comes behind the handshake of TLS 1.3 while data flows.
func (l *link) checkLate() error {
	l.settle()
	given := l.given != nil
	if !l.server && l.state().Version == tls13 && given != (!l.expectNoSession && !l.shimShutsDown) {
		return unexpected("a new session: %v", given)
	}
	return nil
}

// checkEnd holds a connection that is over to what the flags expect of it.
func (l *link) checkEnd() error {
	if l.renegotiations != l.expectRenegotiations {
		return unexpected("%d renegotiations instead of %d", l.renegotiations, l.expectRenegotiations)
	}
	if got := l.messages.String(); l.expectMessages != "" && got != l.expectMessages {
		return unexpected("messages:\n%sinstead of:\n%s", got, l.expectMessages)
	}
	return nil
}

// numbered returns the credential that the runner counts as n-1: it stands first, the default one last.
func (o *observed) numbered(n int) *want.Credential {
	list := o.config.Credentials
	if n == 0 {
		n = len(list)
	}
	if n > len(list) {
		return nil
	}
	return list[n-1]
}

func (l *link) checkNames(state want.ConnectionState) error {
	s, hello := l.settings, l.hello
	if s.expectServerName != "" && hello.ServerName != s.expectServerName || s.expectNoServerName && hello.ServerName != "" {
		return unexpected("server name %q instead of %q", hello.ServerName, s.expectServerName)
	}
	if s.expectAdvertised != "" && alpnList(hello.ALPN) != s.expectAdvertised {
		return unexpected("the client offers the protocols %q instead of %q", alpnList(hello.ALPN), s.expectAdvertised)
	}
	protocol := s.expectALPN
	if s.server {
		protocol = s.selectALPN
	}
	if state.Protocol != protocol {
		return unexpected("protocol %q instead of %q", state.Protocol, protocol)
	}
	return nil
}

// checkRequest: what the peer asks of our certificate.
func (l *link) checkRequest() error {
	theirs := l.hello.SignatureAlgorithms
	if r := l.request; r != nil && !l.server {
		theirs = append(r.SignatureAlgorithms[:len(r.SignatureAlgorithms):len(r.SignatureAlgorithms)], r.Extensions.SignatureAlgorithms...)
		authorities := append(r.Authorities[:len(r.Authorities):len(r.Authorities)], r.CertificateAuthorities...)
		expected, err := names(l.expectClientCAs)
		if err != nil {
			return err
		}
		if l.expectClientCAs != "" && !slices.EqualFunc(authorities, expected, bytes.Equal) {
			return unexpected("the names of CAs %x instead of %x", authorities, expected)
		}
		var types []byte
		for _, t := range r.CertificateTypes {
			types = append(types, byte(t))
		}
		if l.expectCertType != nil && !bytes.Equal(types, l.expectCertType) {
			return unexpected("the types of certificates %x instead of %x", types, l.expectCertType)
		}
	}
	if expected := codes[wire.SignatureScheme](l.expectPeerVerify); expected != nil && !slices.Equal(theirs, expected) {
		return unexpected("the peer's signature schemes %v instead of %v", theirs, expected)
	}
	return nil
}

func (l *link) checkPeer(state want.ConnectionState) error {
	s := l.settings
	if s.expectOCSP != nil && !bytes.Equal(state.OCSPResponse, s.expectOCSP) {
		return unexpected("stapled OCSP response %x instead of %x", state.OCSPResponse, s.expectOCSP)
	}
	if s.expectSCTs != nil && !bytes.Equal(joinSCTs(state.SCTs), s.expectSCTs) {
		return unexpected("SCTs %x instead of %x", joinSCTs(state.SCTs), s.expectSCTs)
	}
	got := state.PeerCertificates
	if s.expectNoPeerCert && len(got) > 0 || !s.expectNoPeerCert && (!s.server || s.requireClientCert) && len(got) == 0 {
		return unexpected("%d certificates from the peer", len(got))
	}
	if s.expectPeerCert == "" {
		return nil
	}
	chain, err := readCertificates(s.expectPeerCert)
	if err != nil {
		return err
	}
	if len(got) != len(chain) {
		return unexpected("%d certificates from the peer instead of %d", len(got), len(chain))
	}
	for i, c := range chain {
		if !c.Equal(got[i]) {
			return unexpected("certificate %d is %v instead of %v", i, got[i].Subject, c.Subject)
		}
	}
	return nil
}
