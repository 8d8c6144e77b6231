package explain

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/vitro-tls/vitro/fault"
	"github.com/vitro-tls/vitro/wire"
)

// TestErrors holds the explanation of failures of each kind against a file that a reviewer can read.
func TestErrors(t *testing.T) {
	expired := fault.New(fault.CertificateExpired).With(`"CN=localhost" was valid until 2026-01-01, it is 2026-05-01`)
	expired.Role, expired.Step = fault.Client, fault.StepServerHelloDone
	group := fault.New(fault.NoCommonGroup).Between("group", []string{"x25519", "secp256r1"}, []string{"ffdhe2048"})
	group.Role, group.Step = fault.Server, fault.StepClientHello
	broken := fault.New(fault.ConnectionBroken).Because(errors.New("connection reset by peer"))
	silence := fault.New(fault.Silence).Because(context.DeadlineExceeded)
	silence.Role, silence.Step = fault.Client, fault.StepClientHello
	plain := fault.New(fault.PlainHTTPRequest).With(`"GET / HTTP/1.1"`)
	plain.Role = fault.Server
	var page bytes.Buffer
	for _, err := range []error{
		expired,
		fmt.Errorf("Get https://localhost: %w", group),
		broken,
		silence,
		plain,
		fault.New(fault.OtherProtocol).With(`the banner "SSH-2.0-OpenSSH_9.2\r\n"`).Advise("this is SSH: try port 443"),
		&fault.PeerAlert{Alert: wire.Alert{Level: 2, Description: wire.AlertHandshakeFailure}, Role: fault.Client, Step: fault.StepClientHello,
			Offers: &fault.Offers{Of: "cipher suite", Ours: []string{wire.TLS_RSA_WITH_AES_128_GCM_SHA256.String()}}},
		&fault.PeerAlert{Alert: wire.Alert{Level: 2, Description: wire.AlertHandshakeFailure}, Role: fault.Client, Step: fault.StepClientFinished, Asked: true},
		fault.WrongHost,
		errors.New("dial tcp 127.0.0.1:1: connection refused"),
	} {
		page.WriteString(Error(err, Options{}) + "\n")
	}
	golden(t, "errors", page.Bytes())
	fits(t, "errors", page.String(), defaultWidth)
	if got := Error(nil, Options{}); got != "" {
		t.Errorf("no error is explained as %q", got)
	}
}

// TestEveryRuleIsExplained: sentence, name, section and hint of each rule are there, within 80 columns.
func TestEveryRuleIsExplained(t *testing.T) {
	for _, r := range fault.Rules() {
		text := Error(fault.New(r), Options{})
		fits(t, r.Name, text, defaultWidth)
		words := strings.Join(strings.Fields(text), " ")
		for _, want := range []string{r.Sentence[1:], r.Name, r.Section, r.Hint} {
			if !strings.Contains(words, want) {
				t.Errorf("%s: %q is not told:\n%s", r.Name, want, text)
			}
		}
	}
}
