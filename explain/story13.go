package explain

import (
	"github.com/vitro-tls/vitro/event"
	"github.com/vitro-tls/vitro/fault"
	"github.com/vitro-tls/vitro/wire"
)

// story13 has the steps as TLS 1.3 takes them, and what it changed. Steps 4, 6, 7, 9 and 11 are gone: the steps that
// took their work over say so.
var story13 = map[fault.Step]chapter{
	fault.StepClientHello: {
		what: "The client opens the conversation: a random number of its own, everything that it understands, and for " +
			"TLS 1.3 key shares: public halves of key pairs made for this connection alone.",
		known:   "random1, algos: the cipher suites that the client understands, and its half of the key exchange",
		section: "RFC 8446 §4.1.2",
		changed: "the client's half of the key exchange, which the classic client sends in step 7, comes along: a guess at " +
			"a group that the server takes. If it holds, a round trip is saved"},
	fault.StepServerHello: {
		what: "The server answers with a random number and a key share of its own, and picks one suite from the " +
			"client's list.",
		known:   "random2, algo, and both halves of the key exchange: the rest is encrypted",
		section: "RFC 8446 §4.1.3",
		changed: "the two key shares make the secret. Gen pre-master (6) and Client Key Exchange (7) have no message " +
			"of their own any more"},
	fault.StepGenSecretKey: {
		what:    "Each side joins its private half with the other's share, and both come to the same keys.",
		known:   "the same handshake keys on both sides, from both key shares and both hellos, random1 and random2 in them",
		section: "RFC 8446 §7.1, §7.3",
		changed: "it comes right after Server Hello, so that everything after that is encrypted. No Change Cipher " +
			"Spec (9, 11) says so: both know"},
	fault.StepServerCertificate: {
		what: "The server introduces itself: certificates that bind its name to its public key, each signed by " +
			"the next.",
		known:   "who the server says it is, signed by a CA",
		section: "RFC 8446 §4.4.2",
		changed: "encrypted: who listens on the way no longer sees the certificate"},
	fault.StepClientVerification: {
		what:    "The client makes up its mind whether to believe the certificates.",
		known:   "the chain leads to a CA that is trusted here, the name and dates hold; the server's public key",
		section: "RFC 8446 §4.4.2.4, RFC 5280 §6"},
	fault.StepServerFinished: {
		what:    "A digest of the whole conversation so far, keyed with the server's handshake secret.",
		known:   "proof that the server saw the same handshake, and has no more to say",
		section: "RFC 8446 §4.4.4",
		changed: "the server's Finished comes before the client's, and ends its flight in the place of Server Hello " +
			"Done (4)"},
	fault.StepClientFinished: {
		what:    "The client's digest, which covers the server's Finished too.",
		known:   "proof that the client saw the same handshake",
		section: "RFC 8446 §4.4.4",
		changed: "it is the client's last word, and its first request may follow at once: no waiting for an answer"},
	fault.StepFinish: {
		what:    "The handshake is done.",
		known:   "both sides speak over the encrypted channel",
		section: "RFC 8446 §2"},
}

// asides13 are the messages of TLS 1.3 that have no place among the thirteen.
var asides13 = map[wire.HandshakeType]aside{
	wire.TypeServerHello: {"Hello Retry Request", chapter{
		what:    "The server could go on, but not with this Client Hello, and says what it misses.",
		known:   "what the next Client Hello must have",
		section: "RFC 8446 §4.1.4",
		changed: "the price of the client's guess: where it fails, the round trip that was saved is spent"}},
	wire.TypeClientHello: {"Client Hello, again", chapter{
		what:    "The same Client Hello once more, with what the server asked for and nothing else changed.",
		known:   "the client's half of the key exchange, in a group that the server takes",
		section: "RFC 8446 §4.1.2"}},
	wire.TypeChangeCipherSpec: {"Change Cipher Spec, for show", chapter{
		what: "One byte that means nothing: middleboxes that know TLS 1.2 want to see it, and let the " +
			"connection pass.",
		section: "RFC 8446 §D.4",
		changed: "steps 9 and 11 are gone: in TLS 1.3 it changes no cipher, and nobody waits for it"}},
	wire.TypeEncryptedExtensions: {"Encrypted Extensions", chapter{
		what:    "The server's answers to the client's extensions, as far as the keys do not depend on them.",
		known:   "what the server agreed to beside the keys",
		section: "RFC 8446 §4.3.1",
		changed: "the first encrypted message; the classic Server Hello has this in the clear"}},
	wire.TypeCertificateVerify: {"Certificate Verify", chapter{
		what:    "The server proves that it holds its certificate's key: a signature over the whole handshake so far.",
		known:   "the key shares are the server's own, and nobody between changed a word",
		section: "RFC 8446 §4.4.3",
		changed: "the classic server proves it by opening the pre-master (7), and in ECDHE by signing its half alone"}},
	wire.TypeCertificateRequest: {"Certificate Request", chapter{
		what:    "The server asks the client to show a certificate too.",
		known:   "which signatures and which CAs the server takes",
		section: "RFC 8446 §4.3.2"}},
	wire.TypeCertificate: {"Client Certificate", chapter{
		what:    "The client answers the server's request for a certificate, encrypted.",
		known:   "who the client says it is",
		section: "RFC 8446 §4.4.2"}},
	wire.TypeNewSessionTicket: {"New Session Ticket", chapter{
		what:    "The server hands out a ticket with which the client can come back without certificates.",
		section: "RFC 8446 §4.6.1"}},
	wire.TypeEndOfEarlyData: {"End Of Early Data", chapter{
		what:    "The client has sent all of its early data; handshake keys follow.",
		section: "RFC 8446 §4.5"}},
	wire.TypeKeyUpdate: {"Key Update", chapter{
		what:    "Whatever the sender says from here on is under new keys, which grow out of the old ones.",
		section: "RFC 8446 §4.6.3"}},
}

// clientVerify is CertificateVerify where the client sends it.
var clientVerify13 = aside{"Certificate Verify", chapter{
	what:    "The client proves that it holds its certificate's key: a signature over the whole handshake so far.",
	known:   "the client is who its certificate says",
	section: "RFC 8446 §4.4.3"}}

var applicationKeys = chapter{
	what: "From the same secret and all messages up to the server's Finished come the keys for the data itself.",
	known: "the keys of the application data; those of the handshake are forgotten once both Finished " +
		"have been sent",
	section: "RFC 8446 §7.1, §7.3"}

// quantum says how a group stands against a quantum computer that somebody builds later.
type quantum uint8

const (
	classical quantum = iota
	hybrid
	pure
)

func quantumOf(g wire.NamedGroup) quantum {
	switch g {
	case wire.X25519MLKEM768, wire.SecP256r1MLKEM768, wire.SecP384r1MLKEM1024:
		return hybrid
	case wire.MLKEM768, wire.MLKEM1024:
		return pure
	}
	return classical
}

// secrecy13 says what a connection of TLS 1.3 is safe from.
func secrecy13(g wire.NamedGroup) para {
	const forward = "forward: the keys came from key pairs that are forgotten now; who records this connection and " +
		"later gets the server's private key still cannot read it"
	switch quantumOf(g) {
	case hybrid:
		return toned(good, "secrecy", forward+". Nor can who later has a quantum computer: "+g.String()+
			" joins ML-KEM with a classical group, and both would have to be broken")
	case pure:
		return toned(good, "secrecy", forward+". Nor can who later has a quantum computer: "+g.String()+" is made against it")
	}
	return toned(good, "secrecy", forward+". A quantum computer could, if one is built: a hybrid group (X25519MLKEM768) mends that")
}

// stageNames are for programs.
var stageNames = map[event.KeyStage]string{
	event.StageConnection:  "connection",
	event.StageHandshake:   "handshake",
	event.StageApplication: "application",
}
