package explain

import (
	"bytes"
	"encoding/hex"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/vitro-tls/vitro/event"
	"github.com/vitro-tls/vitro/wire"
)

var dumpRow = regexp.MustCompile(`(?m)^([0-9a-f]{4})  +((?:[0-9a-f]{2} )*[0-9a-f]{2})(?:  |$)`)

// TestDumpHasEveryByte reads the bytes back from the dump of each message of a handshake.
func TestDumpHasEveryByte(t *testing.T) {
	scenes := map[string]func(event.Tracer){}
	for name, kx := range keyExchanges {
		scenes[name] = func(check event.Tracer) { newScene(t, kx, check, nil).play() }
	}
	for name, retry := range retries {
		scenes[name] = func(check event.Tracer) { newScene13(t, retry, check, nil).play() }
	}
	for name, play := range scenes {
		messages := 0
		check := event.TracerFunc(func(_ event.Meta, e event.Event) {
			m, ok := e.(event.Message)
			if !ok {
				return
			}
			messages++
			dump := Dump(m.Message)
			fits(t, m.Message.Type().String(), dump, 80)
			want := wireBytes(m.Message)
			if got := undump(t, dump); !bytes.Equal(got, want) {
				t.Errorf("%s, %v: the dump has\n%x\nnot\n%x\n%s", name, m.Message.Type(), got, want, dump)
			}
		})
		play(check)
		if messages < 9 {
			t.Errorf("%s: only %d messages were dumped", name, messages)
		}
	}
}

func undump(t *testing.T, dump string) []byte {
	t.Helper()
	var out []byte
	for _, row := range dumpRow.FindAllStringSubmatch(dump, -1) {
		at, err := strconv.ParseInt(row[1], 16, 32)
		if err != nil || int(at) != len(out) {
			t.Fatalf("a row begins at %s, after %d bytes:\n%s", row[1], len(out), dump)
		}
		b, err := hex.DecodeString(strings.ReplaceAll(row[2], " ", ""))
		if err != nil {
			t.Fatal(err)
		}
		out = append(out, b...)
	}
	return out
}

// TestDumpNamesFields: ranges carry the path of their field, and code points their name.
func TestDumpNamesFields(t *testing.T) {
	s := newScene(t, wire.KeyExchangeRSA, nil, nil)
	hello := s.clientHello()
	if _, err := wire.Encode(hello, wire.Context{}); err != nil {
		t.Fatal(err)
	}
	dump := strings.Join(strings.Fields(Dump(hello)), " ")
	for _, want := range []string{"client_version = TLS 1.2", "random, 32 bytes to 0025", "cipher_suites[6] = TLS_RSA_WITH_AES_128_GCM_SHA256",
		"extensions[0].extension_type = server_name", "localhost"} {
		if !strings.Contains(dump, want) {
			t.Errorf("%q is not in the dump:\n%s", want, Dump(hello))
		}
	}
}

// TestDumpOfABrokenMessage: the fields before the failure are named, the failure is told, and no byte is lost.
func TestDumpOfABrokenMessage(t *testing.T) {
	broken := &wire.ClientHello{Version: wire.TLS12} // without a suite, which RFC 5246 §7.4.1.2 does not allow
	raw, err := wire.Encode(broken, wire.Context{})
	if err != nil {
		t.Fatal(err)
	}
	dump := Dump(broken)
	if !strings.Contains(dump, "it does not decode: ClientHello.cipher_suites") || !strings.Contains(dump, "(not decoded)") {
		t.Errorf("the failure is not told:\n%s", dump)
	}
	if got := undump(t, dump); !bytes.Equal(got, raw) {
		t.Errorf("the dump has %x, not %x", got, raw)
	}
}

func TestDumpOfNothing(t *testing.T) {
	if got := Dump(nil); got != "" {
		t.Errorf("a dump of no message: %q", got)
	}
	if got := Dump(&wire.ServerHelloDone{}); !strings.Contains(got, "not at hand") {
		t.Errorf("a message without bytes: %q", got)
	}
}
