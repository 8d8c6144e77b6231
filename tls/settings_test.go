package tls

import (
	"crypto/x509"
	"testing"

	"github.com/vitro-tls/vitro/internal/testkit"
)

// A field that is set between two connections counts for the second, as in crypto/tls.
func TestSettingAFieldAfterTheFirstUse(t *testing.T) {
	cc, sc := clientConfig(), &Config{Certificates: []Certificate{certificateOf(testkit.Leaf(testkit.P256))}, Time: testkit.Clock}
	roots := cc.RootCAs
	cc.RootCAs = x509.NewCertPool()
	connect := func(what string, good bool) ConnectionState {
		t.Helper()
		client, server := pair(t, cc, sc)
		cerr, serr := both(client, server)
		if (cerr == nil) != good {
			t.Errorf("%s: the client says %v, the server %v", what, cerr, serr)
		}
		return client.ConnectionState()
	}
	connect("other roots", false)
	cc.RootCAs = roots
	connect("the right roots", true)
	cc.MaxVersion = VersionTLS12
	if got := connect("TLS 1.2", true).Version; got != VersionTLS12 {
		t.Errorf("after MaxVersion was set the version is %#x", got)
	}
	sc.MinVersion = VersionTLS13
	connect("no version in common", false)
	cc.MaxVersion = 0
	cc.CurvePreferences = []CurveID{CurveP384}
	if got := connect("P-384", true).CurveID; got != CurveP384 {
		t.Errorf("after CurvePreferences was set the group is %v", got)
	}
	sc.NextProtos, cc.NextProtos = []string{"a"}, []string{"b"}
	connect("no protocol in common", false)
}
