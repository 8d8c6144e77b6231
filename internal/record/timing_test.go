package record

import (
	"bytes"
	"crypto/subtle"
	"flag"
	"math"
	"math/rand/v2"
	"testing"

	"github.com/vitro-tls/vitro/internal/testkit"
)

var timingSamples = flag.Int("timing", 0, "how many records of each class TestTiming opens; 0 leaves it out. It wants a quiet machine")

// TestTiming measures what the other tests count: whether opening a record takes longer with the longest padding than
// with a wrong one, and longer with the longest than with the shortest where all is right. It prints Welch's t for both; beyond 4.5 a difference is real. The control opens records as RFC 5246
// would have it read naively, and must be far beyond, or the measurement sees nothing.
func TestTiming(t *testing.T) {
	if *timingSamples == 0 {
		t.Skip("-timing says how many samples")
	}
	for _, c := range cbcCiphers() {
		if c.KeyLen != 16 && c.MACKeyLen() != 48 {
			continue // the same hash with another key
		}
		p := newCBC(t, c, false)
		const length = 512
		var forged, genuine [2][][]byte
		for range 64 {
			random := make([]byte, length)
			for i := range random {
				random[i] = byte(rand.Uint32())
			}
			short := (length - c.MACKeyLen() - 1) % 16
			for class, n := range []int{255, short} {
				plain := macAndPad(c, 0, random[:length-c.MACKeyLen()-n-1], n)
				genuine[class] = append(genuine[class], encryptPlain(c, plain))
			}
			long := append(bytes.Clone(random[:length-256]), bytes.Repeat([]byte{255}, 256)...)
			random[length-1], random[length-2] = 255, 0
			forged[0] = append(forged[0], encryptPlain(c, long))
			forged[1] = append(forged[1], encryptPlain(c, random))
		}
		open := func(payload []byte) { _, _ = p.openEncrypted(0, dataHeader, payload) }
		ofForged, ofGenuine := welch(forged, open), welch(genuine, open)
		control := welch(forged, func(payload []byte) { openNaively(p, payload) })
		t.Logf("HMAC-%v, 2·%d records: forged, %v; genuine, %v; forged and opened naively, %v",
			c.MAC, *timingSamples, ofForged, ofGenuine, control)
		if ofForged.Real() || ofGenuine.Real() || math.Abs(control.T) < 10 {
			t.Errorf("HMAC-%v: a padding's length shows, or nothing would", c.MAC)
		}
	}
}

func openNaively(p *cbc12, payload []byte) bool {
	p.decrypt.CryptBlocks(payload, payload)
	plain := payload[ivLen:]
	remove, good := padding(plain, p.mac.size)
	n := len(plain) - p.mac.size - remove
	putAdditional(p.additional[:], 0, dataHeader, n)
	ours := p.mac.sum(p.ours[:0], p.additional[:], plain[:n])
	return subtle.ConstantTimeCompare(ours, plain[n:n+p.mac.size])&int(good) == 1
}

func welch(payloads [2][][]byte, open func([]byte)) testkit.Compared {
	work := make([]byte, len(payloads[0][0]))
	return testkit.Welch(*timingSamples,
		func(class int) { copy(work, payloads[class][rand.IntN(len(payloads[class]))]) }, func() { open(work) })
}
