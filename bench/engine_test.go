package bench

import (
	std "crypto/tls"
	"testing"

	"github.com/vitro-tls/vitro/engine"
	"github.com/vitro-tls/vitro/event"
	"github.com/vitro-tls/vitro/fault"
	"github.com/vitro-tls/vitro/internal/testkit"
	"github.com/vitro-tls/vitro/trust"
	"github.com/vitro-tls/vitro/want"
	"github.com/vitro-tls/vitro/wire"
)

// engines shakes hands between two engines, without a tls.Conn and without a session.
func (a agreement) engines(t testing.TB, tracer event.Tracer) (client, server *engine.Engine) {
	t.Helper()
	config := engine.Config{
		MinVersion:  wire.Version(a.version),
		MaxVersion:  wire.Version(a.version),
		ServerName:  testkit.Host,
		Credentials: []*want.Credential{testkit.Credential(a.kind)},
		Tracer:      tracer,
	}
	for _, g := range a.groups() {
		config.Groups = append(config.Groups, wire.NamedGroup(g))
	}
	if suites := []wire.CipherSuite{wire.CipherSuite(a.suite)}; a.version == std.VersionTLS13 {
		config.CipherSuites13 = suites
	} else {
		config.CipherSuites = suites
	}
	compiled, err := engine.Compile(config)
	if err != nil {
		t.Fatal(err)
	}
	client, server = engine.NewClient(compiled, engine.Options{}), engine.NewServer(compiled, engine.Options{})
	var flight []byte
	for clientReady, serverReady := false, false; !clientReady || !serverReady; {
		flight, clientReady = turn(t, client, flight)
		flight, serverReady = turn(t, server, flight)
	}
	return client, server
}

// turn runs an engine on what came from the other one until it needs more, and returns what it says to that.
func turn(t testing.TB, e *engine.Engine, in []byte) (out []byte, ready bool) {
	t.Helper()
	for {
		switch w := e.Step(testkit.Now).(type) {
		case want.HaveOutput:
			out = e.AppendOutput(out)
		case *want.VerifyPeer:
			verifier := trust.Verifier{Roots: testkit.PKI().Roots}
			_ = w.Answer(verifier.Verify(w.Peer, fault.Client))
		case *want.Sign:
			_ = w.Run()
		case *want.DecryptPremaster:
			_ = w.Run()
		case want.Ready:
			return out, true
		case want.NeedInput:
			if len(in) == 0 {
				return out, false
			}
			in = in[e.Feed(in):]
		default:
			t.Fatalf("%s: %+v", w.Name(), w)
		}
	}
}
