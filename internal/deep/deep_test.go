package deep

import (
	"context"
	"runtime"
	"runtime/pprof"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

// What ends the errand ends its caller in the same way.
func TestRunEndsAsItsErrandDoes(t *testing.T) {
	for name, c := range map[string]struct {
		f        func()
		returns  bool
		panicked any
	}{
		"a return": {func() {}, true, nil},
		"a panic":  {func() { panic("mine") }, false, "mine"},
		"Goexit":   {runtime.Goexit, false, nil},
	} {
		t.Run(name, func(t *testing.T) {
			returned, panicked, ended := false, any(nil), make(chan struct{})
			go func() {
				defer close(ended)
				defer func() { panicked = recover() }()
				Run(c.f)
				returned = true
			}()
			<-ended
			if returned != c.returns || panicked != c.panicked {
				t.Errorf("Run returned: %v, panicked with %v; want %v, %v", returned, panicked, c.returns, c.panicked)
			}
			done := false
			if Run(func() { done = true }); !done {
				t.Error("the next errand was not run")
			}
		})
	}
}

// A bubble's time and its end hold for what is run from within, and what was lent there serves elsewhere.
func TestRunInBubbles(t *testing.T) {
	for range 3 {
		synctest.Test(t, func(t *testing.T) {
			began := time.Now()
			Run(func() { time.Sleep(time.Hour) })
			if passed := time.Since(began); passed != time.Hour {
				t.Errorf("an hour of the bubble's took %v", passed)
			}
		})
		Run(func() {})
	}
}

func TestRunKeepsLabels(t *testing.T) {
	pprof.Do(context.Background(), pprof.Labels("who", "me"), func(context.Context) {
		Run(func() {
			var profile strings.Builder
			err := pprof.Lookup("goroutine").WriteTo(&profile, 1)
			for stack := range strings.SplitSeq(profile.String(), "\n\n") {
				if strings.Contains(stack, "errand") && !strings.Contains(stack, `labels: {"who":"me"}`) {
					t.Errorf("the errand's goroutine has not its caller's labels: %v\n%s", err, stack)
				}
			}
			if !strings.Contains(profile.String(), "errand") {
				t.Error("the errand's goroutine is not in the profile")
			}
		})
	})
}

// The stack is large enough from the beginning, and the caller's stays small: it costs no allocation either.
func TestRunCostsNoAllocation(t *testing.T) {
	f := func() {}
	if n := testing.AllocsPerRun(1000, func() { Run(f) }); n > 0.1 {
		t.Errorf("%v allocations", n)
	}
}

func BenchmarkRun(b *testing.B) {
	f := func() {}
	for b.Loop() {
		Run(f)
	}
}
