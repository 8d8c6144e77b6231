package explain

import (
	"fmt"
	"strings"
	"time"

	"github.com/vitro-tls/vitro/event"
	"github.com/vitro-tls/vitro/fault"
	"github.com/vitro-tls/vitro/wire"
)

// keysParas13 tells which key grows out of what. RFC 8446 §7.1, §7.3.
func keysParas13(e event.KeysDerived) []para {
	function := "HKDF"
	if name := hashName(e.Hash); name != "" {
		function += " with " + name
	}
	secret, messages, from, labels := "handshake secret", "ClientHello to ServerHello", "the shared secret of both key shares", "hs"
	if e.Resumed {
		from += ", and from the earlier session's before it"
	}
	if e.Stage == event.StageApplication {
		secret, messages, from, labels = "master secret", "ClientHello to the server's Finished", "the handshake secret", "ap"
	}
	paras := []para{}
	if e.Stage == event.StageHandshake && e.Group != 0 {
		if e.Resumed {
			paras = resumed13.placeParas()
		}
		paras = append(paras, value("shared", fmt.Sprintf("one secret from both shares of %s. It is never shown here", e.Group)))
	}
	return append(paras,
		value("function", function+" (RFC 8446 §7.1)"),
		value("secret", fmt.Sprintf("%s, extracted from %s", secret, from)),
		para{label: "traffic", items: []string{
			fmt.Sprintf(`· client: Derive-Secret(%s, "c %s traffic", %s)`, secret, labels, messages),
			fmt.Sprintf(`· server: Derive-Secret(%s, "s %s traffic", %s)`, secret, labels, messages),
		}},
		value("keys", fmt.Sprintf("from each a key of %s and an IV of %s, for what that side sends",
			plural(e.KeyLen, "byte"), plural(e.FixedIVLen, "byte"))),
		value("cipher", clean(e.Cipher)))
}

// derived13 tells step 8, and the application keys beside the story.
func (v *view) derived13(m event.Meta, e event.KeysDerived) []block {
	v.version = wire.TLS13
	paras := keysParas13(e)
	if v.role == fault.Server && v.other != nil {
		paras = []para{value("derives", "the same secrets and keys, in the same way as the client")}
	}
	if e.Stage != event.StageApplication {
		return v.inside(m, paras)
	}
	blocks := v.insideAs(m, applicationKeys, paras)
	blocks[0].title = "Application keys"
	return blocks
}

// retryAsked tells why there is a second ClientHello: at the server with its request, at the client with its answer.
func (v *view) retryAsked(e event.RetryAsked) {
	v.retried, v.wanted = true, e.Group
	with := wire.TypeServerHello
	if v.role != fault.Server {
		with = wire.TypeClientHello
	}
	v.hold(with, value("why retry", retryReason(e)))
}

func retryReason(e event.RetryAsked) string {
	var reasons []string
	if e.Group != 0 {
		had := "no key share at all"
		if len(e.Shares) > 0 {
			had = "key shares for " + listOf(names(e.Shares), 8) + " only"
		}
		reasons = append(reasons, fmt.Sprintf("the server wants a key share for %s, the client sent %s", e.Group, had))
	}
	if e.Cookie {
		reasons = append(reasons, "the server wants its cookie back, and so keeps nothing until the client has shown that it is reachable")
	}
	if len(reasons) == 0 {
		return "the server did not say"
	}
	return strings.Join(reasons, "; ")
}

// cookieReturned tells what the server has from a cookie, behind the second ClientHello.
func (v *view) cookieReturned(e event.CookieReturned) {
	v.retried, v.wanted = true, e.Group
	text := fmt.Sprintf("came back after %s and is good: it has the hash of the first Client Hello, and what was asked for", ago(e.Age))
	if e.Elsewhere {
		text += ". That one went to another connection, perhaps to another server: this one shares its keys, and goes on from here"
	}
	v.hold(wire.TypeServerHello, toned(good, "cookie", text+" (RFC 8446 §4.2.2)"))
}

// ago is a span of time in words. Clocks of two servers may differ.
func ago(age time.Duration) string {
	if age < 0 {
		return "no time"
	}
	return fmt.Sprintf("%.1f ms", float64(age)/float64(time.Millisecond))
}

// keysUpdated tells of new keys for one direction.
func (v *view) keysUpdated(m event.Meta, e event.KeysUpdated) []block {
	direction := "what it sends"
	if !e.Sent {
		direction = "what it receives"
	}
	paras := []para{value("keys", fmt.Sprintf("the %s has new ones for %s: the next traffic secret is derived from the last, which is forgotten", v.role, direction))}
	if e.Requested && !e.Sent {
		paras = append(paras, value("asked", "it is to do the same for what it sends"))
	}
	blocks := v.insideAs(m, chapter{}, paras)
	blocks[0].title = "New keys"
	return blocks
}

// renegotiating tells that the thirteen steps begin again. RFC 5746 §3.5.
func (v *view) renegotiating(m event.Meta) []block {
	blocks := v.insideAs(m, chapter{}, []para{
		value("why", "the server asked for another handshake with a Hello Request, and the client is set to heed it"),
		value("protects", "the hellos travel under the keys in force and name the Finished messages of the handshake before, so that nobody can put another connection in its place (RFC 5746)"),
	})
	blocks[0].title = "Renegotiation"
	return blocks
}

// groupPara13 says why the server took a group.
func (v *view) groupPara13(e event.GroupChosen) para {
	if v.wanted != 0 {
		return value("why", fmt.Sprintf("%s is the group that the Hello Retry Request asked for", e.Group))
	}
	return value("why", fmt.Sprintf("%s is the first of the server's groups (%s) that the client sent a key share for (%s)",
		e.Group, listOf(names(e.Ours), 10), listOf(names(v.shares), 8)))
}

// roundTrips says what the handshake cost. RFC 8446 §2, §2.1.
func (v *view) roundTrips() para {
	if v.resumed && !v.is13() {
		return toned(good, "round trips", "1 before the first request, one fewer than the full handshake")
	}
	if v.retried {
		return value("round trips", "2 before the first request: one more than TLS 1.3 needs, for the retry")
	}
	return toned(good, "round trips", "1 before the first request, one fewer than the classic handshake")
}

func certificateVerifyParas(m *wire.CertificateVerify) []para {
	return []para{
		value("signed", fmt.Sprintf("%s, over the hash of all messages so far", m.Scheme)),
		value("signature", hexOf(m.Signature, 32)),
	}
}

func certificateRequestParas(m *wire.CertificateRequest) []para {
	if m.Context().Version == wire.TLS13 {
		return extensionParas(&m.Extensions)
	}
	return []para{
		value("kinds", listOf(names(m.CertificateTypes), maxOffers)),
		value("signatures", listOf(names(m.SignatureAlgorithms), maxOffers)),
		value("CAs", plural(len(m.Authorities), "name")),
	}
}

func ticketParas(m *wire.NewSessionTicket) []para {
	paras := []para{
		value("ticket", plural(len(m.Ticket), "byte")),
		value("lifetime", plural(int(m.Lifetime), "second")),
	}
	return append(paras, extensionParas(&m.Extensions)...)
}

func keyUpdateParas(m *wire.KeyUpdate) []para {
	if m.RequestUpdate {
		return []para{value("asks", "the other side to do the same")}
	}
	return nil
}

// stapledParas tells what TLS 1.3 staples to each certificate. RFC 8446 §4.4.2.1.
func stapledParas(m *wire.Certificate) []para {
	var paras []para
	for i := range min(len(m.EntryExtensions), maxChain) {
		x := &m.EntryExtensions[i]
		var parts []string
		for _, t := range x.Order {
			switch {
			case t == wire.ExtStatusRequest:
				parts = append(parts, fmt.Sprintf("what its CA says about it (OCSP, %s)", plural(len(x.OCSPResponse), "byte")))
			case t == wire.ExtSCT:
				parts = append(parts, plural(len(x.SCTs), "proof")+" that it was logged (SCT)")
			default:
				parts = append(parts, t.String())
			}
		}
		if len(parts) > 0 {
			paras = append(paras, value("stapled", fmt.Sprintf("to #%d: %s", i, strings.Join(parts, ", "))))
		}
	}
	return paras
}

// sharesText names groups with the lengths of their shares.
func sharesText(shares []wire.KeyShare) string {
	list := make([]string, len(shares))
	for i, s := range shares {
		list[i] = fmt.Sprintf("%s (%s)", s.Group, plural(len(s.Public), "byte"))
	}
	return listOf(list, 8)
}

func keyShareParas(x *wire.Extensions) []para {
	switch {
	case x.SelectedGroup != 0:
		return []para{toned(strong, "wants", "a key share for "+x.SelectedGroup.String())}
	case len(x.KeyShares) == 1:
		return []para{toned(strong, "key share", sharesText(x.KeyShares)), value("public", hexOf(x.KeyShares[0].Public, 32))}
	}
	return []para{toned(strong, "key shares", sharesText(x.KeyShares))}
}
