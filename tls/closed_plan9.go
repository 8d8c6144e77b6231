package tls

// closedErrors: Plan 9's errors are words.
var closedErrors []error
