//go:build !race

package mac

const raced = false
