package main

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/pflag"

	"github.com/vitro-tls/vitro/pki"
	"github.com/vitro-tls/vitro/tls"
)

// clientCertificate are the flags of a client that can say who it is.
type clientCertificate struct{ cert, key string }

func (f *clientCertificate) register(flags *pflag.FlagSet) {
	flags.StringVar(&f.cert, "cert", "", "PEM `FILE` with a certificate and its chain, for a server that asks who we are")
	flags.StringVar(&f.key, "key", "", "PEM `FILE` with its private key; may be left out where --cert has it")
}

func (f *clientCertificate) apply(c *tls.Config) error {
	switch {
	case f.cert == "" && f.key == "":
		return nil
	case f.cert == "":
		return errors.New("--key without --cert: a key goes with a certificate")
	}
	keyFile := f.key
	if keyFile == "" {
		keyFile = f.cert
	}
	loaded, err := pki.LoadCertificate(f.cert, keyFile)
	if err != nil {
		return err
	}
	c.Certificates = []tls.Certificate{{Certificate: loaded.Chain, PrivateKey: loaded.Key, Leaf: loaded.Leaf}}
	return nil
}

// clientAuth are the flags of a server that asks its clients who they are.
type clientAuth struct{ ca, mode string }

// clientAuthModes are in the order of their constants.
var clientAuthModes = []string{"none", "request", "require", "verify-if-given", "verify"}

func (f *clientAuth) register(flags *pflag.FlagSet) {
	flags.StringVar(&f.ca, "client-ca", "", "PEM `FILE` with the CAs that clients' certificates must come from; without --client-auth it means verify")
	flags.StringVar(&f.mode, "client-auth", "", "ask clients for a certificate: `"+strings.Join(clientAuthModes, "|")+"`")
}

// needsCA: without CAs of its own a server would trust those of the operating system, and one of them gives a certificate
// to anybody who asks. Who means them can name their file.
func (f *clientAuth) needsCA(mode string) error {
	if !strings.HasPrefix(mode, "verify") {
		return nil
	}
	return fmt.Errorf("--client-auth %s without --client-ca: every CA that the operating system trusts would vouch for clients; "+
		"name the CAs that may", mode)
}

func (f *clientAuth) apply(c *tls.Config) error {
	mode := f.mode
	switch {
	case mode != "":
	case f.ca != "":
		mode = "verify"
	default:
		mode = "none"
	}
	at := slices.Index(clientAuthModes, mode)
	if at < 0 {
		return fmt.Errorf("--client-auth %q: there are %s", mode, strings.Join(clientAuthModes, ", "))
	}
	c.ClientAuth = tls.ClientAuthType(at)
	if f.ca == "" {
		return f.needsCA(mode)
	}
	if mode == "none" {
		return errors.New("--client-ca with --client-auth none: nobody is asked")
	}
	var err error
	if c.ClientCAs, err = pki.LoadPool(f.ca); err != nil {
		return fmt.Errorf("--client-ca: %w", err)
	}
	return nil
}
