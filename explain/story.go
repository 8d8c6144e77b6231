package explain

import (
	"github.com/vitro-tls/vitro/fault"
	"github.com/vitro-tls/vitro/wire"
)

// chapter is what a step of the story is.
type chapter struct {
	what    string // what happens
	known   string // what is known after it
	section string
	changed string // TLS 1.3: what it has otherwise than the classic handshake
}

// story has the thirteen steps of the classic handshake: RSA key exchange.
var story = map[fault.Step]chapter{
	fault.StepClientHello: {
		what:    "The client opens the conversation: a random number of its own, and everything that it understands.",
		known:   "random1, and algos: the cipher suites that the client understands",
		section: "RFC 5246 §7.4.1.2"},
	fault.StepServerHello: {
		what:    "The server answers with a random number of its own and picks one suite from the client's list.",
		known:   "random2, and algo: the one suite that both will use",
		section: "RFC 5246 §7.4.1.3"},
	fault.StepServerCertificate: {
		what:    "The server introduces itself: certificates that bind its name to its public key, each signed by the next.",
		known:   "who the server says it is, signed by a CA",
		section: "RFC 5246 §7.4.2"},
	fault.StepServerHelloDone: {
		what:    "The server hands the word back to the client.",
		known:   "the server has no more to say",
		section: "RFC 5246 §7.4.5"},
	fault.StepClientVerification: {
		what:    "The client makes up its mind whether to believe the certificates.",
		known:   "the chain leads to a CA that is trusted here, the name and dates hold; the server's public key",
		section: "RFC 5246 §7.4.2, RFC 5280 §6"},
	fault.StepGenPremaster: {
		what:    "The client makes the secret that everything else will grow from: two bytes of version and 46 random ones.",
		known:   "pre-master: 48 bytes that only the client knows",
		section: "RFC 5246 §7.4.7.1"},
	fault.StepClientKeyExchange: {
		what:    "The client sends the pre-master, encrypted with the public key from the server's certificate.",
		known:   "to an onlooker nothing; the server's private key opens it",
		section: "RFC 5246 §7.4.7.1"},
	fault.StepGenSecretKey: {
		what:    "Each side works out the keys by itself, and both come to the same ones.",
		known:   "the same secret keys on both sides, from random1, random2, pre-master and algo",
		section: "RFC 5246 §8.1, §6.3"},
	fault.StepClientChangeCipherSpec: {
		what:    "One byte says: whatever I send from here on is encrypted with the new keys.",
		known:   "from here on the client encrypts",
		section: "RFC 5246 §7.1"},
	fault.StepClientFinished: {
		what:    "The first encrypted message: a digest of the whole conversation, keyed with the master secret.",
		known:   "proof that the client saw the same handshake",
		section: "RFC 5246 §7.4.9"},
	fault.StepServerChangeCipherSpec: {
		what:    "The server switches over as well.",
		known:   "from here on the server encrypts",
		section: "RFC 5246 §7.1"},
	fault.StepServerFinished: {
		what:    "The server's digest, which covers the client's Finished too.",
		known:   "proof that the server saw the same handshake",
		section: "RFC 5246 §7.4.9"},
	fault.StepFinish: {
		what:    "The handshake is done.",
		known:   "both sides speak over the encrypted channel",
		section: "RFC 5246 §7.3"},
}

// ecdheStory has what ECDHE tells otherwise.
var ecdheStory = map[fault.Step]chapter{
	fault.StepGenPremaster: {
		what: "The client makes a key pair for this connection alone, and joins its private half with the server's public " +
			"half. The server does the same the other way round, and both come to one secret.",
		known:   "pre-master: a secret that never travels, not even encrypted",
		section: "RFC 8422 §5.10"},
	fault.StepClientKeyExchange: {
		what:    "The client sends the public half of its key pair, for all to see.",
		known:   "to an onlooker nothing: both public halves do not give the secret",
		section: "RFC 8422 §5.7"},
}

// dheStory is ecdheStory with the sections of DHE, and its numbers.
var dheStory = map[fault.Step]chapter{
	fault.StepGenPremaster: {
		what: "The client raises the group's generator to a random power, for this connection alone, and the server's public " +
			"value to the same power. The server does the same the other way round, and both come to one secret.",
		known:   "pre-master: a secret that never travels, not even encrypted",
		section: "RFC 5246 §8.1.2"},
	fault.StepClientKeyExchange: {
		what:    "The client sends its public value, for all to see.",
		known:   "to an onlooker nothing: both public values do not give the secret",
		section: "RFC 5246 §7.4.7.2"},
}

// unverified is step 5 where verification is switched off.
var unverified = chapter{
	what:    "The client was told not to ask whether the certificates hold.",
	known:   "a public key, and nothing of whose it is",
	section: "RFC 5246 §F.1.1"}

// serverVerification is where the server asked the client for a certificate.
var serverVerification = chapter{
	what:    "The server makes up its mind whether to believe the client's certificates.",
	section: "RFC 5280 §6"}

// changes is what a key exchange changes in the classic story.
var changes = map[wire.KeyExchange]map[fault.Step]chapter{wire.KeyExchangeECDHE: ecdheStory, wire.KeyExchangeDHE: dheStory}

func chapterOf(step fault.Step, kx wire.KeyExchange) chapter {
	if c, ok := changes[kx][step]; ok {
		return c
	}
	return story[step]
}

// aside is a message that has no place among the thirteen.
type aside struct {
	title string
	chapter
}

var asides = map[wire.HandshakeType]aside{
	wire.TypeServerKeyExchange: {"Server Key Exchange", chapter{
		what: "The server made a key pair for this connection alone, sends the public half, and signs it with its " +
			"certificate's key.",
		known:   "the server's public half; its private half is forgotten after the handshake",
		section: "RFC 8422 §5.4"}},
	wire.TypeCertificateStatus: {"Certificate Status", chapter{
		what:    "The server staples what its CA last said about the certificate.",
		known:   "whether the CA had revoked it, without asking the CA",
		section: "RFC 6066 §8"}},
	wire.TypeCertificateRequest: {"Certificate Request", chapter{
		what:    "The server asks the client to show a certificate too.",
		known:   "which kinds of certificate and which CAs the server takes",
		section: "RFC 5246 §7.4.4"}},
	wire.TypeCertificate: {"Client Certificate", chapter{
		what:    "The client answers the server's request for a certificate.",
		known:   "who the client says it is",
		section: "RFC 5246 §7.4.6"}},
	wire.TypeCertificateVerify: {"Certificate Verify", chapter{
		what:    "The client proves that it holds its certificate's key: a signature over the handshake so far.",
		known:   "the client is who its certificate says",
		section: "RFC 5246 §7.4.8"}},
	wire.TypeNewSessionTicket: {"New Session Ticket", chapter{
		what:    "The server hands out a ticket with which the client can come back without the whole handshake.",
		section: "RFC 5077 §3.3"}},
	wire.TypeHelloRequest: {"Hello Request", chapter{
		what:    "The server would like to begin a new handshake.",
		section: "RFC 5246 §7.4.1.1"}},
	wire.TypeClientHello: {"Client Hello, again", chapter{
		what:    "The client would like to begin a new handshake on the running connection.",
		section: "RFC 5246 §7.4.1.2"}},
}

// fieldAside is the ServerKeyExchange of DHE.
var fieldAside = aside{"Server Key Exchange", chapter{
	what: "The server describes a group, raises its generator to a random power, for this connection alone, sends the result " +
		"and signs all of it with its certificate's key.",
	known:   "the server's public value; its exponent is forgotten once it was used",
	section: "RFC 5246 §7.4.3"}}

const (
	withForwardSecrecy = "forward: the pre-master came from keys that are forgotten now; who records this connection and later " +
		"gets the server's private key still cannot read it"
	withoutForwardSecrecy = "not forward: who records this connection and later gets the server's private key can open the " +
		"pre-master and read everything (ECDHE mends that)"
)
