package main

import (
	stdtls "crypto/tls"
	"encoding/base64"
	"encoding/json"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"golang.org/x/crypto/ocsp"

	"github.com/vitro-tls/vitro/internal/testkit"
)

// staple is a CA's word about a certificate of its own, as of now.
func staple(t *testing.T, about *testkit.Certificate, status int) []byte {
	t.Helper()
	ca := testkit.PKI().Intermediate
	response, err := ocsp.CreateResponse(ca.Certificate, ca.Certificate, ocsp.Response{
		Status: status, SerialNumber: about.Leaf.SerialNumber, ThisUpdate: time.Now().Add(-time.Hour), NextUpdate: time.Now().Add(time.Hour),
		RevokedAt: time.Now().Add(-time.Hour),
	}, ca.Key)
	if err != nil {
		t.Fatal(err)
	}
	return response
}

// words are a text without its line breaks.
func words(s string) string { return strings.Join(strings.Fields(s), " ") }

// RFC 6066 §8: what the CA says about the certificate is told, and counts.
func TestGetJudgesStaples(t *testing.T) {
	leaf := testkit.Leaf(testkit.P256)
	for _, c := range []struct {
		name   string
		staple []byte
		args   []string
		code   int
		tells  string
	}{
		{"good", staple(t, leaf, ocsp.Good), []string{"--cert-status", "--explain", "full"}, exitOK, "says by OCSP about \"CN=vitro.test\": good, as of"},
		{"revoked", staple(t, leaf, ocsp.Revoked), nil, exitStatus, "The CA has revoked the certificate"},
		{"malformed", []byte("staple"), nil, exitStatus, "The stapled OCSP response does not parse"},
		{"none", nil, nil, exitOK, ""},
		{"none where one is wanted", nil, []string{"--cert-status"}, exitStatus, "The server staples no OCSP response, and must"},
	} {
		p := newPeer(t, leaf, func(config *stdtls.Config) { config.Certificates[0].OCSPStaple = c.staple })
		code, _, stderr := get(t, append(c.args, p.url("/"))...)
		if code != c.code || !strings.Contains(words(stderr), c.tells) {
			t.Errorf("%s: exit %d, want %d, with %q:\n%s", c.name, code, c.code, c.tells, stderr)
		}
	}
}

// RFC 6962 §5.2: which known logs vouch for the certificate is told, and counts where it is asked for.
func TestGetJudgesTimestamps(t *testing.T) {
	log := testkit.NewLog("Known Log", testkit.P256)
	logged := testkit.Logged(testkit.P256, testkit.Now.Add(-time.Hour), log, testkit.NewLog("x", testkit.P256))
	list, err := json.Marshal(map[string]any{"operators": []any{map[string]any{"logs": []any{map[string]any{
		"description": log.Name, "key": base64.StdEncoding.EncodeToString(log.SPKI()), "state": map[string]any{"usable": map[string]any{}},
	}}}}})
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(t.TempDir(), "log_list.json")
	if err := os.WriteFile(file, list, 0o600); err != nil {
		t.Fatal(err)
	}
	p := newPeer(t, logged, nil)
	for wanted, c := range []struct {
		code  int
		tells string
	}{
		{exitOK, `"CN=vitro.test" was logged by Known Log (2026-01-15`},
		{exitOK, "; wanted: 1; not counted: "},
		{exitNotTrusted, "1 of 2 logs that are wanted vouch for \"vitro.test\"; not counted are "},
	} {
		code, _, stderr := get(t, "--explain", "full", "--ct-logs", file, "--require-scts", strconv.Itoa(wanted), p.url("/"))
		if code != c.code || !strings.Contains(words(stderr), c.tells) {
			t.Errorf("%d wanted: exit %d, want %d, with %q:\n%s", wanted, code, c.code, c.tells, stderr)
		}
	}
	for name, args := range map[string][]string{
		"no list":        {"--require-scts", "1"},
		"no file":        {"--ct-logs", file + "x"},
		"not a list":     {"--ct-logs", testkit.RootFile(t)},
		"less than none": {"--ct-logs", file, "--require-scts", "-1"},
	} {
		if code, _, stderr := get(t, append(args, p.url("/"))...); code != exitUsage || !strings.Contains(stderr, "--") {
			t.Errorf("%s: exit %d, want wrong usage:\n%s", name, code, stderr)
		}
	}
}
