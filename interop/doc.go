// Package interop runs Vitro against TLS software that others wrote: OpenSSL (s_client, s_server), GnuTLS
// (gnutls-cli, gnutls-serv), Go's crypto/tls, and curl and Chromium, which are clients only. It consists of tests, all on
// loopback.
//
// The matrix is made from the tables of internal/suite: every cipher suite, group and signature scheme of TLS 1.2 and 1.3 with every
// peer in both directions. What was agreed on is asserted as the peer reports it; Vitro's own ConnectionState must say
// the same, and data must flow both ways. A cell for which there is no peer is listed with its reason. Around the
// matrix stand the features (ALPN, server names, stapling, retries, new keys, key logs, close_notify) as the peer sees
// them, and the failures, from both sides, by the name that Vitro gives them.
//
// Every cell runs twice: as a user has it, and with every want of Vitro's end answered late, from another goroutine,
// which the ledger counts apart.
//
// A program that is not installed skips its tests with a message; with VITRO_REQUIRE_PEERS=1 in the environment it
// fails them. With -v the cells are listed at the end:
//
//	go test -v ./interop
package interop
