package bench

import (
	"testing"
	"time"
)

// BenchmarkScaling: what a handshake costs beside more and more of something. An operation is many handshakes; the figure
// is handshake-ns, of processor time.
func BenchmarkScaling(b *testing.B) {
	for _, contest := range Scaling() {
		for _, c := range contest.Contestants {
			b.Run("beside="+contest.Name+"/n="+c.Name, func(b *testing.B) {
				var spent time.Duration
				handshakes := 0
				for b.Loop() {
					cost := c.Measure(b, 50*time.Millisecond)
					spent += cost.CPU
					handshakes += cost.Count
				}
				b.ReportMetric(float64(spent.Nanoseconds())/float64(handshakes), "handshake-ns")
				b.ReportMetric(0, "ns/op")
			})
		}
	}
}

// Every contest that the report is made of comes to figures: the parts of both ends are the whole, and what is resumed
// is resumed.
func TestContests(t *testing.T) {
	for _, contest := range append(append(Handshakes(), Connections()), append(Bulk()[:4], Duplex()...)...) {
		for _, c := range contest.Contestants {
			var cost Cost
			if err := Try(func(t TB) { cost = c.Measure(t, time.Millisecond) }); err != nil {
				t.Errorf("%s, %s: %v", contest.Name, c.Name, err)
				continue
			}
			if cost.Count < 1 || cost.CPU <= 0 || cost.Wall <= 0 {
				t.Errorf("%s, %s: %+v", contest.Name, c.Name, cost)
			}
			if cost.Client > 0 && cost.Client+cost.Server != cost.CPU {
				t.Errorf("%s, %s: the client's %v and the server's %v are not the whole, %v", contest.Name, c.Name, cost.Client, cost.Server, cost.CPU)
			}
		}
	}
}

// What is set in Scaling is what happens: the client gets the certificate that it asks for among many, and sessions come
// out of the store.
func TestScalingContests(t *testing.T) {
	if raced {
		t.Skip("under the race detector a thousand connections take long")
	}
	for _, contest := range Scaling() {
		c := contest.Contestants[min(1, len(contest.Contestants)-1)]
		if contest.Name == "live connections" || contest.Name == "sessions in the store" {
			c = contest.Contestants[0]
		}
		if err := Try(func(t TB) { c.Measure(t, time.Millisecond) }); err != nil {
			t.Errorf("%s, %s: %v", contest.Name, c.Name, err)
		}
	}
}

// A failure ends what is tried, is told, and leaves nothing open.
func TestTry(t *testing.T) {
	closed, went := false, false
	err := Try(func(t TB) {
		t.Cleanup(func() { closed = true })
		t.Fatalf("the %s", "reason")
		went = true
	})
	if err == nil || err.Error() != "the reason" || !closed || went {
		t.Errorf("error %v, cleaned up: %v, went on: %v", err, closed, went)
	}
}
