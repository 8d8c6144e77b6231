package main

import (
	"net"
	"sync"

	"github.com/vitro-tls/vitro/engine"
	"github.com/vitro-tls/vitro/internal/late"
	"github.com/vitro-tls/vitro/tls"
	"github.com/vitro-tls/vitro/trust"
	"github.com/vitro-tls/vitro/want"
	"github.com/vitro-tls/vitro/wire"
)

// whole is an end that is a tls.Conn. What it asks the shim answers, and not its own configuration.
type whole struct {
	link    *link
	tls     *tls.Conn
	buf     []byte
	answers sync.WaitGroup // that are on their way
	one     sync.Mutex     // at a time: several tickets may come at once
}

// sayable reports whether tls.Config has words for what the flags ask.
func (o *observed) sayable() error {
	if o.whole && (o.readWithUnfinishedWrite || o.sendAlert || o.requireSecure || o.config.KeyShares != nil || !o.server && (o.policy != "" || o.verifyPrefs != nil)) {
		return lacking("by tls.Conn")
	}
	return nil
}

func newWhole(l *link, compiled *engine.Compiled) *whole {
	w := &whole{link: l, buf: make([]byte, 512)}
	if l.readSize > 0 {
		w.buf = make([]byte, l.readSize)
	}
	l.compiled = compiled
	conn := l.conn
	if l.async {
		conn = crumbs{conn}
	}
	if l.server {
		w.tls = tls.Server(conn, l.serverConfig())
	} else {
		w.tls = tls.Client(conn, l.clientConfig())
	}
	late.Answers(w.tls, func(q want.Question, _ func()) {
		if l.async {
			w.answers.Go(func() {
				w.one.Lock()
				defer w.one.Unlock()
				l.answer(q)
			})
		} else {
			l.answer(q)
		}
	})
	return w
}

// serverConfig asks for another one as soon as there is a client: that is the engine's.
func (l *link) serverConfig() *tls.Config {
	return &tls.Config{
		GetCertificate:     func(*tls.ClientHelloInfo) (*tls.Certificate, error) { return nil, errCallback },
		GetConfigForClient: func(*tls.ClientHelloInfo) (*tls.Config, error) { return nil, errCallback },
		Policy:             tls.PolicyLegacy,
		StrictClose:        l.config.StrictClose,
		Tracer:             l.config.Tracer,
		SecretSink:         l.config.Secrets,
		Time:               l.now,
	}
}

func (l *link) clientConfig() *tls.Config {
	c := l.config
	config := &tls.Config{
		ServerName:           c.ServerName,
		InsecureSkipVerify:   true,
		MinVersion:           max(uint16(c.MinVersion), tls.VersionTLS12),
		MaxVersion:           uint16(c.MaxVersion),
		CipherSuites:         numbersOf[uint16](c.CipherSuites),
		CurvePreferences:     numbersOf[tls.CurveID](c.Groups),
		NextProtos:           c.Protocols,
		GetClientCertificate: func(*tls.CertificateRequestInfo) (*tls.Certificate, error) { return nil, errCallback },
		Renegotiation:        tls.RenegotiationSupport(c.Renegotiation),
		Policy:               tls.PolicyLegacy,
		Verifier:             new(trust.Verifier), // without one key usage counts as little as in crypto/tls
		GREASE:               c.GREASE,
		StrictClose:          c.StrictClose,
		Tracer:               c.Tracer,
		SecretSink:           c.Secrets,
		Time:                 l.now,
	}
	if c.ClientSessions {
		config.ClientSessionCache = tls.NewLRUClientSessionCache(1)
	}
	return config
}

func numbersOf[T, F ~uint16](list []F) []T {
	var out []T
	for _, v := range list {
		out = append(out, T(v))
	}
	return out
}

func (w *whole) shake() error { return w.tls.Handshake() }
func (w *whole) again() error { return w.tls.Handshake() }

func (w *whole) read() ([]byte, error) {
	n, err := w.tls.Read(w.buf)
	if n > 0 {
		return w.buf[:n], nil
	}
	return nil, err
}

func (w *whole) write(data []byte) error {
	_, err := w.tls.Write(data)
	return err
}

func (w *whole) updateKeys() error { return w.tls.UpdateKeys(false) }
func (w *whole) close() error      { return w.tls.CloseWrite() }
func (w *whole) settle()           { w.answers.Wait() }

func (w *whole) abort(error) error  { return errLacking }
func (w *whole) begin([]byte) error { return errLacking }
func (w *whole) finish() error      { return nil }

func (w *whole) state() want.ConnectionState {
	s := w.tls.ConnectionState()
	return want.ConnectionState{
		Version:          wire.Version(s.Version),
		CipherSuite:      wire.CipherSuite(s.CipherSuite),
		Group:            wire.NamedGroup(s.CurveID),
		Scheme:           wire.SignatureScheme(s.SignatureScheme),
		ServerName:       s.ServerName,
		Protocol:         s.NegotiatedProtocol,
		ExtendedMaster:   s.ExtendedMasterSecret,
		PeerCertificates: s.PeerCertificates,
		VerifiedChains:   s.VerifiedChains,
		OCSPResponse:     s.OCSPResponse,
		SCTs:             s.SignedCertificateTimestamps,
		Complete:         s.HandshakeComplete,
		Resumed:          s.DidResume,
		Retried:          s.HelloRetryRequest,
		Export:           s.ExportKeyingMaterial,
		ClientFinished:   s.TLSUnique,
		ServerFinished:   s.TLSUnique,
	}
}

// crumbs carries one byte at a time.
type crumbs struct{ net.Conn }

func (c crumbs) Read(b []byte) (int, error) { return c.Conn.Read(b[:min(1, len(b))]) }

func (c crumbs) Write(b []byte) (int, error) {
	for i := range b {
		if _, err := c.Conn.Write(b[i : i+1]); err != nil {
			return i, err
		}
	}
	return len(b), nil
}
