package main

import (
	"crypto"
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"strings"

	"github.com/vitro-tls/vitro/pki"
	"github.com/vitro-tls/vitro/tls"
)

// httpProtocols are what ALPN offers where the user names nothing else. Package https knows when HTTP/2 has no place: under
// RSA key exchange it is not spoken.
var httpProtocols = []string{"h2", "http/1.1"}

// config makes the configuration of all connections.
func (o *serveOptions) config(say sayFunc) (*tls.Config, error) {
	var suites []uint16
	if o.keyExchange != "" {
		var err error
		if suites, err = suitesFor(o.policy, o.keyExchange); err != nil {
			return nil, err
		}
	}
	certs, err := o.certificates(say)
	if err != nil {
		return nil, err
	}
	config := &tls.Config{Policy: o.policy, CipherSuites: suites, NextProtos: o.alpn}
	if suites != nil {
		config.MaxVersion = tls.VersionTLS12 // what a key exchange is named for
	}
	for _, c := range certs {
		config.Certificates = append(config.Certificates, tls.Certificate{
			Certificate: c.Chain, PrivateKey: crypto.PrivateKey(c.Key), Leaf: c.Leaf})
	}
	return config, o.clients.apply(config)
}

// certificates are those of --cert, or made by the local CA.
func (o *serveOptions) certificates(say sayFunc) ([]*pki.Certificate, error) {
	switch {
	case len(o.keys) > len(o.certs):
		return nil, fmt.Errorf("%d --key for %d --cert: each key goes with a certificate", len(o.keys), len(o.certs))
	case len(o.keys) > 0 && len(o.keys) < len(o.certs):
		return nil, fmt.Errorf("%d --cert but %d --key: give a key for each, in the same order", len(o.certs), len(o.keys))
	case len(o.certs) == 0:
		return o.localCertificates(say)
	}
	var certs []*pki.Certificate
	for i, file := range o.certs {
		keyFile := file
		if len(o.keys) > 0 {
			keyFile = o.keys[i]
		}
		c, err := pki.LoadCertificate(file, keyFile)
		if err != nil {
			return nil, err
		}
		certs = append(certs, c)
	}
	return certs, nil
}

// localCertificates makes a certificate of either kind of key in memory.
func (o *serveOptions) localCertificates(say sayFunc) ([]*pki.Certificate, error) {
	path, err := caDir(o.caDir)
	if err != nil {
		return nil, err
	}
	ca, err := openOrInit(path, say)
	if err != nil {
		return nil, err
	}
	hosts, err := o.certHosts(ca)
	if err != nil {
		return nil, err
	}
	var certs []*pki.Certificate
	for _, kind := range []pki.KeyKind{pki.ECDSAP256, pki.RSA2048} {
		c, err := ca.Issue(pki.LeafOptions{Hosts: hosts, Key: kind})
		if err != nil {
			return nil, err
		}
		certs = append(certs, c)
	}
	o.notes = append(o.notes,
		"ECDSA and RSA certificates for "+strings.Join(hosts, ", ")+", from the local CA in "+path,
		"clients trust it by its roots: curl --cacert "+shellWord(caRoots(path)))
	return certs, nil
}

// certHosts are the names of this machine that the CA may issue for, and those that were asked for.
func (o *serveOptions) certHosts(ca *pki.Dir) ([]string, error) {
	usual := []string{"localhost", "127.0.0.1", "::1"}
	if host := o.listenHost(); host != "" && !slices.Contains(usual, host) {
		usual = append(usual, host)
	}
	var hosts []string
	var refused error
	for _, host := range usual {
		if err := ca.ECDSA.Permits(host); err != nil {
			refused = err
			continue
		}
		hosts = append(hosts, host)
	}
	if hosts = append(hosts, o.hosts...); len(hosts) == 0 {
		return nil, fmt.Errorf("%w; --host names what it may issue for", refused)
	}
	return hosts, nil
}

// openOrInit opens the local CA, and makes it where there is none at all. A part of one is not touched.
func openOrInit(path string, say sayFunc) (*pki.Dir, error) {
	if hasCA(path) {
		return pki.Open(path)
	}
	ca, err := pki.Init(path, pki.CAOptions{})
	if errors.Is(err, fs.ErrExist) && hasCA(path) { // another process was faster
		return pki.Open(path)
	}
	if err != nil {
		return nil, &exitError{code: exitWrite, err: fmt.Errorf("making a local CA: %w", err)}
	}
	say("made a local CA in %s: its keys stay there, readable by you alone; vitro ca show tells of it", path)
	return ca, nil
}
