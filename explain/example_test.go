package explain_test

import (
	"fmt"
	"os"

	"github.com/vitro-tls/vitro/event"
	"github.com/vitro-tls/vitro/explain"
	"github.com/vitro-tls/vitro/fault"
	"github.com/vitro-tls/vitro/wire"
)

// A tracer is given to a configuration; here its events are made by hand.
func Example() {
	var tracer event.Tracer = explain.Text(os.Stdout, explain.Options{Level: explain.Full})

	var stream event.Stream
	stream.Init(tracer, fault.Client, 1)
	done := &wire.ServerHelloDone{}
	if _, err := wire.Encode(done, wire.Context{}); err != nil {
		fmt.Println(err)
	}
	event.Emit(&stream, fault.StepServerHelloDone, event.Message{Message: done})
	event.Emit(&stream, 0, event.Check{What: event.CheckName, Passed: true, Wanted: "localhost", Found: []string{"localhost", "127.0.0.1"}})
	event.Emit(&stream, fault.StepClientVerification, event.PeerVerified{ServerName: "localhost"})
	// Output:
	//  4  Server Hello Done                                  server → client   4 bytes
	//     The server hands the word back to the client. (RFC 5246 §7.4.5)
	//     known now   the server has no more to say
	//
	//  5  Client Verification                                            in the client
	//     The client makes up its mind whether to believe the certificates.
	//     (RFC 5246 §7.4.2, RFC 5280 §6)
	//     ✓ name      "localhost" is among its names: localhost, 127.0.0.1
	//     verified    yes, this is "localhost"
	//     known now   the chain leads to a CA that is trusted here, the name and dates
	//                 hold; the server's public key
}

func ExampleError() {
	err := fault.New(fault.WrongHost).With(`wanted "example.com", the certificate has "localhost"`)
	fmt.Print(explain.Error(err, explain.Options{}))
	// Output:
	// The certificate is for another host.
	// found       wanted "example.com", the certificate has "localhost"
	// rule        wrong_host, RFC 6125 §6
	// hint        use one of its names, or get a certificate that has this one
}

func ExampleJSON() {
	var stream event.Stream
	stream.Init(explain.JSON(os.Stdout), fault.Server, 7)
	event.Emit(&stream, 0, event.ProtocolChosen{Protocol: "h2", Offered: []string{"h2", "http/1.1"}, Ours: []string{"h2"}})
	// Output: {"conn":7,"role":"server","seq":1,"time":"0001-01-01T00:00:00Z","event":"protocol_chosen","protocol":"h2","offered":["h2","http/1.1"],"ours":["h2"]}
}
