package https

import (
	"context"
	"net"
	"net/http"
	"reflect"

	"github.com/vitro-tls/vitro/tls"
)

// setUp makes the server of net/http that does the work: one for both protocols, so that Shutdown knows all requests. It
// speaks HTTP/2 in the way that net/http has for connections without TLS, because its other one knows no TLS but
// crypto/tls's. It is our own, and never sees a connection that is not encrypted.
func (s *Server) setUp() {
	if s.HTTP != nil {
		copySettings(&s.settings, s.HTTP)
	}
	s.server = new(http.Server)
	copySettings(s.server, &s.settings)
	_, own := s.settings.TLSNextProto[nameHTTP2]
	p := spoken(s.settings.Protocols, s.settings.TLSNextProto != nil && !own, "http2server")

	inner := new(http.Protocols)
	inner.SetHTTP1(p.HTTP1())
	inner.SetUnencryptedHTTP2(p.HTTP2())
	s.server.Protocols = inner
	s.server.TLSConfig, s.server.TLSNextProto = nil, nil
	s.server.Handler = handler{s.settings.Handler}
	s.server.ConnContext = s.connContext
	s.server.ConnState = s.connState
	if base := s.settings.BaseContext; base != nil {
		s.server.BaseContext = func(l net.Listener) context.Context { return base(l.(*handshakes).inner) }
	}

	config := s.Config
	if config == nil {
		config = tls.FromStd(s.settings.TLSConfig)
	}
	if config != nil {
		s.config = offering(config, p)
		s.err = s.config.CheckServer()
	}
}

// copySettings copies all that a program may set: fields that net/http will have one day too.
func copySettings(to, from *http.Server) {
	t, f := reflect.ValueOf(to).Elem(), reflect.ValueOf(from).Elem()
	for i := range f.NumField() {
		if f.Type().Field(i).IsExported() {
			t.Field(i).Set(f.Field(i))
		}
	}
}

func (s *Server) connContext(ctx context.Context, c net.Conn) context.Context {
	v := c.(visited).self()
	ctx = context.WithValue(ctx, visitorKey{}, v)
	ctx = withConn(ctx, v.Conn)
	if s.settings.ConnContext != nil {
		ctx = s.settings.ConnContext(ctx, v.Conn)
	}
	return ctx
}

func (s *Server) connState(c net.Conn, state http.ConnState) {
	v := c.(visited).self()
	s.fresh.changed(v, state)
	if s.settings.ConnState != nil {
		s.settings.ConnState(v.Conn, state)
	}
}

// visited is visitor1 or visitor2.
type visited interface{ self() *visitor }

type visitorKey struct{}

// handler fills in what net/http leaves out where it takes a connection of HTTP/2 for one without TLS.
type handler struct{ inner http.Handler }

func (h handler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	v := r.Context().Value(visitorKey{}).(*visitor)
	if r.TLS == nil {
		r.TLS = &v.state
	}
	// net/http takes the preface of HTTP/2 for a request in HTTP/1.1, for handlers that go on from there by themselves.
	if r.ProtoMajor == 2 && v.state.NegotiatedProtocol != nameHTTP2 {
		w.WriteHeader(http.StatusHTTPVersionNotSupported)
		return
	}
	inner := h.inner
	if inner == nil {
		inner = http.DefaultServeMux
	}
	inner.ServeHTTP(w, r)
}
