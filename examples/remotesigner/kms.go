package main

import (
	"crypto"
	"crypto/rand"
	"crypto/subtle"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"time"

	"github.com/vitro-tls/vitro/pki"
)

// This file is the other process: it has the key, and signs what it is asked to.

// certificates is what it says about itself, in DER.
type certificates struct {
	Chain [][]byte // leaf first
	Root  []byte
}

// request asks for signatures by the key, ECDSA on P-256, over digests of SHA-256; reply has one for each.
type request struct{ Digests [][]byte }

type reply struct{ Signatures [][]byte }

// vault answers over HTTP: GET /certificates, POST /sign.
type vault struct {
	token string
	key   crypto.Signer
	certificates
	before func(r *http.Request) // is called before each request for signatures is answered
}

func newVault(token string) (*vault, error) {
	ca, err := pki.NewCA(pki.CAOptions{})
	if err != nil {
		return nil, err
	}
	leaf, err := ca.Issue(pki.LeafOptions{Hosts: []string{"localhost", "127.0.0.1", "::1"}, Key: pki.ECDSAP256})
	if err != nil {
		return nil, err
	}
	return &vault{
		token: token, key: leaf.Key, before: func(*http.Request) {},
		certificates: certificates{leaf.Chain, ca.Certificate.Raw},
	}, nil
}

func (v *vault) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	// A token that is compared in constant time cannot be guessed byte by byte.
	if v.token == "" || subtle.ConstantTimeCompare([]byte(r.Header.Get("Authorization")), []byte("Bearer "+v.token)) != 1 {
		http.Error(w, "who are you?", http.StatusUnauthorized)
		return
	}
	switch r.Method + " " + r.URL.Path {
	case "GET /certificates":
		_ = json.NewEncoder(w).Encode(v.certificates)
	case "POST /sign":
		v.before(r)
		v.sign(w, r)
	default:
		http.NotFound(w, r)
	}
}

func (v *vault) sign(w http.ResponseWriter, r *http.Request) {
	var asked request
	if err := json.NewDecoder(http.MaxBytesReader(w, r.Body, 1<<20)).Decode(&asked); err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	answer := reply{make([][]byte, len(asked.Digests))}
	for i, digest := range asked.Digests {
		signature, err := v.key.Sign(rand.Reader, digest, crypto.SHA256)
		if err != nil || len(digest) != crypto.SHA256.Size() {
			http.Error(w, fmt.Sprintf("digest %d cannot be signed", i), http.StatusBadRequest)
			return
		}
		answer.Signatures[i] = signature
	}
	_ = json.NewEncoder(w).Encode(answer)
}

// serveKMS is the process: it says where it listens, and ends with its input.
func serveKMS(delay time.Duration, stdin io.Reader, stdout io.Writer) error {
	vault, err := newVault(os.Getenv(tokenVariable))
	if err != nil {
		return err
	}
	vault.before = func(r *http.Request) {
		select {
		case <-time.After(delay):
		case <-r.Context().Done():
		}
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	server := &http.Server{Handler: vault, ReadHeaderTimeout: 10 * time.Second}
	go func() {
		_, _ = io.Copy(io.Discard, stdin)
		server.Close()
	}()
	fmt.Fprintf(stdout, "http://%v\n", listener.Addr())
	if err := server.Serve(listener); err != http.ErrServerClosed {
		return err
	}
	return nil
}
