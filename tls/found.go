package tls

import (
	"crypto/x509"
	"errors"
	"io"
	"net"

	"github.com/vitro-tls/vitro/fault"
)

// Programs for crypto/tls look for its errors with errors.As and errors.Is, or for their words. They lie under ours, which
// say more, and have those words in parentheses.

// refusals is what a server of crypto/tls says first where it refuses a client by these rules.
var refusals = map[*fault.Rule]string{
	fault.ClientCertificateRequired: "tls: client didn't provide a certificate",
	fault.NoCommonVersion:           "tls: client offered only unsupported versions",
	fault.NoCommonProtocol:          "tls: client requested unsupported application protocols",
	fault.NoCommonSuite:             "tls: no cipher suite supported by both client and server",
}

// wordless is an error to be found. Its own words are those of the cause in whose place it stands.
type wordless struct {
	error
	words string
}

func (w wordless) Error() string { return w.words }
func (w wordless) Unwrap() error { return w.error }

// findable puts what crypto/tls would have returned under an error of the engine's.
func (c *Conn) findable(err error) error {
	switch known := err.(type) {
	case *fault.PeerAlert:
		if known.Cause != nil {
			return err
		}
		told := *known
		told.Cause = &net.OpError{Op: "remote error", Err: AlertError(known.Alert.Description)}
		return &told
	case *fault.Error:
		return c.findableFault(known)
	}
	return err
}

func (c *Conn) findableFault(known *fault.Error) error {
	own := *known
	var found fault.Found
	switch {
	case known.Rule == fault.HangUp && known.Cause == nil:
		own.Cause = wordless{error: io.EOF}
	case errors.As(known.Cause, &found):
		own.Cause = wordless{error: RecordHeaderError{
			Msg: "first record does not look like a TLS handshake", RecordHeader: found, Conn: c.conn,
		}}
	case known.Cause == nil && c.role == fault.Server:
		for rule, words := range refusals {
			if errors.Is(known, rule) {
				own.Cause = errors.New(words)
			}
		}
	}
	return &own
}

// unverified puts a CertificateVerificationError under the reason why a chain did not verify.
func unverified(chain []*x509.Certificate, err error) error {
	known, ok := err.(*fault.Error)
	if !ok {
		return err
	}
	own := *known
	if known.Cause != nil {
		own.Cause = &CertificateVerificationError{UnverifiedCertificates: chain, Err: known.Cause}
	} else {
		own.Cause = wordless{error: &CertificateVerificationError{UnverifiedCertificates: chain, Err: known.Rule}}
	}
	return &own
}
