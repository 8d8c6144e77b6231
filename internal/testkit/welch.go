package testkit

import (
	"fmt"
	"math"
	"math/rand/v2"
	"runtime"
	"runtime/debug"
	"slices"
	"time"
)

// Compared is what Welch found of two classes.
type Compared struct {
	T     float64    // beyond 4.5 a difference is real
	Means [2]float64 // in nanoseconds
}

func (c Compared) String() string {
	return fmt.Sprintf("t = %+.2f, means %.1f ns and %.1f ns", c.T, c.Means[0], c.Means[1])
}

// Real reports whether the classes take different times.
func (c Compared) Real() bool { return math.Abs(c.T) > 4.5 }

// Welch compares how long run takes after prepare, for two classes of input in random order, at least samples times
// each, by Welch's t. The slowest twentieth is left out: that is the machine's. Memory is collected between runs only.
func Welch(samples int, prepare func(class int), run func()) Compared {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	defer debug.SetGCPercent(debug.SetGCPercent(-1))
	var times [2][]float64
	for n := 0; len(times[0]) < samples || len(times[1]) < samples; n++ {
		if n%1024 == 1023 {
			runtime.GC()
		}
		class := rand.IntN(2)
		prepare(class)
		begin := time.Now()
		run()
		times[class] = append(times[class], float64(time.Since(begin)))
	}
	all := slices.Concat(times[0], times[1])
	slices.Sort(all)
	limit := all[len(all)*19/20]
	var c Compared
	var variance, count [2]float64
	for class, list := range times {
		for _, x := range list {
			if x <= limit {
				count[class]++
				d := x - c.Means[class]
				c.Means[class] += d / count[class]
				variance[class] += d * (x - c.Means[class])
			}
		}
		variance[class] /= count[class] - 1
	}
	c.T = (c.Means[0] - c.Means[1]) / math.Sqrt(variance[0]/count[0]+variance[1]/count[1])
	return c
}

// EqualNaively compares as nobody should where a secret decides: it stops at the first difference. It is the control of
// the measurements.
func EqualNaively(a, b []byte) bool {
	for i := range a {
		if a[i] != b[i] {
			return false
		}
	}
	return true
}
