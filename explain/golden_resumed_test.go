package explain

import (
	"bytes"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/vitro-tls/vitro/fault"
	"github.com/vitro-tls/vitro/wire"
)

var resumedScenes = []string{"tls13_resumed", "ecdhe_resumed_ticket", "rsa_resumed_id"}

// TestStoriesResumed holds what is told of handshakes that take up a session, at every level of detail and from both
// ends, against files that a reviewer can read.
func TestStoriesResumed(t *testing.T) {
	for _, name := range resumedScenes {
		for what, o := range map[string]Options{
			"full":    {Level: Full},
			"columns": {Level: Full, Width: 110, Columns: true},
			"bytes":   {Level: Bytes},
			"brief":   {Level: Brief},
		} {
			t.Run(name+"_"+what, func(t *testing.T) {
				var both, client, server bytes.Buffer
				text := Text(&both, o)
				newResumedScene(t, name, text, text).play()
				golden(t, name+"_"+what, both.Bytes())
				newResumedScene(t, name, Text(&client, o), Text(&server, o)).play()
				if what == "full" || what == "brief" {
					golden(t, name+"_"+what+"_client", client.Bytes())
					golden(t, name+"_"+what+"_server", server.Bytes())
				}
				for who, page := range map[string]*bytes.Buffer{"both": &both, "client": &client, "server": &server} {
					fits(t, who, page.String(), newPage(o).width)
				}
			})
		}
		t.Run(name+"_json", func(t *testing.T) {
			var out bytes.Buffer
			lines := JSON(&out)
			newResumedScene(t, name, lines, lines).play()
			golden(t, name+"_json", out.Bytes())
		})
	}
}

// TestEveryStepOfAResumedHandshake: each of the thirteen is either told, with words and a section, or named as absent
// with a reason; none is both. RFC 8446 §2.2; RFC 5246 §7.3, Figure 2.
func TestEveryStepOfAResumedHandshake(t *testing.T) {
	for _, version := range []wire.Version{wire.TLS12, wire.TLS13} {
		r := resumptionOf(version)
		var absent []fault.Step
		for _, a := range r.absent {
			if absent = append(absent, a.steps...); a.why == "" {
				t.Errorf("%v: no reason why %s is absent", version, a.title())
			}
		}
		want := []fault.Step{fault.StepServerCertificate, fault.StepServerHelloDone, fault.StepGenPremaster, fault.StepClientKeyExchange}
		if version == wire.TLS13 {
			want = append(want, fault.StepClientChangeCipherSpec, fault.StepServerChangeCipherSpec)
		}
		if !slices.Equal(absent, want) {
			t.Errorf("%v: absent are %v, want %v", version, absent, want)
		}
		v := &view{version: version, resumed: true}
		for step := fault.StepClientHello; step <= fault.StepFinish; step++ {
			if slices.Contains(absent, step) {
				if _, told := r.steps[step]; told {
					t.Errorf("%v: %v is told, and absent", version, step)
				}
				continue
			}
			if c := v.chapter(step); c.what == "" || c.known == "" || !strings.HasPrefix(c.section, "RFC ") {
				t.Errorf("%v: %v lacks words or its section: %+v", version, step, c)
			}
		}
		if r.place == "" || r.protects == "" {
			t.Errorf("%v: it is not told what takes the pre-master's place, or what that protects", version)
		}
	}
}

// TestResumedStepsComeInTheirOrder: in TLS 1.2 the server's Change Cipher Spec and Finished come before the client's.
func TestResumedStepsComeInTheirOrder(t *testing.T) {
	for name, want := range map[string]string{
		"tls13_resumed":        " 1 2 8 8 5 12 10 13 13",
		"ecdhe_resumed_ticket": " 1 2 8 5 8 11 12 9 10 13 13",
		"rsa_resumed_id":       " 1 2 8 5 8 11 12 9 10 13 13",
	} {
		var page bytes.Buffer
		text := Text(&page, Options{Level: Full})
		newResumedScene(t, name, text, text).play()
		got := ""
		for _, m := range stepHeading.FindAllStringSubmatch(page.String(), -1) {
			got += fmt.Sprint(" ", m[1])
		}
		if got != want {
			t.Errorf("%s: the steps come as%s, want%s", name, got, want)
		}
	}
}
