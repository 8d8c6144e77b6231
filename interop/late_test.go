package interop

import (
	"net"
	"runtime"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/vitro-tls/vitro/internal/late"
	"github.com/vitro-tls/vitro/tls"
	"github.com/vitro-tls/vitro/want"
)

// lateMark ends the names of the cases in which every want of our end is answered late, from another goroutine.
const lateMark = ", answered late"

// twice runs a case as a user has it, and again with every want of our end answered late.
func twice(t *testing.T, name string, f func(t *testing.T)) {
	t.Helper()
	t.Run(name, f)
	t.Run(name+lateMark, f)
}

// answersLate reports whether t is within such a case.
func answersLate(t testing.TB) bool {
	return strings.Contains(t.Name(), strings.ReplaceAll(lateMark, " ", "_"))
}

// newClient and newServer are tls.Client and tls.Server for the cases of twice. Where answers are late, there are callbacks
// too, which leave everything as it is, so that there are more questions.

func newClient(t testing.TB, raw net.Conn, config *tls.Config) *tls.Conn {
	if !answersLate(t) {
		return tls.Client(raw, config)
	}
	if config.GetClientCertificate == nil {
		config = config.Clone()
		config.GetClientCertificate = func(*tls.CertificateRequestInfo) (*tls.Certificate, error) { return nil, nil }
	}
	conn := tls.Client(raw, config)
	lately(t, conn)
	return conn
}

func newServer(t testing.TB, raw net.Conn, config *tls.Config) *tls.Conn {
	if !answersLate(t) {
		return tls.Server(raw, config)
	}
	config = config.Clone()
	if config.GetConfigForClient == nil {
		config.GetConfigForClient = func(*tls.ClientHelloInfo) (*tls.Config, error) { return nil, nil }
	}
	if config.GetCertificate == nil {
		config.GetCertificate = func(*tls.ClientHelloInfo) (*tls.Certificate, error) { return nil, nil }
	}
	conn := tls.Server(raw, config)
	lately(t, conn)
	return conn
}

// lately has another goroutine answer what conn asks.
func lately(t testing.TB, conn *tls.Conn) {
	var asked atomic.Int32
	t.Cleanup(func() {
		if conn.ConnectionState().HandshakeComplete && asked.Load() == 0 {
			t.Error("a handshake was completed, and nothing of it was answered late")
		}
	})
	late.Answers(conn, func(q want.Question, answer func()) {
		asked.Add(1)
		go func() {
			runtime.Gosched()
			answer()
			ledger.mu.Lock()
			defer ledger.mu.Unlock()
			ledger.late[q.Name()]++
		}()
	})
}
