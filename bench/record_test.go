package bench

import (
	"io"
	"strconv"
	"testing"

	"github.com/vitro-tls/vitro/engine"
	"github.com/vitro-tls/vitro/internal/testkit"
)

// recordSizes: the least, what fits a packet, the most.
var recordSizes = []int{1, 1400, 16 << 10}

// batch is how many records are counted together, so that one allocation in that many would show: AllocsPerRun
// rounds down.
const batch = 100

// allocations counts those of a batch, when what is done once has been done.
func allocations(t testing.TB, record func() error) float64 {
	t.Helper()
	var failed error
	n := testing.AllocsPerRun(5, func() {
		for range batch {
			if err := record(); err != nil {
				failed = err
			}
		}
	})
	if failed != nil {
		t.Fatal(failed)
	}
	return n
}

// throughEngines returns what seals one record and opens it.
func throughEngines(from, to *engine.Engine, size int) func() error {
	plaintext := make([]byte, size)
	var sealed []byte
	return func() error {
		var err error
		if sealed, err = from.Seal(sealed[:0], plaintext); err != nil {
			return err
		}
		n, err := to.RecordSize(sealed)
		if err != nil {
			return err
		}
		opened, err := to.Open(sealed[:n])
		if err == nil && len(opened) != size {
			return io.ErrUnexpectedEOF
		}
		return err
	}
}

// throughConns returns what writes one record and reads it.
func throughConns(from, to conn, size int) func() error {
	out, in := make([]byte, size), make([]byte, size)
	return func() error { return there(from, to, out, in) }
}

func TestEngineRecordCostsNoAllocation(t *testing.T) {
	for _, a := range ciphers {
		client, server := a.engines(t, nil)
		for _, size := range recordSizes {
			if n := allocations(t, throughEngines(client, server, size)); n != 0 {
				t.Errorf("%s, %d bytes from client to server: %v allocations in %d records", a.name, size, n, batch)
			}
			if n := allocations(t, throughEngines(server, client, size)); n != 0 {
				t.Errorf("%s, %d bytes from server to client: %v allocations in %d records", a.name, size, n, batch)
			}
		}
	}
}

func TestConnRecordCostsNoAllocation(t *testing.T) {
	if raced {
		t.Skip("under the race detector a sync.Pool forgets on purpose; BenchmarkRecord holds the same without it")
	}
	for _, a := range ciphers {
		for _, under := range networks {
			client, server := a.vitro(testkit.PKI().Roots, nil).connect(t, under)
			for _, size := range recordSizes {
				if n := allocations(t, throughConns(client, server, size)); n != 0 {
					t.Errorf("%s, %s, %d bytes from client to server: %v allocations in %d records", a.name, under.name, size, n, batch)
				}
				if n := allocations(t, throughConns(server, client, size)); n != 0 {
					t.Errorf("%s, %s, %d bytes from server to client: %v allocations in %d records", a.name, under.name, size, n, batch)
				}
			}
		}
	}
}

// BenchmarkRecord: one record written and read. For Vitro it first holds that this costs no allocation, wherever
// benchmarks are run.
func BenchmarkRecord(b *testing.B) {
	a := ciphers[0]
	for _, size := range recordSizes {
		for _, p := range a.both() {
			b.Run("size="+strconv.Itoa(size)+"/impl="+p.impl, func(b *testing.B) {
				oneProcessor(b)
				client, server := p.connect(b, networks[0])
				record := throughConns(client, server, size)
				if n := allocations(b, record); n != 0 && p.impl == "vitro" && !raced {
					b.Fatalf("%v allocations in %d records", n, batch)
				}
				b.SetBytes(int64(size))
				b.ReportAllocs()
				for b.Loop() {
					if err := record(); err != nil {
						b.Fatal(err)
					}
				}
			})
		}
	}
}
