package tls

import (
	"bytes"
	"crypto/x509"
	"fmt"
	"io"
	"sync"
	"testing"

	"github.com/vitro-tls/vitro/internal/testkit"
)

// keeper keeps what connections hand out, and what it said when it was handed out.
type keeper struct {
	mu   sync.Mutex
	kept []func() string
	said []string
	of   []string
}

func (k *keeper) keep(of string, say func() string) {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.kept, k.said, k.of = append(k.kept, say), append(k.said, say()), append(k.of, of)
}

func (k *keeper) check(t *testing.T, least int) {
	t.Helper()
	k.mu.Lock()
	defer k.mu.Unlock()
	if len(k.kept) < least {
		t.Errorf("%d things were handed out, want at least %d", len(k.kept), least)
	}
	for i, say := range k.kept {
		if now := say(); now != k.said[i] {
			t.Errorf("%s said\n%s\nand says now\n%s", k.of[i], k.said[i], now)
		}
	}
}

func (k *keeper) hello(of string, i *ClientHelloInfo) {
	k.keep(of, func() string {
		return fmt.Sprint(i.CipherSuites, i.ServerName, i.SupportedCurves, i.SupportedPoints, i.SignatureSchemes,
			i.SupportedProtos, i.SupportedVersions, i.Extensions, i.raw)
	})
}

func (k *keeper) state(of string, s ConnectionState) {
	k.keep(of, func() string {
		var raw []byte
		for _, c := range s.PeerCertificates {
			raw = append(raw, c.Raw...)
		}
		exported, err := s.ExportKeyingMaterial("EXPERIMENTAL kept", nil, 32)
		return fmt.Sprintf("%x %v %x %x %x %s %s %x %x", exported, err, raw, s.OCSPResponse, s.SignedCertificateTimestamps,
			s.ServerName, s.NegotiatedProtocol, s.TLSUnique, s.CipherSuite)
	})
}

// keepingCache keeps the sessions that a client is given.
type keepingCache struct {
	ClientSessionCache
	*keeper
}

func (c keepingCache) Put(key string, s *ClientSessionState) {
	if s != nil {
		c.keep("a client's session", func() string {
			ticket, state, err := s.ResumptionState()
			if err != nil {
				return err.Error()
			}
			b, err := state.Bytes()
			return fmt.Sprintf("%x %x %v", ticket, b, err)
		})
	}
	c.ClientSessionCache.Put(key, s)
}

// keepAll sets every callback that is handed something, and none of what a server shakes hands without elsewhere.
func (k *keeper) keepAll(cc, sc *Config) {
	cert := sc.Certificates[0]
	sc.GetConfigForClient = func(i *ClientHelloInfo) (*Config, error) { k.hello("GetConfigForClient", i); return nil, nil }
	sc.GetCertificate = func(i *ClientHelloInfo) (*Certificate, error) { k.hello("GetCertificate", i); return &cert, nil }
	client := Certificate{Certificate: cert.Certificate, PrivateKey: cert.PrivateKey}
	cc.GetClientCertificate = func(i *CertificateRequestInfo) (*Certificate, error) {
		k.keep("GetClientCertificate", func() string { return fmt.Sprintf("%x %v", i.AcceptableCAs, i.SignatureSchemes) })
		return &client, nil
	}
	for _, c := range []*Config{cc, sc} {
		c.VerifyPeerCertificate = func(raw [][]byte, _ [][]*x509.Certificate) error {
			k.keep("VerifyPeerCertificate", func() string { return fmt.Sprintf("%x", raw) })
			return nil
		}
		c.VerifyConnection = func(s ConnectionState) error { k.state("VerifyConnection", s); return nil }
	}
	sc.ClientAuth = RequireAnyClientCert
	sc.WrapSession = func(s ConnectionState, session *SessionState) ([]byte, error) {
		k.state("WrapSession", s)
		k.keep("WrapSession's session", func() string { b, err := session.Bytes(); return fmt.Sprintf("%x %v", b, err) })
		return sc.EncryptTicket(s, session)
	}
	sc.UnwrapSession = func(ticket []byte, s ConnectionState) (*SessionState, error) {
		k.keep("UnwrapSession's ticket", func() string { return fmt.Sprintf("%x", ticket) })
		session, err := sc.DecryptTicket(ticket, s)
		if session != nil {
			k.keep("UnwrapSession's session", func() string { b, err := session.Bytes(); return fmt.Sprintf("%x %v", b, err) })
		}
		return session, err
	}
}

// What a connection has handed out stays what it was, however many connections come after it and at the same time: memory
// that is lent to the next one has nothing in it that somebody still holds.
func TestWhatIsHandedOutStays(t *testing.T) {
	const connections, atOnce = 48, 6
	for _, version := range []uint16{VersionTLS12, VersionTLS13} {
		for _, asked := range []bool{false, true} {
			t.Run(fmt.Sprintf("%s, callbacks %v", VersionName(version), asked), func(t *testing.T) {
				k := new(keeper)
				cc, sc := clientConfig(), serverConfig(testkit.P256)
				cc.Time, sc.Time = nil, nil // so that the server's handshake may run on another stack
				cc.InsecureSkipVerify = true
				sc.Certificates[0].OCSPStaple = bytes.Repeat([]byte("staple"), 50)
				sc.Certificates[0].SignedCertificateTimestamps = [][]byte{bytes.Repeat([]byte("one"), 30), []byte("two")}
				cc.NextProtos, sc.NextProtos = []string{"first", "second"}, []string{"second"}
				cc.MaxVersion = version
				cc.ClientSessionCache = keepingCache{NewLRUClientSessionCache(0), k}
				if asked {
					k.keepAll(cc, sc)
				}
				var wg sync.WaitGroup
				for worker := range atOnce {
					wg.Go(func() {
						for i := range connections / atOnce {
							k.converse(t, cc, sc, byte(worker*connections+i))
						}
					})
				}
				wg.Wait()
				k.check(t, 3*connections)
			})
		}
	}
}

// converse makes a connection whose data are its own.
func (k *keeper) converse(t *testing.T, cc, sc *Config, own byte) {
	client, server := pair(t, cc, sc)
	defer client.Close()
	defer server.Close()
	said := bytes.Repeat([]byte{own}, 40_000)
	heard := func(c *Conn) error {
		b := bytes.Repeat([]byte{^own}, len(said)+100)
		n, err := io.ReadAtLeast(c, b, len(said))
		if err != nil || n != len(said) || !bytes.Equal(b[:n], said) {
			return fmt.Errorf("read %d bytes of %d, %v, or of another connection", n, len(said), err)
		}
		return nil
	}
	done := make(chan error, 1)
	go func() {
		err := heard(server)
		if err == nil {
			_, err = server.Write(said)
		}
		done <- err
	}()
	if _, err := client.Write(said); err != nil {
		t.Error(err)
		return
	}
	if err := heard(client); err != nil {
		t.Error(err)
	}
	if err := <-done; err != nil {
		t.Error(err)
	}
	k.state("a client's ConnectionState", client.ConnectionState())
	k.state("a server's ConnectionState", server.ConnectionState())
}
