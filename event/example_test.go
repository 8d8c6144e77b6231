package event_test

import (
	"fmt"

	"github.com/vitro-tls/vitro/event"
	"github.com/vitro-tls/vitro/fault"
	"github.com/vitro-tls/vitro/wire"
)

// A tracer switches on the events that it cares for.
func Example() {
	tracer := event.TracerFunc(func(m event.Meta, e event.Event) {
		switch e := e.(type) {
		case event.SuiteChosen:
			fmt.Println(m.Role, m.Seq, "chose", e.Suite, "from", len(e.Offered))
		case event.Message:
			fmt.Println(m.Role, m.Seq, m.Step)
		}
	})

	// The engine does this for each connection.
	var stream event.Stream
	stream.Init(tracer, fault.Server, event.NextConn())
	event.Emit(&stream, fault.StepClientHello, event.Message{Message: &wire.ClientHello{}})
	event.Emit(&stream, 0, event.SuiteChosen{
		Suite:   wire.TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256,
		Offered: []wire.CipherSuite{wire.TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256},
	})
	// Output:
	// server 1 step 1 (Client Hello)
	// server 2 chose TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256 from 1
}
