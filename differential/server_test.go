package differential

import (
	"bytes"
	std "crypto/tls"
	"encoding/hex"
	"os"
	"path/filepath"
	"testing"

	"github.com/vitro-tls/vitro/internal/testkit"
	"github.com/vitro-tls/vitro/tls"
	"github.com/vitro-tls/vitro/wire"
)

// hellos are recorded ones of other programs, and what both clients say today.
func hellos(t testing.TB) map[string][]byte {
	t.Helper()
	list := map[string][]byte{}
	files, err := filepath.Glob("../wire/testdata/client_hello_*.hex")
	if err != nil || len(files) < 4 {
		t.Fatalf("%d recorded hellos: %v", len(files), err)
	}
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		raw, err := hex.DecodeString(string(bytes.Join(bytes.Fields(text), nil)))
		if err != nil {
			t.Fatalf("%s: %v", file, err)
		}
		list[filepath.Base(file)] = raw
	}
	for _, version := range []uint16{tls.VersionTLS12, tls.VersionTLS13} {
		l := &line{}
		_ = tls.Client(l, &tls.Config{ServerName: testkit.Host, MaxVersion: version, CurvePreferences: groups, NextProtos: protocols}).Handshake()
		list["vitro "+wire.Version(version).String()] = plaintext(l.said)
		l = &line{}
		_ = std.Client(l, &std.Config{ServerName: testkit.Host, MaxVersion: version, CurvePreferences: groups, NextProtos: protocols}).Handshake()
		list["crypto/tls "+wire.Version(version).String()] = plaintext(l.said)
	}
	for _, a := range acquaintances(t) {
		list["with the ticket "+a.ticket] = a.hello
	}
	return list
}

// whole gives a hello that was changed the length that it has now, since what waits for more is no answer.
func whole(hello []byte) []byte {
	if len(hello) < wire.HandshakeHeaderLen || len(hello) > 1<<14 {
		return nil
	}
	n := len(hello) - wire.HandshakeHeaderLen
	out := bytes.Clone(hello)
	out[0], out[1], out[2], out[3] = byte(wire.TypeClientHello), byte(n>>16), byte(n>>8), byte(n)
	return out
}

func never(outcome) bool { return false }

// holdServers gives both servers a hello, and returns by which reason they differ, "" where they agree.
func holdServers(t *testing.T, what string, hello []byte, passes func(ours outcome) bool) string {
	t.Helper()
	ours, theirs := vitroServer(hello, acquaintances(t)), stdServer(hello, acquaintances(t))
	if ours.same(theirs) {
		return ""
	}
	for _, d := range serverDifferences {
		if d.is(hello, ours, theirs) {
			return d.why
		}
	}
	if passes(ours) {
		return "not listed"
	}
	t.Errorf("%s: Vitro: %v; crypto/tls: %v\n%x", what, ours, theirs, hello)
	return "none"
}

// The same ClientHello, as it was recorded and with every byte changed, comes to the same at both servers.
func TestServersAgree(t *testing.T) {
	for name, hello := range hellos(t) {
		t.Run(name, func(t *testing.T) {
			count := map[string]int{}
			count[holdServers(t, "as it is", hello, never)]++
			step := 1 + len(hello)/100
			for i := wire.HandshakeHeaderLen; i < len(hello); i += step {
				for _, bits := range []byte{1, 0x80} {
					changed := bytes.Clone(hello)
					changed[i] ^= bits
					count[holdServers(t, fmtPlace(i, bits), changed, never)]++
				}
			}
			for why, n := range count {
				t.Logf("%d: %s", n, why)
			}
		})
	}
}

// FuzzServer looks for hellos of which the servers make different things.
func FuzzServer(f *testing.F) {
	for _, hello := range hellos(f) {
		f.Add(hello)
	}
	f.Fuzz(func(t *testing.T, hello []byte) {
		if hello = whole(hello); hello != nil {
			holdServers(t, "a hello", hello, unlessStrict)
		}
	})
}
