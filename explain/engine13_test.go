package explain

import (
	"crypto/x509"
	"testing"

	"github.com/vitro-tls/vitro/engine"
	"github.com/vitro-tls/vitro/event"
	"github.com/vitro-tls/vitro/internal/testkit"
	"github.com/vitro-tls/vitro/want"
	"github.com/vitro-tls/vitro/wire"
)

// shake lets two real engines of TLS 1.3 make a connection, both told to tracer.
func shake(t *testing.T, tracer event.Tracer, adjust func(client, server *engine.Config)) (client, server *engine.Engine) {
	t.Helper()
	cc := engine.Config{ServerName: testkit.Host, MinVersion: wire.TLS13, Protocols: []string{"http/1.1"}, Tracer: tracer}
	sc := engine.Config{Credentials: []*want.Credential{testkit.Credential(testkit.P256)}, Protocols: []string{"http/1.1"}, Tracer: tracer}
	if adjust != nil {
		adjust(&cc, &sc)
	}
	compiled := func(c engine.Config) *engine.Compiled {
		out, err := engine.Compile(c)
		if err != nil {
			t.Fatalf("the configuration does not compile: %v", err)
		}
		return out
	}
	client, server = engine.NewClient(compiled(cc), engine.Options{}), engine.NewServer(compiled(sc), engine.Options{})
	var toClient, toServer []byte
	for range 20 {
		clientDone := turn(t, client, &toClient, &toServer)
		if turn(t, server, &toServer, &toClient) && clientDone {
			return client, server
		}
	}
	t.Fatal("the handshake does not end")
	return nil, nil
}

// turn drives one end until it waits for the other, and reports whether its handshake is done.
func turn(t *testing.T, e *engine.Engine, in, out *[]byte) bool {
	t.Helper()
	for {
		*in = (*in)[e.Feed(*in):]
		switch w := e.Step(testkit.Now).(type) {
		case want.HaveOutput:
			*out = append(*out, e.Output()...)
		case want.NeedInput:
			if len(*in) == 0 {
				return false
			}
		case want.Ready:
			return true
		case *want.VerifyPeer:
			w.Answer(verdict(w.Peer))
		case *want.Sign:
			w.Run()
		case want.Failed:
			t.Fatalf("the handshake failed: %v", w.Err)
		default:
			t.Fatalf("unforeseen: %T", w)
		}
	}
}

func verdict(p want.Peer) want.Verdict {
	intermediates := x509.NewCertPool()
	for _, c := range p.Chain[1:] {
		intermediates.AddCert(c)
	}
	chains, err := p.Chain[0].Verify(x509.VerifyOptions{
		Roots: testkit.PKI().Roots, Intermediates: intermediates, CurrentTime: p.Now, DNSName: p.State.ServerName,
	})
	return want.Verdict{Err: err, Chains: chains}
}
