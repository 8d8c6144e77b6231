package https

import (
	"net/http"
	"os"
	"runtime/debug"
	"slices"
	"strings"

	"github.com/vitro-tls/vitro/tls"
)

// The names of the protocols in ALPN. RFC 7301 §6, RFC 9113 §3.2.
const (
	nameHTTP1 = "http/1.1"
	nameHTTP2 = "h2"
)

// spoken are the protocols that a server or a transport of net/http is set up for, which may say so itself, by an
// http.Protocols or, the older way, by a TLSNextProto without "h2".
func spoken(set *http.Protocols, older bool, setting string) (p http.Protocols) {
	switch {
	case set != nil:
		p.SetHTTP1(set.HTTP1())
		p.SetHTTP2(set.HTTP2())
	default:
		p.SetHTTP1(true)
		p.SetHTTP2(!older)
	}
	if goDebug(setting) == "0" {
		p.SetHTTP2(false)
	}
	return p
}

// goDebug is a setting that net/http heeds: that of the environment, or the program's own.
func goDebug(name string) string {
	if value, ok := lookUp(os.Getenv("GODEBUG"), name); ok {
		return value
	}
	if info, ok := debug.ReadBuildInfo(); ok {
		for _, s := range info.Settings {
			if s.Key == "DefaultGODEBUG" {
				value, _ := lookUp(s.Value, name)
				return value
			}
		}
	}
	return ""
}

// lookUp: of several settings of one name the last counts.
func lookUp(list, name string) (value string, ok bool) {
	for entry := range strings.SplitSeq(list, ",") {
		if key, v, found := strings.Cut(entry, "="); found && key == name {
			value, ok = v, true
		}
	}
	return value, ok
}

// NextProtos are the protocols that a Server and a Transport offer under a Config that has none: h2 and http/1.1, or
// http/1.1 alone where HTTP/2 forbids all that the Config allows (RFC 9113 §9.2.2).
func NextProtos(config *tls.Config) []string {
	if onlyUnfit(config) {
		return []string{nameHTTP1}
	}
	return []string{nameHTTP2, nameHTTP1}
}

// offering is a copy of config that offers the protocols that are spoken, best first. What a program has put into
// NextProtos stays, as far as it is spoken.
func offering(config *tls.Config, p http.Protocols) *tls.Config {
	config = config.Clone()
	if config.NextProtos == nil {
		config.NextProtos = NextProtos(config)
	} else {
		config.NextProtos = slices.Clone(config.NextProtos)
	}
	config.NextProtos = slices.DeleteFunc(config.NextProtos, func(name string) bool {
		return name == nameHTTP2 && !p.HTTP2() || name == nameHTTP1 && !p.HTTP1()
	})
	return config
}

// onlyUnfit: TLS 1.2 alone, with cipher suites of which none is fit for HTTP/2.
func onlyUnfit(config *tls.Config) bool {
	return config.CipherSuites != nil && config.MaxVersion != 0 && config.MaxVersion <= tls.VersionTLS12 &&
		!slices.ContainsFunc(config.CipherSuites, fitForHTTP2)
}

// fitForHTTP2: RFC 9113 §9.2.2, Appendix A: with TLS 1.2 a suite has an ephemeral key exchange and an AEAD.
func fitForHTTP2(id uint16) bool {
	name := tls.CipherSuiteName(id)
	ephemeral := strings.HasPrefix(name, "TLS_ECDHE_") || strings.HasPrefix(name, "TLS_DHE_")
	aead := strings.Contains(name, "_GCM_") || strings.Contains(name, "_CCM") || strings.Contains(name, "_CHACHA20_")
	return ephemeral && aead
}

// speaksHTTP1 reports whether HTTP/1.1 is spoken after this was agreed on.
func speaksHTTP1(protocol string) bool {
	return protocol == "" || protocol == nameHTTP1 || protocol == "http/1.0"
}
