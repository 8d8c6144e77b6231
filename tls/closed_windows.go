package tls

import "syscall"

// closedErrors are Winsock's own: the numbers that package syscall invents for the Unix names are of no socket.
var closedErrors = []error{syscall.WSAECONNRESET, syscall.WSAECONNABORTED}
