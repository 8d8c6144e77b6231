//lint:file-ignore SA1019 a program may have set Dial and DialTLS

package https

import (
	"context"
	"fmt"
	"net"
	"net/http/httptrace"

	"github.com/vitro-tls/vitro/tls"
)

// secured is a *tls.Conn, or something around one.
type secured interface {
	net.Conn
	ConnectionState() tls.ConnectionState
}

// dial connects for one protocol. It returns errOther where the server chose the other one, and carries the connection over.
func (p *pair) dial(ctx context.Context, network, addr string, http2 bool) (net.Conn, error) {
	t := ctx.Value(tripKey{}).(*trip)
	if conn := t.take(http2); conn != nil {
		return conn, nil
	}
	conn, err := p.secure(ctx, network, addr)
	if err != nil {
		return nil, err
	}
	if conn.isHTTP2() != http2 {
		t.carry(conn)
		return nil, errOther
	}
	return conn, nil
}

// secure connects and shakes hands.
func (p *pair) secure(ctx context.Context, network, addr string) (*dialled, error) {
	inner, err := p.connect(ctx, network, addr)
	if err != nil {
		return nil, err
	}
	conn, ok := inner.(secured)
	if !ok {
		_ = inner.Close()
		return nil, fmt.Errorf("https: DialTLSContext returned a %T, and it takes Vitro's *tls.Conn or what has its methods", inner)
	}
	state := conn.ConnectionState()
	d := &dialled{Conn: conn, state: state.Std(), protocol: state.NegotiatedProtocol, ended: make(chan struct{})}
	d.tls, _ = conn.(*tls.Conn)
	spoken := p.transport.spoken
	if d.protocol == nameHTTP2 && spoken.HTTP2() || speaksHTTP1(d.protocol) && spoken.HTTP1() {
		return d, nil
	}
	_ = conn.Close()
	if d.protocol == "" {
		return nil, fmt.Errorf("https: the server chose no protocol, and HTTP/1.1 is left out of Protocols")
	}
	return nil, fmt.Errorf("https: the server chose %q, which is not spoken here", d.protocol)
}

func (p *pair) connect(ctx context.Context, network, addr string) (net.Conn, error) {
	settings := p.transport.settings
	switch {
	case p.proxy != nil:
		return p.throughProxy(ctx, network, addr)
	case settings.DialTLSContext != nil:
		return settings.DialTLSContext(ctx, network, addr)
	case settings.DialTLS != nil:
		return settings.DialTLS(network, addr)
	}
	raw, err := p.reach(ctx, network, addr)
	if err != nil {
		return nil, err
	}
	return p.shake(ctx, raw, addr, p.transport.config)
}

// reach connects without TLS.
func (p *pair) reach(ctx context.Context, network, addr string) (net.Conn, error) {
	settings := p.transport.settings
	switch {
	case settings.DialContext != nil:
		return settings.DialContext(ctx, network, addr)
	case settings.Dial != nil:
		return settings.Dial(network, addr)
	}
	return new(net.Dialer).DialContext(ctx, network, addr)
}

// shake shakes hands over raw, which is closed if that fails.
func (p *pair) shake(ctx context.Context, raw net.Conn, addr string, config *tls.Config) (net.Conn, error) {
	if config.ServerName == "" {
		host, _, err := net.SplitHostPort(addr)
		if err != nil {
			_ = raw.Close()
			return nil, err
		}
		config = config.Clone()
		config.ServerName = host
	}
	if limit := p.transport.settings.TLSHandshakeTimeout; limit > 0 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, limit)
		defer cancel()
	}
	trace := httptrace.ContextClientTrace(ctx)
	if trace != nil && trace.TLSHandshakeStart != nil {
		trace.TLSHandshakeStart()
	}
	conn := tls.Client(raw, config)
	err := conn.HandshakeContext(ctx)
	if trace != nil && trace.TLSHandshakeDone != nil {
		state := conn.ConnectionState()
		trace.TLSHandshakeDone(state.Std(), err)
	}
	if err != nil {
		go conn.Close() // it may linger, so that the alert arrives
		return nil, err
	}
	return conn, nil
}
