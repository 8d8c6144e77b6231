// Package differential holds Vitro against crypto/tls, byte for byte: the same ClientHello goes to both servers, and the
// same server's flight to both clients. Version, suite, group, resumption and alert agree, or the difference is on a
// list with its reason. It has tests only.
//
// What follows from recorded hellos with every byte changed runs with the other tests. For what chance finds:
//
//	go test -fuzz FuzzServer ./differential -args -strict
//	go test -fuzz FuzzClient ./differential -args -strict
//
// Without -args -strict they fail for a panic or a hang only: random bytes find a new difference every day.
package differential
