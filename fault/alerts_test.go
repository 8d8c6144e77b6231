package fault

import (
	"strings"
	"testing"

	"github.com/vitro-tls/vitro/wire"
)

// hintless are the alerts of which nothing can be said but their name.
var hintless = map[wire.AlertDescription]string{
	wire.AlertCloseNotify:          "no failure",
	wire.AlertDecryptionFailed:     "not sent by TLS 1.2",
	wire.AlertDecompressionFailure: "nobody compresses",
	wire.AlertNoCertificate:        "SSL 3.0 only",
	wire.AlertMissingExtension:     "TLS 1.3 only",
	wire.AlertUnknownPSKIdentity:   "we have no PSK",
}

// Every alert that a peer can send about a certificate, a value or an offer comes with a hint, in both roles.
func TestAlertHints(t *testing.T) {
	bothRoles := []wire.AlertDescription{
		wire.AlertUnexpectedMessage, wire.AlertBadRecordMAC, wire.AlertRecordOverflow, wire.AlertHandshakeFailure,
		wire.AlertIllegalParameter, wire.AlertDecodeError, wire.AlertDecryptError, wire.AlertInternalError,
		wire.AlertUserCanceled, wire.AlertNoRenegotiation,
	}
	has := func(d wire.AlertDescription, role Role) bool {
		return (&PeerAlert{Alert: wire.Alert{Description: d}, Role: role, Step: StepClientHello}).Hint() != ""
	}
	for _, d := range bothRoles {
		for _, role := range []Role{Client, Server} {
			if !has(d, role) {
				t.Errorf("the %v has no hint for %v", role, d)
			}
		}
	}
	for d := range 256 {
		d := wire.AlertDescription(d)
		if strings.HasPrefix(d.String(), "alert ") || hintless[d] != "" || isOld(d) {
			continue
		}
		if !has(d, Client) && !has(d, Server) {
			t.Errorf("%v has a hint in neither role", d)
		}
	}
	for _, hints := range []map[wire.AlertDescription]string{fromServer, fromClient, common} {
		for d, hint := range hints {
			if hintless[d] != "" {
				t.Errorf("%v has a hint and a reason to have none", d)
			}
			if strings.TrimSpace(hint) != hint || strings.Contains(hint, "\n") || hint == "" {
				t.Errorf("%v: %q is not one trimmed line", d, hint)
			}
		}
	}
}

// isOld tells the alerts that have a name here only so that they can be read.
func isOld(d wire.AlertDescription) bool {
	switch d {
	case 60, 111, 114, 121: // export_restriction, certificate_unobtainable, bad_certificate_hash_value, ech_required
		return true
	}
	return false
}

// A certificate's trouble, seen from the server: the client has to be given a reason to trust.
func TestAlertsAboutOurCertificate(t *testing.T) {
	for d, word := range map[wire.AlertDescription]string{
		wire.AlertUnknownCA:          "does not trust the CA",
		wire.AlertBadCertificate:     "host name",
		wire.AlertCertificateExpired: "expired or not yet valid",
	} {
		a := &PeerAlert{Alert: wire.Alert{Level: wire.LevelFatal, Description: d}, Role: Server}
		if !strings.Contains(a.Error(), word) || !strings.Contains(a.Error(), "the client refused") {
			t.Errorf("%v: %s", d, a)
		}
	}
}

// handshake_failure means the offer before the ServerHello, and something else after it.
func TestHandshakeFailureDependsOnTheStep(t *testing.T) {
	a := PeerAlert{Alert: wire.Alert{Description: wire.AlertHandshakeFailure}, Role: Client, Step: StepClientHello}
	early := a.Hint()
	if !strings.Contains(early, "policy legacy allows it") {
		t.Errorf("the mend for a peer that only speaks RSA key exchange is missing: %s", early)
	}
	// Servers that end at TLS 1.1 find no suite of theirs among ours, all of which need TLS 1.2.
	if !strings.Contains(early, "older than TLS 1.2") {
		t.Errorf("a server that is too old is not thought of: %s", early)
	}
	a.Step = StepClientKeyExchange
	if a.Hint() == early {
		t.Errorf("after the hellos the offer is still to blame: %s", a.Hint())
	}
	// OpenSSL, in both roles, ends a connection like this whose renegotiation was refused.
	for _, role := range []Role{Client, Server} {
		a.Role, a.Step = role, StepFinish
		if !strings.Contains(a.Hint(), "renegotiate") {
			t.Errorf("the %v is not told of renegotiation after the handshake: %s", role, a.Hint())
		}
	}
}

// RFC 8446 §6.2: on a connection of TLS 1.3 a hint speaks of nothing that TLS 1.3 does not have, and every alert that it
// added has one.
func TestAlertsOf13(t *testing.T) {
	told := func(role Role, step Step, d wire.AlertDescription) *PeerAlert {
		return &PeerAlert{Alert: wire.Alert{Level: wire.LevelFatal, Description: d}, Role: role, Step: step, Versions: []wire.Version{wire.TLS13}}
	}
	for d := range 256 {
		for _, role := range []Role{Client, Server} {
			for _, step := range []Step{StepClientHello, StepServerFinished, StepFinish} {
				a := told(role, step, wire.AlertDescription(d))
				for _, gone := range []string{"key exchange", "renegotiat", "TLS 1.2 "} {
					if strings.Contains(a.Hint(), gone) && a.Alert.Description != wire.AlertNoRenegotiation && a.Alert.Description != wire.AlertProtocolVersion {
						t.Errorf("the %v's hint for %v speaks of %q: %s", role, a.Alert.Description, gone, a.Hint())
					}
				}
				if !strings.Contains(a.Error(), "RFC 8446 §6.2") {
					t.Errorf("%v cites another section: %v", a.Alert.Description, a)
				}
			}
		}
	}
	for _, c := range []struct {
		a    *PeerAlert
		word string
	}{
		{told(Client, StepFinish, wire.AlertHandshakeFailure), "the client's certificate"},
		{told(Client, StepClientHello, wire.AlertHandshakeFailure), "no cipher suite, group or signature scheme"},
		{told(Client, StepServerHello, wire.AlertHandshakeFailure), "the hellos had agreed"},
		{told(Server, StepClientHello, wire.AlertHandshakeFailure), "cannot use what this server chose"},
		{told(Server, StepFinish, wire.AlertHandshakeFailure), "the client's log"},
		{told(Client, StepClientHello, wire.AlertProtocolVersion), "TLS 1.2 must be allowed too"},
		{told(Client, StepClientHello, wire.AlertUnknownPSKIdentity), "tickets"},
		{told(Server, StepServerHello, wire.AlertMissingExtension), "TLS 1.3 demands"},
		{told(Server, StepServerHello, wire.AlertUnsupportedExtension), "had not sent"},
	} {
		if !strings.Contains(c.a.Hint(), c.word) {
			t.Errorf("the %v after %v is told of %v with %q", c.a.Role, c.a.Step, c.a.Alert.Description, c.a.Hint())
		}
	}
}

// A server that wants TLS 1.3 answers a client of TLS 1.2 with the same alert as one that is too old for it.
func TestProtocolVersionDependsOnTheOffer(t *testing.T) {
	for _, c := range []struct {
		offered []wire.Version
		word    string
	}{
		{[]wire.Version{wire.TLS12}, "allow TLS 1.3 too"},
		{[]wire.Version{wire.TLS13}, "TLS 1.2 must be allowed too"},
		{[]wire.Version{wire.TLS13, wire.TLS12}, "older than TLS 1.2"},
	} {
		a := &PeerAlert{Alert: wire.Alert{Description: wire.AlertProtocolVersion}, Role: Client, Step: StepClientHello, Versions: c.offered}
		if !strings.Contains(a.Hint(), c.word) {
			t.Errorf("who offered %v is told: %s", c.offered, a.Hint())
		}
	}
}
