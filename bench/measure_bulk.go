package bench

import (
	"errors"
	"io"
	"runtime"
	"strconv"
	"time"
)

var sizes = []int{16 << 10, 1 << 20}

// Bulk is data in one direction: each cipher, write size and network. An operation is one Write, and all reading of it.
func Bulk() []Contest {
	var all []Contest
	for _, a := range ciphers {
		for _, size := range sizes {
			for _, under := range networks {
				c := Contest{Name: a.name + ", " + kibibytes(size) + ", " + under.name}
				for _, p := range a.both() {
					c.Contestants = append(c.Contestants, Contestant{p.impl, func(t TB, about time.Duration) Cost {
						return p.measureBulk(t, about, under, size)
					}})
				}
				all = append(all, c)
			}
		}
	}
	return all
}

func kibibytes(n int) string {
	if n >= 1<<20 {
		return strconv.Itoa(n>>20) + " MiB"
	}
	return strconv.Itoa(n>>10) + " KiB"
}

func (p peers) measureBulk(t TB, about time.Duration, under network, size int) (cost Cost) {
	t.Helper()
	quiet(1, func() {
		client, server := p.connect(t, under)
		defer client.Close()
		var err error
		if under.name == "memory" {
			cost, err = alternately(client, server, size, about)
		} else {
			cost, err = streaming(client, server, size, about)
		}
		if err != nil {
			t.Fatalf("%s: %v", p.impl, err)
		}
	})
	return cost
}

// alternately writes and reads in turn, so that each one's processor time is told apart. In one turn there is a quarter
// of a megabyte or one Write.
func alternately(from, to conn, size int, about time.Duration) (cost Cost, err error) {
	out := make([]byte, size)
	batch := max(1, 256<<10/size)
	in := make([]byte, batch*size)
	round := func() error {
		began := processorTime()
		for range batch {
			if _, err := from.Write(out); err != nil {
				return err
			}
		}
		wrote := processorTime()
		_, err := io.ReadFull(to, in)
		read := processorTime()
		cost.Client += wrote - began
		cost.Server += read - wrote
		cost.Count += batch
		return err
	}
	for range 3 { // buffers grow
		if err := round(); err != nil {
			return cost, err
		}
	}
	cost = Cost{}
	counted := countAllocations()
	began := wallTime()
	for cost.Count == 0 || wallTime()-began < about {
		if err := round(); err != nil {
			return cost, err
		}
	}
	cost.Allocations, cost.Wall = counted(), wallTime()-began
	cost.CPU, cost.Bytes = cost.Client+cost.Server, int64(cost.Count)*int64(size)
	return cost, nil
}

// streaming writes while another goroutine reads.
func streaming(from, to conn, size int, about time.Duration) (cost Cost, err error) {
	done := make(chan error, 1)
	var total int64
	go func() {
		n, err := io.CopyBuffer(onlyWriter{io.Discard}, onlyReader{to}, make([]byte, 32<<10))
		total = n
		done <- err
	}()
	out := make([]byte, size)
	for range 3 {
		if _, err := from.Write(out); err != nil {
			return cost, err
		}
	}
	counted, cpu, began := countAllocations(), processorTime(), wallTime()
	for cost.Count == 0 || wallTime()-began < about {
		if _, err := from.Write(out); err != nil {
			return cost, err
		}
		cost.Count++
	}
	if err := from.CloseWrite(); err != nil {
		return cost, err
	}
	err = <-done
	cost.CPU, cost.Wall, cost.Allocations = processorTime()-cpu, wallTime()-began, counted()
	cost.Bytes = int64(cost.Count) * int64(size)
	if err == nil && total != cost.Bytes+3*int64(size) {
		err = errors.New("not all bytes arrived")
	}
	return cost, err
}

// onlyReader and onlyWriter have no other methods, which io.Copy would use.
type onlyReader struct{ io.Reader }
type onlyWriter struct{ io.Writer }

func countAllocations() func() uint64 {
	var stats runtime.MemStats
	runtime.ReadMemStats(&stats)
	before := stats.Mallocs
	return func() uint64 {
		runtime.ReadMemStats(&stats)
		return stats.Mallocs - before
	}
}

// Duplex is data in both directions at once; an operation is 16 KiB in each.
func Duplex() []Contest {
	var all []Contest
	for _, a := range duplexed {
		for _, under := range duplexNetworks {
			c := Contest{Name: a.name + ", " + under.name}
			for _, p := range a.both() {
				c.Contestants = append(c.Contestants, Contestant{p.impl, func(t TB, about time.Duration) Cost {
					return p.measureDuplex(t, about, under)
				}})
			}
			all = append(all, c)
		}
	}
	return all
}

func (p peers) measureDuplex(t TB, about time.Duration, under network) (cost Cost) {
	t.Helper()
	const size = 16 << 10
	run := func(n int) Cost {
		client, server := p.connect(t, under)
		defer client.Close()
		counted, cpu, began := countAllocations(), processorTime(), wallTime()
		if err := bothWays(client, server, n, size); err != nil {
			t.Fatalf("%s: %v", p.impl, err)
		}
		return Cost{Count: n, Bytes: 2 * int64(n) * size, CPU: processorTime() - cpu, Wall: wallTime() - began, Allocations: counted()}
	}
	quiet(1, func() {
		first := run(200)
		cost = run(max(200, int(float64(first.Count)*about.Seconds()/first.Wall.Seconds())))
	})
	return cost
}
