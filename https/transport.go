package https

import (
	"net/http"
	"net/url"
	"sync"

	"github.com/vitro-tls/vitro/tls"
)

// Transport is an http.RoundTripper, for an http.Client, whose HTTPS is over Vitro's TLS: HTTP/1.1 or HTTP/2 as the server
// chooses, connections that are kept for the next request, and one connection to a server for all requests in HTTP/2.
// Response.TLS is filled, and ConnOf knows the connection by Response.Request. Its fields must not be changed once it is in
// use; the zero Transport is ready. Its methods may be called by several goroutines.
//
// Requests for http:// are net/http's.
type Transport struct {
	// HTTP has the settings of net/http, its limits, timeouts, Proxy and DialContext; nil is http.DefaultTransport's. They
	// are copied when Transport is first used, and HTTP itself carries no request. Protocols may leave out HTTP/1.1 or
	// HTTP/2, as may an empty TLSNextProto, which has no other use. What DialTLSContext returns has to be a *tls.Conn of
	// Vitro's that has shaken hands, or has its methods; it is not asked where there is a proxy. The limits on idle
	// connections count for each protocol and each proxy.
	HTTP *http.Transport
	// Config is for connections to servers, and to proxies by TLS. Its ServerName, if empty, is the host's; its NextProtos,
	// if nil, are h2 and http/1.1. A nil Config is that of HTTP's TLSClientConfig, by tls.FromStd.
	Config *tls.Config

	once     sync.Once
	settings *http.Transport
	config   *tls.Config // with the protocols that are spoken
	spoken   http.Protocols
	plain    *http.Transport

	mu    sync.Mutex
	pairs map[string]*pair // by the proxy's URL, "" for none
}

// RoundTrip does a request. See http.RoundTripper.
func (t *Transport) RoundTrip(req *http.Request) (*http.Response, error) {
	t.once.Do(t.setUp)
	if req.URL == nil || req.URL.Scheme != "https" {
		return t.plain.RoundTrip(req)
	}
	var proxy *url.URL
	if t.settings.Proxy != nil {
		var err error
		if proxy, err = t.settings.Proxy(req); err != nil {
			closeBody(req)
			return nil, err
		}
	}
	return t.pair(proxy).roundTrip(req)
}

// CloseIdleConnections closes connections on which nothing is under way. Transport may be used on.
func (t *Transport) CloseIdleConnections() {
	t.once.Do(t.setUp)
	t.plain.CloseIdleConnections()
	t.mu.Lock()
	defer t.mu.Unlock()
	for _, p := range t.pairs {
		p.http1.CloseIdleConnections()
		p.http2.CloseIdleConnections()
	}
}

func (t *Transport) setUp() {
	from := t.HTTP
	if from == nil {
		from, _ = http.DefaultTransport.(*http.Transport)
	}
	if from == nil { // a program has put something else in its place
		from = &http.Transport{Proxy: http.ProxyFromEnvironment}
	}
	t.settings = from.Clone()
	_, own := t.settings.TLSNextProto[nameHTTP2]
	t.spoken = spoken(t.settings.Protocols, t.settings.TLSNextProto != nil && !own, "http2client")
	config := t.Config
	if config == nil {
		config = tls.FromStd(t.settings.TLSClientConfig)
	}
	if config == nil {
		config = new(tls.Config)
	}
	t.config = offering(config, t.spoken)

	t.plain = t.settings.Clone()
	p := new(http.Protocols)
	p.SetHTTP1(t.spoken.HTTP1())
	p.SetUnencryptedHTTP2(t.settings.Protocols != nil && t.settings.Protocols.UnencryptedHTTP2())
	t.plain.Protocols = p
	t.pairs = make(map[string]*pair)
}

func (t *Transport) pair(proxy *url.URL) *pair {
	key := ""
	if proxy != nil {
		key = proxy.String()
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	p := t.pairs[key]
	if p == nil {
		p = newPair(t, proxy)
		t.pairs[key] = p
	}
	return p
}

func closeBody(req *http.Request) {
	if req.Body != nil {
		_ = req.Body.Close()
	}
}
