//go:build race

package mac

const raced = true
