//go:build !unix

package bench

import "time"

// processorTime is the time that passes, where the system's clock of processor time is not known.
func processorTime() time.Duration { return wallTime() }
