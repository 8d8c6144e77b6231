//go:build !race

package tls

const raced = false
