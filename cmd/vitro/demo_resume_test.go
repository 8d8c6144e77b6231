package main

import (
	"encoding/hex"
	"fmt"
	"strings"
	"testing"
	"unicode/utf8"
)

var resumeFlags = map[string]demoFlags{
	"TLS 1.3":           {version: "1.3", resume: true},
	"TLS 1.2 with RSA":  {resume: true},
	"TLS 1.2 and ECDHE": {keyExchange: keyExchangeECDHE, resume: true},
}

// demo --resume tells the second visit alone, as it was on the wire: a hello with a ticket, no certificate, and the
// steps that are left. RFC 8446 §2.2; RFC 5246 §7.3, Figure 2.
func TestDemoResumeTellsTheSecondVisit(t *testing.T) {
	for name, f := range resumeFlags {
		events, wire := demoEventsOf(t, f)
		_, hello, _ := record(t, wire.sent.Bytes())
		if told := find(events, "client", 1); told["raw"] != hex.EncodeToString(hello) {
			t.Errorf("%s: the hello that is told is not the one of the last connection: %v", name, told)
		}
		steps, conns := map[any]string{}, map[any]bool{}
		for _, e := range events {
			conns[e["conn"]] = true
			if e.step() != 0 {
				steps[e["role"]] += fmt.Sprint(" ", e.step())
			}
			if e["message"] == "Certificate" || e["message"] == "CertificateVerify" {
				t.Errorf("%s: there is a %v", name, e["message"])
			}
		}
		client, server := " 1 2 5 8 11 12 9 10 13", " 1 2 8 11 12 9 10 13"
		if f.version == "1.3" {
			client, server = " 1 2 8 5 12 10 13", " 1 2 8 12 10 13"
		}
		if len(conns) != 2 || steps["client"] != client || steps["server"] != server {
			t.Errorf("%s: %d ends are told; the client's steps are%s, want%s; the server's%s, want%s", name, len(conns),
				steps["client"], client, steps["server"], server)
		}
	}
}

// Its text is one story in lines of at most 80 columns, at every level, and ends with the response.
func TestDemoResumeText(t *testing.T) {
	for _, version := range []string{"1.2", "1.3"} {
		for _, level := range []string{"brief", "full", "bytes"} {
			code, out, errs := vitro(t, "demo", "--tls", version, "--resume", "--explain", level)
			if code != exitOK || errs != "" {
				t.Errorf("%s, %s: exit %d, stderr %q", version, level, code, errs)
			}
			for line := range strings.Lines(out) {
				if n := utf8.RuneCountInString(strings.TrimRight(line, "\n")); n > 80 {
					t.Errorf("%s, %s: a line of %d columns: %s", version, level, n, line)
				}
			}
			want := []string{"once more over TLS " + version, ", resumed\n", "in the full handshake of", "HTTP/1.1 200 OK"}
			if level != "brief" {
				want = append(want, "\n    absent      · Server Certificate (3)", "\n    in place of the pre-master: ", "\n    protects    ")
			}
			for _, s := range want {
				if strings.Count(out, s) != 1 {
					t.Errorf("%s, %s: %q is there %d times:\n%s", version, level, s, strings.Count(out, s), out)
				}
			}
			if strings.Contains(out, "── connection") {
				t.Errorf("%s, %s: both ends are told as two connections", version, level)
			}
		}
	}
}
