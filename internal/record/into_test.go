package record

import (
	"bytes"
	"errors"
	"strings"
	"testing"

	"github.com/vitro-tls/vitro/fault"
	"github.com/vitro-tls/vitro/wire"
)

// every is each way of protecting records, of both versions.
func every(t testing.TB) map[string]func() (in, out *Half) {
	t.Helper()
	all := map[string]func() (in, out *Half){}
	for name, protect := range protections12(t) {
		all["1.2, "+name] = func() (in, out *Half) { return bothHalves(protect) }
	}
	for name, c := range ciphers() {
		all["1.3, "+name] = func() (in, out *Half) { return halves13(t, c) }
	}
	return all
}

// A record is decrypted to where there is room for all that it encrypts, the content's type in TLS 1.3 included, and
// else in place. Nothing behind that is touched. CBC has its MAC and padding to hide and decrypts in place.
func TestOpenTo(t *testing.T) {
	for name, halves := range every(t) {
		in, out := halves()
		for _, n := range []int{0, 1, 100, MaxPlaintext} {
			inner := n
			if strings.HasPrefix(name, "1.3") {
				inner++
			}
			for _, room := range []int{0, n - 1, n, n + 1, n + 100} {
				if room < 0 {
					continue
				}
				plain := bytes.Repeat([]byte{7}, n)
				rec, err := out.Seal(nil, wire.ContentApplicationData, wire.TLS12, plain)
				if err != nil {
					t.Fatal(err)
				}
				dst := bytes.Repeat([]byte{9}, room+1)
				_, got, err := in.OpenTo(dst[:room], rec)
				if err != nil || !bytes.Equal(got, plain) {
					t.Fatalf("%s, %d bytes into %d: %d bytes came back, %v", name, n, room, len(got), err)
				}
				there, fits := n > 0 && &got[0] == &dst[0], room >= inner && !strings.Contains(name, "CBC")
				if n > 0 && there != fits {
					t.Errorf("%s, %d bytes into %d: decrypted there: %v, want %v", name, n, room, there, fits)
				}
				touched := 0
				if fits {
					touched = inner
				}
				if !bytes.Equal(dst[touched:], bytes.Repeat([]byte{9}, len(dst)-touched)) {
					t.Errorf("%s, %d bytes into %d: more than %d were touched", name, n, room, touched)
				}
			}
		}
	}
}

// RFC 5246 §7.2.2, RFC 8446 §5.2: of a record that does not authenticate nothing comes out, and nothing is left where it
// was to go.
func TestOpenToLeavesNothing(t *testing.T) {
	for name, halves := range every(t) {
		in, out := halves()
		plain := bytes.Repeat([]byte{7}, 1000)
		rec, err := out.Seal(nil, wire.ContentApplicationData, wire.TLS12, plain)
		if err != nil {
			t.Fatal(err)
		}
		for _, at := range []int{HeaderLen, len(rec) / 2, len(rec) - 1} {
			changed, dst := bytes.Clone(rec), make([]byte, 2000)
			changed[at] ^= 1
			again := *in
			if _, got, err := again.OpenTo(dst, changed); !errors.Is(err, fault.BadRecordMAC) || got != nil {
				t.Fatalf("%s, byte %d changed: %x, %v", name, at, got, err)
			}
			if !bytes.Equal(dst, make([]byte, len(dst))) {
				t.Errorf("%s, byte %d changed: something was left behind", name, at)
			}
		}
	}
}
