package main

import (
	"crypto/tls"
	"crypto/x509"
	"encoding/hex"
	"encoding/pem"
	"os"
	"strings"

	"github.com/vitro-tls/vitro/engine"
	"github.com/vitro-tls/vitro/want"
	"github.com/vitro-tls/vitro/wire"
)

func (o *observed) credentials() error {
	given := o.settings.credentials
	if o.credential.certFile != "" || o.credential.keyFile != "" {
		given = append(given[:len(given):len(given)], o.credential)
	}
	for _, c := range given {
		loaded, err := c.load()
		if err != nil {
			return lacking("credential: %v", err)
		}
		o.config.Credentials = append(o.config.Credentials, loaded)
		if c.mustMatchIssuer {
			o.gated[loaded], o.picky = true, true
		}
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

// trust says whom to ask for a certificate, and in whom to believe.
func (o *observed) trust() error {
	switch {
	case !o.server:
	case o.verifyPeer: // as the runner has it, this is the milder one also where both are given
		o.config.ClientAuth = engine.RequestClientCertificate
	case o.requireClientCert:
		o.config.ClientAuth = engine.RequireClientCertificate
	}
	var err error
	if o.config.ClientCAs, err = names(o.clientCAs); err != nil || o.trustCert == "" {
		return err
	}
	certs, err := readCertificates(o.trustCert)
	o.roots = x509.NewCertPool()
	for _, c := range certs {
		o.roots.AddCert(c)
	}
	return err
}

// names takes a list of CAs' names.
func names(list string) ([][]byte, error) {
	var out [][]byte
	if list == "" || list == "<NULL>" || list == "<EMPTY>" {
		return nil, nil
	}
	for one := range strings.SplitSeq(list, ",") {
		name, err := hex.DecodeString(one)
		if err != nil {
			return nil, lacking("the name of a CA: %v", err)
		}
		out = append(out, name)
	}
	return out, nil
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
