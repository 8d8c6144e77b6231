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
}

// story has the thirteen steps of the classic handshake: RSA key exchange.
var story = map[fault.Step]chapter{
	fault.StepClientHello: {
		"The client opens the conversation: a random number of its own, and everything that it understands.",
		"random1, and algos: the cipher suites that the client understands",
		"RFC 5246 §7.4.1.2"},
	fault.StepServerHello: {
		"The server answers with a random number of its own and picks one suite from the client's list.",
		"random2, and algo: the one suite that both will use",
		"RFC 5246 §7.4.1.3"},
	fault.StepServerCertificate: {
		"The server introduces itself: certificates that bind its name to its public key, each signed by the next.",
		"who the server says it is, signed by a CA",
		"RFC 5246 §7.4.2"},
	fault.StepServerHelloDone: {
		"The server hands the word back to the client.",
		"the server has no more to say",
		"RFC 5246 §7.4.5"},
	fault.StepClientVerification: {
		"The client makes up its mind whether to believe the certificates.",
		"the chain leads to a CA that is trusted here, the name and dates hold; the server's public key",
		"RFC 5246 §7.4.2, RFC 5280 §6"},
	fault.StepGenPremaster: {
		"The client makes the secret that everything else will grow from: two bytes of version and 46 random ones.",
		"pre-master: 48 bytes that only the client knows",
		"RFC 5246 §7.4.7.1"},
	fault.StepClientKeyExchange: {
		"The client sends the pre-master, encrypted with the public key from the server's certificate.",
		"to an onlooker nothing; the server's private key opens it",
		"RFC 5246 §7.4.7.1"},
	fault.StepGenSecretKey: {
		"Each side works out the keys by itself, and both come to the same ones.",
		"the same secret keys on both sides, from random1, random2, pre-master and algo",
		"RFC 5246 §8.1, §6.3"},
	fault.StepClientChangeCipherSpec: {
		"One byte says: whatever I send from here on is encrypted with the new keys.",
		"from here on the client encrypts",
		"RFC 5246 §7.1"},
	fault.StepClientFinished: {
		"The first encrypted message: a digest of the whole conversation, keyed with the master secret.",
		"proof that the client saw the same handshake",
		"RFC 5246 §7.4.9"},
	fault.StepServerChangeCipherSpec: {
		"The server switches over as well.",
		"from here on the server encrypts",
		"RFC 5246 §7.1"},
	fault.StepServerFinished: {
		"The server's digest, which covers the client's Finished too.",
		"proof that the server saw the same handshake",
		"RFC 5246 §7.4.9"},
	fault.StepFinish: {
		"The handshake is done.",
		"both sides speak over the encrypted channel",
		"RFC 5246 §7.3"},
}

// ecdheStory has what ECDHE tells otherwise.
var ecdheStory = map[fault.Step]chapter{
	fault.StepGenPremaster: {
		"The client makes a key pair for this connection alone, and joins its private half with the server's public " +
			"half. The server does the same the other way round, and both come to one secret.",
		"pre-master: a secret that never travels, not even encrypted",
		"RFC 8422 §5.10"},
	fault.StepClientKeyExchange: {
		"The client sends the public half of its key pair, for all to see.",
		"to an onlooker nothing: both public halves do not give the secret",
		"RFC 8422 §5.7"},
}

// unverified is step 5 where verification is switched off.
var unverified = chapter{
	"The client was told not to ask whether the certificates hold.",
	"a public key, and nothing of whose it is",
	"RFC 5246 §F.1.1"}

func chapterOf(step fault.Step, kx wire.KeyExchange) chapter {
	if kx == wire.KeyExchangeECDHE {
		if c, ok := ecdheStory[step]; ok {
			return c
		}
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
		"The server made a key pair for this connection alone, sends the public half, and signs it with its " +
			"certificate's key.",
		"the server's public half; its private half is forgotten after the handshake",
		"RFC 8422 §5.4"}},
	wire.TypeCertificateStatus: {"Certificate Status", chapter{
		"The server staples what its CA last said about the certificate.",
		"whether the CA had revoked it, without asking the CA",
		"RFC 6066 §8"}},
	wire.TypeCertificateRequest: {"Certificate Request", chapter{
		"The server asks the client to show a certificate too.",
		"which kinds of certificate and which CAs the server takes",
		"RFC 5246 §7.4.4"}},
	wire.TypeCertificate: {"Client Certificate", chapter{
		"The client answers the server's request for a certificate.",
		"who the client says it is",
		"RFC 5246 §7.4.6"}},
	wire.TypeCertificateVerify: {"Certificate Verify", chapter{
		"The client proves that it holds its certificate's key: a signature over the handshake so far.",
		"the client is who its certificate says",
		"RFC 5246 §7.4.8"}},
	wire.TypeNewSessionTicket: {"New Session Ticket", chapter{
		"The server hands out a ticket with which the client can come back without the whole handshake.",
		"", "RFC 5077 §3.3"}},
	wire.TypeHelloRequest: {"Hello Request", chapter{
		"The server would like to begin a new handshake.",
		"", "RFC 5246 §7.4.1.1"}},
	wire.TypeClientHello: {"Client Hello, again", chapter{
		"The client would like to begin a new handshake on the running connection.",
		"", "RFC 5246 §7.4.1.2"}},
}

const (
	withForwardSecrecy = "forward: the pre-master came from keys that are forgotten now; who records this connection and later " +
		"gets the server's private key still cannot read it"
	withoutForwardSecrecy = "not forward: who records this connection and later gets the server's private key can open the " +
		"pre-master and read everything (ECDHE mends that)"
)
