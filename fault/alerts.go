package fault

import "github.com/vitro-tls/vitro/wire"

// alertHint tells what an alert usually means, given who we are and how far we came.
func alertHint(a *PeerAlert) string {
	if a.Asked {
		return ClientCertificateWanted.Hint
	}
	if a.may(wire.TLS13) && !a.may(wire.TLS12) {
		if hint := alertHint13(a); hint != "" {
			return hint
		}
	}
	// RFC 5246 §7.2.2 leaves it to whoever wished to renegotiate whether the connection goes on without; OpenSSL
	// ends it like this.
	if a.Step == StepFinish && a.Alert.Description == wire.AlertHandshakeFailure {
		return "the handshake had succeeded; some peers end the connection like this when they wish to renegotiate, which a client does only where its configuration lets it (Config.Renegotiation), and a server never"
	}
	if a.Role == Client {
		if a.Alert.Description == wire.AlertProtocolVersion && a.may(wire.TLS12) && !a.may(wire.TLS13) {
			return "the server takes no TLS 1.2: allow TLS 1.3 too; or it is older than TLS 1.2"
		}
		if hint, ok := fromServer[a.Alert.Description]; ok {
			if a.Step > StepClientHello && a.Alert.Description == wire.AlertHandshakeFailure {
				return "the hellos had agreed: the server failed at what came after; its log may tell more"
			}
			return hint
		}
	}
	if a.Role == Server {
		if hint, ok := fromClient[a.Alert.Description]; ok {
			return hint
		}
	}
	return common[a.Alert.Description]
}

// alertHint13 has what an alert means otherwise where only TLS 1.3 can be: there is no RSA key exchange and no
// renegotiation, and the client is done before the server has looked at its certificate.
func alertHint13(a *PeerAlert) string {
	client := a.Role == Client
	switch d := a.Alert.Description; {
	case d == wire.AlertHandshakeFailure && client && a.Step >= StepFinish:
		return "the client was done, and the server was not: it refuses the client's certificate, or that there was none, only now; its log may tell more"
	case d == wire.AlertHandshakeFailure && client && a.Step <= StepClientHello:
		return "the server shares no cipher suite, group or signature scheme with this offer (--groups has the groups); its log may tell more"
	case d == wire.AlertHandshakeFailure && !client && a.Step >= StepFinish:
		return "the handshake had succeeded; the client's log may tell more"
	case d == wire.AlertProtocolVersion && client:
		return "the server does not take TLS 1.3: TLS 1.2 must be allowed too"
	case d == wire.AlertMissingExtension:
		return "the peer misses an extension that TLS 1.3 demands"
	case d == wire.AlertUnknownPSKIdentity && client:
		return "the server knows none of the keys or tickets that were offered, and wants no full handshake"
	case d == wire.AlertUnsupportedExtension && !client:
		return "the client found an extension in this server's answer that it had not sent"
	}
	return ""
}

// fromServer: we are the client.
var fromServer = map[wire.AlertDescription]string{
	wire.AlertHandshakeFailure:       "the server shares no cipher suite, group or signature scheme with this offer, or is older than TLS 1.2; if it only speaks older ciphers, policy compatible allows them; if it only speaks RSA or DHE key exchange, policy legacy allows it",
	wire.AlertInsufficientSecurity:   "the server wants stronger suites than those offered",
	wire.AlertProtocolVersion:        "the server takes none of the versions offered; it may be older than TLS 1.2",
	wire.AlertUnrecognizedName:       "the server has no site of this name; check --servername",
	wire.AlertNoApplicationProtocol:  "the server speaks none of the offered application protocols (--alpn)",
	wire.AlertCertificateRequired:    ClientCertificateWanted.Hint,
	wire.AlertInappropriateFallback:  "the server speaks a newer version than the one offered",
	wire.AlertAccessDenied:           "the server knows who we are and does not let us in",
	wire.AlertUnsupportedCertificate: "the server does not take this kind of client certificate",
	wire.AlertUnknownCA:              "the server does not trust the CA of this client's certificate",
	wire.AlertBadCertificate:         "the server refused this client's certificate; its log may tell why",
	wire.AlertCertificateExpired:     "the server found this client's certificate expired or not yet valid: renew it, or check both clocks",
	wire.AlertCertificateUnknown:     "the server refused this client's certificate without saying why",
	wire.AlertCertificateRevoked:     "the server found this client's certificate revoked",
}

// fromClient: we are the server; the client did not like our certificate, or what we chose.
var fromClient = map[wire.AlertDescription]string{
	wire.AlertUnknownCA:              "the client does not trust the CA of this server's certificate: give the client the CA's certificate, or use one from a CA it knows",
	wire.AlertBadCertificate:         "the client refused this server's certificate: check the host name it asked for against the certificate's names",
	wire.AlertCertificateExpired:     "the client found the certificate expired or not yet valid: renew it, or check both clocks",
	wire.AlertCertificateUnknown:     "the client refused this server's certificate without saying why: often an unknown CA or a wrong host name",
	wire.AlertUnsupportedCertificate: "the certificate's key usage does not allow what the client needs",
	wire.AlertCertificateRevoked:     "the client found the certificate revoked",
	wire.AlertHandshakeFailure:       "the client cannot use what this server chose",
	wire.AlertUnsupportedExtension:   "the client found an extension in the ServerHello that it had not sent",

	wire.AlertBadCertificateStatusResponse: "the client refused the OCSP response that this server staples: fetch a fresh one, or staple none",
}

var common = map[wire.AlertDescription]string{
	wire.AlertUnexpectedMessage: "the peer says that a message came out of order",
	wire.AlertBadRecordMAC:      "a record did not decrypt at the peer: different keys, or bytes were changed on the way",
	wire.AlertRecordOverflow:    "the peer found a record too long",
	wire.AlertIllegalParameter:  "the peer found a value inconsistent or out of range",
	wire.AlertDecodeError:       "the peer could not decode a message",
	wire.AlertDecryptError:      "a signature or a Finished did not verify at the peer",
	wire.AlertInternalError:     "the peer had trouble of its own; its log may tell more",
	wire.AlertUserCanceled:      "the peer cancelled",
	wire.AlertNoRenegotiation:   "the peer does not renegotiate",
}
