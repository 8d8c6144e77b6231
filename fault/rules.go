package fault

import "github.com/vitro-tls/vitro/wire"

// rules is every rule there is, in the order of this file.
var rules []*Rule

// Rules returns every rule there is.
func Rules() []*Rule { return rules }

func rule(name string, alert wire.AlertDescription, section, sentence, hint string) *Rule {
	r := &Rule{Name: name, Alert: alert, Section: section, Sentence: sentence, Hint: hint}
	rules = append(rules, r)
	return r
}

// a case of a wider rule, with the same alert
func (r *Rule) narrow(name, sentence, hint string) *Rule {
	n := rule(name, r.Alert, r.Section, sentence, hint)
	n.Parent = r
	return n
}

// the same, where another section speaks of it
func (r *Rule) in(section string) *Rule { r.Section = section; return r }

// a rule for which no alert is sent: nobody would read it
func silent(name, sentence, hint string) *Rule {
	r := rule(name, wire.AlertInternalError, "", sentence, hint)
	r.Silent = true
	return r
}

// a rule whose alert TLS 1.2 does not have, by the alert and section that it has instead
func (r *Rule) inTLS12(alert wire.AlertDescription, section string) *Rule {
	n := rule(r.Name+"_tls12", alert, section, r.Sentence+" (in TLS 1.2)", r.Hint)
	n.Parent = r
	return n
}

// What arrives is not TLS, or nothing arrives.
var (
	NotTLS = rule("not_tls", wire.AlertUnexpectedMessage, "RFC 5246 §6.2.1",
		"what the peer sent is not a TLS record", "check host and port: something else may be listening there")
	PlainHTTPRequest = NotTLS.narrow("plain_http_request",
		"the client spoke plain HTTP to this HTTPS port", "use https:// in the client's URL")
	PlainHTTPReply = NotTLS.narrow("plain_http_reply",
		"the server answered with plain HTTP", "this port speaks HTTP, not HTTPS: use http://, or the server's TLS port (often 443)")
	OtherProtocol = NotTLS.narrow("other_protocol",
		"the server greeted with another protocol's banner", "this port speaks that protocol; if it offers STARTTLS, begin TLS after that command")
	SSLv2Hello = rule("sslv2_hello", wire.AlertProtocolVersion, "RFC 5246 §E.2",
		"the client opened with an SSL 2.0 ClientHello", "the client must be made to open with TLS 1.2")
	Silence = silent("silence",
		"the peer fell silent during the handshake", "is there a TLS server behind the port, and does anything between drop packets?")
	HangUp = silent("hang_up",
		"the peer hung up during the handshake without an alert", "look into the peer's log; a server that does so on a ClientHello often wants another server name, version or suite")
	Cancelled = rule("cancelled", wire.AlertUserCanceled, "RFC 5246 §7.2.2",
		"the handshake was cancelled", "")
	Truncated = silent("truncated",
		"the connection ended without close_notify, so that data may be missing", "the peer crashed, or someone cut the connection (RFC 5246 §7.2.1)")
	ConnectionBroken = silent("connection_broken", "the connection broke", "")
)

// Records. RFC 5246 §6, RFC 8446 §5.
var (
	BadRecordMAC = rule("bad_record_mac", wire.AlertBadRecordMAC, "RFC 5246 §6.2.3.3",
		"a record does not decrypt", "both sides have different keys, or bytes were changed on the way")
	RecordOverflow = rule("record_overflow", wire.AlertRecordOverflow, "RFC 5246 §6.2.1",
		"a record is longer than 2^14 bytes", "")
	RecordVersion = rule("record_version", wire.AlertProtocolVersion, "RFC 5246 §6.2.1",
		"a record carries another version than the one agreed on", "")
	UnknownContentType = rule("unknown_content_type", wire.AlertUnexpectedMessage, "RFC 5246 §6",
		"a record of an unknown content type", "")
	UnprotectedRecord = rule("unprotected_record", wire.AlertUnexpectedMessage, "RFC 8446 §5.2",
		"a record in the clear where it has to be encrypted", "both sides differ on when encryption begins, or someone put the record in between")
	NoContentType = rule("no_content_type", wire.AlertUnexpectedMessage, "RFC 8446 §5.4",
		"an encrypted record that is nothing but padding", "")
	TooManyEmptyRecords = rule("too_many_empty_records", wire.AlertUnexpectedMessage, "RFC 5246 §6.2.1",
		"the peer sends empty records one after another", "")
	TooManyWarnings = rule("too_many_warnings", wire.AlertUnexpectedMessage, "RFC 5246 §7.2",
		"the peer sends warning alerts one after another", "")
	TooManyMessages = rule("too_many_messages", wire.AlertUnexpectedMessage, "RFC 5246 §7.4.1.1",
		"the peer sends handshake messages one after another, and no data", "")
	EmptyRecord = rule("empty_record", wire.AlertUnexpectedMessage, "RFC 8446 §5.1",
		"an empty record of a type that may not be empty", "")
	TooMuchEarlyData = rule("too_much_early_data", wire.AlertUnexpectedMessage, "RFC 8446 §4.2.10",
		"the client sends more early data than we pass over", "")
	SequenceExhausted = rule("sequence_exhausted", wire.AlertInternalError, "RFC 5246 §6.1",
		"the record sequence number would wrap", "open a new connection")
	MalformedAlert = rule("malformed_alert", wire.AlertDecodeError, "RFC 5246 §7.2",
		"an alert that is not two bytes long", "")
	MalformedChangeCipherSpec = rule("malformed_change_cipher_spec", wire.AlertDecodeError, "RFC 5246 §7.1",
		"a ChangeCipherSpec that is not the single byte 1", "")
	EarlyApplicationData = rule("early_application_data", wire.AlertUnexpectedMessage, "RFC 5246 §7.4.9",
		"application data before the handshake was finished", "")
)

// Messages and their order. RFC 5246 §7.
var (
	UnexpectedMessage = rule("unexpected_message", wire.AlertUnexpectedMessage, "RFC 5246 §7.3",
		"a message that has no place here", "the peer does not follow the protocol's order of messages")
	DecodeError = rule("decode_error", wire.AlertDecodeError, "RFC 5246 §7.2.2",
		"a message does not decode", "")
	IllegalValue = rule("illegal_value", wire.AlertIllegalParameter, "RFC 8446 §6.2",
		"a field has a value that is not allowed in it", "")
	DuplicateExtension = rule("duplicate_extension", wire.AlertIllegalParameter, "RFC 5246 §7.4.1.4",
		"an extension stands twice in one message", "")
	MisplacedExtension = rule("misplaced_extension", wire.AlertIllegalParameter, "RFC 8446 §4.2",
		"an extension in a message that may not carry it", "")
	MessageTooLong = rule("message_too_long", wire.AlertIllegalParameter, "RFC 5246 §7.4",
		"a handshake message is longer than we take", "messages may have 64 KiB, a certificate list 256 KiB, and one of keys or a signature alone 16 KiB")
	MessageAcrossKeyChange = rule("message_across_key_change", wire.AlertUnexpectedMessage, "RFC 8446 §5.1",
		"a message straddles a change of keys", "")
	MessageBehindFlight = rule("message_behind_flight", wire.AlertUnexpectedMessage, "RFC 5246 §7.3",
		"a message, or a part of one, comes before the answer that it has to wait for", "")
	InterleavedMessage = rule("interleaved_message", wire.AlertUnexpectedMessage, "RFC 5246 §6.2.1",
		"another record stands within a fragmented handshake message", "")
)

// What the hellos agree on. RFC 5246 §7.4.1.
var (
	NoCommonVersion = rule("no_common_version", wire.AlertProtocolVersion, "RFC 5246 §E.1",
		"no protocol version in common", "one of the two must be updated: Vitro speaks TLS 1.2 and TLS 1.3")
	NoCommonSuite = rule("no_common_suite", wire.AlertHandshakeFailure, "RFC 5246 §7.4.1.3",
		"no cipher suite in common", "compare both lists; policy compatible allows older ciphers, policy legacy RSA and DHE key exchange")
	OnlyRSAKeyExchange = NoCommonSuite.narrow("only_rsa_key_exchange",
		"the peer only speaks RSA key exchange, which this policy does not allow", "it only speaks RSA key exchange; policy legacy allows it")
	OnlyOlderCiphers = NoCommonSuite.narrow("only_older_ciphers",
		"the peer only speaks ECDHE with AES-CBC or AES-CCM, which this policy does not allow", "it only speaks older ciphers; policy compatible allows them")
	OnlyDHEKeyExchange = NoCommonSuite.narrow("only_dhe_key_exchange",
		"the peer only speaks DHE, or RSA key exchange, which this policy does not allow", "it only speaks DHE, or RSA key exchange; policy legacy allows both")
	NoSuiteForCertificate = NoCommonSuite.narrow("no_suite_for_certificate",
		"the client offers no suite for the kind of key in our certificate", "give the server a certificate with the other kind of key (RSA, ECDSA) as well")
	NoCommonGroup = rule("no_common_group", wire.AlertHandshakeFailure, "RFC 8422 §4",
		"no group in common", "compare both lists (--groups)")
	CurveNotListed = rule("certificate_curve_not_listed", wire.AlertHandshakeFailure, "RFC 8422 §5.3",
		"the client does not list the curve of our ECDSA certificate", "give the server an RSA certificate or one on P-256 as well")
	NoCommonField = rule("no_common_dh_group", wire.AlertInsufficientSecurity, "RFC 7919 §4",
		"no finite field in common, and nothing but DHE", "compare both lists (--groups)")
	NoCommonPSKMode = rule("no_common_psk_mode", wire.AlertHandshakeFailure, "RFC 8446 §4.2.9",
		"the client would resume without a key exchange, and offers none", "let the client offer psk_dhe_ke, with groups and shares")
	NoCommonScheme = rule("no_common_signature_scheme", wire.AlertHandshakeFailure, "RFC 5246 §7.4.1.4.1",
		"no signature scheme in common that our key can make", "")
	NoCommonProtocol = rule("no_application_protocol", wire.AlertNoApplicationProtocol, "RFC 7301 §3.2",
		"no application protocol in common", "compare both lists (ALPN)")
	NoCredential = rule("no_credential", wire.AlertInternalError, "",
		"this server has no certificate to show", "set Certificates or GetCertificate")
	NoNullCompression = rule("no_null_compression", wire.AlertIllegalParameter, "RFC 5246 §7.4.1.2",
		"the client does not offer the null compression", "")
	NoUncompressedPoints = rule("no_uncompressed_points", wire.AlertIllegalParameter, "RFC 8422 §5.1.2",
		"ec_point_formats lacks the uncompressed format", "")
	RenegotiationInfoNotEmpty = rule("renegotiation_info_not_empty", wire.AlertHandshakeFailure, "RFC 5746 §3.4",
		"renegotiation_info is not empty in a first handshake", "someone may have spliced two connections together")
	NoRenegotiationInfo = rule("no_renegotiation_info", wire.AlertHandshakeFailure, "RFC 5746 §4.1",
		"the server lacks renegotiation_info, which was required", "a server from before 2010; without the requirement it is taken, and never renegotiated with")
	WrongServerVersion = NoCommonVersion.narrow("wrong_server_version",
		"the server chose a version that we did not offer", "the server is too old, or was set to old versions only")
	VersionNotOffered = rule("version_not_offered", wire.AlertIllegalParameter, "RFC 8446 §4.2.1",
		"the server selected a version that we did not offer", "")
	SuiteNotOffered = rule("suite_not_offered", wire.AlertIllegalParameter, "RFC 5246 §7.4.1.3",
		"the server chose a cipher suite that we did not offer", "")
	CompressionNotOffered = rule("compression_not_offered", wire.AlertIllegalParameter, "RFC 5246 §7.4.1.3",
		"the server chose a compression that we did not offer", "")
	ExtensionNotOffered = rule("extension_not_offered", wire.AlertUnsupportedExtension, "RFC 5246 §7.4.1.4",
		"the peer answered an extension that we did not send", "")
	UselessEncryptThenMAC = rule("useless_encrypt_then_mac", wire.AlertIllegalParameter, "RFC 7366 §3",
		"the server agreed to encrypt-then-MAC with a cipher suite that has no MAC of its own", "")
	ProtocolNotOffered = rule("protocol_not_offered", wire.AlertIllegalParameter, "RFC 7301 §3.1",
		"the server chose an application protocol that we did not offer", "")
	MissingExtension = rule("missing_extension", wire.AlertMissingExtension, "RFC 8446 §9.2",
		"a message lacks an extension that it must have", "")
	SessionIDNotEchoed = rule("session_id_not_echoed", wire.AlertIllegalParameter, "RFC 8446 §4.1.3",
		"the server did not return our session ID as it was", "a middlebox may have answered in its place")
	SessionIDEchoed = rule("session_id_echoed", wire.AlertIllegalParameter, "RFC 5246 §7.4.1.3",
		"the server says that it resumes a session that never was", "a middlebox may have answered in its place")
	UselessRetry = rule("useless_retry", wire.AlertIllegalParameter, "RFC 8446 §4.1.4",
		"the server asked for another ClientHello, and for no change in it", "")
	ChangedAfterRetry = rule("changed_after_retry", wire.AlertIllegalParameter, "RFC 8446 §4.1.4",
		"after a HelloRetryRequest something changed that may not", "")
	BadCookie = rule("bad_cookie", wire.AlertIllegalParameter, "RFC 8446 §4.2.2",
		"the client returned a cookie that we did not give out", "servers that answer for each other need the same keys, and the same suites and groups")
	StaleCookie = BadCookie.narrow("stale_cookie",
		"the client returned a cookie too late", "the client is slow, or the clocks of the servers that answer for each other differ")
	BadKeyShare = rule("bad_key_share", wire.AlertIllegalParameter, "RFC 8446 §4.2.8",
		"key_share and supported_groups do not go together", "")
	InappropriateFallback = rule("inappropriate_fallback", wire.AlertInappropriateFallback, "RFC 7507 §3",
		"the client came back with an older version than both sides have", "its first attempt failed, or someone between made it fail: look for that failure")
	DowngradeDetected = rule("downgrade_detected", wire.AlertIllegalParameter, "RFC 8446 §4.1.3",
		"the server's random says that both sides could have used a newer version", "someone between may have forced the version down")
)

// Certificates. RFC 5246 §7.4.2, RFC 5280.
var (
	IllegalContext = rule("illegal_context", wire.AlertIllegalParameter, "RFC 8446 §4.4.2",
		"certificate_request_context is not what it must be", "")
	EmptyServerCertificate = rule("empty_server_certificate", wire.AlertDecodeError, "RFC 5246 §7.4.2",
		"the server sent no certificate", "")
	BadCertificate = rule("bad_certificate", wire.AlertBadCertificate, "RFC 5246 §7.4.2",
		"a certificate does not parse", "")
	WrongKeyType = rule("wrong_key_type", wire.AlertIllegalParameter, "RFC 5246 §7.4.2",
		"the certificate's key does not fit the cipher suite", "")
	RSAKeyTooLarge = rule("rsa_key_too_large", wire.AlertBadCertificate, "",
		"the certificate's RSA key has more than 8192 bits", "such a key only costs its visitors time")
	WrongKeyUsage = rule("wrong_key_usage", wire.AlertUnsupportedCertificate, "RFC 5280 §4.2.1.3",
		"the certificate may not be used for this", "issue it with the key usage that the text names")
	CertificateExpired = rule("certificate_expired", wire.AlertCertificateExpired, "RFC 5280 §4.1.2.5",
		"a certificate has expired", "renew it, or set this machine's clock")
	CertificateNotYetValid = rule("certificate_not_yet_valid", wire.AlertCertificateExpired, "RFC 5280 §4.1.2.5",
		"a certificate is not yet valid", "set this machine's clock, or wait")
	WrongHost = rule("wrong_host", wire.AlertBadCertificate, "RFC 6125 §6",
		"the certificate is for another host", "use one of its names, or get a certificate that has this one")
	UnknownCA = rule("unknown_ca", wire.AlertUnknownCA, "RFC 5280 §6.1",
		"the certificate's CA is not trusted here", "if you trust it, add it to the roots (--cacert FILE, RootCAs)")
	SelfSigned = UnknownCA.narrow("self_signed",
		"the certificate is signed by itself, by no CA", "if you trust it, add it to the roots (--cacert FILE, RootCAs)")
	MissingIntermediate = UnknownCA.narrow("missing_intermediate",
		"the server did not send the issuer of a certificate", "configure the server to send its whole chain")
	InvalidChain = rule("invalid_chain", wire.AlertBadCertificate, "RFC 5280 §6.1",
		"the certificate chain does not verify", "")
	NotSignedByIssuer = InvalidChain.narrow("not_signed_by_issuer",
		"a certificate was not signed by the key of the CA that it names", "a CA's certificate of before its key was changed may have been sent, or bytes were changed")
	WeakSignature = InvalidChain.narrow("weak_certificate_signature",
		"a certificate is signed with a hash that is broken", "the CA must issue it again with SHA-256 or better").in("RFC 8446 §4.4.2.4")
	UnknownSignatureAlgorithm = InvalidChain.narrow("unknown_signature_algorithm",
		"a certificate is signed in a way that is not known here", "the CA must issue it again with RSA, ECDSA or Ed25519").in("RFC 5280 §4.1.1.2")
	SmallKey = InvalidChain.narrow("small_key",
		"a certificate's key is too small to be safe", "issue it with a key of the size that the text names").in("RFC 9325 §4.5")
	NotACA = InvalidChain.narrow("not_a_ca",
		"a certificate was issued by one that is no CA", "a certificate without CA:TRUE cannot issue others: have the CA issue it").in("RFC 5280 §4.2.1.9")
	MayNotIssue = InvalidChain.narrow("may_not_issue",
		"a certificate was issued with a key that may not sign certificates", "the CA's certificate needs the key usage keyCertSign").in("RFC 5280 §4.2.1.3")
	PathTooLong = InvalidChain.narrow("path_too_long",
		"there are more CAs in the chain than one of them allows below it", "have the CA that allows so few issue the certificate itself").in("RFC 5280 §4.2.1.9")
	UnknownCriticalExtension = InvalidChain.narrow("unknown_critical_extension",
		"a certificate has a critical extension that is not understood here", "issue it without the extension, or with one that is not critical").in("RFC 5280 §4.2")
	NameNotPermitted = InvalidChain.narrow("name_not_permitted",
		"a certificate is for a name that a CA above it may not issue for", "issue it with the names that the CA's name constraints permit, or by another CA").in("RFC 5280 §4.2.1.10")
	PolicyNotValid = InvalidChain.narrow("policy_not_valid",
		"a CA in the chain demands a certificate policy that the chain does not have", "issue the certificates with the policy that the CA demands").in("RFC 5280 §4.2.1.11")
	RejectedByCaller = rule("rejected_by_caller", wire.AlertBadCertificate, "",
		"the program's own check refused the peer", "")
	ClientCertificateWanted = rule("client_certificate_wanted", wire.AlertHandshakeFailure, "RFC 5246 §7.4.6",
		"the server wants a certificate from the client", "give the client a certificate (Certificates; --cert and --key) from a CA that the server trusts")
	ClientCertificateRequired = rule("client_certificate_required", wire.AlertCertificateRequired, "RFC 8446 §4.4.2.4",
		"the client has no certificate to show, and this server requires one", "give the client a certificate, or let the server do without (ClientAuth)")
	ClientCertificateRequiredTLS12 = ClientCertificateRequired.inTLS12(wire.AlertHandshakeFailure, "RFC 5246 §7.4.6")
	UnsupportedKeyType             = rule("unsupported_key_type", wire.AlertUnsupportedCertificate, "RFC 5246 §7.4.6",
		"the certificate's key is of a kind that we cannot check signatures with", "use a certificate with an RSA, ECDSA or Ed25519 key")
	NoClientCredential = rule("no_client_credential", wire.AlertInternalError, "",
		"this client was asked for a certificate, and its program gave no usable one", "see GetClientCertificate")
)

// What others say about a certificate: its CA by OCSP, the logs that know it by timestamps. RFC 6066 §8, RFC 6962.
var (
	CertificateRevoked = rule("certificate_revoked", wire.AlertCertificateRevoked, "RFC 6960 §2.2",
		"the CA has revoked the certificate", "its owner must have it issued again, with a new key if the old one got lost")
	BadStaple = rule("bad_staple", wire.AlertBadCertificateStatusResponse, "RFC 6066 §8",
		"the stapled OCSP response does not say that the certificate is good", "the server must fetch a fresh response from its CA, or staple none")
	MalformedStaple = BadStaple.narrow("malformed_staple",
		"the stapled OCSP response does not parse", "the server must staple what its CA's responder answers, in DER")
	StapleOfAnother = BadStaple.narrow("staple_of_another",
		"the stapled OCSP response is about another certificate", "the server must fetch a response for the certificate that it shows")
	UntrustedStaple = BadStaple.narrow("untrusted_staple",
		"the stapled OCSP response is signed by somebody who may not speak for the CA", "it must be signed by the CA or by a responder whose certificate the CA issued for OCSPSigning").in("RFC 6960 §4.2.2.2")
	StaleStaple = BadStaple.narrow("stale_staple",
		"the stapled OCSP response is too old", "the server must fetch a fresh one before the old one ends; or set this machine's clock").in("RFC 6960 §3.2")
	EarlyStaple = BadStaple.narrow("early_staple",
		"the stapled OCSP response is from the future", "set this machine's clock, or the responder's").in("RFC 6960 §3.2")
	StatusUnknown = BadStaple.narrow("status_unknown",
		"the stapled OCSP response says that the CA does not know the certificate", "the CA may not have published it yet: fetch a response later").in("RFC 6960 §2.2")
	MissingStaple = BadStaple.narrow("missing_staple",
		"the server staples no OCSP response, and must", "switch OCSP stapling on at the server").in("RFC 7633 §4.3.3")
	TooFewTimestamps = rule("too_few_timestamps", wire.AlertBadCertificate, "RFC 6962 §5.2",
		"too few known logs vouch that the certificate is public", "the CA must issue it with timestamps of logs on the list; an old list does not know new logs")
)

// Keys and proofs. RFC 5246 §7.4.3 to §7.4.9.
var (
	GroupNotOffered = rule("group_not_offered", wire.AlertIllegalParameter, "RFC 8422 §5.4",
		"the server chose a group that we did not offer", "")
	SchemeNotOffered = rule("signature_scheme_not_offered", wire.AlertIllegalParameter, "RFC 5246 §7.4.3",
		"the peer signed with a scheme that we did not offer", "")
	BadPublicKey = rule("bad_public_key", wire.AlertIllegalParameter, "RFC 8422 §5.11",
		"the peer's ephemeral public key is not valid", "")
	DegeneratePublicKey = rule("degenerate_public_key", wire.AlertHandshakeFailure, "RFC 7919 §5.1",
		"the peer's Diffie-Hellman public value is not between 1 and p-1, or leaves no secret", "")
	SmallField = rule("small_dh_group", wire.AlertInsufficientSecurity, "RFC 7919 §3.1",
		"the server's Diffie-Hellman group has less than 2048 bits", "the server must be given a larger group, best one of RFC 7919 (openssl dhparam makes one), or ECDHE")
	BadField = rule("bad_dh_group", wire.AlertIllegalParameter, "RFC 5246 §7.4.3",
		"the server's Diffie-Hellman group is none that we take", "we take an odd prime of up to 8192 bits, and a generator between 1 and p-1")
	BadKeyExchangeSignature = rule("bad_key_exchange_signature", wire.AlertDecryptError, "RFC 5246 §7.4.3",
		"the server's signature over its ephemeral key does not verify", "the server does not hold its certificate's key, or bytes were changed on the way")
	BadCertificateSignature = rule("bad_certificate_signature", wire.AlertDecryptError, "RFC 8446 §4.4.3",
		"the peer's signature over the handshake does not verify", "the peer does not hold its certificate's key, or bytes were changed on the way")
	WrongFinished = rule("wrong_finished", wire.AlertDecryptError, "RFC 5246 §7.4.9",
		"the peer's Finished does not match: it saw another handshake", "bytes were changed on the way, or both sides have different keys")
)

// Record sizes. RFC 6066 §4.
var (
	OtherFragmentLength = rule("other_fragment_length", wire.AlertIllegalParameter, "RFC 6066 §4",
		"the server answers with another max_fragment_length than we asked for", "")
)

// Renegotiation. RFC 5746 §3.5.
var (
	OtherConnection = rule("other_connection", wire.AlertHandshakeFailure, "RFC 5746 §3.5",
		"the server does not prove that it had the handshake before this one", "someone may have put another connection in its place")
	RenegotiatedOtherMaster = rule("renegotiated_other_master", wire.AlertIllegalParameter, "RFC 7627 §4",
		"the extended master secret comes or goes with a renegotiation", "a broken server, or someone on the way who changes hellos")
	EncryptThenMACDropped = rule("encrypt_then_mac_dropped", wire.AlertHandshakeFailure, "RFC 7366 §3.1",
		"the server gives up encrypt-then-MAC with a renegotiation", "a broken server, or someone on the way who changes hellos")
	TooMuchBeforeHello = rule("too_much_before_hello", wire.AlertUnexpectedMessage, "RFC 5246 §7.4.1.1",
		"the server asked for another handshake and goes on with application data without end", "")
	ServerChanged = rule("server_changed", wire.AlertBadCertificate, "RFC 5746 §5",
		"the server shows another certificate than before in a renegotiation", "what was said so far was meant for the server that was verified first")
)

// Resumption. RFC 5246 §7.3, RFC 7627 §5.3, RFC 8446 §4.2.11.
var (
	ResumedOtherSuite = rule("resumed_other_suite", wire.AlertIllegalParameter, "RFC 5246 §7.4.1.3",
		"the server resumes a session with another cipher suite than the session's", "a broken server; without a session cache the client makes a full handshake")
	ExtendedMasterDropped = rule("extended_master_dropped", wire.AlertHandshakeFailure, "RFC 7627 §5.3",
		"a session with the extended master secret is resumed by a peer that no longer has it", "the peer changed its TLS library, or someone on the way removed the extension")
	WrongBinder = rule("wrong_binder", wire.AlertDecryptError, "RFC 8446 §4.2.11.2",
		"the client's proof that it has the session's secret does not match", "someone may show a ticket that is not his, or bytes were changed on the way")
	PSKNotOffered = rule("psk_not_offered", wire.AlertIllegalParameter, "RFC 8446 §4.2.11",
		"the server resumes what we did not offer like that", "")
)

// Ours.
var (
	SigningFailed = rule("signing_failed", wire.AlertInternalError, "",
		"our private key did not sign", "")
	ConfigRefused = rule("config_refused", wire.AlertInternalError, "",
		"no configuration for this connection", "")
	EntropyFailed = rule("entropy_failed", wire.AlertInternalError, "",
		"the random source failed", "")
	InternalError = rule("internal_error", wire.AlertInternalError, "",
		"a fault of this library's own", "please report it")
	Closed    = silent("closed", "the connection is closed", "")
	BadConfig = rule("bad_config", wire.AlertInternalError, "",
		"this configuration cannot work", "")
)
