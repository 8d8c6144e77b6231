package explain

import (
	"fmt"

	"github.com/vitro-tls/vitro/event"
	"github.com/vitro-tls/vitro/fault"
	"github.com/vitro-tls/vitro/wire"
)

func premasterParas(e event.PremasterGenerated) []para {
	switch e.KeyExchange {
	case wire.KeyExchangeRSA:
		return []para{value("pre-master", fmt.Sprintf("%s: the version %s, which the client offered first, so that "+
			"nobody can talk it down unseen, then random ones. A secret: it is never shown here", plural(e.Length, "byte"), e.Version))}
	case wire.KeyExchangeECDHE:
		return []para{value("pre-master", fmt.Sprintf("%s, over the group %s. A secret: it is never shown here", plural(e.Length, "byte"), e.Group))}
	case wire.KeyExchangeDHE:
		return []para{value("pre-master", fmt.Sprintf("%s, in %s; without the zero bytes that it may begin with (RFC 5246 §8.1.2). "+
			"A secret: it is never shown here", plural(e.Length, "byte"), fieldName(e.Group, e.FieldBits)))}
	}
	return []para{value("pre-master", plural(e.Length, "byte"))}
}

// keysParas tells which key grows out of what. RFC 5246 §5, §6.3, §8.1; RFC 7627 §4.
func keysParas(e event.KeysDerived) []para {
	prf := "PRF"
	if name := hashName(e.Hash); name != "" {
		prf = "PRF with HMAC-" + name
	}
	master := fmt.Sprintf(`%s = PRF(pre-master, "master secret", random1 + random2)`, plural(e.MasterLen, "byte"))
	if e.ExtendedMaster {
		master = fmt.Sprintf(`%s = PRF(pre-master, "extended master secret", session hash): the hash of all messages so far, `+
			"so that it belongs to this handshake alone (RFC 7627 §4)", plural(e.MasterLen, "byte"))
	}
	var paras []para
	if e.Resumed {
		paras = resumed12.placeParas()
		master = plural(e.MasterLen, "byte") + ", the session's"
	}
	return append(paras,
		value("random1", hexOf(e.ClientRandom[:], 8)),
		value("random2", hexOf(e.ServerRandom[:], 8)),
		value("function", prf+" (RFC 5246 §5)"),
		value("master", master),
		para{label: "key block", items: keyLines(e)},
		value("cipher", clean(e.Cipher)+macWords(e)))
}

// keyLines lists the parts of the key block, in its order. RFC 5246 §6.3.
func keyLines(e event.KeysDerived) []string {
	lines := []string{fmt.Sprintf(`%s = PRF(master secret, "key expansion", random2 + random1), cut into`,
		plural(2*(e.MACKeyLen+e.KeyLen+e.FixedIVLen), "byte"))}
	if e.MACKeyLen > 0 {
		lines = append(lines,
			keyLine("client write MAC key", e.MACKeyLen, "the client's records are authenticated with it"),
			keyLine("server write MAC key", e.MACKeyLen, "the server's records are authenticated with it"))
	}
	lines = append(lines,
		keyLine("client write key", e.KeyLen, "the client encrypts with it"),
		keyLine("server write key", e.KeyLen, "the server encrypts with it"))
	if e.FixedIVLen > 0 {
		lines = append(lines,
			keyLine("client write IV", e.FixedIVLen, "the fixed part of the client's nonces"),
			keyLine("server write IV", e.FixedIVLen, "the same of the server's"))
	}
	return lines
}

// macWords says how records are authenticated where the cipher does not do so itself.
func macWords(e event.KeysDerived) string {
	switch {
	case e.MAC == 0:
		return ""
	case e.EncryptThenMAC:
		return fmt.Sprintf(", each record with an IV of its own; encrypt-then-MAC (RFC 7366): HMAC-%s over the ciphertext, checked before "+
			"anything is decrypted", hashName(e.MAC))
	}
	return fmt.Sprintf(", each record with an IV of its own; HMAC-%s over the plaintext, encrypted with it (RFC 5246 §6.2.3.2): not both "+
		"ends have encrypt-then-MAC (RFC 7366), so that padding and MAC are checked in constant time", hashName(e.MAC))
}

func keyLine(name string, n int, what string) string {
	return fmt.Sprintf("· %s, %s: %s", name, plural(n, "byte"), what)
}

// derived tells step 8; where the client's telling stands beside it, the server's needs no details.
func (v *view) derived(m event.Meta, e event.KeysDerived) []block {
	if e.Version == wire.TLS13 {
		return v.derived13(m, e)
	}
	v.kx = e.KeyExchange
	paras := keysParas(e)
	if v.role == fault.Server && v.other != nil {
		paras = []para{value("derives", "the same master secret and the same four keys, in the same way as the client")}
	}
	return v.inside(m, paras)
}

// finished tells step 13.
func (v *view) finished(m event.Meta, e event.Finished) []block {
	v.done, v.version = true, e.Version
	if v.other != nil && v.role == fault.Server {
		v.sent, v.received = tally{}, tally{}
		return v.inside(m, nil)
	}
	paras := []para{value("agreed", joinWith(", ", e.Version.String(), e.Suite.String(), agreedGroup(e), authentication(e)))}
	if e.Protocol != "" {
		paras = append(paras, value("protocol", peer(e.Protocol)))
	}
	paras = append(paras, toned(good, "proofs", "✓ both verify_data hold: both ends saw the same handshake"), v.secrecy(e.Group))
	if v.is13() || v.resumed {
		paras = append(paras, v.roundTrips())
	}
	if v.sent.records+v.received.records > 0 {
		paras = append(paras,
			value("traffic", fmt.Sprintf("the %s sent %s and received %s, record headers included", v.role, v.sent, v.received)))
	}
	v.sent, v.received = tally{}, tally{}
	return v.inside(m, paras)
}

func (v *view) secrecy(g wire.NamedGroup) para {
	if v.is13() {
		return secrecy13(g)
	}
	if v.resumed {
		return v.secrecyResumed()
	}
	switch v.kx {
	case wire.KeyExchangeECDHE, wire.KeyExchangeDHE:
		return toned(good, "secrecy", withForwardSecrecy)
	case wire.KeyExchangeRSA:
		return toned(bad, "secrecy", withoutForwardSecrecy)
	}
	return para{}
}

func groupName(g wire.NamedGroup) string {
	if g == 0 {
		return ""
	}
	return g.String()
}

// fieldName names a finite field by its size too, which is all that a name of it says, and all there is to say of one
// without.
func fieldName(g wire.NamedGroup, bits int) string {
	if g == 0 {
		return fmt.Sprintf("a %d-bit group of the server's own", bits)
	}
	return fmt.Sprintf("%s, a %d-bit group of RFC 7919", g, bits)
}

// agreedGroup is the group in which the secret was made, "" in RSA key exchange.
func agreedGroup(e event.Finished) string {
	if e.Group == 0 && e.FieldBits != 0 {
		return fieldName(0, e.FieldBits)
	}
	return groupName(e.Group)
}

// authentication is what vouches for the server: a signature, or a session in which it has signed.
func authentication(e event.Finished) string {
	if e.Resumed {
		return "resumed"
	}
	return schemeName(e.Scheme)
}

func schemeName(s wire.SignatureScheme) string {
	if s == 0 {
		return ""
	}
	return s.String()
}

func (v *view) record(m event.Meta, e event.Record, level Level) []block {
	sender := v.role
	if e.Sent {
		v.sent.add(e)
	} else {
		v.received.add(e)
		sender = v.role.Peer()
	}
	if level != Bytes || !e.Sent && v.other != nil {
		return nil
	}
	title := fmt.Sprintf("record: %s, %s", e.Type, e.Version)
	if e.Protected {
		title += ", encrypted"
	}
	b := block{mark: "·", title: title, tone: dim, from: sender, to: sender.Peer(), size: plural(e.Length, "byte"), elapsed: v.elapsed(m)}
	// A server is known to be the other end of a client that is told too by its ClientHello, not by the records of it.
	if v.role == fault.Server && !e.Sent && v.offered == nil {
		v.early = append(v.early, b)
		return nil
	}
	return []block{b}
}

// takeEarly returns the records that were held back, unless the sender has told of them.
func (v *view) takeEarly() []block {
	early := v.early
	v.early = nil
	if v.other != nil {
		return nil
	}
	return early
}

func (v *view) alert(m event.Meta, e event.Alert) []block {
	if !e.Sent && v.other != nil {
		return nil
	}
	sender := v.role
	if !e.Sent {
		sender = v.role.Peer()
	}
	b := block{mark: "!", title: "Alert: " + e.Alert.String(), tone: bad, from: sender, to: sender.Peer(), elapsed: v.elapsed(m)}
	if e.Alert.Description != wire.AlertCloseNotify {
		b.body = []para{say(v.alertWords(e.Alert.Level))}
		return []block{b}
	}
	b.mark, b.title, b.tone = "+", "close_notify", toneOf(sender)
	b.body = []para{say(fmt.Sprintf("The %s has no more data to send. (%s)", sender, v.closureSection()))}
	if v.done && !v.closed && v.sent.records+v.received.records > 0 {
		b.body = append(b.body, value("carried", fmt.Sprintf("since the handshake the %s sent %s and received %s", v.role, v.sent, v.received)))
	}
	v.closed = true
	return []block{b}
}

// alertWords says what an alert does. RFC 8446 §6: the level means nothing any more.
func (v *view) alertWords(l wire.AlertLevel) string {
	const ends = "It ends the connection. An alert says what is wrong, not why."
	switch {
	case v.is13():
		return ends + " (RFC 8446 §6.2)"
	case l == wire.LevelWarning:
		return "A warning: the connection may go on. (" + alertSection + ")"
	}
	return ends + " (" + alertSection + ")"
}

// asked tells questions to the caller, which matter to few; that one of them was not answered matters to all.
func (v *view) asked(m event.Meta, e event.Event, level Level) []block {
	title := ""
	switch e := e.(type) {
	case event.Asked:
		title = "asks: " + peer(e.Want)
	case event.Answered:
		if e.Failed {
			return []block{v.trouble(m, "No answer to "+peer(e.Want), nil)}
		}
		title = "answered: " + peer(e.Want)
	}
	if level != Bytes {
		return nil
	}
	return []block{{mark: "·", title: title, tone: dim, from: v.role, elapsed: v.elapsed(m)}}
}
