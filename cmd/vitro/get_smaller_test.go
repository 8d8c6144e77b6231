package main

import (
	"io"
	"net"
	"strings"
	"testing"

	"github.com/vitro-tls/vitro/internal/testkit"
)

// middlebox lets connections to a server pass whose first record fits into one packet, and is silent to others.
func middlebox(t *testing.T, server string) string {
	return accept(t, func(conn net.Conn) {
		header := make([]byte, 5)
		if _, err := io.ReadFull(conn, header); err != nil {
			return
		}
		if length := int(header[3])<<8 | int(header[4]); length > 1300 {
			_, _ = io.Copy(io.Discard, conn)
			return
		}
		to, err := net.Dial("tcp", server)
		if err != nil {
			t.Error(err)
			return
		}
		defer to.Close()
		_, _ = to.Write(header)
		go func() { _, _ = io.Copy(to, conn) }()
		_, _ = io.Copy(conn, to)
	})
}

// A ClientHello that grew past one packet by its post-quantum share and met silence is tried again smaller, and what
// was in the way is named.
func TestGetTriesASmallerHello(t *testing.T) {
	p := newPeer(t, testkit.Leaf(testkit.P256), nil)
	address := middlebox(t, net.JoinHostPort("127.0.0.1", p.port))
	code, out, errs := get(t, "--max-time", "1", "--servername", testkit.Host, "https://"+address+"/")
	if code != exitOK || out == "" || !strings.Contains(errs, "middlebox") {
		t.Errorf("exit %d, %q\n%s", code, out, errs)
	}
	// Where the user chose the groups there is nothing to try.
	code, _, errs = get(t, "--max-time", "0.2", "--groups", "X25519MLKEM768", "--servername", testkit.Host, "https://"+address+"/")
	if code != exitTimeout || strings.Contains(errs, "smaller") {
		t.Errorf("with --groups: exit %d\n%s", code, errs)
	}
}
