//go:build !race

package evil

const raced = false
