package record

import (
	"bytes"
	"crypto/aes"
	"crypto/cipher"
	"crypto/rand"
	"errors"
	"io"
	"testing"

	"github.com/vitro-tls/vitro/fault"
	"github.com/vitro-tls/vitro/internal/suite"
	"github.com/vitro-tls/vitro/wire"
)

// cbcCiphers are the ciphers with CBC, each once.
func cbcCiphers() []*suite.Cipher {
	var all []*suite.Cipher
	seen := map[*suite.Cipher]bool{}
	for _, s := range suite.All() {
		if s.Cipher.CBC() && !seen[s.Cipher] {
			seen[s.Cipher] = true
			all = append(all, s.Cipher)
		}
	}
	return all
}

func cbcKeys(c *suite.Cipher) (macKey, key []byte) {
	return bytes.Repeat([]byte{3}, c.MACKeyLen()), bytes.Repeat([]byte{1}, c.KeyLen)
}

func newCBC(t testing.TB, c *suite.Cipher, encryptThenMAC bool) *cbc12 {
	t.Helper()
	macKey, key := cbcKeys(c)
	p, err := NewCBC12(c, macKey, key, encryptThenMAC, randomness{})
	if err != nil {
		t.Fatal(err)
	}
	return p.(*cbc12)
}

var dataHeader = Header{Type: wire.ContentApplicationData, Version: wire.TLS12}

// encryptPlain makes a payload that decrypts to plain, IV in front.
func encryptPlain(c *suite.Cipher, plain []byte) []byte {
	_, key := cbcKeys(c)
	block, err := aes.NewCipher(key)
	if err != nil {
		panic(err)
	}
	payload := make([]byte, ivLen+len(plain))
	_, _ = rand.Read(payload[:ivLen])
	cipher.NewCBCEncrypter(block, payload[:ivLen]).CryptBlocks(payload[ivLen:], plain)
	return payload
}

// macAndPad is what RFC 5246 §6.2.3.2 has encrypted: the content, its MAC by crypto/hmac, and a padding.
func macAndPad(c *suite.Cipher, seq byte, content []byte, paddingLength int) []byte {
	macKey, _ := cbcKeys(c)
	additional := []byte{0, 0, 0, 0, 0, 0, 0, seq, byte(dataHeader.Type), 3, 3, byte(len(content) >> 8), byte(len(content))}
	plain := append(bytes.Clone(content), hmacOf(c.MAC, macKey, append(additional, content...))...)
	return append(plain, bytes.Repeat([]byte{byte(paddingLength)}, paddingLength+1)...)
}

// framed is a record of data with that behind its header.
func framed(payload []byte) []byte {
	h := dataHeader
	h.Length = len(payload)
	return append(h.append(nil), payload...)
}

// RFC 5246 §6.2.3.2: every padding of up to 255 bytes is taken that fills the last block, with content of every length;
// with one byte of it, of the MAC or of the content changed the record is refused, always for the same reason.
func TestEveryPaddingOpens(t *testing.T) {
	for _, c := range cbcCiphers() {
		p := newCBC(t, c, false)
		for _, n := range []int{0, 1, 2, 11, 12, 15, 16, 27, 28, 43, 44, 51, 52, 63, 64, 100, 200, 300, 1000} {
			content := make([]byte, n)
			_, _ = rand.Read(content)
			fill := aes.BlockSize - 1 - (n+c.MACKeyLen())%aes.BlockSize
			for paddingLength := fill; paddingLength < 256; paddingLength += aes.BlockSize {
				plain := macAndPad(c, 7, content, paddingLength)
				ct, got, err := p.Open(nil, 7, framed(encryptPlain(c, plain)))
				if err != nil || ct != dataHeader.Type || !bytes.Equal(got, content) {
					t.Fatalf("%s with %v: %d bytes, padding_length %d: %v", c.Name, c.MAC, n, paddingLength, err)
				}
				for _, at := range []int{0, n - 1, n, n + c.MACKeyLen() - 1, n + c.MACKeyLen(), len(plain) - 2, len(plain) - 1} {
					if at < 0 || at == len(plain)-1 && paddingLength == 0 && plain[at-1] == 1 {
						continue
					}
					plain[at] ^= 1
					if _, _, err := p.Open(nil, 7, framed(encryptPlain(c, plain))); !errors.Is(err, fault.BadRecordMAC) {
						t.Fatalf("%s with %v: %d bytes, padding_length %d, byte %d changed: %v", c.Name, c.MAC, n, paddingLength, at, err)
					}
					plain[at] ^= 1
				}
				if _, _, err := p.Open(nil, 8, framed(encryptPlain(c, plain))); !errors.Is(err, fault.BadRecordMAC) {
					t.Fatalf("%s with %v: a record opens under another sequence number: %v", c.Name, c.MAC, err)
				}
			}
		}
	}
}

// A record that was made up of anything is refused for the one reason there is, whatever it decrypts to and however
// long it is. RFC 5246 §7.2.2: bad_record_mac, and nothing that tells padding and MAC apart.
func TestOneReason(t *testing.T) {
	for _, c := range cbcCiphers() {
		for _, encryptThenMAC := range []bool{false, true} {
			p := newCBC(t, c, encryptThenMAC)
			for n := range 400 {
				for _, last := range []byte{0, 1, 15, 31, 127, 255} {
					var payload []byte
					if n%aes.BlockSize == 0 && n > 0 {
						plain := bytes.Repeat([]byte{last}, n)
						payload = encryptPlain(c, plain)
					} else {
						payload = bytes.Repeat([]byte{last}, n)
					}
					_, got, err := p.Open(nil, 0, framed(payload))
					var found *fault.Error
					if !errors.As(err, &found) || found.Rule != fault.BadRecordMAC || found.Error() != fault.New(fault.BadRecordMAC).Error() || got != nil {
						t.Fatalf("%s with %v, %d bytes ending in %d: %v, %x", c.Name, c.MAC, len(payload), last, err, got)
					}
				}
			}
		}
	}
}

// What opening costs in blocks of the hash is the same for every record of a length, whatever it decrypts to: with a
// right padding of any length and a wrong one, with a right MAC and a wrong one.
func TestOpenHashesAsManyBlocks(t *testing.T) {
	for _, c := range cbcCiphers() {
		counter, m := counted(t, c.MAC)
		p := newCBC(t, c, false)
		p.mac = m
		size := c.MACKeyLen()
		for length := blocks(size + 1); length <= 640; length += aes.BlockSize {
			want := 0
			hold := func(plain []byte, what string, opens bool) {
				t.Helper()
				counter.blocks = 0
				if _, _, err := p.Open(nil, 0, framed(encryptPlain(c, plain))); (err == nil) != opens {
					t.Fatalf("%s with %v, %d bytes, %s: %v", c.Name, c.MAC, length, what, err)
				}
				if want == 0 {
					want = counter.blocks
				}
				if counter.blocks != want {
					t.Fatalf("%s with %v, %d bytes, %s: %d blocks hashed, before it was %d", c.Name, c.MAC, length, what, counter.blocks, want)
				}
			}
			for n := range 256 {
				plain := bytes.Repeat([]byte{byte(n)}, length)
				hold(plain, "padding and no MAC", false)
				plain[0], plain[length-2] = 0xaa, ^byte(n)
				hold(plain, "wrong padding", false)
				if contentLen := length - size - n - 1; contentLen >= 0 {
					hold(macAndPad(c, 0, plain[:contentLen], n), "a good record", true)
				}
			}
		}
	}
}

// RFC 7366 §3: the MAC covers IV and ciphertext, and the length in it is theirs; padding is checked once the MAC is right.
func TestEncryptThenMAC(t *testing.T) {
	for _, c := range cbcCiphers() {
		p := newCBC(t, c, true)
		macKey, _ := cbcKeys(c)
		authentic := func(ciphertext []byte) []byte {
			n := len(ciphertext)
			additional := []byte{0, 0, 0, 0, 0, 0, 0, 0, byte(dataHeader.Type), 3, 3, byte(n >> 8), byte(n)}
			return append(bytes.Clone(ciphertext), hmacOf(c.MAC, macKey, append(additional, ciphertext...))...)
		}
		content := []byte("some content")
		for paddingLength := 3; paddingLength < 256; paddingLength += aes.BlockSize {
			plain := append(bytes.Clone(content), bytes.Repeat([]byte{byte(paddingLength)}, paddingLength+1)...)
			payload := authentic(encryptPlain(c, plain))
			if _, got, err := p.Open(nil, 0, framed(payload)); err != nil || !bytes.Equal(got, content) {
				t.Errorf("%s with %v, padding_length %d: %q, %v", c.Name, c.MAC, paddingLength, got, err)
			}
			plain[len(plain)-2]++
			if _, _, err := p.Open(nil, 0, framed(authentic(encryptPlain(c, plain)))); !errors.Is(err, fault.BadRecordMAC) {
				t.Errorf("%s with %v, padding_length %d, wrong: %v", c.Name, c.MAC, paddingLength, err)
			}
		}
		for _, n := range []int{0, 1, 16, 31, 33} {
			if _, _, err := p.Open(nil, 0, framed(authentic(make([]byte, n)))); !errors.Is(err, fault.BadRecordMAC) {
				t.Errorf("%s with %v: %d bytes of ciphertext: %v", c.Name, c.MAC, n, err)
			}
		}
		rec, err := p.Seal(nil, 0, dataHeader, content, 0)
		if err != nil || !bytes.Equal(rec[HeaderLen:], authentic(rec[HeaderLen:len(rec)-c.MACKeyLen()])) {
			t.Errorf("%s with %v: what is sealed ends with another MAC: %v", c.Name, c.MAC, err)
		}
	}
}

// scripted gives out what it was given.
type scripted struct{ *bytes.Reader }

func (s scripted) Bytes(b []byte) error { _, err := io.ReadFull(s, b); return err }

// RFC 5246 §6.2.3.2: each record has an IV of its own, which nobody can foresee: it is what a fresh draw encrypts to, so
// that the same draws make the same records and others make others. Without randomness nothing is sealed.
func TestIVs(t *testing.T) {
	for _, c := range cbcCiphers() {
		macKey, key := cbcKeys(c)
		records := func(draws []byte) [][]byte {
			p, err := NewCBC12(c, macKey, key, false, scripted{bytes.NewReader(draws)})
			if err != nil {
				t.Fatal(err)
			}
			var half Half
			half.SetProtection(p)
			var all [][]byte
			for {
				before := []byte("before")
				rec, err := half.Seal(before, wire.ContentApplicationData, wire.TLS12, []byte("the same"))
				if err != nil {
					if !errors.Is(err, fault.EntropyFailed) || string(rec) != "before" || half.Records() != uint64(len(all)) {
						t.Fatalf("out of randomness: %v, %q, %d records counted", err, rec, half.Records())
					}
					return all
				}
				all = append(all, rec[len(before):])
			}
		}
		draws := make([]byte, 4*ivLen)
		_, _ = rand.Read(draws)
		first, again := records(draws), records(draws)
		draws[3*ivLen] ^= 1
		other := records(draws)
		if len(first) != 4 || !bytes.Equal(bytes.Join(first, nil), bytes.Join(again, nil)) {
			t.Errorf("%s with %v: the same draws do not make the same %d records", c.Name, c.MAC, len(first))
		}
		if !bytes.Equal(first[2], other[2]) || bytes.Equal(first[3], other[3]) {
			t.Errorf("%s with %v: a record does not depend on its own draw alone", c.Name, c.MAC)
		}
		seen := map[string]bool{}
		for _, rec := range first {
			seen[string(rec[HeaderLen:HeaderLen+ivLen])] = true
		}
		if len(seen) != len(first) {
			t.Errorf("%s with %v: %d IVs in %d records", c.Name, c.MAC, len(seen), len(first))
		}
	}
}
