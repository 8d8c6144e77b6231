package main

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"strings"
	"time"

	"github.com/spf13/pflag"

	"github.com/vitro-tls/vitro/https"
	"github.com/vitro-tls/vitro/internal/suite"
	"github.com/vitro-tls/vitro/pki"
	"github.com/vitro-tls/vitro/tls"
	"github.com/vitro-tls/vitro/wire"
)

type getFlags struct {
	caCert, serverName     string
	resolve, connectTo     []string
	alpn                   []string
	http1                  bool
	policy, keyExchange    string
	ciphers, groups        string
	version, keyLog        string
	insecure               bool
	maxTime                float64
	head, location, fail   bool
	maxRedirs              int
	headers                []string
	explain, color, output string
	client                 clientCertificate
	verify                 verification
	json, silent           bool

	given func(flag string) bool // on the command line
}

func (f *getFlags) register(flags *pflag.FlagSet) {
	flags.SortFlags = false
	flags.StringVarP(&f.output, "output", "o", "", "write the body to `FILE` instead of stdout")
	flags.BoolVarP(&f.head, "head", "I", false, "ask for the headers only (HEAD) and print them")
	flags.StringArrayVarP(&f.headers, "header", "H", nil, "send `'NAME: VALUE'` too; 'NAME:' leaves a header out (repeatable)")
	flags.BoolVarP(&f.location, "location", "L", false, "follow redirects")
	flags.IntVar(&f.maxRedirs, "max-redirs", 10, "how many redirects are followed (`N`)")
	flags.BoolVarP(&f.fail, "fail", "f", false, "no body when the HTTP status is 400 or above")
	flags.Float64VarP(&f.maxTime, "max-time", "m", 0, "how long a URL may take, in `SECONDS`; 0 is without end")

	flags.StringVar(&f.caCert, "cacert", "", "trust the CAs in this PEM `FILE` instead of the system's")
	flags.BoolVarP(&f.insecure, "insecure", "k", false, "do not verify the server's certificate: anyone could be at the other end")
	f.verify.register(flags)
	f.client.register(flags)
	flags.StringVar(&f.serverName, "servername", "", "`NAME` to ask for and to verify, instead of the URL's host")
	flags.StringArrayVar(&f.resolve, "resolve", nil, "`HOST:PORT:ADDR`: use this address for that host (repeatable)")
	flags.StringArrayVar(&f.connectTo, "connect-to", nil,
		"`HOST1:PORT1:HOST2:PORT2`: connect to the second instead of the first; empty is any, or the same (repeatable)")

	flags.StringVar(&f.policy, "policy", "", "`NAME` of the policy: modern (the default), compatible or legacy")
	flags.StringVar(&f.keyExchange, "key-exchange", "", "only suites with this `KIND` of key exchange: rsa or dhe (policy legacy), or ecdhe")
	flags.StringVar(&f.ciphers, "ciphers", "", "`LIST` of cipher suites, best first, by their IANA or OpenSSL names")
	flags.StringVar(&f.groups, "groups", "", "`LIST` of groups, best first: X25519MLKEM768, X25519, P-256, …")
	flags.StringSliceVar(&f.alpn, "alpn", httpProtocols, "`LIST` of application protocols to offer; empty for none")
	flags.BoolVar(&f.http1, "http1.1", false, "speak HTTP/1.1 where the server has HTTP/2 too: the same as --alpn http/1.1")
	flags.StringVar(&f.version, "tls", "", "the one `VERSION` of TLS to offer: 1.2 or 1.3 (default both)")

	flags.StringVar(&f.explain, "explain", "brief", "how much is told on stderr: none, brief, full or bytes (`LEVEL`)")
	flags.BoolVarP(&f.silent, "silent", "s", false, "the same as --explain none")
	flags.BoolVar(&f.json, "json", false, "events as JSON lines on stderr instead of text")
	flags.StringVar(&f.color, "color", colorAuto, "`WHEN` to use colours: auto, always or never")
	flags.StringVar(&f.keyLog, "keylog", "", "append the secrets to `FILE`, for Wireshark (or SSLKEYLOGFILE)")
}

// getter is what all URLs of a command have in common.
type getter struct {
	config    *tls.Config
	probing   bool // the user left the choice of suites to us
	method    string
	header    http.Header
	routes    routes
	location  bool
	maxRedirs int
	fail      bool
	maxTime   time.Duration
	insecure  bool
	out       output
	tell      *getTeller
}

func (f *getFlags) getter(stdout, stderr io.Writer) (*getter, error) {
	if f.maxTime < 0 || f.maxRedirs < 0 {
		return nil, errors.New("--max-time and --max-redirs must not be negative")
	}
	g := &getter{
		method: http.MethodGet, location: f.location, maxRedirs: f.maxRedirs, fail: f.fail,
		maxTime: time.Duration(f.maxTime * float64(time.Second)), insecure: f.insecure,
		out: output{stdout: stdout, path: f.output},
	}
	if f.head {
		g.method = http.MethodHead
	}
	var err error
	if g.tell, err = f.teller(stderr); err != nil {
		return nil, err
	}
	if g.config, err = f.config(); err != nil {
		return nil, err
	}
	g.config.Tracer = g.tell.tracer()
	_, replaced := os.LookupEnv(tls.PolicyVariable)
	g.probing = !replaced && g.config.Policy == "" && g.config.CipherSuites == nil
	if g.header, err = parseHeaders(f.headers); err != nil {
		return nil, err
	}
	g.routes, err = parseRoutes(f.resolve, f.connectTo)
	return g, err
}

func (f *getFlags) config() (*tls.Config, error) {
	c := &tls.Config{
		ServerName: f.serverName, NextProtos: f.alpn, InsecureSkipVerify: f.insecure, StrictClose: true, Policy: f.policy,
		ClientSessionCache: tls.NewLRUClientSessionCache(0),
	}
	for _, protocol := range f.alpn {
		// RFC 7301 §3.1.
		if len(protocol) < 1 || len(protocol) > 255 {
			return nil, fmt.Errorf("--alpn %q: a protocol's name has 1 to 255 bytes", protocol)
		}
	}
	var err error
	if f.caCert != "" {
		if c.RootCAs, err = pki.LoadPool(f.caCert); err != nil {
			return nil, fmt.Errorf("--cacert: %w", err)
		}
	}
	if f.groups != "" {
		if c.CurvePreferences, err = parseGroups(f.groups); err != nil {
			return nil, err
		}
	}
	if c.CipherSuites, err = f.suites(); err != nil {
		return nil, err
	}
	if err := f.client.apply(c); err != nil {
		return nil, err
	}
	if err := f.verify.apply(c); err != nil {
		return nil, err
	}
	if err := f.versions(c); err != nil {
		return nil, err
	}
	switch {
	case f.http1:
		c.NextProtos = []string{"http/1.1"}
	case !f.given("alpn"):
		c.NextProtos = https.NextProtos(c)
	}
	return c, nil
}

// versions are those of --tls, or those that the suites are for.
func (f *getFlags) versions(c *tls.Config) error {
	has := map[wire.Version]bool{}
	for _, id := range c.CipherSuites {
		has[suite.ByID(wire.CipherSuite(id)).Version] = true
	}
	only12, only13 := has[wire.TLS12] && !has[wire.TLS13], has[wire.TLS13] && !has[wire.TLS12]
	switch {
	case f.version != "" && f.version != "1.2" && f.version != "1.3":
		return fmt.Errorf("--tls %q: there are 1.2 and 1.3", f.version)
	case f.version == "1.2" && only13, f.version == "1.3" && only12:
		return fmt.Errorf("--tls %s: the suites that are named belong to the other version", f.version)
	case f.version == "1.2" || only12:
		c.MaxVersion = tls.VersionTLS12
	case f.version == "1.3" || only13:
		c.MinVersion, c.MaxVersion = tls.VersionTLS13, tls.VersionTLS13
	}
	return nil
}

// suites joins --policy, --key-exchange and --ciphers; nil leaves the choice to the policy.
func (f *getFlags) suites() ([]uint16, error) {
	if f.policy != "" {
		if _, err := policySuites(f.policy); err != nil {
			return nil, err
		}
	}
	var listed, allowed []uint16
	var err error
	if f.given("ciphers") {
		if listed, err = parseCiphers(f.ciphers); err != nil {
			return nil, err
		}
	}
	switch {
	case f.given("key-exchange"):
		allowed, err = suitesFor(f.policy, f.keyExchange)
	case f.policy != "" && listed != nil:
		allowed, err = policySuites(f.policy)
	default:
		return listed, nil
	}
	if err != nil || listed == nil {
		return allowed, err
	}
	if listed = common(listed, allowed); len(listed) == 0 {
		return nil, errors.New("--ciphers has no suite that --policy and --key-exchange allow")
	}
	return listed, nil
}

// targets checks all URLs before the first one is fetched.
func (f *getFlags) targets(urls []string) ([]string, error) {
	if f.output != "" && f.output != "-" && len(urls) > 1 {
		return nil, errors.New("--output is for one URL: a second body would overwrite the first")
	}
	targets := make([]string, len(urls))
	for i, s := range urls {
		if !strings.Contains(s, "://") {
			s = "https://" + s
		}
		u, err := url.Parse(s)
		switch {
		case err != nil:
			return nil, err
		case strings.EqualFold(u.Scheme, "http"):
			u.Scheme = "https"
			return nil, fmt.Errorf("%s: plain HTTP has no handshake to explain; try %s", s, u.Redacted())
		case !strings.EqualFold(u.Scheme, "https"):
			return nil, fmt.Errorf("%s: get speaks https only", s)
		case u.Hostname() == "":
			return nil, fmt.Errorf("%s: there is no host in it", s)
		}
		targets[i] = s
	}
	return targets, nil
}
