package main

import (
	"errors"
	"fmt"
	"strings"

	"github.com/vitro-tls/vitro/tls"
)

// variant is one of the handshakes that the demo shows.
type variant struct {
	version  uint16
	exchange string   // TLS 1.2: the kind of key exchange
	suites   []uint16 // TLS 1.2: what the client offers
}

// variantOf understands --tls and --key-exchange. Without them it is the classic handshake.
func variantOf(version, exchange string) (variant, error) {
	switch version {
	case "1.3":
		if exchange != "" {
			return variant{}, errors.New("--key-exchange is a choice of TLS 1.2; in TLS 1.3 both sides always make keys for the one connection")
		}
		return variant{version: tls.VersionTLS13}, nil
	case "", "1.2":
		if exchange == "" {
			exchange = keyExchangeRSA
		}
		suites, err := suitesFor("", exchange)
		return variant{tls.VersionTLS12, exchange, suites}, err
	}
	return variant{}, fmt.Errorf("--tls %q: there are 1.2 and 1.3", version)
}

func (v variant) String() string {
	if v.version == tls.VersionTLS13 {
		return "TLS 1.3"
	}
	return "TLS 1.2 with " + strings.ToUpper(v.exchange) + " key exchange"
}

// client is the configuration of a client that offers this handshake alone.
func (v variant) client(c *tls.Config) *tls.Config {
	c.ServerName, c.CipherSuites, c.MinVersion, c.MaxVersion = demoHost, v.suites, v.version, v.version
	return c
}
