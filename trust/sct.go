package trust

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/sha256"
	"crypto/x509"
	"encoding/asn1"
	"errors"
	"time"

	"golang.org/x/crypto/cryptobyte"
	der "golang.org/x/crypto/cryptobyte/asn1"
)

// sct is a signed certificate timestamp. RFC 6962 §3.2:
//
//	struct {
//	    Version sct_version;                      // 1 byte, 0 for v1
//	    LogID id;                                 // 32 bytes
//	    uint64 timestamp;                         // milliseconds since 1970
//	    CtExtensions extensions<0..2^16-1>;
//	    digitally-signed struct { … };            // hash, signature: 1 byte each; opaque<0..2^16-1>
//	} SignedCertificateTimestamp;
type sct struct {
	log             logID
	timestamp       uint64
	extensions      []byte
	hash, algorithm uint8
	signature       []byte
}

var (
	errSCT        = errors.New("it does not parse")
	errSCTVersion = errors.New("it is of an unknown version")
)

func parseSCT(b []byte) (s sct, err error) {
	in := cryptobyte.String(b)
	var version uint8
	var id []byte
	if !in.ReadUint8(&version) {
		return s, errSCT
	}
	if version != 0 {
		return s, errSCTVersion
	}
	if !in.ReadBytes(&id, len(s.log)) || !in.ReadUint64(&s.timestamp) || !readOpaque16(&in, &s.extensions) ||
		!in.ReadUint8(&s.hash) || !in.ReadUint8(&s.algorithm) || !readOpaque16(&in, &s.signature) || !in.Empty() {
		return s, errSCT
	}
	s.log = logID(id)
	return s, nil
}

func readOpaque16(in *cryptobyte.String, out *[]byte) bool {
	var s cryptobyte.String
	ok := in.ReadUint16LengthPrefixed(&s)
	*out = s
	return ok
}

// lastMilli is as late as a date can be written.
const lastMilli = 253402300799999 // 9999-12-31T23:59:59.999Z

func (s sct) time() time.Time { return time.UnixMilli(int64(min(s.timestamp, lastMilli))) }

// parseSCTList: RFC 6962 §3.3: opaque SerializedSCT<1..2^16-1>, in a list of as many bytes.
func parseSCTList(b []byte) (list [][]byte, ok bool) {
	in := cryptobyte.String(b)
	var all cryptobyte.String
	if !in.ReadUint16LengthPrefixed(&all) || !in.Empty() {
		return nil, false
	}
	for !all.Empty() {
		var one []byte
		if !readOpaque16(&all, &one) {
			return nil, false
		}
		list = append(list, one)
	}
	return list, true
}

// RFC 6962 §3.3: the extensions of a certificate and of an OCSP response. Each is a list within an OCTET STRING.
var (
	oidEmbeddedSCTs = asn1.ObjectIdentifier{1, 3, 6, 1, 4, 1, 11129, 2, 4, 2}
	oidStapledSCTs  = asn1.ObjectIdentifier{1, 3, 6, 1, 4, 1, 11129, 2, 4, 5}
)

func parseSCTExtension(value []byte) (list [][]byte, ok bool) {
	in := cryptobyte.String(value)
	var inner cryptobyte.String
	if !in.ReadASN1(&inner, der.OCTET_STRING) || !in.Empty() {
		return nil, false
	}
	return parseSCTList(inner)
}

// entry is what a log was shown: the certificate, or what it was to become. RFC 6962 §3.1.
type entry struct {
	kind uint16 // 0 x509_entry, 1 precert_entry
	head []byte // precert_entry: issuer_key_hash
	body []byte // the certificate, or the TBSCertificate of the precertificate
}

func certificateEntry(leaf *x509.Certificate) entry { return entry{body: leaf.Raw} }

// precertificateEntry: RFC 6962 §3.2: the log saw the TBSCertificate without the timestamps that it was about to get.
func precertificateEntry(leaf, issuer *x509.Certificate) (entry, bool) {
	tbs, ok := withoutSCTs(leaf.RawTBSCertificate)
	key := sha256.Sum256(issuer.RawSubjectPublicKeyInfo)
	return entry{kind: 1, head: key[:], body: tbs}, ok
}

// withoutSCTs takes the timestamps out of a TBSCertificate. What is left stays as it was, byte for byte.
func withoutSCTs(tbs []byte) ([]byte, bool) {
	in := cryptobyte.String(tbs)
	var fields cryptobyte.String
	if !in.ReadASN1(&fields, der.SEQUENCE) || !in.Empty() {
		return nil, false
	}
	ok := true
	var out cryptobyte.Builder
	out.AddASN1(der.SEQUENCE, func(out *cryptobyte.Builder) {
		for ok && !fields.Empty() {
			var field cryptobyte.String
			var tag der.Tag
			if ok = fields.ReadAnyASN1Element(&field, &tag); !ok {
				return
			}
			if tag == extensionsTag {
				ok = addOtherExtensions(out, field)
			} else {
				out.AddBytes(field)
			}
		}
	})
	b, err := out.Bytes()
	return b, ok && err == nil
}

// RFC 5280 §4.1: extensions [3] EXPLICIT SEQUENCE OF Extension.
var extensionsTag = der.Tag(3).ContextSpecific().Constructed()

func addOtherExtensions(out *cryptobyte.Builder, field cryptobyte.String) bool {
	var explicit, list cryptobyte.String
	if !field.ReadASN1(&explicit, extensionsTag) || !explicit.ReadASN1(&list, der.SEQUENCE) || !explicit.Empty() {
		return false
	}
	var others []byte
	for !list.Empty() {
		var element, extension cryptobyte.String
		var id asn1.ObjectIdentifier
		if !list.ReadASN1Element(&element, der.SEQUENCE) {
			return false
		}
		whole := element
		if !element.ReadASN1(&extension, der.SEQUENCE) || !extension.ReadASN1ObjectIdentifier(&id) {
			return false
		}
		if !id.Equal(oidEmbeddedSCTs) {
			others = append(others, whole...)
		}
	}
	if len(others) == 0 {
		return true
	}
	out.AddASN1(extensionsTag, func(out *cryptobyte.Builder) {
		out.AddASN1(der.SEQUENCE, func(out *cryptobyte.Builder) { out.AddBytes(others) })
	})
	return true
}

// signed is what the log's signature covers. RFC 6962 §3.2:
//
//	struct {
//	    Version sct_version; SignatureType signature_type = certificate_timestamp(0);
//	    uint64 timestamp; LogEntryType entry_type; entry; CtExtensions extensions;
//	}
func (s sct) signed(e entry) ([]byte, error) {
	var b cryptobyte.Builder
	b.AddUint8(0)
	b.AddUint8(0)
	b.AddUint64(s.timestamp)
	b.AddUint16(e.kind)
	b.AddBytes(e.head)
	b.AddUint24LengthPrefixed(func(b *cryptobyte.Builder) { b.AddBytes(e.body) })
	b.AddUint16LengthPrefixed(func(b *cryptobyte.Builder) { b.AddBytes(s.extensions) })
	return b.Bytes()
}

// verify: RFC 6962 §2.1.4: ECDSA on P-256 or RSA, over SHA-256, by their numbers in RFC 5246 §7.4.1.4.1.
func (s sct) verify(key crypto.PublicKey, e entry) bool {
	const sha256Number, rsaNumber, ecdsaNumber = 4, 1, 3
	number, algorithm := uint8(rsaNumber), x509.SHA256WithRSA
	if _, is := key.(*ecdsa.PublicKey); is {
		number, algorithm = ecdsaNumber, x509.ECDSAWithSHA256
	}
	message, err := s.signed(e)
	if err != nil || s.hash != sha256Number || s.algorithm != number {
		return false
	}
	log := x509.Certificate{PublicKey: key}
	return log.CheckSignature(algorithm, message, s.signature) == nil
}
