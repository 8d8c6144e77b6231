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

func halves13(t testing.TB, c *suite.Cipher) (in, out *Half) {
	t.Helper()
	return halvesOf(t, c, NewAEAD13, c.NonceLen())
}

// sealInner seals content type and padding as a peer might that does not keep to the rules.
func sealInner(t testing.TB, h *Half, inner []byte) []byte {
	t.Helper()
	p := h.protection.(*aead13)
	p.setNonce(h.seq)
	h.seq++
	rec := Header{wire.ContentApplicationData, wire.TLS12, len(inner) + int(p.tagLen)}.append(nil)
	return p.AEAD.Seal(rec, p.nonce[:], inner, rec)
}

// What is sealed opens, with its own type, in order, and nothing else does. From outside it is application data of
// TLS 1.2, whatever it is. RFC 8446 §5.2.
func TestSealAndOpen13(t *testing.T) {
	for name, c := range ciphers() {
		t.Run(name, func(t *testing.T) {
			in, out := halves13(t, c)
			types := []wire.ContentType{wire.ContentApplicationData, wire.ContentHandshake, wire.ContentAlert}
			for i, n := range []int{0, 1, 100, MaxPlaintext} {
				plain, contentType := bytes.Repeat([]byte{7}, n), types[i%len(types)]
				rec, err := out.Seal([]byte("before"), contentType, wire.TLS13, plain)
				if err != nil || string(rec[:6]) != "before" {
					t.Fatalf("%d bytes: %v, %x", n, err, rec[:6])
				}
				rec = rec[6:]
				want := Header{wire.ContentApplicationData, wire.TLS12, n + 1 + c.TagLen}
				if ParseHeader(rec) != want || len(rec) != HeaderLen+out.Sealed(n) || len(rec) != HeaderLen+want.Length {
					t.Fatalf("%d bytes become %d with the header %v, want %v", n, len(rec), ParseHeader(rec), want)
				}
				again := bytes.Clone(rec)
				holdChanges13(t, in, rec)
				ct, got, err := in.Open(rec)
				if err != nil || ct != contentType || !bytes.Equal(got, plain) {
					t.Fatalf("%d bytes of %v do not come back: %v, %v", n, contentType, ct, err)
				}
				if _, _, err := in.Open(again); !errors.Is(err, fault.BadRecordMAC) {
					t.Fatalf("a record opens twice: %v", err)
				}
			}
			if in.Records() != 4 || out.Records() != 4 {
				t.Errorf("%d records came in, %d went out, want 4", in.Records(), out.Records())
			}
		})
	}
}

// holdChanges13: no byte of a record can be changed. What is not application data from outside is no encrypted record.
func holdChanges13(t *testing.T, in *Half, rec []byte) {
	t.Helper()
	for at := range min(len(rec), 60) {
		if at == 3 || at == 4 {
			continue // the length is the framing's
		}
		want := fault.BadRecordMAC
		if at == 0 {
			want = fault.UnprotectedRecord
		}
		changed := bytes.Clone(rec)
		changed[at] ^= 1
		if _, _, err := in.Open(changed); !errors.Is(err, want) {
			t.Fatalf("with byte %d changed: %v, want %v", at, err, want)
		}
	}
}

// RFC 8446 §5.2: once there are keys, a record in the clear is refused, whatever it holds, and the records that follow
// are none the worse.
func TestUnprotected13(t *testing.T) {
	in, out := halves13(t, suite.All13()[0].Cipher)
	for _, ct := range []wire.ContentType{wire.ContentChangeCipherSpec, wire.ContentAlert, wire.ContentHandshake, 0, 24} {
		if _, _, err := in.Open([]byte{byte(ct), 3, 3, 0, 2, 2, 40}); !errors.Is(err, fault.UnprotectedRecord) {
			t.Errorf("%v in the clear: %v", ct, err)
		}
	}
	rec, err := out.Seal(nil, wire.ContentHandshake, wire.TLS13, []byte("finished"))
	if err != nil {
		t.Fatal(err)
	}
	if ct, got, err := in.Open(rec); err != nil || ct != wire.ContentHandshake || string(got) != "finished" {
		t.Errorf("the record behind them: %v %q, %v", ct, got, err)
	}
}

// RFC 8446 §4.2.10: early data for which there are no keys is passed over; the first record under the right keys then is
// the first of its sequence.
func TestOthersRecordsAreNotCounted(t *testing.T) {
	in, out := halves13(t, suite.All13()[0].Cipher)
	for range 3 {
		if _, _, err := in.Open(append([]byte{23, 3, 3, 0, 100}, make([]byte, 100)...)); !errors.Is(err, fault.BadRecordMAC) {
			t.Fatalf("a record under other keys: %v", err)
		}
	}
	rec, err := out.Seal(nil, wire.ContentHandshake, wire.TLS13, []byte("finished"))
	if err != nil {
		t.Fatal(err)
	}
	if _, _, err := in.Open(rec); err != nil || in.Records() != 1 {
		t.Errorf("the first of our own: %v, %d counted", err, in.Records())
	}
}

// RFC 8446 §5.4: any number of zeros may stand behind the content type; they are taken off, and only they.
func TestPadding(t *testing.T) {
	for _, c := range ciphers() {
		in, out := halves13(t, c)
		for _, content := range []string{"", "hello", "zeros\x00\x00", "\x00"} {
			for _, padding := range []int{0, 1, 255, MaxPlaintext - len(content)} {
				inner := append([]byte(content), byte(wire.ContentHandshake))
				rec := sealInner(t, out, append(inner, make([]byte, padding)...))
				ct, got, err := in.Open(rec)
				if err != nil || ct != wire.ContentHandshake || string(got) != content {
					t.Errorf("%s, %q with %d bytes of padding: %v %q, %v", c.Name, content, padding, ct, got, err)
				}
			}
		}
	}
}

// RFC 8446 §5.4: a record without a single byte that is not zero has no content type.
func TestNoContentType(t *testing.T) {
	for _, c := range ciphers() {
		for _, n := range []int{0, 1, 16, MaxPlaintext + 1} {
			in, out := halves13(t, c)
			if ct, got, err := in.Open(sealInner(t, out, make([]byte, n))); !errors.Is(err, fault.NoContentType) {
				t.Errorf("%s, %d zeros: %v %x, %v", c.Name, n, ct, got, err)
			}
		}
	}
	if fault.NoContentType.Alert != wire.AlertUnexpectedMessage {
		t.Errorf("the alert is %v", fault.NoContentType.Alert)
	}
}

// RFC 8446 §5.2, §5.4: 2^14 bytes and the type, padding included, and no more than 2^14 + 256 from outside.
func TestLengths13(t *testing.T) {
	for _, c := range ciphers() {
		in, out := halves13(t, c)
		if in.Limit() != 1<<14+256 {
			t.Errorf("%s: the limit is %d", c.Name, in.Limit())
		}
		if err := in.CheckLength(1<<14 + 256); err != nil {
			t.Errorf("%s: 2^14+256 bytes encrypted: %v", c.Name, err)
		}
		for _, inner := range [][]byte{
			append(make([]byte, MaxPlaintext+1), byte(wire.ContentApplicationData)),
			append([]byte{byte(wire.ContentApplicationData)}, make([]byte, MaxPlaintext+1)...),
			make([]byte, MaxPlaintext+2),
			append(make([]byte, MaxPlaintext+256-c.TagLen-1), byte(wire.ContentHandshake)),
			append(make([]byte, MaxPlaintext+256-c.TagLen), byte(wire.ContentHandshake)),
		} {
			again, sender := *in, *out
			if _, _, err := again.Open(sealInner(t, &sender, inner)); !errors.Is(err, fault.RecordOverflow) {
				t.Errorf("%s: %d bytes within: %v", c.Name, len(inner), err)
			}
		}
		for n := range c.TagLen {
			if _, _, err := in.Open(append([]byte{23, 3, 3, 0, byte(n)}, make([]byte, n)...)); !errors.Is(err, fault.BadRecordMAC) {
				t.Errorf("%s: %d bytes, too short for a tag: %v", c.Name, n, err)
			}
		}
	}
}

// RFC 8446 §5.3: the sequence number, in the last eight bytes, is added to the IV by exclusive or.
func TestNonces13(t *testing.T) {
	for name, c := range ciphers() {
		p, err := NewAEAD13(c, make([]byte, c.KeyLen), bytes.Repeat([]byte{2}, c.NonceLen()))
		if err != nil {
			t.Fatal(err)
		}
		for seq, want := range map[uint64]string{
			0: "020202020202020202020202", 5: "020202020202020202020207", 0x0102030405060708: "02020202030001060704050a",
		} {
			p.Seal(nil, seq, Header{Type: wire.ContentApplicationData}, nil, 0)
			if got := hex.EncodeToString(p.(*aead13).nonce[:]); got != want {
				t.Errorf("%s: the nonce of record %d is %s, want %s", name, seq, got, want)
			}
		}
		if _, err := NewAEAD13(c, make([]byte, c.KeyLen-1), make([]byte, c.NonceLen())); err == nil {
			t.Errorf("%s takes a key that is too short", name)
		}
	}
}

// New keys start a new count; the last number but one is still good. RFC 8446 §5.3.
func TestSequenceExhausted13(t *testing.T) {
	in, out := halves13(t, suite.All13()[0].Cipher)
	in.seq, out.seq = 1<<64-2, 1<<64-2
	rec, err := out.Seal(nil, wire.ContentApplicationData, wire.TLS13, nil)
	if err != nil {
		t.Fatalf("the last number but one: %v", err)
	}
	if _, _, err := in.Open(bytes.Clone(rec)); err != nil {
		t.Errorf("the last number but one: %v", err)
	}
	if _, err := out.Seal(nil, wire.ContentApplicationData, wire.TLS13, nil); !errors.Is(err, fault.SequenceExhausted) {
		t.Errorf("sealing would use a number twice: %v", err)
	}
	if _, _, err := in.Open(rec); !errors.Is(err, fault.SequenceExhausted) {
		t.Errorf("opening would use a number twice: %v", err)
	}
	out.SetProtection(out.protection)
	if out.Records() != 0 {
		t.Errorf("new keys begin with record %d", out.Records())
	}
}

// A record costs no allocation. AES-CCM is exempt: Go's modes of operation are made anew for each message.
func TestNoAllocation13(t *testing.T) {
	for name, c := range ciphers() {
		if strings.Contains(name, "CCM") {
			continue
		}
		in, out := halves13(t, c)
		buf, plain := make([]byte, 0, 20000), make([]byte, MaxPlaintext)
		if n := testing.AllocsPerRun(100, func() {
			rec, _ := out.Seal(buf, wire.ContentApplicationData, wire.TLS13, plain)
			if _, _, err := in.Open(rec); err != nil {
				t.Fatal(err)
			}
		}); n != 0 {
			t.Errorf("%s: %v allocations for a record", name, n)
		}
	}
}

func FuzzOpen13(f *testing.F) {
	for _, c := range ciphers() {
		_, out := halves13(f, c)
		rec, _ := out.Seal(nil, wire.ContentHandshake, wire.TLS13, []byte("hello"))
		f.Add(rec, []byte("hello"), uint8(22), uint16(3))
		f.Add(rec[:20], []byte{}, uint8(0), uint16(400))
	}
	f.Fuzz(func(t *testing.T, rec, content []byte, contentType uint8, padding uint16) {
		for name, c := range ciphers() {
			in, out := halves13(t, c)
			if len(rec) >= HeaderLen {
				if ct, plain, err := in.Open(bytes.Clone(rec)); err == nil && (ct == 0 || len(plain) > MaxPlaintext) {
					t.Fatalf("%s: %x opens to %v %x", name, rec, ct, plain)
				}
			}
			in, _ = halves13(t, c)
			inner := append(append(bytes.Clone(content), contentType), make([]byte, padding)...)
			ct, plain, err := in.Open(sealInner(t, out, inner))
			meant := bytes.TrimRight(inner, "\x00")
			switch {
			case len(inner) > MaxPlaintext+1:
				if !errors.Is(err, fault.RecordOverflow) {
					t.Fatalf("%s: %d bytes within: %v", name, len(inner), err)
				}
			case len(meant) == 0:
				if !errors.Is(err, fault.NoContentType) {
					t.Fatalf("%s: nothing but zeros: %v", name, err)
				}
			case err != nil || byte(ct) != meant[len(meant)-1] || !bytes.Equal(plain, meant[:len(meant)-1]):
				t.Fatalf("%s: %x came out as %v %x, %v", name, inner, ct, plain, err)
			}
		}
	})
}

// Both directions' ciphers go on from where they were when they are settled, and when new keys take the place of the old:
// of those nothing is left.
func TestSettle(t *testing.T) {
	for name, c := range ciphers() {
		in, out := halves13(t, c)
		back, forth := halves13(t, c)
		pass := func(what string) {
			t.Helper()
			for _, way := range [][2]*Half{{out, in}, {forth, back}} {
				rec, err := way[0].Seal(nil, wire.ContentApplicationData, wire.TLS13, []byte("hello"))
				if err == nil {
					_, _, err = way[1].Open(rec)
				}
				if err != nil {
					t.Fatalf("%s, %s: %v", name, what, err)
				}
			}
		}
		pass("before")
		Settle(in, forth)
		pass("settled")
		key, iv := bytes.Repeat([]byte{9}, c.KeyLen), bytes.Repeat([]byte{8}, c.NonceLen())
		for _, h := range []*Half{in, out} {
			h.own = Sealer(*h.protection.(*aead13))
			before, was := h.own.AEAD, h.own.AEAD.Seal(nil, make([]byte, c.NonceLen()), nil, nil)
			if err := h.Protect13(c, key, iv); err != nil {
				t.Fatal(err)
			}
			if bytes.Equal(before.Seal(nil, make([]byte, c.NonceLen()), nil, nil), was) {
				t.Errorf("%s: the old keys are still there", name)
			}
		}
		pass("under new keys")
	}
}
