//go:build race

package bench

// raced: under the race detector a sync.Pool forgets on purpose.
const raced = true
