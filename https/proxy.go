package https

import (
	"bufio"
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"
	"time"

	"golang.org/x/net/proxy"
)

// net/http would shake hands as crypto/tls behind a proxy, so that the way through it is made here.

// proxyPatience is how long a proxy may take to connect. net/http's is the same.
const proxyPatience = time.Minute

var proxyPorts = map[string]string{"http": "80", "https": "443", "socks5": "1080", "socks5h": "1080"}

// throughProxy connects and shakes hands through the proxy. Errors before the handshake are a *net.OpError, as net/http's.
func (p *pair) throughProxy(ctx context.Context, network, addr string) (net.Conn, error) {
	raw, err := p.tunnel(ctx, network, addr)
	if err != nil {
		return nil, &net.OpError{Op: "proxyconnect", Net: network, Err: err}
	}
	return p.shake(ctx, raw, addr, p.transport.config)
}

func (p *pair) tunnel(ctx context.Context, network, addr string) (net.Conn, error) {
	port, known := proxyPorts[p.proxy.Scheme]
	if !known {
		return nil, fmt.Errorf("a proxy's URL begins with http, https, socks5 or socks5h, not %q", p.proxy.Scheme)
	}
	if own := p.proxy.Port(); own != "" {
		port = own
	}
	at := net.JoinHostPort(p.proxy.Hostname(), port)
	ctx, cancel := context.WithTimeout(ctx, proxyPatience)
	defer cancel()
	if strings.HasPrefix(p.proxy.Scheme, "socks5") {
		return p.socks(ctx, network, at, addr)
	}
	conn, err := p.reach(ctx, network, at)
	if err == nil && p.proxy.Scheme == "https" {
		config := p.transport.config.Clone()
		config.ServerName, config.NextProtos = p.proxy.Hostname(), []string{nameHTTP1}
		conn, err = p.shake(ctx, conn, at, config)
	}
	if err != nil {
		return nil, err
	}
	stop := context.AfterFunc(ctx, func() { _ = conn.SetDeadline(time.Unix(1, 0)) })
	err = p.ask(ctx, conn, addr)
	if !stop() {
		err = context.Cause(ctx)
	}
	if err != nil {
		_ = conn.Close()
		return nil, err
	}
	return conn, nil
}

// ask asks the proxy for a way to addr. RFC 9110 §9.3.6.
func (p *pair) ask(ctx context.Context, conn net.Conn, addr string) error {
	settings := p.transport.settings
	header := settings.ProxyConnectHeader.Clone()
	if settings.GetProxyConnectHeader != nil {
		own, err := settings.GetProxyConnectHeader(ctx, p.proxy, addr)
		if err != nil {
			return err
		}
		header = own.Clone()
	}
	if header == nil {
		header = make(http.Header)
	}
	if user := p.proxy.User; user != nil {
		password, _ := user.Password()
		header.Set("Proxy-Authorization", "Basic "+base64.StdEncoding.EncodeToString([]byte(user.Username()+":"+password)))
	}
	req := &http.Request{Method: http.MethodConnect, URL: &url.URL{Opaque: addr}, Host: addr, Header: header}
	if err := req.Write(conn); err != nil {
		return err
	}
	limit := settings.MaxResponseHeaderBytes
	if limit <= 0 {
		limit = 10 << 20
	}
	answer := bufio.NewReader(io.LimitReader(conn, limit))
	resp, err := http.ReadResponse(answer, req)
	if err != nil {
		return err
	}
	if settings.OnProxyConnectResponse != nil {
		if err := settings.OnProxyConnectResponse(ctx, p.proxy, req, resp); err != nil {
			return err
		}
	}
	switch {
	case resp.StatusCode != http.StatusOK:
		return errors.New("the proxy answered " + resp.Status)
	case answer.Buffered() > 0:
		return errors.New("the proxy says something before the server is asked")
	}
	return nil
}

// socks: net/http gives either kind of SOCKS proxy the server's name.
func (p *pair) socks(ctx context.Context, network, at, addr string) (net.Conn, error) {
	var auth *proxy.Auth
	if user := p.proxy.User; user != nil {
		password, _ := user.Password()
		auth = &proxy.Auth{User: user.Username(), Password: password}
	}
	dialer, err := proxy.SOCKS5(network, at, auth, reacher{p})
	if err != nil {
		return nil, err
	}
	return dialer.(proxy.ContextDialer).DialContext(ctx, network, addr)
}

type reacher struct{ pair *pair }

func (r reacher) Dial(network, addr string) (net.Conn, error) {
	return r.DialContext(context.Background(), network, addr)
}

func (r reacher) DialContext(ctx context.Context, network, addr string) (net.Conn, error) {
	return r.pair.reach(ctx, network, addr)
}
