//go:build race

package evil

// raced: a play has one goroutine, in which there is nothing to race; a part of them is enough then.
const raced = true
