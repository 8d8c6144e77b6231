package client12

import (
	"errors"
	"testing"

	"github.com/vitro-tls/vitro/fault"
	"github.com/vitro-tls/vitro/internal/hello"
	"github.com/vitro-tls/vitro/internal/hs"
	"github.com/vitro-tls/vitro/internal/suite"
	"github.com/vitro-tls/vitro/wire"
)

// RFC 8446 §4.1.3: a suite of TLS 1.3 belongs to TLS 1.3, also where the client offers both: in a ServerHello of
// TLS 1.2 it has neither key exchange nor authentication.
func TestSuiteOfAnotherVersion(t *testing.T) {
	for _, s := range suite.All13() {
		ch := &wire.ClientHello{Version: wire.TLS12, CipherSuites: []wire.CipherSuite{s.ID}}
		sh := &wire.ServerHello{Version: wire.TLS12, CipherSuite: s.ID}
		if next, err := Start(new(hs.Desk), &hello.Offer{Hello: ch}, sh); !errors.Is(err, fault.SuiteNotOffered) {
			t.Errorf("%v: goes on with %v, %v", s.ID, next, err)
		}
	}
}
