package main

import (
	"bytes"
	"strings"

	"crypto/x509"

	"github.com/vitro-tls/vitro/engine"
	"github.com/vitro-tls/vitro/event"
	"github.com/vitro-tls/vitro/internal/suite"
	"github.com/vitro-tls/vitro/want"
	"github.com/vitro-tls/vitro/wire"
)

const tls13 = wire.TLS13

// observed is a connection's configuration, and what is seen of it beside its state.
type observed struct {
	*settings
	config   engine.Config
	compiled *engine.Compiled
	roots    *x509.CertPool
	chosen   *want.Credential
	gated    map[*want.Credential]bool // to be shown only to who asks for its issuer
	picky    bool                      // there are such
	watched
}

// observe makes the engine's configuration of the flags.
func (s *settings) observe() (*observed, error) {
	o := &observed{settings: s, gated: map[*want.Credential]bool{}}
	o.config = engine.Config{
		ServerName:               s.hostName,
		Groups:                   codes[wire.NamedGroup](s.curves),
		SignatureSchemes:         codes[wire.SignatureScheme](s.verifyPrefs),
		SigningSchemes:           suite.Schemes(), // -signing-prefs belong to a credential
		GREASE:                   s.grease,
		StrictClose:              s.checkCloseNotify,
		RequireRenegotiationInfo: s.requireSecure,
		AskConfig:                s.server,
		AskCredential:            s.async || s.failCertCallback || !s.server || s.useOCSP,
		ClientSessions:           !s.server && !s.noTicket,
		ServerSessions:           s.server && !s.noTicket,
		ServerStore:              s.server,
		Policy:                   "legacy",
		Tracer:                   event.TracerFunc(o.event),
		Secrets:                  &o.secrets,
	}
	if o.config.KeyShares = codes[wire.NamedGroup](s.keyShares); s.noKeyShares {
		o.config.KeyShares = []wire.NamedGroup{}
	}
	switch {
	case s.renegotiateOnce:
		o.config.Renegotiation = engine.RenegotiateOnce
	case s.renegotiateFreely:
		o.config.Renegotiation = engine.RenegotiateFreely
	}
	for _, step := range []func(*observed) error{(*observed).versions, (*observed).suites, (*observed).protocols,
		(*observed).narrow, (*observed).credentials, (*observed).trust, (*observed).sayable} {
		if err := step(o); err != nil {
			return nil, err
		}
	}
	o.config.AskCredential = o.config.AskCredential || o.picky
	return o, nil
}

func codes[T ~uint16](list []uint64) []T {
	var out []T
	for _, v := range list {
		out = append(out, T(v))
	}
	return out
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

// alpnList is how the runner writes application protocols: as they stand in the extension.
func alpnList(protocols []string) string {
	var b bytes.Buffer
	for _, p := range protocols {
		b.WriteByte(byte(len(p)))
		b.WriteString(p)
	}
	return b.String()
}
