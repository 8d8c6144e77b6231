//go:build !plan9 && !windows

package tls

import "syscall"

// closedErrors are what a write to a socket says whose peer has closed.
var closedErrors = []error{syscall.EPIPE, syscall.ECONNRESET}
