package bench

import (
	std "crypto/tls"
	"errors"
	"io"
	"net"
	"strconv"

	"github.com/vitro-tls/vitro/internal/testkit"
)

// AES-128-GCM in both versions.
var duplexed = []agreement{
	{name: "TLS 1.2", version: std.VersionTLS12, suite: std.TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256, kind: testkit.P256, group: std.X25519},
	{name: "TLS 1.3", version: std.VersionTLS13, suite: std.TLS_AES_128_GCM_SHA256, kind: testkit.P256, group: std.X25519},
}

var duplexNetworks = []network{{"memory", boundedPair}, {"tcp", tcpPair}}

// boundedPair is memoryPair where a writer does not get ahead of its reader without end.
func boundedPair(t TB) (client, server net.Conn) {
	a, b := newDuplex(256 << 10)
	t.Cleanup(func() { a.Close() })
	return a, b
}

// bothWays has each end write n times while it reads what the other one writes, to the end.
func bothWays(client, server conn, n, size int) error {
	done := make(chan error, 4)
	for _, c := range []conn{client, server} {
		go func() { done <- sendAll(c, n, size) }()
		go func() { done <- receiveAll(c, n*size) }()
	}
	var failed error
	for range cap(done) {
		if err := <-done; err != nil && failed == nil {
			failed = err
			// The other halves wait for what does not come any more.
			_, _ = client.Close(), server.Close()
		}
	}
	return failed
}

func sendAll(c conn, n, size int) error {
	out := make([]byte, size)
	for range n {
		if _, err := c.Write(out); err != nil {
			return err
		}
	}
	return c.CloseWrite()
}

func receiveAll(c conn, want int) error {
	in, total := make([]byte, 32<<10), 0
	for {
		n, err := c.Read(in)
		total += n
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return err
		}
	}
	if total != want {
		return errors.New(strconv.Itoa(total) + " bytes arrived of " + strconv.Itoa(want))
	}
	return nil
}
