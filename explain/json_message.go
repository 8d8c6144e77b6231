package explain

import (
	"encoding/hex"
	"reflect"

	"github.com/vitro-tls/vitro/event"
	"github.com/vitro-tls/vitro/wire"
)

// absent reports whether there is no message to look into.
func absent(m wire.Message) bool {
	if m == nil {
		return true
	}
	v := reflect.ValueOf(m)
	return v.Kind() == reflect.Pointer && v.IsNil()
}

// wireBytes is what a message has on the wire. A ChangeCipherSpec has no handshake header there: RFC 5246 §7.1.
func wireBytes(m wire.Message) []byte {
	if m.Type() == wire.TypeChangeCipherSpec {
		return []byte{1}
	}
	return m.Raw()
}

func messageObject(e event.Message) object {
	o := object{{"sent", e.Sent}}
	if absent(e.Message) {
		return o
	}
	raw := wireBytes(e.Message)
	o.add("message", messageName(e.Message))
	o.add("length", len(raw))
	o = append(o, bodyObject(e.Message)...)
	o.add("raw", hex.EncodeToString(raw))
	return o
}

func bodyObject(m wire.Message) (o object) {
	switch m := m.(type) {
	case *wire.ClientHello:
		return object{{"version", m.Version.String()}, {"random1", hex.EncodeToString(m.Random[:])},
			{"session_id", hex.EncodeToString(m.SessionID)}, {"algos", names(m.CipherSuites)},
			{"cipher_suites", codes(m.CipherSuites)}, {"compression_methods", names(m.CompressionMethods)},
			{"extensions", extensionObjects(&m.Extensions)}}
	case *wire.ServerHello:
		return object{{"version", m.Version.String()}, {"random2", hex.EncodeToString(m.Random[:])},
			{"session_id", hex.EncodeToString(m.SessionID)}, {"algo", m.CipherSuite.String()},
			{"cipher_suite", code(m.CipherSuite)}, {"compression_method", m.CompressionMethod.String()},
			{"extensions", extensionObjects(&m.Extensions)}}
	case *wire.Certificate:
		o.add("chain", parsedObjects(m.Chain))
		if m.Context().Version == wire.TLS13 {
			o.add("request_context", hex.EncodeToString(m.RequestContext))
			o.add("entry_extensions", entryObjects(m))
		}
	case *wire.ServerKeyExchange:
		o = object{{"group", m.Group.String()}}
		if m.KeyExchange == wire.KeyExchangeDHE {
			o = object{{"prime", hex.EncodeToString(m.Prime)}, {"generator", hex.EncodeToString(m.Generator)}}
		}
		return append(o, object{{"public", hex.EncodeToString(m.Public)},
			{"scheme", m.Scheme.String()}, {"signature", hex.EncodeToString(m.Signature)}}...)
	case *wire.ClientKeyExchange:
		o.add("key_exchange", m.KeyExchange.String())
		switch m.KeyExchange {
		case wire.KeyExchangeRSA:
			o.add("encrypted_premaster", hex.EncodeToString(m.EncryptedPremaster))
		case wire.KeyExchangeECDHE, wire.KeyExchangeDHE:
			o.add("public", hex.EncodeToString(m.Public))
		}
	case *wire.Finished:
		return object{{"verify_data", hex.EncodeToString(m.VerifyData)}}
	case *wire.CertificateRequest:
		return requestObject(m)
	case *wire.CertificateStatus:
		return object{{"status", m.Status.String()}, {"response", hex.EncodeToString(m.Response)}}
	default:
		return bodyObject13(m)
	}
	return o
}

func requestObject(m *wire.CertificateRequest) object {
	if m.Context().Version == wire.TLS13 {
		return object{{"request_context", hex.EncodeToString(m.RequestContext)}, {"extensions", extensionObjects(&m.Extensions)}}
	}
	return object{{"certificate_types", names(m.CertificateTypes)},
		{"signature_algorithms", names(m.SignatureAlgorithms)}, {"authorities", hexes(m.Authorities)}}
}

// extensionObjects has the extensions in the order of the wire, each with what it says.
func extensionObjects(x *wire.Extensions) []object {
	out := make([]object, 0, len(x.Order))
	for _, t := range x.Order {
		o := object{{"type", t.String()}, {"code", uint16(t)}}
		if v := extensionValue(x, t); v != nil {
			o.add("value", v)
		}
		out = append(out, o)
	}
	return out
}

func extensionValue(x *wire.Extensions, t wire.ExtensionType) any {
	switch t {
	case wire.ExtServerName:
		if x.ServerName != "" {
			return x.ServerName
		}
	case wire.ExtStatusRequest:
		if len(x.OCSPResponse) > 0 {
			return hex.EncodeToString(x.OCSPResponse)
		}
		if x.StatusRequest != 0 {
			return x.StatusRequest.String()
		}
	case wire.ExtSupportedGroups:
		return names(x.SupportedGroups)
	case wire.ExtPointFormats:
		return names(x.PointFormats)
	case wire.ExtSignatureAlgorithms:
		return names(x.SignatureAlgorithms)
	case wire.ExtALPN:
		return orEmpty(x.ALPN)
	case wire.ExtSCT:
		return hexes(x.SCTs)
	case wire.ExtRenegotiationInfo:
		return hex.EncodeToString(x.RenegotiationInfo)
	case wire.ExtSupportedVersions:
		return names(x.SupportedVersions)
	case wire.ExtSessionTicket:
		return hex.EncodeToString(x.SessionTicket)
	case wire.ExtRecordSizeLimit:
		return x.RecordSizeLimit
	case wire.ExtMaxFragmentLength:
		return x.MaxFragmentLength.Bytes()
	case wire.ExtKeyShare, wire.ExtCookie, wire.ExtPSKModes, wire.ExtPreSharedKey, wire.ExtEarlyData, wire.ExtSignatureAlgsCert,
		wire.ExtCertAuthorities:
		return extensionValue13(x, t)
	default:
		for _, o := range x.Opaque {
			if o.Type == t {
				return hex.EncodeToString(o.Data)
			}
		}
	}
	return nil
}
