package main

import (
	"bytes"

	"github.com/vitro-tls/vitro/want"
	"github.com/vitro-tls/vitro/wire"
)

// check holds a finished handshake to what the flags expect of it.
func (s *settings) check(state want.ConnectionState, o *observed) error {
	for _, c := range []struct {
		what string
		want uint64 // 0: nothing is expected
		got  uint64
	}{
		{"version", s.expectVersion, uint64(state.Version)},
		{"group", s.expectCurve, uint64(state.Group)},
		{"cipher suite", s.expectCipher, uint64(state.CipherSuite)},
		{"cipher suite with AES in hardware", s.expectCipherAES, uint64(state.CipherSuite)},
		{"peer's signature scheme", s.expectScheme, uint64(state.Scheme)},
	} {
		if c.want != 0 && c.want != c.got {
			return unexpected("%s %#04x instead of %#04x", c.what, c.got, c.want)
		}
	}
	switch {
	case s.expectEMS && !state.ExtendedMaster:
		return unexpected("no extended master secret")
	case s.expectHRR && o.hellos < 2:
		return unexpected("no HelloRetryRequest")
	case s.expectNoHRR && o.hellos > 1:
		return unexpected("a HelloRetryRequest")
	}
	if err := s.checkNames(state, o.hello); err != nil {
		return err
	}
	if err := s.checkPeer(state); err != nil {
		return err
	}
	if s.expectSelected != nil && o.chosen != o.numbered(int(*s.expectSelected)) {
		return unexpected("another credential than number %d", int(*s.expectSelected)-1)
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

func (s *settings) checkNames(state want.ConnectionState, hello *wire.ClientHello) error {
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

func (s *settings) checkPeer(state want.ConnectionState) error {
	if s.expectOCSP != nil && !bytes.Equal(state.OCSPResponse, s.expectOCSP) {
		return unexpected("stapled OCSP response %x instead of %x", state.OCSPResponse, s.expectOCSP)
	}
	if s.expectSCTs != nil && !bytes.Equal(joinSCTs(state.SCTs), s.expectSCTs) {
		return unexpected("SCTs %x instead of %x", joinSCTs(state.SCTs), s.expectSCTs)
	}
	got := state.PeerCertificates
	if (s.expectNoPeerCert || s.server) != (len(got) == 0) {
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
