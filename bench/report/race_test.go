//go:build race

package main

// raced: the race detector makes what is measured some twenty times as slow.
const raced = true
