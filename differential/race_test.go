//go:build race

package differential

// raceEnabled: the walk takes one change of four, since what it compares runs in one goroutine each.
const raceEnabled = true
