// Package https is net/http over Vitro's TLS: servers and clients that speak HTTP/1.1 and HTTP/2, whichever ALPN agrees on.
//
// What carries HTTP is net/http itself, with its handlers, requests, contexts and settings. Its own HTTPS knows no TLS
// but crypto/tls's, so here connections have shaken hands before it sees them. Request.TLS and Response.TLS are filled as a
// program expects; [ConnOf] gives the connection for what they cannot hold.
//
// There is no HTTP/2 without TLS: a client that tries is answered, like every one that speaks plain HTTP, with status 400.
package https
