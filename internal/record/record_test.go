package record

import (
	"bytes"
	"encoding/hex"
	"errors"
	"strings"
	"testing"

	"github.com/vitro-tls/vitro/fault"
	"github.com/vitro-tls/vitro/internal/suite"
	"github.com/vitro-tls/vitro/wire"
)

func halves(t testing.TB, c *suite.Cipher) (in, out *Half) {
	t.Helper()
	return halvesOf(t, c, NewAEAD12, c.FixedIVLen)
}

func halvesOf(t testing.TB, c *suite.Cipher, protect func(c *suite.Cipher, key, iv []byte) (Protection, error), ivLen int) (in, out *Half) {
	t.Helper()
	in, out = new(Half), new(Half)
	for _, h := range []*Half{in, out} {
		p, err := protect(c, bytes.Repeat([]byte{1}, c.KeyLen), bytes.Repeat([]byte{2}, ivLen))
		if err != nil {
			t.Fatal(err)
		}
		h.SetProtection(p)
	}
	return in, out
}

func ciphers() map[string]*suite.Cipher {
	all := map[string]*suite.Cipher{}
	for _, s := range suite.All() {
		all[s.Cipher.Name] = s.Cipher
	}
	return all
}

// What is sealed opens, in order, and nothing else does: not a record twice, not one changed anywhere, not one of
// another type, version or key.
func TestSealAndOpen(t *testing.T) {
	for name, c := range ciphers() {
		t.Run(name, func(t *testing.T) {
			in, out := halves(t, c)
			for _, n := range []int{0, 1, 100, MaxPlaintext} {
				plain := bytes.Repeat([]byte{7}, n)
				rec, err := out.Seal(nil, wire.ContentApplicationData, wire.TLS12, plain)
				if err != nil || len(rec) != n+out.Overhead() {
					t.Fatalf("%d bytes become %d: %v", n, len(rec), err)
				}
				for at := range min(len(rec), 60) {
					if at == 3 || at == 4 {
						continue // the length is the framing's
					}
					changed := bytes.Clone(rec)
					changed[at] ^= 1
					again := *in
					if _, _, err := again.Open(changed); !errors.Is(err, fault.BadRecordMAC) {
						t.Fatalf("with byte %d changed: %v", at, err)
					}
				}
				again := bytes.Clone(rec)
				ct, got, err := in.Open(rec)
				if err != nil || ct != wire.ContentApplicationData || !bytes.Equal(got, plain) {
					t.Fatalf("%d bytes do not come back: %v", n, err)
				}
				if _, _, err := in.Open(again); !errors.Is(err, fault.BadRecordMAC) {
					t.Fatalf("a record opens twice: %v", err)
				}
				if in.Records() != out.Records() {
					t.Fatalf("%d records came in, %d went out: one that does not open is not counted", in.Records(), out.Records())
				}
			}
		})
	}
}

// RFC 5246 §6.2.1, §6.2.3.
func TestLengths(t *testing.T) {
	var plain Half
	if err := plain.CheckLength(MaxPlaintext); err != nil {
		t.Error(err)
	}
	if err := plain.CheckLength(MaxPlaintext + 1); !errors.Is(err, fault.RecordOverflow) {
		t.Errorf("2^14+1 bytes in the clear: %v", err)
	}
	for _, c := range ciphers() {
		in, out := halves(t, c)
		if err := in.CheckLength(MaxCiphertext + 1); !errors.Is(err, fault.RecordOverflow) {
			t.Errorf("2^14+2049 bytes encrypted: %v", err)
		}
		rec, err := out.Seal(nil, wire.ContentApplicationData, wire.TLS12, make([]byte, MaxPlaintext+1))
		if err != nil {
			t.Fatal(err)
		}
		if _, _, err := in.Open(rec); !errors.Is(err, fault.RecordOverflow) {
			t.Errorf("2^14+1 bytes in an encrypted record: %v", err)
		}
		in, _ = halves(t, c)
		for n := range c.Overhead() {
			short := append([]byte{23, 3, 3, 0, byte(n)}, make([]byte, n)...)
			if _, _, err := in.Open(short); !errors.Is(err, fault.BadRecordMAC) {
				t.Errorf("%d bytes, too short for a tag: %v", n, err)
			}
		}
	}
}

// RFC 5246 §6.1: a sequence number is never used twice.
func TestSequenceExhausted(t *testing.T) {
	in, out := halves(t, suite.All()[0].Cipher)
	out.seq = 1<<64 - 2
	if _, err := out.Seal(nil, wire.ContentApplicationData, wire.TLS12, nil); err != nil {
		t.Errorf("the last number but one: %v", err)
	}
	if _, err := out.Seal(nil, wire.ContentApplicationData, wire.TLS12, nil); !errors.Is(err, fault.SequenceExhausted) {
		t.Errorf("sealing would use a number twice: %v", err)
	}
	in.seq = 1<<64 - 1
	if _, _, err := in.Open(make([]byte, 40)); !errors.Is(err, fault.SequenceExhausted) {
		t.Errorf("opening would use a number twice: %v", err)
	}
}

// RFC 5288 §3 and RFC 7905 §2: how a nonce is made of the sequence number.
func TestNonces(t *testing.T) {
	for name, want := range map[string]string{
		"AES-128-GCM":       "02020202" + "0000000000000005",
		"ChaCha20-Poly1305": "02020202" + "0202020202020207",
	} {
		c := ciphers()[name]
		p, err := NewAEAD12(c, make([]byte, c.KeyLen), bytes.Repeat([]byte{2}, c.FixedIVLen))
		if err != nil {
			t.Fatal(err)
		}
		p.Seal(nil, 5, Header{Type: wire.ContentApplicationData, Version: wire.TLS12}, nil, 0)
		if got := hex.EncodeToString(p.(*aead12).nonce[:]); got != want {
			t.Errorf("%s: the nonce of record 5 is %s, want %s", name, got, want)
		}
	}
}

// A record costs no allocation. AES-CCM is exempt: Go's modes of operation are made anew for each message.
func TestNoAllocation(t *testing.T) {
	for name, c := range ciphers() {
		if strings.Contains(name, "CCM") {
			continue
		}
		in, out := halves(t, c)
		buf, plain := make([]byte, 0, 20000), make([]byte, MaxPlaintext)
		if n := testing.AllocsPerRun(100, func() {
			rec, _ := out.Seal(buf, wire.ContentApplicationData, wire.TLS12, plain)
			if _, _, err := in.Open(rec); err != nil {
				t.Fatal(err)
			}
		}); n != 0 {
			t.Errorf("%s: %v allocations for a record", name, n)
		}
	}
}

func FuzzOpen(f *testing.F) {
	for _, c := range ciphers() {
		_, out := halves(f, c)
		rec, _ := out.Seal(nil, wire.ContentHandshake, wire.TLS12, []byte("hello"))
		f.Add(rec)
	}
	f.Fuzz(func(t *testing.T, rec []byte) {
		if len(rec) < HeaderLen {
			return
		}
		for name, c := range ciphers() {
			in, out := halves(t, c)
			ct, plain, err := in.Open(bytes.Clone(rec))
			if err != nil {
				continue
			}
			again, err := out.Seal(nil, ct, wire.Version(rec[1])<<8|wire.Version(rec[2]), plain)
			if err != nil || c.ExplicitNonceLen == 0 && !bytes.Equal(again[HeaderLen:], rec[HeaderLen:]) {
				t.Fatalf("%s: opens, and sealed again it is another: %x, %x", name, rec, again)
			}
		}
		var plain Half
		if _, content, err := plain.Open(bytes.Clone(rec)); err == nil && !bytes.Equal(content, rec[HeaderLen:]) {
			t.Fatalf("in the clear %x became %x", rec, content)
		}
	})
}
