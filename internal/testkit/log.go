package testkit

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/rand"
	"crypto/sha256"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"encoding/binary"
	"math/big"
	"time"

	"github.com/vitro-tls/vitro/pki"
)

// Log is a log of certificates (RFC 6962) that publishes nothing, but signs.
type Log struct {
	Name       string
	Key        crypto.Signer
	Extensions []byte // of its timestamps
}

// NewLog makes a log with a key of its own: P256 or RSA, as RFC 6962 §2.1.4 has it.
func NewLog(name string, kind Kind) *Log { return &Log{Name: name, Key: must(pki.GenerateKey(kind))} }

// SPKI is the log's key as lists of logs have it.
func (l *Log) SPKI() []byte { return must(x509.MarshalPKIXPublicKey(l.Key.Public())) }

// Certificate signs a timestamp for a certificate, to be sent in the handshake or in an OCSP response.
func (l *Log) Certificate(at time.Time, leaf []byte) []byte { return l.timestamp(at, 0, nil, leaf) }

// Precertificate signs a timestamp to be put into the certificate that is made of a TBSCertificate.
func (l *Log) Precertificate(at time.Time, tbs []byte, issuer *x509.Certificate) []byte {
	key := sha256.Sum256(issuer.RawSubjectPublicKeyInfo)
	return l.timestamp(at, 1, key[:], tbs)
}

// RFC 6962 §3.2.
func (l *Log) timestamp(at time.Time, kind uint16, head, body []byte) []byte {
	millis := binary.BigEndian.AppendUint64(nil, uint64(at.UnixMilli()))
	message := append([]byte{0, 0}, millis...)
	message = binary.BigEndian.AppendUint16(message, kind)
	message = append(message, head...)
	message = append(message, byte(len(body)>>16), byte(len(body)>>8), byte(len(body)))
	extensions := append(binary.BigEndian.AppendUint16(nil, uint16(len(l.Extensions))), l.Extensions...)
	message = append(append(message, body...), extensions...)
	hash := sha256.Sum256(message)
	signature := must(l.Key.Sign(rand.Reader, hash[:], crypto.SHA256))
	algorithm := byte(1)
	if _, is := l.Key.(*ecdsa.PrivateKey); is {
		algorithm = 3
	}
	id := sha256.Sum256(l.SPKI())
	out := append([]byte{0}, id[:]...)
	out = append(append(append(out, millis...), extensions...), 4, algorithm)
	out = binary.BigEndian.AppendUint16(out, uint16(len(signature)))
	return append(out, signature...)
}

// SCTExtension is an extension that holds timestamps: of a certificate, or of an OCSP response.
func SCTExtension(last int, timestamps ...[]byte) pkix.Extension {
	var list []byte
	for _, one := range timestamps {
		list = append(binary.BigEndian.AppendUint16(list, uint16(len(one))), one...)
	}
	list = append(binary.BigEndian.AppendUint16(nil, uint16(len(list))), list...)
	return pkix.Extension{Id: asn1.ObjectIdentifier{1, 3, 6, 1, 4, 1, 11129, 2, 4, last}, Value: must(asn1.Marshal(list))}
}

// The last numbers of the extensions' names.
const (
	EmbeddedSCTs = 2
	StapledSCTs  = 5
)

// Logged makes a good server certificate with the timestamps of these logs in it.
func Logged(kind Kind, at time.Time, logs ...*Log) *Certificate {
	good, issuer := Leaf(kind), PKI().Intermediate
	template := &x509.Certificate{
		SerialNumber: new(big.Int).Add(good.Leaf.SerialNumber, big.NewInt(1)),
		Subject:      good.Leaf.Subject, DNSNames: good.Leaf.DNSNames, IPAddresses: good.Leaf.IPAddresses,
		NotBefore: good.Leaf.NotBefore, NotAfter: good.Leaf.NotAfter,
		KeyUsage: good.Leaf.KeyUsage, ExtKeyUsage: good.Leaf.ExtKeyUsage,
	}
	sign := func() *x509.Certificate {
		der := must(x509.CreateCertificate(rand.Reader, template, issuer.Certificate, good.Key.Public(), issuer.Key))
		return must(x509.ParseCertificate(der))
	}
	// What is signed without them is what the logs are shown.
	before := sign()
	var timestamps [][]byte
	for _, log := range logs {
		timestamps = append(timestamps, log.Precertificate(at, before.RawTBSCertificate, issuer.Certificate))
	}
	template.ExtraExtensions = []pkix.Extension{SCTExtension(EmbeddedSCTs, timestamps...)}
	leaf := sign()
	return &Certificate{Leaf: leaf, Chain: append([][]byte{leaf.Raw}, good.Chain[1:]...), Key: good.Key}
}
