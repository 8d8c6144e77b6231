package want_test

import (
	"context"
	"errors"
	"fmt"

	"github.com/vitro-tls/vitro/want"
	"github.com/vitro-tls/vitro/wire"
)

// A question is answered once, from any goroutine; whoever drives the engine waits for Done, or is notified.
func Example() {
	remote := func(message []byte) []byte { return append([]byte("signed: "), message...) } // a key across the network

	var next want.Want = want.NewSign(want.Asker{Context: context.Background()}, nil, wire.ED25519, []byte("hello"))
	switch w := next.(type) {
	case *want.Sign:
		go func() {
			if err := w.Answer(remote(w.Message)); err != nil {
				fmt.Println(err)
			}
		}()
		<-w.Done()
		signature, err := w.Result()
		fmt.Printf("%s: %s, %v\n", w.Name(), signature, err)
		fmt.Println(errors.Is(w.Answer(nil), want.ErrAnswered))
	case want.NeedInput:
		// read from the network, and feed the engine
	}
	// Output:
	// Sign: signed: hello, <nil>
	// true
}
