package main

import (
	"bytes"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"os"
	"strings"

	"github.com/vitro-tls/vitro/engine"
	"github.com/vitro-tls/vitro/event"
	"github.com/vitro-tls/vitro/want"
	"github.com/vitro-tls/vitro/wire"
)

// observed is a connection's configuration, and what is seen of it beside its state.
type observed struct {
	*settings
	config engine.Config
	roots  *x509.CertPool
	chosen *want.Credential
	hellos int
	hello  *wire.ClientHello // the client's first, at a server
}

// observe makes the engine's configuration of the flags.
func (s *settings) observe() (*observed, error) {
	o := &observed{settings: s}
	o.config = engine.Config{
		ServerName:       s.hostName,
		Groups:           codes[wire.NamedGroup](s.curves),
		SignatureSchemes: codes[wire.SignatureScheme](s.verifyPrefs),
		GREASE:           s.grease,
		StrictClose:      s.checkCloseNotify,
		AskConfig:        s.server,
		AskCredential:    s.server && s.failCertCallback,
		Policy:           "legacy",
		Tracer:           event.TracerFunc(o.event),
	}
	for _, step := range []func(*observed) error{(*observed).versions, (*observed).suites, (*observed).protocols,
		(*observed).credentials, (*observed).trust} {
		if err := step(o); err != nil {
			return nil, err
		}
	}
	return o, nil
}

func codes[T ~uint16](list []uint64) []T {
	var out []T
	for _, v := range list {
		out = append(out, T(v))
	}
	return out
}

// event takes note of what the connection's state does not say.
func (o *observed) event(_ event.Meta, e event.Event) {
	m, ok := e.(event.Message)
	if !ok {
		return
	}
	if hello, ok := m.Message.(*wire.ClientHello); ok {
		if o.hellos++; o.hellos == 1 {
			o.hello = hello
		}
	}
}

// versions bounds them from both sides; a hole in between is what Vitro has no word for.
func (o *observed) versions() error {
	all := []struct {
		v  wire.Version
		no bool
	}{{wire.TLS10, o.noTLS1}, {wire.TLS11, o.noTLS11}, {wire.TLS12, o.noTLS12}, {wire.TLS13, o.noTLS13}}
	var allowed []wire.Version
	for _, a := range all {
		if !a.no && uint64(a.v) >= o.minVersion && (o.maxVersion == 0 || uint64(a.v) <= o.maxVersion) {
			allowed = append(allowed, a.v)
		}
	}
	if len(allowed) == 0 || allowed[len(allowed)-1] < wire.TLS12 {
		return lacking("versions below TLS 1.2")
	}
	o.config.MinVersion, o.config.MaxVersion = allowed[0], allowed[len(allowed)-1]
	return nil
}

// suites takes lists of OpenSSL's language that are no more than names; the rest of it is not Vitro's.
func (o *observed) suites() error {
	if o.cipher == "" {
		return nil
	}
	byName := map[string]wire.CipherSuite{}
	for id := range 1 << 16 {
		byName[wire.CipherSuite(id).String()] = wire.CipherSuite(id)
	}
	for name := range strings.SplitSeq(o.cipher, ":") {
		id, ok := byName[name]
		if !ok {
			return lacking("-cipher %s", o.cipher)
		}
		o.config.CipherSuites = append(o.config.CipherSuites, id)
	}
	return nil
}

func (o *observed) protocols() error {
	switch {
	case o.server && o.rejectALPN:
		o.config.Protocols = []string{"nobody offers this"}
	case o.server && o.selectALPN != "":
		o.config.Protocols = []string{o.selectALPN}
	case !o.server:
		for list := o.advertiseALPN; list != ""; {
			n := int(list[0])
			if n >= len(list) {
				return lacking("-advertise-alpn with a broken list")
			}
			o.config.Protocols = append(o.config.Protocols, list[1:1+n])
			list = list[1+n:]
		}
	}
	return nil
}

func (o *observed) credentials() error {
	given := o.settings.credentials
	if o.credential.certFile != "" || o.credential.keyFile != "" {
		given = append(given[:len(given):len(given)], o.credential)
	}
	if !o.server && len(given) > 0 {
		return lacking("client certificates")
	}
	for _, c := range given {
		loaded, err := c.load()
		if err != nil {
			return lacking("credential: %v", err)
		}
		o.config.Credentials = append(o.config.Credentials, loaded)
	}
	return nil
}

func (c credential) load() (*want.Credential, error) {
	pair, err := tls.LoadX509KeyPair(c.certFile, c.keyFile)
	if err != nil {
		return nil, err
	}
	out, err := want.NewCredential(pair.Certificate, pair.PrivateKey, codes[wire.SignatureScheme](c.signingPrefs))
	if err != nil {
		return nil, err
	}
	out.OCSP = c.ocsp
	out.SCTs, err = splitSCTs(c.scts)
	return out, err
}

// splitSCTs takes the list of RFC 6962 §3.3 apart.
func splitSCTs(list []byte) ([][]byte, error) {
	if len(list) == 0 {
		return nil, nil
	}
	var out [][]byte
	for rest := list[min(2, len(list)):]; len(rest) > 0; {
		if len(rest) < 2 || len(rest) < 2+int(rest[0])<<8+int(rest[1]) {
			return nil, lacking("a broken list of SCTs")
		}
		n := int(rest[0])<<8 + int(rest[1])
		out, rest = append(out, rest[2:2+n]), rest[2+n:]
	}
	return out, nil
}

// joinSCTs is its reverse.
func joinSCTs(scts [][]byte) []byte {
	var body []byte
	for _, s := range scts {
		body = append(append(body, byte(len(s)>>8), byte(len(s))), s...)
	}
	return append([]byte{byte(len(body) >> 8), byte(len(body))}, body...)
}

func (o *observed) trust() error {
	if o.server && o.verifyPeer || !o.server && o.failCertCallback {
		return lacking("client certificates")
	}
	if o.trustCert == "" {
		return nil
	}
	certs, err := readCertificates(o.trustCert)
	o.roots = x509.NewCertPool()
	for _, c := range certs {
		o.roots.AddCert(c)
	}
	return err
}

func readCertificates(file string) ([]*x509.Certificate, error) {
	rest, err := os.ReadFile(file)
	if err != nil {
		return nil, err
	}
	var out []*x509.Certificate
	for {
		var block *pem.Block
		if block, rest = pem.Decode(rest); block == nil {
			return out, nil
		}
		c, err := x509.ParseCertificate(block.Bytes)
		if err != nil {
			return nil, err
		}
		out = append(out, c)
	}
}

// alpnList is how the runner writes application protocols: as they stand in the extension.
func alpnList(protocols []string) string {
	var b bytes.Buffer
	for _, p := range protocols {
		b.WriteByte(byte(len(p)))
		b.WriteString(p)
	}
	return b.String()
}
