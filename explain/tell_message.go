package explain

import (
	"fmt"

	"github.com/vitro-tls/vitro/event"
	"github.com/vitro-tls/vitro/fault"
	"github.com/vitro-tls/vitro/internal/suite"
	"github.com/vitro-tls/vitro/wire"
)

// message tells a message that crossed the wire: from its sender's end where both are told, else from ours.
func (v *view) message(m event.Meta, e event.Message, level Level) []block {
	if absent(e.Message) {
		return nil
	}
	v.learn(e.Message)
	if !e.Sent && v.other != nil {
		v.confirm(e.Message)
		return nil
	}
	sender := v.role
	if !e.Sent {
		sender = v.role.Peer()
	}
	title, c := titleOf(m.Step), v.chapter(m.Step)
	if m.Step == 0 {
		title, c = v.asideOf(e.Message, sender)
	}
	c = fitted(c, m.Step, e.Message)
	paras := append(v.messageParas(e.Message), v.take(e.Message.Type())...)
	if !e.Sent {
		v.confirm(e.Message)
	}
	b := block{mark: markOf(m.Step), title: title, tone: toneOf(sender), from: sender, to: sender.Peer(),
		size: plural(len(wireBytes(e.Message)), "byte"), elapsed: v.elapsed(m), body: v.body(c, paras)}
	if level == Bytes {
		b.body = append(b.body, para{rows: true, items: dumpRows(e.Message)})
	}
	return []block{b}
}

// fitted is a chapter as far as it is true of a message: before the version is known, a ClientHello with key shares is
// one of TLS 1.3, and an empty Certificate says nothing.
func fitted(c chapter, step fault.Step, m wire.Message) chapter {
	switch m := m.(type) {
	case *wire.ClientHello:
		if step != 0 && len(m.KeyShares) > 0 {
			return story13[step]
		}
	case *wire.Certificate:
		if len(m.Chain) == 0 {
			c.known = ""
		}
	}
	return c
}

func (v *view) asideOf(m wire.Message, sender fault.Role) (string, chapter) {
	if v.is13() {
		a, ok := asides13[m.Type()]
		switch {
		case m.Type() == wire.TypeCertificateVerify && sender == fault.Client:
			a = clientVerify13
		case !ok:
			a.title = m.Type().String()
		}
		return a.title, a.chapter
	}
	if ske, ok := m.(*wire.ServerKeyExchange); ok && ske.KeyExchange == wire.KeyExchangeDHE {
		return fieldAside.title, fieldAside.chapter
	}
	if a, ok := asides[m.Type()]; ok {
		return a.title, a.chapter
	}
	return m.Type().String(), chapter{}
}

// confirm holds what an end knows by what it received, to be told with its own next words.
func (v *view) confirm(m wire.Message) {
	if v.role != fault.Server {
		return
	}
	switch m := m.(type) {
	case *wire.ClientKeyExchange:
		switch m.KeyExchange {
		case wire.KeyExchangeRSA:
			v.hold(anyMessage, value("opens it", "the server's private key turns the encrypted pre-master back into 48 bytes. "+
				"Whether they are the right ones shows only in the client's Finished: until then the server behaves "+
				"the same either way, so that nobody can use it to guess (RFC 5246 §7.4.7.1)"))
		case wire.KeyExchangeECDHE:
			v.hold(anyMessage, value("joins", "the server's private half and the client's public half make the pre-master"))
		case wire.KeyExchangeDHE:
			v.hold(anyMessage, value("joins", "the server's exponent and the client's public value make the pre-master"))
		}
	case *wire.Finished:
		with := wire.TypeChangeCipherSpec
		if v.is13() || v.resumed {
			with = anyMessage
		}
		v.hold(with, toned(good, "proof", "✓ the client's verify_data is what the server worked out itself"))
	}
}

func (v *view) messageParas(m wire.Message) []para {
	switch m := m.(type) {
	case *wire.ClientHello:
		return clientHelloParas(m)
	case *wire.ServerHello:
		return append(append(serverHelloParas(m), v.takesID()...), v.resumption().absentParas()...)
	case *wire.Certificate:
		return append(chainParas(m), stapledParas(m)...)
	case *wire.ServerKeyExchange:
		return serverKeyExchangeParas(m)
	case *wire.ClientKeyExchange:
		return clientKeyExchangeParas(m)
	case *wire.Finished:
		return []para{value("verify_data", hexOf(m.VerifyData, 32))}
	case *wire.CertificateStatus:
		return []para{value("response", fmt.Sprintf("%s, %s", m.Status, plural(len(m.Response), "byte")))}
	case *wire.CertificateRequest:
		return certificateRequestParas(m)
	case *wire.EncryptedExtensions:
		return extensionParas(&m.Extensions)
	case *wire.CertificateVerify:
		return certificateVerifyParas(m)
	case *wire.NewSessionTicket:
		return ticketParas(m)
	case *wire.KeyUpdate:
		return keyUpdateParas(m)
	}
	return nil
}

func clientHelloParas(m *wire.ClientHello) []para {
	paras := []para{
		value("version", m.Version.String()+" at most"),
		value("random1", hexOf(m.Random[:], wire.RandomLen)),
	}
	if m.Has(wire.ExtSupportedVersions) {
		paras[0] = value("versions", listOf(names(m.SupportedVersions), maxOffers))
	}
	paras = append(paras, para{label: "algos", items: shortened(names(m.CipherSuites), 16)})
	// A hello with key shares makes one up, for middleboxes (RFC 8446 §D.4), and so does one with a ticket (RFC 5077 §3.4).
	if len(m.SessionID) > 0 && len(m.KeyShares) == 0 && len(m.SessionTicket) == 0 {
		paras = append(paras, toned(strong, "session ID", "the name of an earlier session: "+hexOf(m.SessionID, 8)))
	}
	return append(paras, extensionParas(&m.Extensions)...)
}

func shortened(list []string, max int) []string {
	if len(list) <= max {
		return list
	}
	return append(list[:max:max], fmt.Sprintf("… and %d more", len(list)-max))
}

func serverHelloParas(m *wire.ServerHello) []para {
	random := value("random2", hexOf(m.Random[:], wire.RandomLen))
	if m.IsHelloRetryRequest() {
		random = value("random2", "none: the fixed number that says Hello Retry Request")
	}
	paras := []para{
		value("version", versionOf(m).String()),
		random,
		toned(strong, "algo", m.CipherSuite.String()),
	}
	return append(paras, extensionParas(&m.Extensions)...)
}

// extensionParas tells the extensions whose content matters, and names the rest.
func extensionParas(x *wire.Extensions) []para {
	var paras []para
	var rest []string
	for _, t := range x.Order {
		switch {
		case t == wire.ExtServerName && x.ServerName != "":
			paras = append(paras, value("host", peer(x.ServerName)))
		case t == wire.ExtALPN && len(x.ALPN) > 0:
			paras = append(paras, value("protocols", listOf(x.ALPN, 8)))
		case t == wire.ExtSupportedGroups && len(x.SupportedGroups) > 0:
			paras = append(paras, value("groups", listOf(names(x.SupportedGroups), 16)))
		case t == wire.ExtSignatureAlgorithms && len(x.SignatureAlgorithms) > 0:
			paras = append(paras, value("signatures", listOf(names(x.SignatureAlgorithms), 16)))
		case t == wire.ExtSignatureAlgsCert && len(x.SignatureAlgorithmsCert) > 0:
			paras = append(paras, value("in certs", listOf(names(x.SignatureAlgorithmsCert), 16)))
		case t == wire.ExtCertAuthorities:
			paras = append(paras, value("CAs", plural(len(x.CertificateAuthorities), "name")))
		case t == wire.ExtKeyShare:
			paras = append(paras, keyShareParas(x)...)
		case t == wire.ExtCookie:
			paras = append(paras, value("cookie", hexOf(x.Cookie, 32)))
		case t == wire.ExtPSKModes && len(x.PSKModes) > 0:
			paras = append(paras, value("psk modes", listOf(names(x.PSKModes), 8)))
		case t == wire.ExtPreSharedKey || t == wire.ExtSessionTicket && len(x.SessionTicket) > 0:
			paras = append(paras, sessionParas(x, t)...)
		case t == wire.ExtSupportedVersions:
		default:
			rest = append(rest, t.String())
		}
	}
	if len(rest) > 0 {
		paras = append(paras, toned(dim, "extensions", listOf(rest, 24)))
	}
	return paras
}

func serverKeyExchangeParas(m *wire.ServerKeyExchange) []para {
	if m.Group == 0 && m.Public == nil {
		return nil
	}
	paras := []para{value("group", m.Group.String()), value("public", hexOf(m.Public, 133)+lengthOf(m.Public))}
	if m.KeyExchange == wire.KeyExchangeDHE {
		paras = fieldParas(m)
	}
	return append(paras,
		value("signed", fmt.Sprintf("%s, over random1, random2, group and public half: so nobody between can put a key pair "+
			"of their own in its place", m.Scheme)),
		value("signature", hexOf(m.Signature, 32)),
		toned(good, "secrecy", "forward: later, not even the server's certificate key opens a recording of this connection"))
}

// fieldParas tells the numbers of DHE. One of RFC 7919's groups is known by its name.
func fieldParas(m *wire.ServerKeyExchange) []para {
	f, err := suite.NewField(m.Prime, m.Generator)
	if err != nil {
		return []para{
			value("group", err.Error()),
			value("prime", hexOf(m.Prime, 16)),
			value("generator", hexOf(m.Generator, 16)),
			value("public", hexOf(m.Public, 16)),
		}
	}
	paras := []para{value("group", fieldName(f.ID(), f.Bits()))}
	if f.ID() == 0 {
		paras = append(paras, value("prime", hexOf(m.Prime, 32)), value("generator", hexOf(m.Generator, 16)))
	}
	return append(paras, value("public", hexOf(m.Public, 32)))
}

func lengthOf(b []byte) string { return fmt.Sprintf(" (%s)", plural(len(b), "byte")) }

func clientKeyExchangeParas(m *wire.ClientKeyExchange) []para {
	switch m.KeyExchange {
	case wire.KeyExchangeRSA:
		return []para{value("encrypted", hexOf(m.EncryptedPremaster, 64))}
	case wire.KeyExchangeECDHE:
		return []para{value("public", hexOf(m.Public, 133)+lengthOf(m.Public))}
	case wire.KeyExchangeDHE:
		return []para{value("public", hexOf(m.Public, 32))}
	}
	return nil
}
