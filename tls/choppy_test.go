package tls

import (
	"bytes"
	"math/rand/v2"
	"os"
	"testing"
)

// choppy is a network that brings pieces of all sizes, and times out between them.
type choppy struct {
	socket
	r *rand.Rand
}

func (c choppy) Read(b []byte) (int, error) {
	if len(c.come) == 0 || c.r.IntN(4) == 0 {
		return 0, os.ErrDeadlineExceeded
	}
	return c.feed.Read(b[:min(len(b), 1+c.r.IntN(1<<c.r.IntN(20)))])
}

// However data are sealed, split, held up and asked for, they come out as they went in, and who is held up has no large
// buffer.
func TestReadHoweverItComes(t *testing.T) {
	versions(t, func(t *testing.T, version uint16) {
		for seed := range uint64(20) {
			r := rand.New(rand.NewPCG(seed, 0))
			client, server, f := fed(t, version)
			server.conn = choppy{socket{f}, r}
			sent := random(2 << 20)
			for rest := sent; len(rest) > 0; {
				n := min(len(rest), 1+r.IntN(1<<r.IntN(20)))
				f.come = append(f.come, client.sealed(t, rest[:n])...)
				rest = rest[n:]
				if version == VersionTLS13 && r.IntN(4) == 0 {
					if err := client.engine.UpdateKeys(false); err != nil {
						t.Fatal(err)
					}
				}
			}
			var got []byte
			for b := make([]byte, 1<<20); len(got) < len(sent); {
				n, err := server.Read(b[:1+r.IntN(1<<r.IntN(21))])
				if err != nil && (n > 0 || !isTimeout(err)) {
					t.Fatalf("seed %d: %d bytes, %v", seed, n, err)
				}
				if lent := server.read.lent.buf; err != nil && lent != nil && len(*lent) > smallLen {
					t.Fatalf("seed %d: %d bytes are held for a Read to come", seed, len(*lent))
				}
				got = append(got, b[:n]...)
			}
			if !bytes.Equal(got, sent) {
				t.Errorf("seed %d: what came out is not what went in", seed)
			}
			if server.read.lent.buf != nil {
				t.Errorf("seed %d: a buffer is held when all has been read", seed)
			}
		}
	})
}
