package record

import (
	"bytes"
	"crypto"
	"crypto/fips140"
	"crypto/hmac"
	"crypto/rand"
	"hash"
	"os"
	"os/exec"
	"testing"
)

// macHashes are those of the suites with CBC.
var macHashes = []crypto.Hash{crypto.SHA1, crypto.SHA256, crypto.SHA384}

func testMAC(t testing.TB, h crypto.Hash) (m *mac12, key []byte) {
	t.Helper()
	key = make([]byte, h.Size())
	_, _ = rand.Read(key)
	m, err := newMAC12(h, key)
	if err != nil {
		t.Fatal(err)
	}
	return m, key
}

func hmacOf(h crypto.Hash, key, message []byte) []byte {
	m := hmac.New(h.New, key)
	m.Write(message)
	return m.Sum(nil)
}

// RFC 2104: the MAC is what crypto/hmac says, of messages of every length, in whatever two parts.
func TestMACIsHMAC(t *testing.T) {
	for _, h := range macHashes {
		m, key := testMAC(t, h)
		message := make([]byte, 600)
		_, _ = rand.Read(message)
		for n := range message {
			cut := n / 3
			if got, want := m.sum(nil, message[:cut], message[cut:n]), hmacOf(h, key, message[:n]); !bytes.Equal(got, want) {
				t.Fatalf("%v: %d bytes: %x, want %x", h, n, got, want)
			}
		}
	}
}

// So is the MAC of a message whose length is a secret, for every length that it may be of, and wherever the known part
// ends.
func TestHiddenMACIsHMAC(t *testing.T) {
	for _, h := range macHashes {
		m, key := testMAC(t, h)
		message := make([]byte, 900)
		_, _ = rand.Read(message)
		want := make([][]byte, len(message)+1)
		for n := range want {
			want[n] = hmacOf(h, key, message[:n])
		}
		for most := additionalLen; most <= len(message); most += 1 + most/300*6 {
			least := max(additionalLen, most-255)
			for n := least; n <= most; n++ {
				if got := m.sumHidden(nil, message[:most], n, least); !bytes.Equal(got, want[n]) {
					t.Fatalf("%v: %d of %d to %d bytes: %x, want %x", h, n, least, most, got, want[n])
				}
			}
		}
	}
}

// countingHash counts the blocks that its hash compresses, those of its padding among them.
type countingHash struct {
	chainedHash
	blocks, buffered int
}

func (c *countingHash) Write(b []byte) (int, error) {
	c.buffered += len(b)
	c.blocks += c.buffered / c.BlockSize()
	c.buffered %= c.BlockSize()
	return c.chainedHash.Write(b)
}

func (c *countingHash) Sum(b []byte) []byte {
	c.blocks++
	if c.buffered+1+c.BlockSize()/8 > c.BlockSize() {
		c.blocks++
	}
	return c.chainedHash.Sum(b)
}

func (c *countingHash) UnmarshalBinary(b []byte) error {
	c.buffered = 0 // all that is saved here is whole blocks
	return c.chainedHash.UnmarshalBinary(b)
}

func (c *countingHash) Reset() {
	c.buffered = 0
	c.chainedHash.Reset()
}

func counted(t testing.TB, h crypto.Hash) (*countingHash, *mac12) {
	t.Helper()
	c := &countingHash{chainedHash: h.New().(chainedHash)}
	m, err := composeMAC12(c, bytes.Repeat([]byte{3}, h.Size()))
	if err != nil {
		t.Fatal(err)
	}
	return c, m
}

// Lucky Thirteen: how many blocks are hashed does not depend on the secret length, but on what is known: as many as the
// longest message has, and the two of the outer hash's. A MAC computed as usual does depend on it, or this test would
// show nothing.
func TestHiddenMACHashesAsManyBlocks(t *testing.T) {
	for _, h := range macHashes {
		c, m := counted(t, h)
		message := make([]byte, 1000)
		for most := additionalLen; most <= len(message); most += 1 + most/300*4 {
			least := max(additionalLen, most-255)
			longest := (most+m.lengthLen)>>m.blockBits + 1
			plain := map[int]bool{}
			for n := least; n <= most; n++ {
				c.blocks = 0
				m.sumHidden(nil, message[:most], n, least)
				if c.blocks != longest+1 {
					t.Fatalf("%v: %d bytes of %d: %d blocks, want %d", h, n, most, c.blocks, longest+1)
				}
				c.blocks = 0
				m.sum(nil, nil, message[:n])
				plain[c.blocks] = true
			}
			if most-least == 255 && len(plain) < 2 {
				t.Fatalf("%v: of %d bytes the usual way takes %v blocks: the count counts nothing", h, most, plain)
			}
		}
	}
}

// No MAC is made of a hash whose state cannot be had, nor of a key that would have to be hashed first.
func TestMACRefuses(t *testing.T) {
	if _, err := composeMAC12(struct{ hash.Hash }{crypto.SHA256.New()}, make([]byte, 32)); err == nil {
		t.Error("a MAC of a hash without a state")
	}
	if _, err := newMAC12(crypto.SHA256, make([]byte, 65)); err == nil {
		t.Error("a MAC with a key that is longer than a block")
	}
	if _, err := newMAC12(crypto.SHA512, make([]byte, 64)); err == nil {
		t.Error("a MAC that no suite has, longer than there is room for")
	}
}

// Under GODEBUG=fips140=only no protection is made with SHA-1, which would panic with the first record; the others are.
func TestMACsUnderFIPS(t *testing.T) {
	if !fips140.Enforced() {
		child := exec.Command(os.Args[0], "-test.run", "^TestMACsUnderFIPS$", "-test.v")
		child.Env = append(os.Environ(), "GODEBUG=fips140=only")
		if out, err := child.CombinedOutput(); err != nil || !bytes.Contains(out, []byte("PASS: TestMACsUnderFIPS")) {
			t.Errorf("%v\n%s", err, out)
		}
		return
	}
	for _, c := range cbcCiphers() {
		macKey, key := cbcKeys(c)
		p, err := NewCBC12(c, macKey, key, true, randomness{})
		if allowed := c.MAC != crypto.SHA1; (err == nil) != allowed {
			t.Errorf("%v: %v", c.MAC, err)
		}
		if err != nil {
			continue
		}
		if _, err := p.Seal(nil, 0, dataHeader, []byte("data"), 0); err != nil {
			t.Errorf("%v: %v", c.MAC, err)
		}
	}
}

// The MAC is found wherever it stands.
func TestExtractMAC(t *testing.T) {
	for _, h := range macHashes {
		size := h.Size()
		for length := size + 1; length < 400; length += 1 + length%3 {
			plain := make([]byte, length)
			_, _ = rand.Read(plain)
			most := length - size - 1
			least := max(0, most-255)
			for at := least; at <= most; at++ {
				got := make([]byte, size)
				if extractMAC(got, plain, at, least); !bytes.Equal(got, plain[at:at+size]) {
					t.Fatalf("%v: at %d of %d bytes: %x, want %x", h, at, length, got, plain[at:at+size])
				}
			}
		}
	}
}

// RFC 5246 §6.2.3.2: padding_length bytes, each of that value, and padding_length itself; what is left has room for the
// MAC. A wrong one counts as the length byte alone.
func TestCBCPadding(t *testing.T) {
	for _, length := range []int{16, 32, 48, 64, 256, 272, 512} {
		for _, rest := range []int{0, 1, 15, 20, 32, 48, 255} {
			for n := range 256 {
				plain := bytes.Repeat([]byte{0x55}, length)
				if n == 0x55 {
					clear(plain)
				}
				for i := range min(n+1, length) {
					plain[length-1-i] = byte(n)
				}
				fits := n+1+rest <= length
				holdPadding(t, plain, rest, n, fits)
				// One wrong byte anywhere in it.
				for i := range min(n+1, length) {
					if i == 0 {
						continue // that is another padding_length
					}
					plain[length-1-i] ^= 0x80
					holdPadding(t, plain, rest, n, false)
					plain[length-1-i] ^= 0x80
				}
			}
		}
	}
}

func holdPadding(t *testing.T, plain []byte, rest, n int, right bool) {
	t.Helper()
	remove, good := padding(plain, rest)
	wantRemove, wantGood := 1, byte(0)
	if right {
		wantRemove, wantGood = n+1, 0xff
	}
	if remove != wantRemove || good != wantGood {
		t.Fatalf("%d bytes, padding_length %d, %d bytes more wanted: removes %d, good %#x; want %d, %#x", len(plain), n, rest, remove, good, wantRemove, wantGood)
	}
}

func TestMasks(t *testing.T) {
	edges := []int{0, 1, 2, 254, 255, 256, 1 << 14, 1<<14 + 2048, 1 << 20}
	for _, a := range edges {
		for _, b := range edges {
			less, equal := byte(0), byte(0)
			if a < b {
				less = 0xff
			}
			if a == b {
				equal = 0xff
			}
			if maskLess(a, b) != less || maskEqual(a, b) != equal {
				t.Errorf("%d and %d: less %#x, equal %#x", a, b, maskLess(a, b), maskEqual(a, b))
			}
		}
	}
}
