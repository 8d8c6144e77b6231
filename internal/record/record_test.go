package record

import (
	"bytes"
	"crypto/rand"
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

// ciphers are the AEADs.
func ciphers() map[string]*suite.Cipher {
	all := map[string]*suite.Cipher{}
	for _, s := range suite.All() {
		if !s.Cipher.CBC() {
			all[s.Cipher.Name] = s.Cipher
		}
	}
	return all
}

type randomness struct{}

func (randomness) Bytes(b []byte) error { _, err := rand.Read(b); return err }

// protections12 makes every way of protecting a record of TLS 1.2, always under the same keys.
func protections12(t testing.TB) map[string]func() Protection {
	t.Helper()
	all := map[string]func() Protection{}
	made := func(p Protection, err error) Protection {
		if err != nil {
			panic(err)
		}
		return p
	}
	for _, s := range suite.All() {
		c := s.Cipher
		key := bytes.Repeat([]byte{1}, c.KeyLen)
		if !c.CBC() {
			all[c.Name] = func() Protection { return made(NewAEAD12(c, key, bytes.Repeat([]byte{2}, c.FixedIVLen))) }
			continue
		}
		name, macKey := c.Name+" with "+c.MAC.String(), bytes.Repeat([]byte{3}, c.MACKeyLen())
		all[name] = func() Protection { return made(NewCBC12(c, macKey, key, false, randomness{})) }
		all[name+", encrypt-then-MAC"] = func() Protection { return made(NewCBC12(c, macKey, key, true, randomness{})) }
	}
	if len(all) < 7+10 {
		t.Fatalf("only %d ways: some fell together", len(all))
	}
	return all
}

func bothHalves(protect func() Protection) (in, out *Half) {
	in, out = new(Half), new(Half)
	in.SetProtection(protect())
	out.SetProtection(protect())
	return in, out
}

// What is sealed opens, in order, and nothing else does: not a record twice, not one changed anywhere, not one of
// another type, version or key.
func TestSealAndOpen(t *testing.T) {
	for name, protect := range protections12(t) {
		t.Run(name, func(t *testing.T) {
			in, out := bothHalves(protect)
			for _, n := range []int{0, 1, 100, MaxPlaintext} {
				plain := bytes.Repeat([]byte{7}, n)
				rec, err := out.Seal(nil, wire.ContentApplicationData, wire.TLS12, plain)
				if err != nil || len(rec) != HeaderLen+out.Sealed(n) {
					t.Fatalf("%d bytes become %d: %v", n, len(rec), err)
				}
				for at := range len(rec) {
					if at == 3 || at == 4 || at > 100 && at < len(rec)-100 {
						continue // the length is the framing's
					}
					changed := bytes.Clone(rec)
					changed[at] ^= 1
					again := *in // and with it the sequence number
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
	for name, protect := range protections12(t) {
		in, out := bothHalves(protect)
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
		in, _ = bothHalves(protect)
		for n := range in.Sealed(0) {
			short := append([]byte{23, 3, 3, 0, byte(n)}, make([]byte, n)...)
			if _, _, err := in.Open(short); !errors.Is(err, fault.BadRecordMAC) {
				t.Errorf("%s: %d bytes, too short for a tag: %v", name, n, err)
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

// RFC 5288 §3, RFC 6655 §3 and RFC 7905 §2: how a nonce is made of the sequence number.
func TestNonces(t *testing.T) {
	for name, want := range map[string]string{
		"AES-128-GCM":       "02020202" + "0000000000000005",
		"AES-256-CCM-8":     "02020202" + "0000000000000005",
		"ChaCha20-Poly1305": "02020202" + "0202020202020207",
	} {
		c := ciphers()[name]
		p, err := NewAEAD12(c, make([]byte, c.KeyLen), bytes.Repeat([]byte{2}, c.FixedIVLen))
		if err != nil {
			t.Fatal(err)
		}
		if _, err := p.Seal(nil, 5, Header{Type: wire.ContentApplicationData, Version: wire.TLS12}, nil, 0); err != nil {
			t.Fatal(err)
		}
		if got := hex.EncodeToString(p.(*aead12).nonce[:]); got != want {
			t.Errorf("%s: the nonce of record 5 is %s, want %s", name, got, want)
		}
	}
}

// A record costs no allocation. AES-CCM is exempt: Go's modes of operation are made anew for each message.
func TestNoAllocation(t *testing.T) {
	if raced {
		t.Skip("the race detector makes hashes allocate")
	}
	for name, protect := range protections12(t) {
		if strings.Contains(name, "CCM") {
			continue
		}
		in, out := bothHalves(protect)
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
	protections := protections12(f)
	for _, protect := range protections {
		_, out := bothHalves(protect)
		rec, _ := out.Seal(nil, wire.ContentHandshake, wire.TLS12, []byte("hello"))
		f.Add(rec)
	}
	f.Fuzz(func(t *testing.T, rec []byte) {
		if len(rec) < HeaderLen {
			return
		}
		for name, protect := range protections {
			in, out := bothHalves(protect)
			ct, plain, err := in.Open(bytes.Clone(rec))
			if err != nil {
				continue
			}
			again, err := out.Seal(nil, ct, wire.Version(rec[1])<<8|wire.Version(rec[2]), plain)
			// Others choose their nonces and IVs, and how much padding there is.
			if err != nil || strings.HasPrefix(name, "ChaCha20") && !bytes.Equal(again[HeaderLen:], rec[HeaderLen:]) {
				t.Fatalf("%s: opens, and sealed again it is another: %x, %x", name, rec, again)
			}
		}
		var plain Half
		if _, content, err := plain.Open(bytes.Clone(rec)); err == nil && !bytes.Equal(content, rec[HeaderLen:]) {
			t.Fatalf("in the clear %x became %x", rec, content)
		}
	})
}
