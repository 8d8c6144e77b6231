package explain

import (
	"encoding/hex"

	"github.com/vitro-tls/vitro/wire"
)

// messageName is a message's type, except that a HelloRetryRequest has its own name though it has ServerHello's type.
// RFC 8446 §4.1.4.
func messageName(m wire.Message) string {
	if sh, ok := m.(*wire.ServerHello); ok && sh.IsHelloRetryRequest() {
		return "HelloRetryRequest"
	}
	return m.Type().String()
}

// bodyObject13 has the messages that TLS 1.3 adds, or that every version has alike.
func bodyObject13(m wire.Message) (o object) {
	switch m := m.(type) {
	case *wire.EncryptedExtensions:
		return object{{"extensions", extensionObjects(&m.Extensions)}}
	case *wire.CertificateVerify:
		return object{{"scheme", m.Scheme.String()}, {"signature", hex.EncodeToString(m.Signature)}}
	case *wire.KeyUpdate:
		return object{{"update_requested", m.RequestUpdate}}
	case *wire.NewSessionTicket:
		o = object{{"lifetime", m.Lifetime}, {"ticket", hex.EncodeToString(m.Ticket)}}
		if m.Context().Version == wire.TLS13 {
			o.add("age_add", m.AgeAdd)
			o.add("nonce", hex.EncodeToString(m.Nonce))
			o.add("extensions", extensionObjects(&m.Extensions))
		}
	}
	return o
}

// entryObjects has the extensions of each certificate of a chain.
func entryObjects(m *wire.Certificate) [][]object {
	out := make([][]object, 0, len(m.Chain))
	for i := range m.Chain {
		var none wire.Extensions
		x := &none
		if len(m.EntryExtensions) > 0 {
			x = &m.EntryExtensions[i]
		}
		out = append(out, extensionObjects(x))
	}
	return out
}

func extensionValue13(x *wire.Extensions, t wire.ExtensionType) any {
	switch t {
	case wire.ExtKeyShare:
		if x.SelectedGroup != 0 {
			return object{{"selected_group", x.SelectedGroup.String()}}
		}
		return shareObjects(x.KeyShares)
	case wire.ExtCookie:
		return hex.EncodeToString(x.Cookie)
	case wire.ExtPSKModes:
		return names(x.PSKModes)
	case wire.ExtPreSharedKey:
		return pskValue(x)
	case wire.ExtEarlyData:
		if x.MaxEarlyData != 0 {
			return object{{"max_early_data_size", x.MaxEarlyData}}
		}
	case wire.ExtSignatureAlgsCert:
		return names(x.SignatureAlgorithmsCert)
	case wire.ExtCertAuthorities:
		return hexes(x.CertificateAuthorities)
	}
	return nil
}

func shareObjects(shares []wire.KeyShare) []object {
	out := make([]object, 0, len(shares))
	for _, s := range shares {
		out = append(out, object{{"group", s.Group.String()}, {"length", len(s.Public)}, {"public", hex.EncodeToString(s.Public)}})
	}
	return out
}

// pskValue has a client's identities with their binders, or which of them the server took. RFC 8446 §4.2.11.
func pskValue(x *wire.Extensions) any {
	if len(x.PSKIdentities) == 0 {
		return object{{"selected_identity", x.SelectedIdentity}}
	}
	identities := make([]object, 0, len(x.PSKIdentities))
	for _, id := range x.PSKIdentities {
		identities = append(identities, object{{"identity", hex.EncodeToString(id.Identity)}, {"obfuscated_ticket_age", id.ObfuscatedAge}})
	}
	return object{{"identities", identities}, {"binders", hexes(x.PSKBinders)}}
}
