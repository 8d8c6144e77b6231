package differential

import (
	"bytes"
	"crypto/ecdh"
	"crypto/sha256"
	"slices"

	"github.com/vitro-tls/vitro/internal/suite"
	"github.com/vitro-tls/vitro/internal/testkit"
	"github.com/vitro-tls/vitro/wire"
)

// suite12 is what the keyed server speaks in TLS 1.2.
const suite12 = wire.TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256

// kindRetry stands for a HelloRetryRequest among the kinds of messages.
const kindRetry = wire.HandshakeType(200)

// step is one thing that a keyed server says.
type step struct {
	kind    wire.HandshakeType
	scheme  wire.SignatureScheme // of a CertificateVerify; 0: what goes with the certificate
	alter   func(raw []byte) []byte
	record  wire.ContentType // not 0: a record of this type with content, which is no message
	content []byte
	glue    bool // in one record with what follows
	cut     int  // where the record ends and another begins; 0: nowhere
	pad     int  // bytes of padding
}

// play is a kind of handshake: a script, and how the clients are set up for it.
type play struct {
	name    string
	tls13   bool
	resumed bool
	client  bool // the client has a certificate
	kind    testkit.Kind
	script  []step
}

func steps(kinds ...wire.HandshakeType) (list []step) {
	for _, kind := range kinds {
		s := step{kind: kind}
		if kind == wire.TypeChangeCipherSpec {
			s = step{record: wire.ContentChangeCipherSpec, content: []byte{1}}
		}
		list = append(list, s)
	}
	return list
}

// spoken is application data, which ends every play, and the end of the connection.
func spoken() []step {
	return []step{{record: wire.ContentApplicationData, content: []byte("hi")}, {record: wire.ContentAlert, content: []byte{1, 0}}}
}

func plays() []play {
	const ccs = wire.TypeChangeCipherSpec
	sh, ee, cr := wire.TypeServerHello, wire.TypeEncryptedExtensions, wire.TypeCertificateRequest
	cert, cv, fin := wire.TypeCertificate, wire.TypeCertificateVerify, wire.TypeFinished
	nst, ku, ske, shd := wire.TypeNewSessionTicket, wire.TypeKeyUpdate, wire.TypeServerKeyExchange, wire.TypeServerHelloDone
	all := []play{
		{name: "TLS 1.3", tls13: true, script: steps(sh, ccs, ee, cert, cv, fin, nst, ku, nst)},
		{name: "TLS 1.3 retry", tls13: true, script: steps(kindRetry, ccs, sh, ee, cert, cv, fin)},
		{name: "TLS 1.3 request", tls13: true, script: steps(sh, ccs, ee, cr, cert, cv, fin)},
		{name: "TLS 1.3 client", tls13: true, client: true, script: steps(sh, ccs, ee, cr, cert, cv, fin, nst)},
		{name: "TLS 1.3 resumed", tls13: true, resumed: true, script: steps(sh, ccs, ee, fin, nst, ku)},
		{name: "TLS 1.2", script: steps(sh, cert, ske, shd, nst, ccs, fin)},
		{name: "TLS 1.2 client", client: true, script: steps(sh, cert, ske, cr, shd, nst, ccs, fin)},
		{name: "TLS 1.2 resumed", resumed: true, script: steps(sh, nst, ccs, fin)},
	}
	for i := range all {
		all[i].kind = testkit.Ed25519 // its signatures are the same each time
		all[i].script = append(all[i].script, spoken()...)
	}
	return all
}

// point is a public key: the base point of the group.
func point(g wire.NamedGroup) []byte {
	curve := ecdh.P256()
	n := 32
	switch g {
	case wire.X25519:
		return append([]byte{9}, make([]byte, 31)...)
	case wire.SecP384r1:
		curve, n = ecdh.P384(), 48
	}
	one, err := curve.NewPrivateKey(append(make([]byte, n-1), 1))
	if err != nil {
		panic(err) // 1 is a private key of every curve
	}
	return one.PublicKey().Bytes()
}

func (k *keyed) message(s step) []byte {
	context := wire.Context{KeyExchange: wire.KeyExchangeECDHE}
	if k.tls13 {
		context.Version = wire.TLS13
	}
	var m wire.Message
	switch credential := testkit.Credential(k.kind); s.kind {
	case wire.TypeServerHello, kindRetry:
		m = k.serverHello(s.kind == kindRetry)
	case wire.TypeEncryptedExtensions:
		ee := new(wire.EncryptedExtensions)
		ee.ALPN = protocols[:1]
		ee.Add(wire.ExtALPN)
		m = ee
	case wire.TypeCertificateRequest:
		cr := new(wire.CertificateRequest)
		if k.tls13 {
			cr.Extensions.SignatureAlgorithms = suite.Schemes13()
			cr.Add(wire.ExtSignatureAlgorithms)
		} else {
			cr.CertificateTypes, cr.SignatureAlgorithms = []wire.ClientCertificateType{wire.CertRSASign, wire.CertECDSASign}, suite.Schemes()
		}
		m = cr
	case wire.TypeCertificate:
		m = &wire.Certificate{Chain: credential.Chain}
	case wire.TypeCertificateVerify:
		hash := sha256.Sum256(k.transcript)
		m = k.signed(s, slices.Concat(bytes.Repeat([]byte{' '}, 64), []byte("TLS 1.3, server CertificateVerify\x00"), hash[:]))
	case wire.TypeServerKeyExchange:
		ske := &wire.ServerKeyExchange{KeyExchange: wire.KeyExchangeECDHE, Group: wire.X25519, Public: point(wire.X25519)}
		v := k.signed(s, slices.Concat(k.clientRandom, k.serverRandom, ske.Params()))
		ske.Scheme, ske.Signature = v.Scheme, v.Signature
		m = ske
	case wire.TypeCertificateStatus:
		m = &wire.CertificateStatus{Status: wire.StatusOCSP, Response: []byte("staple")}
	case wire.TypeServerHelloDone:
		m = new(wire.ServerHelloDone)
	case wire.TypeNewSessionTicket:
		nst := &wire.NewSessionTicket{Lifetime: 60, Ticket: []byte("ticket")}
		if k.tls13 {
			nst.Nonce = []byte{0}
		}
		m = nst
	case wire.TypeKeyUpdate:
		return []byte{byte(wire.TypeKeyUpdate), 0, 0, 1, 1} // update_requested
	case wire.TypeFinished:
		verify := k.finished()
		return append([]byte{byte(wire.TypeFinished), 0, 0, byte(len(verify))}, verify...)
	default:
		return []byte{byte(s.kind), 0, 0, 0}
	}
	return encoded(m, context)
}

// signed has the scheme that a step names, and where the key has no such signature another one.
func (k *keyed) signed(s step, content []byte) *wire.CertificateVerify {
	credential := testkit.Credential(k.kind)
	m := &wire.CertificateVerify{Scheme: s.scheme}
	if s.scheme == 0 {
		m.Scheme = suite.SchemesFor13(credential.Leaf.PublicKey)[0]
	}
	var err error
	if m.Signature, err = suite.Sign(credential.Signer, m.Scheme, content); err != nil {
		m.Signature = make([]byte, 64)
	}
	return m
}

func (k *keyed) serverHello(retry bool) *wire.ServerHello {
	m := &wire.ServerHello{Version: wire.TLS12, Random: wire.Random{7}, CipherSuite: suite12}
	resumes := k.hello != nil && k.resumes
	if !k.tls13 {
		m.ALPN = protocols[:1]
		m.Order = []wire.ExtensionType{wire.ExtExtendedMasterSecret, wire.ExtRenegotiationInfo, wire.ExtALPN, wire.ExtSessionTicket}
		if resumes {
			m.SessionID = k.hello.SessionID
		}
		return m
	}
	m.CipherSuite, m.SupportedVersions = wire.TLS_AES_128_GCM_SHA256, []wire.Version{wire.TLS13}
	share := wire.X25519
	if k.hello != nil {
		m.SessionID = k.hello.SessionID
		if len(k.hello.KeyShares) > 0 {
			share = k.hello.KeyShares[0].Group
		}
	}
	m.KeyShares = []wire.KeyShare{{Group: share, Public: point(share)}}
	m.Order = []wire.ExtensionType{wire.ExtSupportedVersions, wire.ExtKeyShare}
	switch {
	case retry:
		m.Random, m.SelectedGroup = wire.HelloRetryRequestRandom, wire.SecP384r1
	case resumes:
		m.Add(wire.ExtPreSharedKey)
	}
	return m
}
