package explain

import (
	"github.com/vitro-tls/vitro/fault"
	"github.com/vitro-tls/vitro/wire"
)

// resumption is how the story changes where a session of before is taken up.
type resumption struct {
	steps    map[fault.Step]chapter // those that are told otherwise than in a full handshake
	absent   []absence
	place    string // what takes the pre-master's place
	protects string // what that is worth
}

// absence is what a resumed handshake does without, and why.
type absence struct {
	steps  []fault.Step
	beside string // a message beside the story that goes with them
	why    string
}

// resumptionOf is nil for a version that has none to tell.
func resumptionOf(v wire.Version) *resumption {
	switch v {
	case wire.TLS13:
		return &resumed13
	case wire.TLS12:
		return &resumed12
	}
	return nil
}

// resumed13: a pre-shared key with a fresh key exchange. RFC 8446 §2.2.
var resumed13 = resumption{
	steps: map[fault.Step]chapter{
		fault.StepServerHello: {
			what: "The server takes the ticket: it answers with a random number and a key share of its own, picks a suite of " +
				"the session's hash, and says which of the client's tickets it goes on with.",
			known:   "random2, algo, both halves of the key exchange; and that the client has the session's secret, for its binder held",
			section: "RFC 8446 §4.1.3, §4.2.11",
			changed: "an earlier session is taken up: who the server is has been proven then and is not proven again"},
		fault.StepGenSecretKey: {
			what: "Each side joins its private half with the other's share, and what comes of it with the session's secret; " +
				"both come to the same keys.",
			known:   "the same handshake keys on both sides, from the session's secret, both key shares and both hellos",
			section: "RFC 8446 §7.1, §7.3",
			changed: "the keys grow out of two secrets, where a full handshake has one"},
		fault.StepClientVerification: {
			what: "No certificate came. The client looks again at those of the session: what was believed then need not " +
				"hold any more.",
			known:   "the server of the session is still trusted here, its name and dates hold now",
			section: "RFC 8446 §2.2, §4.6.1, RFC 5280 §6",
			changed: "the certificates come from the earlier session, where the server proved that they are its own; they are " +
				"verified anew"},
		fault.StepServerFinished: {
			what:    "A digest of the whole conversation so far, keyed with the server's handshake secret.",
			known:   "proof that the server saw the same handshake and has the session's secret: it is the one of before",
			section: "RFC 8446 §4.4.4",
			changed: "it stands in for certificate and signature too, and comes right after Encrypted Extensions"},
	},
	absent: []absence{
		{[]fault.Step{fault.StepServerCertificate}, "Certificate Verify", "who the server is was proven in the session's own handshake. " +
			"That this is the same one shows in its Finished (12), for which it needs the session's secret"},
		{[]fault.Step{fault.StepServerHelloDone}, "", "the server's Finished (12) ends its flight, as in every handshake of TLS 1.3"},
		{[]fault.Step{fault.StepGenPremaster, fault.StepClientKeyExchange}, "", "the key shares are in the hellos, as in every handshake of TLS 1.3"},
		{[]fault.Step{fault.StepClientChangeCipherSpec, fault.StepServerChangeCipherSpec}, "", "both sides know when keys change, as in every handshake of TLS 1.3"},
	},
	place: "two secrets, the session's, as a pre-shared key (PSK), and a fresh one that both key shares make ((EC)DHE)",
	protects: "the session's secret says that each end is the one of before; the fresh one keeps this connection shut to whoever " +
		"comes by the ticket, its key or the server's private key later",
}

// resumed12 is the abbreviated handshake. RFC 5246 §7.3, Figure 2; RFC 5077 §3.1.
var resumed12 = resumption{
	steps: map[fault.Step]chapter{
		fault.StepServerHello: {
			what: "The server takes up the session: it answers with a random number of its own, the session's suite, and the " +
				"session ID that the client named.",
			known:   "random2, algo, and that no certificate will come",
			section: "RFC 5246 §7.4.1.3, §7.3",
			changed: "an earlier session is taken up: who the server is has been proven then and is not proven again"},
		fault.StepClientVerification: {
			what: "No certificate came. The client looks again at those of the session: what was believed then need not " +
				"hold any more.",
			known:   "the server of the session is still trusted here, its name and dates hold now",
			section: "RFC 5246 §7.3, RFC 5280 §6",
			changed: "the certificates come from the earlier session, where the server proved that they are its own; they are " +
				"verified anew"},
		fault.StepGenSecretKey: {
			what:    "Each side works out new keys by itself, from the session's master secret and the two new random numbers.",
			known:   "the same secret keys on both sides, from random1, random2, the session's master secret and algo",
			section: "RFC 5246 §6.3, §F.1.4",
			changed: "there is no pre-master and no new master secret: that of the session is used again, and only the random " +
				"numbers make the keys other ones"},
		fault.StepServerChangeCipherSpec: {
			what:    "One byte says: whatever I send from here on is encrypted with the new keys.",
			known:   "from here on the server encrypts",
			section: "RFC 5246 §7.1, §7.3",
			changed: "the server is first: steps 11 and 12 come before 9 and 10"},
		fault.StepServerFinished: {
			what:    "The first encrypted message: a digest of the whole conversation, keyed with the session's master secret.",
			known:   "proof that the server saw the same handshake and has the session's master secret: it is the one of before",
			section: "RFC 5246 §7.4.9",
			changed: "it covers the hellos, and stands in for the certificate too"},
		fault.StepClientChangeCipherSpec: {
			what:    "The client switches over as well.",
			known:   "from here on the client encrypts",
			section: "RFC 5246 §7.1, §7.3"},
		fault.StepClientFinished: {
			what:    "The client's digest, which covers the server's Finished too.",
			known:   "proof that the client saw the same handshake and is the one of before",
			section: "RFC 5246 §7.4.9",
			changed: "it is the last word of the handshake, and the first request may follow at once: a round trip is saved"},
	},
	absent: []absence{
		{[]fault.Step{fault.StepServerCertificate}, "", "who the server is was proven in the session's own handshake. " +
			"That this is the same one shows in its Finished (12), for which it needs the session's master secret"},
		{[]fault.Step{fault.StepServerHelloDone}, "", "the server does not hand the word back: its Change Cipher Spec (11) and Finished (12) follow at once"},
		{[]fault.Step{fault.StepGenPremaster, fault.StepClientKeyExchange}, "", "the session has its master secret already, and no new one is made; nor is there a Server Key Exchange"},
	},
	place: "the session's master secret; no pre-master is made, and none travels",
	protects: "the session's secret says that each end is the one of before. It also opens every connection that resumes the session: " +
		"there is no fresh key exchange",
}

const withoutForwardSecrecyResumed = "not forward: the session was made with RSA key exchange, so that the server's private key, if somebody " +
	"gets it later, opens it and every connection that resumes it (ECDHE mends that)"

const secrecyResumed12 = "no more than the session's: who records this connection, and later comes by its master secret or by the key " +
	"of the server's tickets, can read it (TLS 1.3 mends that with a fresh key exchange)"
