// Package differential holds Vitro against crypto/tls, byte for byte: the same ClientHello goes to both servers, and the
// same server's flight to both clients, each under its own keys, up to the data behind the handshake. Version, suite, group,
// resumption, protocol, data and alert agree, or the difference is on a list with its reason. It has tests only.
//
// What follows from recorded hellos with every byte changed, and from some thousand changes to a server's flights, runs
// with the other tests, and fails for every difference that is not listed. For what chance finds:
//
//	go test -fuzz FuzzServer ./differential -args -strict
//	go test -fuzz FuzzClient ./differential -args -strict
//	go test -fuzz FuzzFlight ./differential -args -strict
//
// Without -args -strict they fail for a panic or a hang only: random bytes find a new difference every day.
package differential
