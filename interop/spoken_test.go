package interop

import (
	"testing"

	"github.com/vitro-tls/vitro/fault"
	"github.com/vitro-tls/vitro/internal/testkit"
	"github.com/vitro-tls/vitro/tls"
	"github.com/vitro-tls/vitro/wire"
)

// spoken is the one version that our end of a case speaks. The peers speak both, unless a case tells them otherwise.
type spoken struct{ wire.Version }

var v12, v13 = spoken{wire.TLS12}, spoken{wire.TLS13}

// eachVersion runs a test whose peers behave alike in both versions.
func eachVersion(t *testing.T, f func(t *testing.T, v spoken)) {
	t.Helper()
	for _, v := range []spoken{v12, v13} {
		t.Run(v.String(), func(t *testing.T) { f(t, v) })
	}
}

// clientConfig is what a test's client of ours starts from.
func (v spoken) clientConfig() *tls.Config {
	return &tls.Config{RootCAs: testkit.PKI().Roots, ServerName: testkit.Host, Time: testkit.Clock,
		MinVersion: uint16(v.Version), MaxVersion: uint16(v.Version)}
}

// serverConfig is what a test's server of ours starts from.
func (v spoken) serverConfig(t testing.TB, kinds ...testkit.Kind) *tls.Config {
	t.Helper()
	config := &tls.Config{Time: testkit.Clock, MinVersion: uint16(v.Version), MaxVersion: uint16(v.Version)}
	for _, kind := range kinds {
		config.Certificates = append(config.Certificates, certificate(t, testkit.Leaf(kind)))
	}
	return config
}

// mustFailLate is mustFail where the server judges after our Finished. In TLS 1.3 that is our handshake's end, so that
// its alert meets the first Read. RFC 8446 §2, §4.4.4.
func (v spoken) mustFailLate(t *testing.T, addr string, config *tls.Config) error {
	t.Helper()
	conn, err := dial(t, addr, config)
	if v != v13 {
		if err == nil {
			t.Fatalf("the handshake succeeded: %v", stateOf(conn.ConnectionState()))
		}
		return err
	}
	if err != nil {
		t.Fatalf("the handshake failed, and not the first Read: %v", err)
	}
	if _, err = conn.Read(make([]byte, 1)); err == nil {
		t.Fatal("reading succeeded after the server refused us")
	}
	return err
}

// What is of TLS 1.2 alone is written without a version.

func clientConfig() *tls.Config { return v12.clientConfig() }

func serverConfig(t testing.TB, kinds ...testkit.Kind) *tls.Config {
	t.Helper()
	return v12.serverConfig(t, kinds...)
}

func feature(t *testing.T, p program, role fault.Role, f func(t *testing.T)) {
	t.Helper()
	v12.feature(t, p, role, f)
}

func failure(t *testing.T, p program, role fault.Role, f func(t *testing.T)) {
	t.Helper()
	v12.failure(t, p, role, f)
}
