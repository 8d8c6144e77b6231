package tls

import (
	"bytes"
	std "crypto/tls"
	"crypto/x509"
	"io"
	"net"
	"testing"
	"time"

	"github.com/vitro-tls/vitro/event"
	"github.com/vitro-tls/vitro/internal/testkit"
)

func resumingConfigs() (cc, sc *Config) {
	cc, sc = clientConfig(), serverConfig(testkit.P256)
	cc.ClientSessionCache = NewLRUClientSessionCache(0)
	return cc, sc
}

// echo makes a connection, sends a line there and back, and returns both ends' states.
func echo(t testing.TB, cc, sc *Config) (client, server ConnectionState) {
	t.Helper()
	c, s := pair(t, cc, sc)
	if cerr, serr := both(c, s); cerr != nil || serr != nil {
		t.Fatalf("client: %v; server: %v", cerr, serr)
	}
	talk(t, c, s)
	client, server = c.ConnectionState(), s.ConnectionState()
	c.Close()
	s.Close()
	return client, server
}

func talk(t testing.TB, client, server net.Conn) {
	t.Helper()
	done := make(chan error, 1)
	go func() {
		b := make([]byte, 5)
		_, err := io.ReadFull(server, b)
		if err == nil {
			_, err = server.Write(b)
		}
		done <- err
	}()
	b := make([]byte, 5)
	if _, err := client.Write([]byte("hello")); err != nil {
		t.Fatal(err)
	}
	if _, err := io.ReadFull(client, b); err != nil {
		t.Fatal(err)
	}
	if err := <-done; err != nil {
		t.Fatal(err)
	}
}

// With a cache the second connection is resumed, and each after it, with a ticket that the one before brought.
func TestResumption(t *testing.T) {
	cc, sc := resumingConfigs()
	for i := range 4 {
		cs, ss := echo(t, cc, sc)
		if cs.DidResume != (i > 0) || ss.DidResume != (i > 0) || len(cs.PeerCertificates) == 0 || len(cs.VerifiedChains) == 0 {
			t.Errorf("connection %d: client %+v; server %+v", i, cs, ss)
		}
	}
}

// Who seals a ticket can derive keys from the connection, as with crypto/tls: the client has proven by then that it has
// the same secret.
func TestWrapSessionExports(t *testing.T) {
	for _, version := range []uint16{VersionTLS12, VersionTLS13} {
		const label = "EXPERIMENTAL vitro"
		cc, sc := resumingConfigs()
		cc.MaxVersion = version
		var early []byte
		sc.WrapSession = func(s ConnectionState, session *SessionState) (_ []byte, err error) {
			if early, err = s.ExportKeyingMaterial(label, nil, 32); err != nil {
				t.Errorf("%s: %v", VersionName(version), err)
			}
			return sc.EncryptTicket(s, session)
		}
		client, _ := echo(t, cc, sc)
		if late, err := client.ExportKeyingMaterial(label, nil, 32); err != nil || !bytes.Equal(early, late) {
			t.Errorf("%s: WrapSession exports %x, the client %x, %v", VersionName(version), early, late, err)
		}
	}
}

// What switches resumption off, or makes it impossible.
func TestNoResumption(t *testing.T) {
	for name, change := range map[string]func(cc, sc *Config) (*Config, *Config){
		"no cache": func(cc, sc *Config) (*Config, *Config) {
			cc = cc.Clone()
			cc.ClientSessionCache = nil
			return cc, sc
		},
		"disabled at the client": func(cc, sc *Config) (*Config, *Config) {
			cc = cc.Clone()
			cc.SessionTicketsDisabled = true
			return cc, sc
		},
		"disabled at the server": func(cc, sc *Config) (*Config, *Config) {
			sc = sc.Clone()
			sc.SessionTicketsDisabled = true
			return cc, sc
		},
		"another server": func(cc, _ *Config) (*Config, *Config) { return cc, serverConfig(testkit.P256) },
		"another name": func(cc, sc *Config) (*Config, *Config) {
			cc = cc.Clone()
			cc.ServerName = "localhost"
			return cc, sc
		},
		"a day later": func(cc, sc *Config) (*Config, *Config) {
			cc, sc = cc.Clone(), sc.Clone()
			cc.Time = func() time.Time { return testkit.Now.Add(24 * time.Hour) }
			sc.Time = cc.Time
			return cc, sc
		},
		"other ticket keys": func(cc, sc *Config) (*Config, *Config) {
			sc = sc.Clone()
			sc.SetSessionTicketKeys([][32]byte{{1}})
			return cc, sc
		},
	} {
		t.Run(name, func(t *testing.T) {
			cc, sc := resumingConfigs()
			echo(t, cc, sc)
			cc, sc = change(cc, sc)
			if cs, ss := echo(t, cc, sc); cs.DidResume || ss.DidResume {
				t.Error("resumed")
			}
		})
	}
}

// A session whose server would not be trusted now is not offered: there is a full handshake, which says what is wrong.
func TestResumptionVerifiesAnew(t *testing.T) {
	cc, sc := resumingConfigs()
	cc.InsecureSkipVerify = true
	echo(t, cc, sc)
	strict := cc.Clone()
	strict.InsecureSkipVerify = false
	if cs, _ := echo(t, strict, sc); cs.DidResume {
		t.Error("a session that was never verified is resumed where verification is on")
	}
	distrusting := cc.Clone()
	distrusting.InsecureSkipVerify, distrusting.RootCAs = false, x509.NewCertPool()
	client, server := pair(t, distrusting, sc)
	if cerr, _ := both(client, server); cerr == nil {
		t.Error("a server that nobody trusts any more is resumed with")
	}
}

// The callbacks of verification are called once in each handshake, resumed or not.
func TestResumptionCallsBack(t *testing.T) {
	cc, sc := resumingConfigs()
	verified, connected := 0, 0
	cc.VerifyPeerCertificate = func(raw [][]byte, chains [][]*x509.Certificate) error {
		if len(raw) == 0 || len(chains) == 0 {
			t.Errorf("%d certificates, %d chains", len(raw), len(chains))
		}
		verified++
		return nil
	}
	cc.VerifyConnection = func(s ConnectionState) error {
		if s.DidResume != (connected > 0) {
			t.Errorf("connection %d: resumed %v", connected, s.DidResume)
		}
		connected++
		return nil
	}
	echo(t, cc, sc)
	echo(t, cc, sc)
	if verified != 2 || connected != 2 {
		t.Errorf("called %d and %d times", verified, connected)
	}
}

// A session is used once. RFC 8446 §C.4.
func TestSessionUsedOnce(t *testing.T) {
	cc, sc := resumingConfigs()
	echo(t, cc, sc)
	client, server := pair(t, cc, sc)
	if cerr, serr := both(client, server); cerr != nil || serr != nil || !client.ConnectionState().DidResume {
		t.Fatal(cerr, serr)
	}
	// It read no ticket.
	if cs, _ := echo(t, cc, sc); cs.DidResume {
		t.Error("one session served two connections")
	}
}

// Keys that were set serve several servers, and tickets under an older one still open.
func TestSharedTicketKeys(t *testing.T) {
	old, fresh := [32]byte{1}, [32]byte{2}
	cc, one := resumingConfigs()
	two := serverConfig(testkit.P256)
	one.SetSessionTicketKeys([][32]byte{old})
	two.SetSessionTicketKeys([][32]byte{fresh, old})
	echo(t, cc, one)
	for i := range 2 {
		if cs, _ := echo(t, cc, two); !cs.DidResume {
			t.Errorf("connection %d to the second server is not resumed", i)
		}
	}
	if cs, _ := echo(t, cc, one); cs.DidResume {
		t.Error("the first server opens what was sealed with a key that it does not have")
	}
}

// GetConfigForClient may make a new Config each time: the tickets are those of the first.
func TestTicketKeysOfChosenConfig(t *testing.T) {
	cc, sc := resumingConfigs()
	sc.GetConfigForClient = func(*ClientHelloInfo) (*Config, error) { return serverConfig(testkit.P256), nil }
	echo(t, cc, sc)
	if cs, _ := echo(t, cc, sc); !cs.DidResume {
		t.Error("not resumed")
	}
}

// A server's ticket does not hold up a client that writes before it reads, even without any buffer in between.
func TestTicketDoesNotBlock(t *testing.T) {
	cc, sc := resumingConfigs()
	inner, outer := net.Pipe()
	deadline := time.Now().Add(time.Minute)
	inner.SetDeadline(deadline)
	outer.SetDeadline(deadline)
	client, server := Client(inner, cc), Server(outer, sc)
	done := make(chan error, 1)
	go func() {
		b := make([]byte, 10)
		_, err := io.ReadFull(server, b)
		if err == nil {
			_, err = server.Write(b)
		}
		done <- err
	}()
	for range 2 {
		if _, err := client.Write([]byte("hello")); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := io.ReadFull(client, make([]byte, 10)); err != nil {
		t.Fatal(err)
	}
	if err := <-done; err != nil {
		t.Fatal(err)
	}
	if s, ok := cc.ClientSessionCache.Get(testkit.Host); !ok || s == nil {
		t.Error("no session came with the answer")
	}
}

// A client that waits for its ticket before it says anything gets it while the server waits for the client.
func TestTicketWithoutData(t *testing.T) {
	cc, sc := resumingConfigs()
	client, server := pair(t, cc, sc)
	if cerr, serr := both(client, server); cerr != nil || serr != nil {
		t.Fatal(cerr, serr)
	}
	stored := make(chan struct{})
	tell := tellingStore{cc.ClientSessionCache, stored}
	client.config = cc.Clone()
	client.config.ClientSessionCache = tell
	ended := make(chan error, 2)
	for _, c := range []*Conn{client, server} {
		go func() {
			_, err := c.Read(make([]byte, 1))
			ended <- err
		}()
	}
	<-stored
	client.CloseWrite()
	if err := <-ended; err != io.EOF {
		t.Errorf("the server reads %v", err)
	}
	server.Close()
	if err := <-ended; err != io.EOF {
		t.Errorf("the client reads %v", err)
	}
}

type tellingStore struct {
	ClientSessionCache
	stored chan struct{}
}

func (s tellingStore) Put(key string, session *ClientSessionState) {
	s.ClientSessionCache.Put(key, session)
	close(s.stored)
}

// Both ends tell whoever watches.
func TestResumptionIsTold(t *testing.T) {
	cc, sc := resumingConfigs()
	told := make(chan event.Event, 100)
	tracer := event.TracerFunc(func(_ event.Meta, e event.Event) {
		switch e := e.(type) {
		case event.Resumption:
			told <- e
		case event.Finished:
			if e.Resumed {
				told <- e
			}
		}
	})
	cc.Tracer, sc.Tracer = tracer, tracer
	echo(t, cc, sc)
	if len(told) != 0 {
		t.Errorf("the first connection tells %v", <-told)
	}
	if echo(t, cc, sc); len(told) != 4 {
		t.Errorf("%d events of the second, want two from each end", len(told))
	}
}

// Our client resumes with a server of crypto/tls, and a client of crypto/tls with ours.
func TestResumptionWithCryptoTLS(t *testing.T) {
	leaf := testkit.Leaf(testkit.P256)
	theirServer := &std.Config{Time: testkit.Clock, MinVersion: std.VersionTLS13,
		Certificates: []std.Certificate{{Certificate: leaf.Chain, PrivateKey: leaf.Key}}}
	theirClient := &std.Config{Time: testkit.Clock, RootCAs: testkit.PKI().Roots, ServerName: testkit.Host,
		MinVersion: std.VersionTLS13, ClientSessionCache: std.NewLRUClientSessionCache(0)}
	cc, sc := resumingConfigs()
	for _, retry := range []bool{false, true} {
		if retry {
			theirServer = theirServer.Clone()
			theirServer.CurvePreferences = []std.CurveID{std.CurveP384}
			sc = sc.Clone()
			sc.CurvePreferences = []CurveID{std.CurveP384}
		}
		for i := range 3 {
			a, b := tcp(t)
			client, server := Client(a, cc), std.Server(b, theirServer)
			talk(t, client, server)
			if s := client.ConnectionState(); s.DidResume != (retry || i > 0) || s.DidResume != server.ConnectionState().DidResume {
				t.Errorf("retry %v, connection %d to crypto/tls: resumed %v", retry, i, s.DidResume)
			}
			a, b = tcp(t)
			theirs, ours := std.Client(a, theirClient), Server(b, sc)
			talk(t, theirs, ours)
			if s := ours.ConnectionState(); s.DidResume != (retry || i > 0) || s.DidResume != theirs.ConnectionState().DidResume {
				t.Errorf("retry %v, connection %d from crypto/tls: resumed %v", retry, i, s.DidResume)
			}
		}
	}
}

// A client that showed its certificate is known again when it resumes, and judged again: by other CAs, or under another
// mode, it has to introduce itself anew.
func TestResumptionWithClientCertificates(t *testing.T) {
	issued, err := testkit.PKI().Root.Issue(testkit.LeafOptions{
		CommonName: "client", Hosts: []string{"client.test"}, Now: testkit.Now, Usages: []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth}})
	if err != nil {
		t.Fatal(err)
	}
	sc := serverConfig(testkit.P256)
	sc.ClientAuth, sc.ClientCAs = RequireAndVerifyClientCert, testkit.PKI().Roots
	cc := clientConfig()
	cc.ClientSessionCache = NewLRUClientSessionCache(4)
	cc.Certificates = []Certificate{{Certificate: issued.Chain, PrivateKey: issued.Key}}
	visit := func(sc *Config) ConnectionState {
		t.Helper()
		client, server := pair(t, cc, sc)
		if cerr, serr := both(client, server); cerr != nil || serr != nil {
			t.Fatalf("client: %v; server: %v", cerr, serr)
		}
		exchange(t, client, server)
		state := server.ConnectionState()
		client.Close()
		server.Close()
		return state
	}
	if s := visit(sc); s.DidResume || len(s.VerifiedChains) == 0 {
		t.Fatalf("the first visit: %+v", s)
	}
	if s := visit(sc); !s.DidResume || len(s.PeerCertificates) == 0 || len(s.VerifiedChains) == 0 {
		t.Errorf("the second visit: resumed %v, certificates %d, chains %d", s.DidResume, len(s.PeerCertificates), len(s.VerifiedChains))
	}
	other := sc.Clone()
	other.ClientAuth = RequestClientCert
	if s := visit(other); s.DidResume {
		t.Error("a session was resumed under another mode")
	}
}

// Two clients that share a cache stay two: a session goes on for him alone who was known in it, and who has no certificate
// does not come by another's name.
func TestSessionIsOfOneClient(t *testing.T) {
	alice, bob := clientLeaf(testkit.PKI().Intermediate), clientLeaf(testkit.PKI().Intermediate)
	sc := serverConfig(testkit.P256)
	sc.ClientAuth, sc.ClientCAs = VerifyClientCertIfGiven, testkit.PKI().Roots
	as := clientConfig()
	as.ClientSessionCache = NewLRUClientSessionCache(0)
	for i, who := range [][]Certificate{{alice}, {alice}, {bob}, nil, {alice, bob}, {alice, bob}} {
		as = as.Clone()
		as.Certificates = who
		_, server := echo(t, as, sc)
		if resumed := i == 1 || i == 5; server.DidResume != resumed {
			t.Errorf("visit %d: resumed %v", i, server.DidResume)
		}
		if len(who) == 0 {
			if len(server.PeerCertificates) != 0 {
				t.Errorf("visit %d: a client without a certificate is taken for another", i)
			}
		} else if !bytes.Equal(server.PeerCertificates[0].Raw, who[0].Certificate[0]) {
			t.Errorf("visit %d: taken for another client", i)
		}
	}
	as = as.Clone()
	as.Certificates, as.GetClientCertificate = nil, func(*CertificateRequestInfo) (*Certificate, error) { return &alice, nil }
	for i := range 2 {
		if _, server := echo(t, as, sc); server.DidResume != (i > 0) || len(server.PeerCertificates) == 0 {
			t.Errorf("visit %d by a callback: resumed %v", i, server.DidResume)
		}
	}
	as = as.Clone()
	as.GetClientCertificate = nil
	if _, server := echo(t, as, sc); server.DidResume || len(server.PeerCertificates) != 0 {
		t.Error("a client without a certificate is taken for one whose callback had one")
	}
}

// A Config for both roles that does not verify servers still binds its clients' sessions to how they were asked who they are.
func TestSessionIsOfOneModeWithoutVerification(t *testing.T) {
	cc, sc := resumingConfigs()
	cc.Certificates = []Certificate{clientLeaf(testkit.PKI().Intermediate)}
	sc.InsecureSkipVerify = true
	echo(t, cc, sc)
	asking := sc.Clone()
	asking.ClientAuth = RequestClientCert
	if _, server := echo(t, cc, asking); server.DidResume || len(server.PeerCertificates) == 0 {
		t.Errorf("resumed %v, %d certificates: a client that was never asked stays nameless", server.DidResume, len(server.PeerCertificates))
	}
}
