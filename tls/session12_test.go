package tls

import (
	std "crypto/tls"
	"errors"
	"slices"
	"testing"
	"time"

	"github.com/vitro-tls/vitro/internal/testkit"
	"github.com/vitro-tls/vitro/session"
	"github.com/vitro-tls/vitro/want"
)

// ways are those in which a server keeps its sessions.
var ways = []struct {
	name    string
	version uint16
	store   bool // by ID, instead of tickets
}{
	{"TLS 1.3 tickets", VersionTLS13, false},
	{"TLS 1.3 from a store", VersionTLS13, true},
	{"TLS 1.2 tickets", VersionTLS12, false},
	{"TLS 1.2 session IDs", VersionTLS12, true},
}

// With either version and from tickets as from a store, every connection after the first is resumed.
func TestResumptionEveryWay(t *testing.T) {
	for _, way := range ways {
		t.Run(way.name, func(t *testing.T) {
			cc, sc := resumingConfigs()
			sc.MaxVersion = way.version
			store := session.NewCache(0)
			if way.store {
				sc.SessionTicketsDisabled, sc.SessionStore = true, store
			}
			for i := range 4 {
				cs, ss := echo(t, cc, sc)
				if cs.Version != way.version || cs.DidResume != (i > 0) || ss.DidResume != (i > 0) || len(cs.PeerCertificates) == 0 || len(cs.VerifiedChains) == 0 {
					t.Errorf("connection %d: client %+v; server %+v", i, cs, ss)
				}
			}
			if !way.store {
				return
			}
			sc = sc.Clone()
			sc.SessionStore = session.NewCache(0)
			if cs, _ := echo(t, cc, sc); cs.DidResume {
				t.Error("resumed with a store that has nothing")
			}
		})
	}
}

// A store's own copy is what counts: a session that was taken back is not resumed.
func TestSessionTakenBack(t *testing.T) {
	for _, way := range ways {
		if !way.store {
			continue
		}
		cc, sc := resumingConfigs()
		recorded := &recordingStore{Cache: session.NewCache(0)}
		sc.MaxVersion, sc.SessionTicketsDisabled, sc.SessionStore = way.version, true, recorded
		echo(t, cc, sc)
		if len(recorded.keys) == 0 {
			t.Fatalf("%s: nothing is stored", way.name)
		}
		for _, key := range recorded.keys {
			recorded.Cache.Put(key, nil)
		}
		if cs, _ := echo(t, cc, sc); cs.DidResume {
			t.Errorf("%s: resumed", way.name)
		}
	}
}

type recordingStore struct {
	*session.Cache
	keys []string
}

func (s *recordingStore) Put(key string, v *want.Session) {
	s.keys = append(s.keys, key)
	s.Cache.Put(key, v)
}

// Client certificates come back with the session, and are verified anew.
func TestResumption12WithClientCertificate(t *testing.T) {
	for _, way := range ways {
		cc, sc := resumingConfigs()
		sc.MaxVersion, sc.ClientAuth, sc.ClientCAs = way.version, RequireAndVerifyClientCert, testkit.PKI().Roots
		if way.store {
			sc.SessionTicketsDisabled, sc.SessionStore = true, session.NewCache(0)
		}
		cc.Certificates = []Certificate{clientLeaf(testkit.PKI().Intermediate)}
		for i := range 2 {
			_, ss := echo(t, cc, sc)
			if ss.DidResume != (i > 0) || len(ss.PeerCertificates) == 0 || len(ss.VerifiedChains) == 0 {
				t.Errorf("%s, connection %d: %+v", way.name, i, ss)
			}
		}
	}
}

// A server's VerifyConnection has its say in every handshake, also where no certificate came and the session is taken up.
func TestResumptionCallsServerBack(t *testing.T) {
	for _, way := range ways {
		t.Run(way.name, func(t *testing.T) {
			cc, sc := resumingConfigs()
			sc.MaxVersion = way.version
			if way.store {
				sc.SessionTicketsDisabled, sc.SessionStore = true, session.NewCache(0)
			}
			var resumed []bool
			sc.VerifyConnection = func(s ConnectionState) error {
				resumed = append(resumed, s.DidResume)
				return nil
			}
			echo(t, cc, sc)
			echo(t, cc, sc)
			if !slices.Equal(resumed, []bool{false, true}) {
				t.Fatalf("two connections, the second resumed: called with DidResume %v", resumed)
			}

			sc.VerifyConnection = func(ConnectionState) error { return errors.New("not today") }
			client, server := pair(t, cc, sc)
			client.SetDeadline(time.Now().Add(time.Minute))
			go client.Read(make([]byte, 1))
			if err := server.Handshake(); err == nil {
				t.Errorf("a client whom the callback refuses is let in; resumed: %v", server.ConnectionState().DidResume)
			}
			server.Close()
		})
	}
}

// Our client resumes TLS 1.2 with a server of crypto/tls, and a client of crypto/tls with ours.
func TestResumption12WithCryptoTLS(t *testing.T) {
	leaf := testkit.Leaf(testkit.P256)
	theirServer := &std.Config{Time: testkit.Clock, MaxVersion: std.VersionTLS12,
		Certificates: []std.Certificate{{Certificate: leaf.Chain, PrivateKey: leaf.Key}}}
	theirClient := &std.Config{Time: testkit.Clock, RootCAs: testkit.PKI().Roots, ServerName: testkit.Host,
		MaxVersion: std.VersionTLS12, ClientSessionCache: std.NewLRUClientSessionCache(0)}
	cc, sc := resumingConfigs()
	for i := range 3 {
		a, b := tcp(t)
		client, server := Client(a, cc), std.Server(b, theirServer)
		talk(t, client, server)
		if s := client.ConnectionState(); s.Version != VersionTLS12 || s.DidResume != (i > 0) {
			t.Errorf("connection %d to crypto/tls: %+v", i, s)
		}
		a, b = tcp(t)
		theirs, ours := std.Client(a, theirClient), Server(b, sc)
		talk(t, theirs, ours)
		if s := ours.ConnectionState(); s.Version != VersionTLS12 || s.DidResume != (i > 0) || theirs.ConnectionState().DidResume != s.DidResume {
			t.Errorf("connection %d from crypto/tls: %+v", i, s)
		}
	}
}
