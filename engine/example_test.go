package engine_test

import (
	"fmt"

	"github.com/vitro-tls/vitro/engine"
	"github.com/vitro-tls/vitro/internal/testkit"
	"github.com/vitro-tls/vitro/want"
)

// Two engines talk to each other without a network: bytes are carried by hand, and each question is answered on the
// spot.
func Example() {
	compile := func(c engine.Config) *engine.Compiled {
		compiled, err := engine.Compile(c)
		if err != nil {
			panic(err)
		}
		return compiled
	}
	client := engine.NewClient(compile(engine.Config{ServerName: testkit.Host}), engine.Options{})
	server := engine.NewServer(compile(engine.Config{Credentials: []*want.Credential{testkit.Credential(testkit.P256)}}), engine.Options{})

	// drive goes on with one end until it has nothing more to do, and returns what it wants then.
	drive := func(from, to *engine.Engine) want.Want {
		for {
			switch w := from.Step(testkit.Now).(type) {
			case want.HaveOutput:
				for out := from.Output(); len(out) > 0; {
					n := to.Feed(out)
					out = out[n:]
					if len(out) > 0 {
						to.Step(testkit.Now) // one record at a time
					}
				}
			case *want.Sign:
				w.Run() // with the credential's own key; a remote one would Answer later
			case *want.VerifyPeer:
				w.Answer(want.Verdict{Skipped: true}) // package trust has the real answer
			default:
				return w
			}
		}
	}
	for drive(client, server).Name() != "Ready" || drive(server, client).Name() != "Ready" {
		drive(server, client)
	}

	record, err := client.Seal(nil, []byte("hello"))
	if err != nil {
		panic(err)
	}
	data, err := server.Open(record)
	fmt.Printf("%s %v, over %v\n", data, err, server.State().CipherSuite)
	// Output: hello <nil>, over TLS_AES_128_GCM_SHA256
}
