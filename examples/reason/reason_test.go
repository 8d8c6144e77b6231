package main

import (
	"context"
	"errors"
	"net"
	"strings"
	"testing"

	"github.com/vitro-tls/vitro/fault"
)

// Each exhibit is told with its rule and its hint by the end that found it, and with an alert by the other.
func TestGallery(t *testing.T) {
	var out strings.Builder
	if err := run(t.Context(), nil, &out, &out); err != nil {
		t.Fatal(err)
	}
	told := map[string]string{}
	for part := range strings.SplitSeq(out.String(), "\n\n") {
		name, text, _ := strings.Cut(part, "\n")
		told[name] = text
	}
	for name, lines := range map[string][]string{
		"A certificate for another host": {
			"found     the certificate is for another host", `it is for shop.test; wanted "bank.test"`, "rule      wrong_host",
			"section   RFC 6125 §6", "reached   step 3 (Server Certificate)", "so        do not go on",
			"told      the client gave up with the alert bad_certificate",
		},
		"A CA that nobody knows":            {"rule      unknown_ca", "alert unknown_ca", "so        do not go on"},
		"A client whose clock is wrong":     {"rule      certificate_not_yet_valid", "alert certificate_expired", "so        call who runs the server"},
		"Two versions that do not meet":     {"rule      no_common_version", "alert protocol_version", "allow TLS 1.3 too", "our versions: TLS 1.3; the peer's: up to TLS 1.2"},
		"No group in common":                {"rule      no_common_group", "alert handshake_failure", "our groups: secp256r1; the peer's: x25519"},
		"Plain HTTP where TLS was expected": {"rule      plain_http_reply", "hint      this port speaks HTTP", "so        look at the address"},
	} {
		for _, line := range lines {
			if !strings.Contains(told[name], line) {
				t.Errorf("%q lacks %q:\n%s", name, line, told[name])
			}
		}
		delete(told, name)
	}
	for name := range told {
		t.Errorf("%q is not tested", name)
	}
}

// A host that is given is visited, and a failure before TLS is told apart from one of TLS.
func TestHosts(t *testing.T) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	addr := listener.Addr().String()
	go func() {
		for {
			network, err := listener.Accept()
			if err != nil {
				return
			}
			// It reads the ClientHello first: a socket closed with bytes unread would send a reset.
			_, _ = network.Read(make([]byte, 4096))
			network.Close()
		}
	}()
	for _, c := range []struct{ name, line string }{
		{"a server that hangs up", "rule      hang_up"},
		{"a port where nobody listens", "not TLS   dial tcp " + addr},
	} {
		var out strings.Builder
		if err := run(t.Context(), []string{addr}, &out, &out); err != nil || !strings.Contains(out.String(), c.line) {
			t.Errorf("%s: %v\n%s\nwant %q", c.name, err, out.String(), c.line)
		}
		listener.Close()
	}
}

// What a program does depends on the rule, also on a wider one, and on nothing else.
func TestWhatToDo(t *testing.T) {
	for _, c := range []struct {
		err  error
		want string
	}{
		{fault.New(fault.SelfSigned), "do not go on: it may be someone else"},
		{fault.New(fault.OtherProtocol), "look at the address"},
		{fault.New(fault.HangUp), "try again, a few times"},
		{fault.New(fault.Cancelled).Because(context.Canceled), "nothing: it was our own wish"},
		{fault.New(fault.NoCommonSuite), "show a person the hint"},
		{errors.New("the certificate has expired"), "show a person the hint"},
	} {
		if got := whatToDo(c.err); got != c.want {
			t.Errorf("%v: %q, want %q", c.err, got, c.want)
		}
	}
}

// A handshake that does not fail has no reason.
func TestNoFailure(t *testing.T) {
	exhibits, err := exhibits()
	if err != nil {
		t.Fatal(err)
	}
	good := exhibit{client: exhibits[0].client.Clone(), server: exhibits[0].server}
	good.client.ServerName = "shop.test"
	client, _, err := good.fail(t.Context())
	var out strings.Builder
	tell(&out, client)
	if err != nil || strings.TrimSpace(out.String()) != "no failure" {
		t.Errorf("%q, %v", out.String(), err)
	}
}
