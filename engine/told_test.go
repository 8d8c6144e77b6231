package engine_test

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/vitro-tls/vitro/engine"
	"github.com/vitro-tls/vitro/event"
	"github.com/vitro-tls/vitro/fault"
	"github.com/vitro-tls/vitro/internal/testkit"
	"github.com/vitro-tls/vitro/wire"
)

// What a client did not say is not told as if it had: RFC 5246 §E.1, a hello without a list names its newest version.
func TestVersionsAreToldAsSaid(t *testing.T) {
	list := func(versions ...wire.Version) func(*wire.ClientHello) {
		return func(ch *wire.ClientHello) {
			ch.SupportedVersions = versions
			ch.Add(wire.ExtSupportedVersions)
		}
	}
	for name, c := range map[string]struct {
		change func(*wire.ClientHello)
		want   []string
	}{
		"no list": {func(ch *wire.ClientHello) { ch.Version = wire.TLS11 }, []string{"up to TLS 1.1"}},
		"a list":  {list(wire.TLS13, 0x0a0a), []string{"TLS 1.3", wire.Version(0x0a0a).String()}},
		"a fallback": {func(ch *wire.ClientHello) {
			ch.Version, ch.CipherSuites = wire.TLS11, append(ch.CipherSuites, wire.TLS_FALLBACK_SCSV)
		}, []string{"up to TLS 1.1"}},
		"an older list": {list(wire.TLS11, wire.TLS10), []string{"TLS 1.1", "TLS 1.0"}},
	} {
		server := newServer(t, serverConfig(testkit.RSA))
		server.take(t, helloOf(t, clientConfig(), c.change), 1<<20)
		var found *fault.Error
		if !errors.As(server.err, &found) || found.Offers == nil || !slices.Equal(found.Offers.Theirs, c.want) {
			t.Errorf("%s: told %v, want %q", name, server.err, c.want)
		}
	}
	var told []event.VersionChosen
	sc := serverConfig(testkit.RSA)
	sc.Tracer = event.TracerFunc(func(_ event.Meta, e event.Event) {
		if e, ok := e.(event.VersionChosen); ok {
			told = append(told, e)
		}
	})
	newServer(t, sc).take(t, helloOf(t, clientConfig(), nil), 1<<20)
	if len(told) != 1 || told[0].UpTo != wire.TLS12 || len(told[0].Theirs) != 0 {
		t.Errorf("a client that sent no list is told of as %+v", told)
	}
}

// An alert is explained by the version that the connection has, or may still get: TLS 1.3 has no RSA key exchange to
// allow and no renegotiation to miss.
func TestAlertsFitTheVersion(t *testing.T) {
	refusal := record(wire.ContentAlert, []byte{byte(wire.LevelFatal), byte(wire.AlertHandshakeFailure)})
	only13, both := clientConfig13(), clientConfig13()
	only13.MinVersion, both.MinVersion = wire.TLS13, wire.TLS12
	const rsa = "RSA or DHE key exchange"
	for name, c := range map[string]struct {
		config  engine.Config
		section string
		rsa     bool
	}{
		"TLS 1.2 only": {clientConfig(), "RFC 5246 §7.2.2", true},
		"TLS 1.3 only": {only13, "RFC 8446 §6.2", false},
		"both":         {both, "RFC 8446 §6.2", true},
	} {
		client := newClient(t, c.config)
		client.step(t)
		client.take(t, refusal, 1<<20)
		var told *fault.PeerAlert
		if !errors.As(client.err, &told) {
			t.Fatalf("%s: %v is no alert of the peer", name, client.err)
		}
		if got := told.Section(); got != c.section || !strings.Contains(told.Error(), c.section) {
			t.Errorf("%s: the section is %s, want %s: %v", name, got, c.section, told)
		}
		if got := strings.Contains(told.Hint(), rsa); got != c.rsa || told.Hint() == "" {
			t.Errorf("%s: the hint is %q", name, told.Hint())
		}
	}
}

// RFC 8446 §4.4.4: a Finished is as long as the suite's hash, and the failure says how it is not.
func TestLengthOfFinished13(t *testing.T) {
	for n, want := range map[int]string{31: "1 byte missing", 33: "1 byte left over", 48: "16 bytes left over"} {
		client := newClient(t, clientConfig13())
		forge(t, client, new(wire.EncryptedExtensions), &wire.Finished{VerifyData: make([]byte, n)})
		if !errors.Is(client.err, fault.DecodeError) || !strings.Contains(client.err.Error(), want) {
			t.Errorf("%d bytes of verify_data: %v, want %q", n, client.err, want)
		}
	}
}
