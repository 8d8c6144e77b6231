package explain

import (
	"bytes"
	"strings"
	"testing"

	"github.com/vitro-tls/vitro/event"
	"github.com/vitro-tls/vitro/fault"
	"github.com/vitro-tls/vitro/wire"
)

// RFC 8446 §4.4.2.2: a chain that the client does not say it can check is shown where there is no better one, and that
// is told; of others it is not.
func TestUnlistedChainIsTold(t *testing.T) {
	const words = "with a signature in its chain that the client does not list"
	for _, unlisted := range []bool{true, false} {
		var page, lines bytes.Buffer
		tell(event.Tee(Text(&page, Options{Level: Full}), JSON(&lines)), fault.Server, []event.Event{
			event.CredentialChosen{Named: true, Of: 2, ChainUnlisted: unlisted},
			event.Message{Sent: true, Message: &wire.Certificate{Chain: [][]byte{{1}}}},
		})
		told := strings.Join(strings.Fields(page.String()), " ")
		if strings.Contains(told, words) != unlisted || !strings.Contains(told, "one of the server's 2") {
			t.Errorf("unlisted %v: %s", unlisted, told)
		}
		if strings.Contains(lines.String(), `"chain_unlisted":true`) != unlisted {
			t.Errorf("unlisted %v: %s", unlisted, &lines)
		}
	}
}

// RFC 8446 §4.2.3: the list for certificates is told by its content, not by its name alone.
func TestCertificateSchemesAreTold(t *testing.T) {
	hello := &wire.ClientHello{Version: wire.TLS12, CipherSuites: []wire.CipherSuite{wire.TLS_AES_128_GCM_SHA256}}
	hello.SignatureAlgorithmsCert = []wire.SignatureScheme{wire.RSA_PKCS1_SHA256, wire.RSA_PSS_PSS_SHA256}
	hello.Add(wire.ExtSignatureAlgsCert)
	var page, lines bytes.Buffer
	tell(event.Tee(Text(&page, Options{Level: Full}), JSON(&lines)), fault.Client, []event.Event{event.Message{Sent: true, Message: hello}})
	if told := strings.Join(strings.Fields(page.String()), " "); !strings.Contains(told, "in certs rsa_pkcs1_sha256, rsa_pss_pss_sha256") {
		t.Errorf("told: %s", told)
	}
	if !strings.Contains(lines.String(), `"rsa_pkcs1_sha256","rsa_pss_pss_sha256"`) {
		t.Errorf("the line: %s", &lines)
	}
}
