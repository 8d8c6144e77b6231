package trust_test

import (
	"errors"
	"fmt"

	"github.com/vitro-tls/vitro/fault"
	"github.com/vitro-tls/vitro/internal/testkit"
	"github.com/vitro-tls/vitro/trust"
	"github.com/vitro-tls/vitro/want"
)

// A client looks at what a server sent. The server's certificate is for another host.
func ExampleVerifier() {
	verifier := &trust.Verifier{Roots: testkit.PKI().Roots}
	verdict := verifier.Verify(want.Peer{
		Chain:   testkit.Parse(testkit.Flawed(testkit.WrongHost, testkit.P256).Chain),
		State:   want.ConnectionState{ServerName: "vitro.test"},
		Now:     testkit.Now,
		Watched: true,
	}, fault.Client)

	for _, check := range verdict.Checks {
		fmt.Println(check.What, check.Passed, check.Subject)
	}
	var refusal *fault.Error
	if errors.As(verdict.Err, &refusal) {
		fmt.Println(refusal.Rule.Name)
		fmt.Println(refusal.Detail)
		fmt.Println(refusal.Hint())
	}
	// Output:
	// key true CN=other.test
	// link true CN=other.test
	// link true CN=Vitro Test Intermediate
	// root true CN=Vitro Test Root
	// dates true CN=other.test
	// dates true CN=Vitro Test Intermediate
	// dates true CN=Vitro Test Root
	// usage true CN=other.test
	// name false CN=other.test
	// wrong_host
	// it is for other.test; wanted "vitro.test"
	// use one of its names, or get a certificate that has this one
}

// A client wants a stapled OCSP response of every server, and a certificate that a log knows. The server has neither.
func ExampleLogList() {
	log := testkit.NewLog("Example Log", testkit.P256)
	logs, err := trust.NewLogList(trust.Log{Name: log.Name, Key: log.Key.Public()})
	if err != nil {
		fmt.Println(err)
		return
	}
	server := want.Peer{
		Chain: testkit.Parse(testkit.Leaf(testkit.P256).Chain),
		State: want.ConnectionState{ServerName: testkit.Host},
		Now:   testkit.Now,
	}
	for _, verifier := range []*trust.Verifier{
		{Roots: testkit.PKI().Roots},
		{Roots: testkit.PKI().Roots, Staples: trust.RequireStaples},
		{Roots: testkit.PKI().Roots, Logs: logs, RequireSCTs: 1},
	} {
		verdict := verifier.Verify(server, fault.Client)
		fmt.Println(errors.Is(verdict.Err, fault.MissingStaple), errors.Is(verdict.Err, fault.TooFewTimestamps))
	}
	// Output:
	// false false
	// true false
	// false true
}
