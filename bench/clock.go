package bench

import "time"

var begin = time.Now()

func wallTime() time.Duration { return time.Since(begin) }
