//go:build unix

package bench

import (
	"time"

	"golang.org/x/sys/unix"
)

// processorTime is how long this process has been on a processor, in the kernel too.
func processorTime() time.Duration {
	var t unix.Timespec
	if unix.ClockGettime(unix.CLOCK_PROCESS_CPUTIME_ID, &t) != nil {
		return wallTime()
	}
	return time.Duration(t.Nano())
}
