package tls

import (
	"crypto/x509"
	"net"
	"strings"
	"testing"
	"time"

	std "crypto/tls"

	"github.com/vitro-tls/vitro/internal/testkit"
)

// stdWords are what both ends say in crypto/tls about a handshake with these configurations.
func stdWords(t *testing.T, cc, sc *std.Config) (client, server string) {
	t.Helper()
	c, s := tcp(t)
	deadline := time.Now().Add(time.Minute)
	c.SetDeadline(deadline)
	s.SetDeadline(deadline)
	return words(std.Client(c, cc), std.Server(s, sc))
}

// words runs a handshake, and a Read at the client, which in TLS 1.3 learns of its refusal no sooner.
func words(client, server interface {
	Handshake() error
	net.Conn
}) (cwords, swords string) {
	done := make(chan error)
	go func() {
		err := server.Handshake()
		server.Close()
		done <- err
	}()
	cerr := client.Handshake()
	if cerr == nil {
		_, cerr = client.Read(make([]byte, 1))
	}
	client.Close()
	return text(cerr), text(<-done)
}

// first leaves out where the words come from, and lists of what was offered, for which Vitro has names.
func first(words string) string {
	words, _, _ = strings.Cut(strings.TrimPrefix(words, "tls: "), "; client offered")
	words, _, _ = strings.Cut(words, ": [")
	words, _, _ = strings.Cut(words, " ([")
	return words
}

func text(err error) string {
	if err == nil {
		return ""
	}
	return err.Error()
}

// Programs look for the words of crypto/tls in an error. Ours have them too, beside the explanation.
func TestErrorsHaveTheWordsOfCryptoTLS(t *testing.T) {
	pki := testkit.PKI()
	shown := func(flaw testkit.Flaw) func(*std.Config) {
		return func(c *std.Config) {
			leaf := testkit.Flawed(flaw, testkit.P256)
			c.Certificates = []Certificate{{Certificate: leaf.Chain, PrivateKey: leaf.Key}}
		}
	}
	for _, k := range []struct {
		name           string
		client, server func(*std.Config)
		alert          string
	}{
		{name: "an unknown CA", client: func(c *std.Config) { c.RootCAs = x509.NewCertPool() }, alert: "unknown certificate authority"},
		{name: "another host", server: shown(testkit.WrongHost)},
		{name: "expired", server: shown(testkit.Expired), alert: "expired certificate"},
		{name: "no certificate of the client's", server: func(c *std.Config) { c.ClientAuth, c.ClientCAs = RequireAndVerifyClientCert, pki.Roots }},
		{name: "an old client", client: func(c *std.Config) { c.MaxVersion = VersionTLS12 }, server: func(c *std.Config) { c.MinVersion = VersionTLS13 }},
		{name: "no protocol in common", client: func(c *std.Config) { c.NextProtos = []string{"a"} }, server: func(c *std.Config) { c.NextProtos = []string{"b"} }},
		{name: "no suite in common",
			client: func(c *std.Config) {
				c.MaxVersion, c.CipherSuites = VersionTLS12, []uint16{TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256}
			},
			server: func(c *std.Config) { c.CipherSuites = []uint16{TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384} }},
		{name: "no name to verify", client: func(c *std.Config) { c.ServerName = "" }},
	} {
		for _, version := range []uint16{VersionTLS12, VersionTLS13} {
			t.Run(k.name+", "+VersionName(version), func(t *testing.T) {
				cc := &std.Config{ServerName: testkit.Host, RootCAs: pki.Roots, Time: testkit.Clock, MaxVersion: version}
				sc := &std.Config{Time: testkit.Clock}
				shown(testkit.None)(sc)
				if k.client != nil {
					k.client(cc)
				}
				if k.server != nil {
					k.server(sc)
				}
				wantClient, wantServer := stdWords(t, cc, sc)
				client, server := words(pair(t, FromStd(cc), FromStd(sc)))
				// RFC 8446 §6.2 has an alert for each of these; crypto/tls's client has one for all.
				if k.alert != "" {
					wantServer = "remote error: tls: " + k.alert
				}
				wantClient, wantServer = first(wantClient), first(wantServer)
				if !strings.Contains(client, wantClient) {
					t.Errorf("the client says\n\t%s\nwithout crypto/tls's\n\t%s", client, wantClient)
				}
				// A client that does not even begin is told of in other words, with io.EOF under them.
				if wantServer != "EOF" && !strings.Contains(server, wantServer) {
					t.Errorf("the server says\n\t%s\nwithout crypto/tls's\n\t%s", server, wantServer)
				}
			})
		}
	}
}
