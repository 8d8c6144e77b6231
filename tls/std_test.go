package tls

import (
	"crypto/x509"
	"errors"
	"reflect"
	"strings"
	"testing"

	std "crypto/tls"

	"github.com/vitro-tls/vitro/internal/testkit"
)

// FromStd carries every field, or its documentation says that it does not.
func TestFromStdCarriesEveryField(t *testing.T) {
	lost := map[string]bool{"WrapSession": true, "UnwrapSession": true}
	var c std.Config
	v := reflect.ValueOf(&c).Elem()
	for i := range v.NumField() {
		field := v.Type().Field(i)
		switch {
		case !field.IsExported():
		case field.Name == "ClientSessionCache":
			c.ClientSessionCache = std.NewLRUClientSessionCache(1)
		default:
			v.Field(i).Set(someValue(t, field.Type))
		}
	}
	out := reflect.ValueOf(FromStd(&c)).Elem()
	for i := range v.NumField() {
		if field := v.Type().Field(i); field.IsExported() && !lost[field.Name] && out.FieldByName(field.Name).IsZero() {
			t.Errorf("FromStd loses %s", field.Name)
		}
	}
	if FromStd(nil) != nil {
		t.Error("no Config becomes one")
	}
}

func stdServerConfig() *std.Config {
	leaf := testkit.Leaf(testkit.P256)
	return &std.Config{Time: testkit.Clock, Certificates: []std.Certificate{{Certificate: leaf.Chain, PrivateKey: leaf.Key}}}
}

// Callbacks for crypto/tls see a client as they would there: its context lives until they return, and its
// SupportsCertificate goes by the Config.
func TestFromStdGetCertificate(t *testing.T) {
	for name, change := range map[string]func(cc *Config, sc *std.Config){
		"TLS 1.3":             func(*Config, *std.Config) {},
		"TLS 1.2":             func(cc *Config, _ *std.Config) { cc.MaxVersion = VersionTLS12 },
		"a second hello":      func(_ *Config, sc *std.Config) { sc.CurvePreferences = []std.CurveID{std.CurveP521} },
		"two records":         func(cc *Config, _ *std.Config) { cc.NextProtos = largeProtocols() },
		"a Config of its own": func(_ *Config, sc *std.Config) { chooseFor(sc) },
	} {
		t.Run(name, func(t *testing.T) {
			cc, sc := clientConfig(), stdServerConfig()
			peer, conn := tcp(t)
			good, called := sc.Certificates[0], 0
			sc.Certificates = nil
			sc.GetCertificate = func(i *std.ClientHelloInfo) (*std.Certificate, error) {
				called++
				if i.ServerName != testkit.Host || i.Conn != conn || i.Context() == nil || i.Context().Err() != nil ||
					i.SupportsCertificate(&good) != nil || i.HelloRetryRequest != (name == "a second hello") {
					t.Errorf("it sees %+v, %v", i, i.SupportsCertificate(&good))
				}
				return &good, nil
			}
			change(cc, sc)
			if cerr, serr := both(Client(peer, cc), Server(conn, FromStd(sc))); cerr != nil || serr != nil {
				t.Fatal(cerr, serr)
			}
			if called != 1 {
				t.Errorf("GetCertificate was called %d times", called)
			}
		})
	}
}

// largeProtocols make a ClientHello that does not fit into a record.
func largeProtocols() (list []string) {
	for range 62 {
		list = append(list, strings.Repeat("x", 255))
	}
	return append(list, "last")
}

func chooseFor(sc *std.Config) {
	other := sc.Clone()
	sc.GetCertificate = nil
	sc.GetConfigForClient = func(i *std.ClientHelloInfo) (*std.Config, error) {
		if i.ServerName != testkit.Host {
			return nil, errors.New("another client")
		}
		return other, nil
	}
}

// What they answer reaches the handshake: an error, and what they say of the peer.
func TestFromStdRefusals(t *testing.T) {
	refused := errors.New("refused")
	for name, change := range map[string]func(client, server *std.Config){
		"GetCertificate": func(_, s *std.Config) {
			s.GetCertificate = func(*std.ClientHelloInfo) (*std.Certificate, error) { return nil, refused }
		},
		"GetConfigForClient": func(_, s *std.Config) {
			s.GetConfigForClient = func(*std.ClientHelloInfo) (*std.Config, error) { return nil, refused }
		},
		"VerifyConnection": func(c, _ *std.Config) {
			c.VerifyConnection = func(s std.ConnectionState) error {
				if s.ServerName != testkit.Host || len(s.VerifiedChains) == 0 || s.Version != std.VersionTLS13 {
					t.Errorf("VerifyConnection sees %+v", s)
				}
				return refused
			}
		},
		"GetClientCertificate": func(c, s *std.Config) {
			s.ClientAuth = std.RequireAnyClientCert
			c.GetClientCertificate = func(i *std.CertificateRequestInfo) (*std.Certificate, error) {
				if i.Version != std.VersionTLS13 || i.SupportsCertificate(&s.Certificates[0]) != nil {
					t.Errorf("GetClientCertificate sees %+v", i)
				}
				return nil, refused
			}
		},
		"VerifyPeerCertificate": func(c, _ *std.Config) {
			c.VerifyPeerCertificate = func([][]byte, [][]*x509.Certificate) error { return refused }
		},
	} {
		cc := &std.Config{ServerName: testkit.Host, RootCAs: testkit.PKI().Roots, Time: testkit.Clock}
		sc := stdServerConfig()
		change(cc, sc)
		client, server := pair(t, FromStd(cc), FromStd(sc))
		if cerr, serr := both(client, server); !errors.Is(cerr, refused) && !errors.Is(serr, refused) {
			t.Errorf("%s: %v; %v", name, cerr, serr)
		}
	}
}

// A ClientHelloInfo that a program has made, for a test of its own, is carried as far as its fields go.
func TestAdaptGetCertificateOfAProgramsOwn(t *testing.T) {
	get := AdaptGetCertificate(func(i *std.ClientHelloInfo) (*std.Certificate, error) {
		if i.ServerName != "a" || len(i.SupportedProtos) != 1 {
			t.Errorf("it sees %+v", i)
		}
		return new(std.Certificate), nil
	})
	if cert, err := get(&ClientHelloInfo{ServerName: "a", SupportedProtos: []string{"b"}}); cert == nil || err != nil {
		t.Errorf("%v, %v", cert, err)
	}
}

// crypto/tls's form of a state has no keys to export, and says so instead of calling what is not there.
func TestStdExportsNothing(t *testing.T) {
	for name, s := range map[string]ConnectionState{"empty": {}, "TLS 1.3": {Version: VersionTLS13, HandshakeComplete: true}} {
		state := s.Std()
		if key, err := state.ExportKeyingMaterial("EXPORTER-test", nil, 32); err == nil {
			t.Errorf("%s: %x", name, key)
		}
		if state.Version != s.Version || state.HandshakeComplete != s.HandshakeComplete {
			t.Errorf("%s became %+v", name, state)
		}
	}
}
