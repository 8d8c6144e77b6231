package engine_test

import (
	"context"
	"os"
	"sync"
	"testing"

	"github.com/vitro-tls/vitro/fault"
	"github.com/vitro-tls/vitro/internal/testkit"
	"github.com/vitro-tls/vitro/want"
	"github.com/vitro-tls/vitro/wire"
)

var (
	contextCanceled = context.Canceled
	contextDeadline = context.DeadlineExceeded
)

var rulesSeen sync.Map

func provoked(r *fault.Rule) { rulesSeen.Store(r, true) }

// elsewhere are the rules that the engine does not find itself, with where they are provoked.
var elsewhere = map[*fault.Rule]string{
	fault.BadConfig:                 "hs: TestBadConfig",
	fault.CertificateExpired:        "trust",
	fault.CertificateNotYetValid:    "trust",
	fault.WrongHost:                 "trust",
	fault.UnknownCA:                 "trust",
	fault.SelfSigned:                "trust",
	fault.MissingIntermediate:       "trust",
	fault.InvalidChain:              "trust",
	fault.NotSignedByIssuer:         "tls: TestClientJudgesChains",
	fault.WeakSignature:             "tls: TestClientJudgesChains",
	fault.UnknownSignatureAlgorithm: "tls: TestClientJudgesChains",
	fault.SmallKey:                  "tls: TestClientJudgesChains",
	fault.NotACA:                    "tls: TestClientJudgesChains",
	fault.MayNotIssue:               "tls: TestClientJudgesChains",
	fault.PathTooLong:               "tls: TestClientJudgesChains",
	fault.UnknownCriticalExtension:  "tls: TestClientJudgesChains",
	fault.NameNotPermitted:          "tls: TestClientJudgesChains",
	fault.PolicyNotValid:            "tls: TestClientJudgesChains",
	fault.CertificateRevoked:        "tls: TestClientJudgesStaples",
	fault.BadStaple:                 "tls: TestClientJudgesStaples",
	fault.MalformedStaple:           "tls: TestClientJudgesStaples",
	fault.StapleOfAnother:           "tls: TestClientJudgesStaples",
	fault.UntrustedStaple:           "tls: TestClientJudgesStaples",
	fault.StaleStaple:               "tls: TestClientJudgesStaples",
	fault.EarlyStaple:               "tls: TestClientJudgesStaples",
	fault.StatusUnknown:             "tls: TestClientJudgesStaples",
	fault.MissingStaple:             "tls: TestClientJudgesStaples",
	fault.TooFewTimestamps:          "tls: TestClientJudgesTimestamps",
	fault.SequenceExhausted:         "record: TestSequenceExhausted",
	fault.UnprotectedRecord:         "record: TestUnprotected13",
	fault.NoContentType:             "record: TestNoContentType",
	fault.NoCredential:              "TestFailedAnswers",
	fault.SigningFailed:             "TestFailedAnswers",
	fault.ConfigRefused:             "TestFailedAnswers",
	fault.RejectedByCaller:          "TestFailedAnswers",
	fault.InternalError:             "is a bug where it is seen",
}

// Every rule of the table is provoked through bytes from a peer, or stands on the list with where else it is.
func TestMain(m *testing.M) {
	code := m.Run()
	if code == 0 && !testing.Short() && !filtered() {
		for _, r := range fault.Rules() {
			if _, ok := rulesSeen.Load(r); !ok && elsewhere[r] == "" {
				println("no test provokes the rule", r.Name)
				code = 1
			}
		}
	}
	os.Exit(code)
}

func filtered() bool {
	for _, a := range os.Args {
		for _, f := range []string{"-test.run", "-test.fuzz", "-test.bench", "-test.skip", "-test.list"} {
			if len(a) > len(f) && a[:len(f)] == f && a[len(f):] != "=" {
				return true
			}
		}
	}
	return false
}

// connected is a pair after its handshake.
func connected(t testing.TB) (client, server *end) {
	t.Helper()
	client, server = newClient(t, clientConfig()), newServer(t, serverConfig(testkit.RSA))
	mustShake(t, client, server)
	return client, server
}

// sealed protects content as an end's own write half would, whatever it is.
func sealed(t testing.TB, e *end, ct wire.ContentType, content []byte) []byte {
	t.Helper()
	out, err := e.SealAs(ct, content)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func credentialOf(t testing.TB, c *testkit.Certificate) *want.Credential {
	t.Helper()
	credential, err := want.NewCredential(c.Chain, c.Key, nil)
	if err != nil {
		t.Fatal(err)
	}
	return credential
}
