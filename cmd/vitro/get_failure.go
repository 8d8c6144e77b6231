package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/url"
	"os"
	"strings"

	"github.com/vitro-tls/vitro/fault"
)

// connectError: there was no connection to shake hands on.
type connectError struct {
	addr string
	err  error
}

func (e *connectError) Unwrap() error { return e.err }

func (e *connectError) Error() string {
	var dns *net.DNSError
	var sys *os.SyscallError
	switch {
	case errors.As(e.err, &dns) && dns.IsNotFound:
		return fmt.Sprintf("could not find the host %q: its name has no address", dns.Name)
	case errors.As(e.err, &dns):
		return fmt.Sprintf("could not look up the host %q: %s", dns.Name, dns.Err)
	case errors.As(e.err, &sys):
		return fmt.Sprintf("could not connect to %s: %v", e.addr, sys.Err)
	}
	return fmt.Sprintf("could not connect to %s: %v", e.addr, e.err)
}

// handshakeError carries the reason for which a handshake failed.
type handshakeError struct{ err error }

func (e *handshakeError) Error() string { return e.err.Error() }
func (e *handshakeError) Unwrap() error { return e.err }

// protocolError: the handshake is done, but for another protocol than HTTP.
type protocolError struct{ protocol string }

func (e *protocolError) Error() string {
	return fmt.Sprintf("the server chose %q from --alpn, and get speaks HTTP/2 and HTTP/1.1 only; the handshake itself is done", e.protocol)
}

// statusError: the server answered, and not what was asked for.
type statusError struct{ status string }

func (e *statusError) Error() string { return "the server answered " + e.status }

type redirectError struct{ why string }

func (e *redirectError) Error() string { return e.why }

// writeError: the response could not be written down.
type writeError struct {
	name    string
	written int64
	err     error
}

func (e *writeError) Unwrap() error { return e.err }

func (e *writeError) Error() string {
	s := "could not write the response: " + e.err.Error()
	if e.written > 0 {
		s += fmt.Sprintf("; %s has the first %d bytes only", e.name, e.written)
	}
	return s
}

// distrust are the rules by which we refuse a certificate.
var distrust = []*fault.Rule{
	fault.BadCertificate, fault.RSAKeyTooLarge, fault.WrongKeyUsage, fault.CertificateExpired, fault.CertificateNotYetValid,
	fault.WrongHost, fault.UnknownCA, fault.InvalidChain, fault.RejectedByCaller,
	fault.TooFewTimestamps,
}

// exitCodeOf tells failures apart for whoever calls the program.
func exitCodeOf(err error) int {
	var handshake *handshakeError
	var connect *connectError
	var write *writeError
	var status *statusError
	var redirect *redirectError
	var protocol *protocolError
	var timeout net.Error
	var refusal *fault.PeerAlert
	switch {
	case errors.As(err, &write):
		return exitWrite
	case errors.Is(err, context.DeadlineExceeded), errors.Is(err, fault.Silence), errors.As(err, &timeout) && timeout.Timeout():
		return exitTimeout
	case errors.As(err, &connect):
		return exitConnect
	case errors.As(err, &status), errors.As(err, &redirect):
		return exitHTTP
	case errors.As(err, &protocol), errors.Is(err, fault.BadConfig):
		return exitUsage
	case errors.As(err, &refusal) && refusal.Asked:
		return exitHandshake // in TLS 1.3 a client has finished when the server misses its certificate: RFC 8446 §4.4.2.4
	case errors.As(err, &handshake) && (errors.Is(err, fault.CertificateRevoked) || errors.Is(err, fault.BadStaple)):
		return exitStatus
	case errors.As(err, &handshake):
		for _, rule := range distrust {
			if errors.Is(err, rule) {
				return exitNotTrusted
			}
		}
		return exitHandshake
	}
	return exitReceive
}

// bare takes off what net/http puts around an error: the method and the URL, which are told anyway.
func bare(err error) error {
	var wrapped *url.Error
	if errors.As(err, &wrapped) {
		err = wrapped.Err
	}
	// net/http puts the name of its function before what a connection failed with while nobody read from it.
	if inner := errors.Unwrap(err); inner != nil && strings.HasPrefix(err.Error(), "readLoopPeekFailLocked") {
		return inner
	}
	return err
}
