package interop

import (
	"path/filepath"
	"testing"

	"github.com/vitro-tls/vitro/fault"
	"github.com/vitro-tls/vitro/internal/testkit"
	"github.com/vitro-tls/vitro/tls"
)

// RFC 8446 §2.2: who comes back with a ticket needs no certificate. crypto/tls stands beside it in package tls.

func TestServerResumes(t *testing.T) {
	v13.feature(t, openSSL, fault.Server, func(t *testing.T) {
		config := v13.serverConfig(t, testkit.RSA)
		file := filepath.Join(t.TempDir(), "session")
		for i, args := range [][]string{{"-sess_out", file}, {"-sess_in", file, "-sess_out", file}, {"-sess_in", file}} {
			server := serve(t, config, echoLines)
			client := start(t, "openssl", append([]string{"s_client", "-connect", server.addr, "-servername", testkit.Host,
				"-CAfile", testkit.RootFile(t), "-verify_return_error"}, args...)...)
			say(client, "hello")
			client.input("Q\n")
			client.wait()
			if got := server.done(); got.err != nil || got.state.DidResume != (i > 0) {
				t.Errorf("connection %d of OpenSSL: resumed %v, %v", i, got.state.DidResume, got.err)
			}
		}
	})
	v13.feature(t, gnuTLS, fault.Server, func(t *testing.T) {
		listener := listen(t)
		config := v13.serverConfig(t, testkit.RSA)
		resumed := make(chan served, 2)
		go func() {
			for range 2 {
				raw, err := listener.Accept()
				if err != nil {
					resumed <- served{err: err}
					return
				}
				resumed <- serveConn(t, raw, config, echoLines)
			}
		}()
		// -r has gnutls-cli come twice, the second time with the session of the first.
		client := gnuTLSClient(t, listener.Addr().String(), "--resume", "--waitresumption")
		first := <-resumed
		say(client, "hello")
		client.stdin.Close()
		client.wait()
		second := <-resumed
		if first.state.DidResume || !second.state.DidResume || second.err != nil {
			t.Errorf("resumed: %v, then %v; %v, %v", first.state.DidResume, second.state.DidResume, first.err, second.err)
		}
	})
}

func TestClientResumes(t *testing.T) {
	v13.feature(t, openSSL, fault.Client, func(t *testing.T) {
		server := startSServer(t, testkit.Leaf(testkit.P256), "-tls1_3", "-rev", "-naccept", "3")
		config := v13.clientConfig()
		config.ClientSessionCache = tls.NewLRUClientSessionCache(0)
		for i := range 3 {
			conn, err := dial(t, server.addr(), config)
			if err != nil {
				t.Fatal(err)
			}
			exchange(t, conn, []byte("hello\n"), []byte("olleh\n"))
			if got := conn.ConnectionState().DidResume; got != (i > 0) {
				t.Errorf("connection %d to OpenSSL: resumed %v", i, got)
			}
			conn.Close()
		}
	})
}
