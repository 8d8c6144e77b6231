package main

import (
	"bytes"
	"context"
	"crypto"
	"crypto/x509"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"time"

	"github.com/vitro-tls/vitro/tls"
)

// remoteKey is a private key that is elsewhere.
type remoteKey struct {
	url, token string
	chain      [][]byte
	root       []byte
	public     crypto.PublicKey
}

// connect asks a KMS for the certificates of its key.
func connect(ctx context.Context, url, token string) (*remoteKey, error) {
	k := &remoteKey{url: url, token: token}
	var its certificates
	if err := k.call(ctx, "GET", "/certificates", nil, &its); err != nil {
		return nil, err
	}
	if len(its.Chain) == 0 {
		return nil, errors.New("it has no certificate")
	}
	leaf, err := x509.ParseCertificate(its.Chain[0])
	if err != nil {
		return nil, err
	}
	k.chain, k.root, k.public = its.Chain, its.Root, leaf.PublicKey
	return k, nil
}

// sign returns a signature for each digest.
func (k *remoteKey) sign(ctx context.Context, digests [][]byte) ([][]byte, error) {
	var its reply
	if err := k.call(ctx, "POST", "/sign", request{digests}, &its); err != nil {
		return nil, err
	}
	if len(its.Signatures) != len(digests) {
		return nil, fmt.Errorf("%d signatures came for %d digests", len(its.Signatures), len(digests))
	}
	return its.Signatures, nil
}

func (k *remoteKey) call(ctx context.Context, method, path string, ask, answer any) error {
	ctx, cancel := context.WithTimeout(ctx, 10*time.Second)
	defer cancel()
	body, err := json.Marshal(ask)
	if err != nil {
		return err
	}
	r, err := http.NewRequestWithContext(ctx, method, k.url+path, bytes.NewReader(body))
	if err != nil {
		return err
	}
	r.Header.Set("Authorization", "Bearer "+k.token)
	response, err := http.DefaultClient.Do(r)
	if err != nil {
		return err
	}
	defer response.Body.Close()
	if response.StatusCode != http.StatusOK {
		return fmt.Errorf("%s %s: %s", method, k.url+path, response.Status)
	}
	return json.NewDecoder(response.Body).Decode(answer)
}

// Public and Sign make it a crypto.Signer. Sign has no context: it waits.
func (k *remoteKey) Public() crypto.PublicKey { return k.public }

func (k *remoteKey) Sign(_ io.Reader, digest []byte, opts crypto.SignerOpts) ([]byte, error) {
	if opts.HashFunc() != crypto.SHA256 {
		return nil, fmt.Errorf("it signs digests of SHA-256 only, not of %v", opts.HashFunc())
	}
	signatures, err := k.sign(context.Background(), [][]byte{digest})
	if err != nil {
		return nil, err
	}
	return signatures[0], nil
}

// serveBlocking is the way over package tls: the key is a crypto.Signer, and all else as ever.
func serveBlocking(ctx context.Context, listener net.Listener, key *remoteKey, log func(net.Addr, error)) error {
	config := &tls.Config{Certificates: []tls.Certificate{{Certificate: key.chain, PrivateKey: key}}}
	for {
		network, err := listener.Accept()
		if ctx.Err() != nil {
			return nil
		}
		if err != nil {
			return err
		}
		go func() {
			conn := tls.Server(network, config)
			defer conn.Close()
			_ = conn.SetDeadline(time.Now().Add(handshakeTime))
			if _, err := io.WriteString(conn, greeting); err != nil {
				log(network.RemoteAddr(), err)
			}
		}()
	}
}
