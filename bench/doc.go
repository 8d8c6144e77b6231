// Package bench measures Vitro (both ends) beside crypto/tls (both ends) under the same conditions: the same
// certificates and roots, verification on, one suite and one group on offer, nobody watching, no tickets but where
// resumption is what is measured, and GOMAXPROCS=1 where not said otherwise, so that the figures are processor time and
// not a matter of how many processors there are.
//
// The whole picture, with tables and plots, is made by a program of its own:
//
//	go run ./bench/report --help
//
// It measures by this package's contests ([Handshakes], [Bulk], [Duplex], [Scaling]); the benchmarks measure the same
// connections for who wants to look at one thing closely.
//
// The names are keys and values, as benchstat wants them:
//
//	go test -run '^$' -bench 'Handshake|Bulk|Duplex' -count 6 ./bench > bench.txt
//	go run golang.org/x/perf/cmd/benchstat@latest -col /impl bench.txt
//
// One pass of each, to see that they run:
//
//	go test -run '^$' -bench . -benchtime 1x ./bench
//
// What watching costs, a tracer that only counts beside none:
//
//	go test -run '^$' -bench Watching -count 6 ./bench > watching.txt
//	go run golang.org/x/perf/cmd/benchstat@latest -col /tracer watching.txt
//
// The axes:
//
//   - kx: RSA, ECDHE-RSA, ECDHE-ECDSA: TLS 1.2. ECDHE-ticket: TLS 1.2, resumed. X25519-ECDSA, X25519MLKEM768-ECDSA,
//     X25519-RSA: TLS 1.3, the group first. X25519-PSK: TLS 1.3, resumed. All with AES-128-GCM, an RSA key of 2048 bits or an ECDSA key on P-256; TLS 1.2 with
//     X25519. The chain is a leaf and an intermediate, whose keys and the root's are ECDSA.
//   - cipher: AES-128-GCM, AES-256-GCM, ChaCha20-Poly1305, in TLS 1.2.
//   - size: bytes in one Write.
//   - net: memory, where a write never blocks (in BenchmarkDuplex not before 256 KiB wait), and tcp over loopback.
//   - version and procs, in BenchmarkDuplex: the version of TLS, and GOMAXPROCS.
//
// A benchmark of handshakes carries them all, one after the other, over one network connection: neither dialling nor
// closing is counted. An operation is both ends' work. A resumed one is a handshake with the ticket of the one before, and
// a byte from the server, with which the client gets the next ticket. In memory the allocations of each end are counted
// apart as well.
//
// In BenchmarkDuplex each end reads and writes at once, in two goroutines; an operation is 16 KiB in each direction.
//
// Two things are held by tests, and by the benchmarks too before they begin: a record costs no allocation, neither in
// the engine nor in tls.Conn, and watching costs none when nobody watches.
//
//	go test ./bench
//
// Times are asserted nowhere.
package bench
