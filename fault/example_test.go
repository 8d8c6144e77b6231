package fault_test

import (
	"errors"
	"fmt"

	"github.com/vitro-tls/vitro/fault"
)

// An error matches its rule and the wider ones, and tells what to change.
func Example() {
	err := fmt.Errorf("fetching: %w", fault.New(fault.MissingIntermediate).With("the issuer is CN=Example CA 2"))

	if errors.Is(err, fault.UnknownCA) {
		fmt.Println("not trusted")
	}
	var broken *fault.Error
	if errors.As(err, &broken) {
		fmt.Println(broken.Rule.Name, broken.Rule.Alert, broken.Rule.Section)
		fmt.Println(broken.Hint())
	}
	// Output:
	// not trusted
	// missing_intermediate unknown_ca RFC 5280 §6.1
	// configure the server to send its whole chain
}
