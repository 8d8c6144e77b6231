package bench

import (
	"runtime"
	"strconv"
	"strings"
	"testing"
)

// BenchmarkDuplex: both ends write and read at once, each half in a goroutine of its own. An operation is a record of
// 16 KiB in each direction.
func BenchmarkDuplex(b *testing.B) {
	const size = 16 << 10
	for _, a := range duplexed {
		for _, procs := range []int{1, 2} {
			for _, under := range duplexNetworks {
				for _, p := range a.both() {
					name := "version=" + strings.ReplaceAll(a.name, " ", "") + "/procs=" + strconv.Itoa(procs)
					b.Run(name+"/net="+under.name+"/impl="+p.impl, func(b *testing.B) {
						before := runtime.GOMAXPROCS(procs)
						defer runtime.GOMAXPROCS(before)
						client, server := p.connect(b, under)
						b.SetBytes(2 * size)
						b.ReportAllocs()
						b.ResetTimer()
						if err := bothWays(client, server, b.N, size); err != nil {
							b.Fatal(err)
						}
					})
				}
			}
		}
	}
}

// What is measured is what happens: all bytes of both directions arrive, in both versions.
func TestBothWays(t *testing.T) {
	for _, a := range duplexed {
		for _, under := range duplexNetworks {
			for _, p := range a.both() {
				client, server := p.connect(t, under)
				if err := bothWays(client, server, 100, 16<<10); err != nil {
					t.Errorf("%s, %s over %s: %v", p.impl, a.name, under.name, err)
				}
			}
		}
	}
}
