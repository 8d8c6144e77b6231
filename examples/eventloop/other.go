//go:build !linux

package main

import (
	"fmt"
	"os"
)

func main() {
	fmt.Fprintln(os.Stderr, "eventloop: epoll is Linux's; on this system the loop would go over another call")
	os.Exit(1)
}
