package tls

import (
	"errors"
	"testing"

	"github.com/vitro-tls/vitro/event"
	"github.com/vitro-tls/vitro/fault"
	"github.com/vitro-tls/vitro/internal/testkit"
)

// RFC 8446 §4.2.2: the cookies of a server that gives them come back to it, also where the keys change meanwhile, or
// another Config is chosen for each client.
func TestRetryCookies(t *testing.T) {
	for name, c := range map[string]struct {
		mode   RetryCookies
		groups []CurveID
		change func(*Config)
		want   int
	}{
		"none":        {NoRetryCookies, []CurveID{25}, func(*Config) {}, 0},
		"not needed":  {CookiesOnRetry, nil, func(*Config) {}, 0},
		"on a retry":  {CookiesOnRetry, []CurveID{25}, func(*Config) {}, 1},
		"always":      {CookiesAlways, nil, func(*Config) {}, 1},
		"shared keys": {CookiesAlways, nil, func(c *Config) { c.SetSessionTicketKeys([][32]byte{{1}}) }, 1},
		"chosen for the client": {CookiesAlways, nil, func(c *Config) {
			c.GetConfigForClient = func(*ClientHelloInfo) (*Config, error) {
				chosen := serverConfig(testkit.P256)
				chosen.MaxVersion, chosen.RetryCookies, chosen.Tracer = 0, CookiesAlways, c.Tracer
				return chosen, nil
			}
		}, 1},
	} {
		t.Run(name, func(t *testing.T) {
			returned := 0
			cc, sc := clientConfig(), serverConfig(testkit.P256)
			sc.RetryCookies, sc.CurvePreferences = c.mode, c.groups
			sc.Tracer = event.TracerFunc(func(_ event.Meta, e event.Event) {
				if _, ok := e.(event.CookieReturned); ok {
					returned++
				}
			})
			c.change(sc)
			if cs, _ := echo(t, cc, sc.Clone()); cs.Version != VersionTLS13 || returned != c.want {
				t.Errorf("version %x, %d cookies came back, want %d", cs.Version, returned, c.want)
			}
		})
	}
	sc := serverConfig(testkit.P256)
	sc.RetryCookies = CookiesAlways + 1
	if _, err := sc.compile(); !errors.Is(err, fault.BadConfig) {
		t.Errorf("a mode that there is not: %v", err)
	}
}
