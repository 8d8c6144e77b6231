package main

import (
	"net"
	"strings"
	"testing"

	"github.com/vitro-tls/vitro/internal/testkit"
	"github.com/vitro-tls/vitro/tls"
	"github.com/vitro-tls/vitro/wire"
)

// A server that only speaks DHE is named as such, with the policy that allows it; under that policy it is spoken with.
func TestGetNamesDHEOnlyServers(t *testing.T) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	leaf := testkit.Leaf(testkit.RSA)
	secure := tls.NewListener(listener, &tls.Config{
		Certificates: []tls.Certificate{{Certificate: leaf.Chain, PrivateKey: leaf.Key}},
		CipherSuites: []uint16{uint16(wire.TLS_DHE_RSA_WITH_AES_128_GCM_SHA256)},
		MaxVersion:   tls.VersionTLS12,
		Time:         testkit.Clock,
	})
	go func() {
		for {
			conn, err := secure.Accept()
			if err != nil {
				return
			}
			go func() {
				defer conn.Close()
				if n, _ := conn.Read(make([]byte, 4096)); n > 0 {
					_, _ = conn.Write([]byte("HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\nhi"))
				}
			}()
		}
	}()
	url := "https://" + listener.Addr().String() + "/"
	const named = "it only speaks DHE key exchange; policy legacy allows it: --policy legacy"
	if code, _, errs := get(t, "--insecure", url); code != exitHandshake || !strings.Contains(errs, named) {
		t.Errorf("exit %d, want %d and %q\n%s", code, exitHandshake, named, errs)
	}
	for _, choice := range [][]string{{"--policy", "legacy"}, {"--key-exchange", "dhe"}, {"--ciphers", "DHE-RSA-AES128-GCM-SHA256", "--groups", "ffdhe3072"}} {
		code, body, errs := get(t, append(choice, "--insecure", url)...)
		if code != exitOK || body != "hi" || !strings.Contains(errs, "TLS_DHE_RSA_WITH_AES_128_GCM_SHA256, ffdhe") {
			t.Errorf("%v: exit %d, body %q\n%s", choice, code, body, errs)
		}
	}
}
