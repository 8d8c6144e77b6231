package interop

import (
	"bytes"
	"sync"
	"testing"

	"github.com/vitro-tls/vitro/event"
	"github.com/vitro-tls/vitro/fault"
	"github.com/vitro-tls/vitro/internal/testkit"
	"github.com/vitro-tls/vitro/wire"
)

// RFC 8449, RFC 6066 §4: who asks for small records gets small records. GnuTLS has both extensions, OpenSSL the older.

// sizes notes the longest encrypted record of application data each way.
type sizes struct {
	mu             sync.Mutex
	sent, received int
}

func (s *sizes) Event(_ event.Meta, e event.Event) {
	r, ok := e.(event.Record)
	if !ok || r.Type != wire.ContentApplicationData {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if r.Sent {
		s.sent = max(s.sent, r.Length)
	} else {
		s.received = max(s.received, r.Length)
	}
}

// keep asserts that data went each way in records of at most 512 bytes and what their protection adds.
func (s *sizes) keep(t *testing.T, sent, received bool) {
	t.Helper()
	s.mu.Lock()
	defer s.mu.Unlock()
	const most = 512 + 32
	if sent && (s.sent == 0 || s.sent > most) || received && (s.received == 0 || s.received > most) {
		t.Errorf("records of up to %d bytes went out, of up to %d came in", s.sent, s.received)
	}
}

func TestSmallRecords(t *testing.T) {
	line := append(bytes.Repeat([]byte("x"), 2000), '\n')
	noPeer(t, goTLS, fault.Server, "crypto/tls has neither extension")
	noPeer(t, curl, fault.Server, "curl asks for neither")
	for _, v := range []spoken{v12, v13} {
		for p, visit := range map[program]visitor{
			openSSL: sClientVisitor("-maxfraglen", "512"),
			gnuTLS:  gnuTLSVisitor("--recordsize", "512"),
		} {
			v.feature(t, p, fault.Server, func(t *testing.T) {
				config, watch := v.serverConfig(t, testkit.RSA), new(sizes)
				config.Tracer = watch
				server := serve(t, config, answerPost)
				visit.run(t, server.addr)
				server.servedGreeting(t)
				watch.keep(t, true, false)
			})
		}
		v.feature(t, gnuTLS, fault.Client, func(t *testing.T) {
			server := echoer(t)
			config, watch := v.clientConfig(), new(sizes)
			config.RecordSizeLimit, config.Tracer = 512, watch
			conn := mustDial(t, server.addr(), config)
			exchange(t, conn, line, line)
			watch.keep(t, false, true)
		})
		v.feature(t, openSSL, fault.Client, func(t *testing.T) {
			server := reverser(t)
			config, watch := v.clientConfig(), new(sizes)
			config.RecordSizeLimit, config.Tracer = 512, watch
			conn := mustDial(t, server.addr(), config)
			exchange(t, conn, line, line)
			watch.keep(t, true, true)
		})
	}
}
