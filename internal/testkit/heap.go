package testkit

import "runtime"

// LiveHeap is how many bytes of the heap somebody can still reach. It collects as often as pools need to give up what
// they keep.
func LiveHeap() int64 {
	for range 3 {
		runtime.GC()
	}
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int64(m.HeapAlloc)
}
