package acme

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"crypto/tls"
	"crypto/x509"
	"encoding/asn1"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"errors"
	"fmt"
	"math/big"
	"net"
	"net/http"
	"net/http/httptest"
	"slices"
	"sync"
	"testing"
	"time"

	"golang.org/x/crypto/acme"

	"github.com/vitro-tls/vitro/pki"
)

// authority is a CA that speaks ACME (RFC 8555) with one account and one order, as far as its clients need. It believes
// signatures, but checks the domain itself, by tls-alpn-01 (RFC 8737).
type authority struct {
	t      *testing.T
	ca     *pki.CA
	server *httptest.Server
	target net.Addr // where the domain is reached

	mu              sync.Mutex
	nonces          int
	thumbprint      string
	order           string // its status
	authz           string
	chain           []byte
	issued, checked int
}

const token = "a-token-of-the-authority"

func newAuthority(t *testing.T) *authority {
	t.Helper()
	ca, err := pki.NewCA(pki.CAOptions{Name: "ACME Test Root"})
	if err != nil {
		t.Fatal(err)
	}
	a := &authority{t: t, ca: ca, order: "pending", authz: "pending"}
	mux := http.NewServeMux()
	mux.HandleFunc("/directory", a.describe)
	mux.HandleFunc("/nonce", func(http.ResponseWriter, *http.Request) {})
	mux.HandleFunc("/account", a.newAccount)
	mux.HandleFunc("/new-order", a.newOrder)
	mux.HandleFunc("/order", func(w http.ResponseWriter, _ *http.Request) { a.tellOrder(w, http.StatusOK) })
	mux.HandleFunc("/authz", a.tellAuthz)
	mux.HandleFunc("/challenge", a.check)
	mux.HandleFunc("/finalize", a.finalize)
	mux.HandleFunc("/certificate", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/pem-certificate-chain")
		_, _ = w.Write(a.chain)
	})
	a.server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		a.mu.Lock()
		defer a.mu.Unlock()
		a.nonces++
		w.Header().Set("Replay-Nonce", fmt.Sprint("nonce-", a.nonces))
		mux.ServeHTTP(w, r)
	}))
	t.Cleanup(a.server.Close)
	return a
}

func (a *authority) roots() *x509.CertPool { return a.ca.Pool() }
func (a *authority) directory() string     { return a.server.URL + "/directory" }

func (a *authority) counts() (issued, checked int) {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.issued, a.checked
}

func (a *authority) answer(w http.ResponseWriter, status int, v any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	if err := json.NewEncoder(w).Encode(v); err != nil {
		a.t.Error(err)
	}
}

func (a *authority) describe(w http.ResponseWriter, _ *http.Request) {
	a.answer(w, http.StatusOK, map[string]string{
		"newNonce": a.server.URL + "/nonce", "newAccount": a.server.URL + "/account", "newOrder": a.server.URL + "/new-order",
		"revokeCert": a.server.URL + "/revoke", "keyChange": a.server.URL + "/key-change",
	})
}

// open reads what a client has signed. RFC 8555 §6.2.
func (a *authority) open(r *http.Request, protected, payload any) {
	var signed struct{ Protected, Payload string }
	if err := json.NewDecoder(r.Body).Decode(&signed); err != nil {
		a.t.Errorf("%s: %v", r.URL, err)
	}
	for part, v := range map[string]any{signed.Protected: protected, signed.Payload: payload} {
		raw, err := base64.RawURLEncoding.DecodeString(part)
		if err == nil && v != nil {
			err = json.Unmarshal(raw, v)
		}
		if err != nil {
			a.t.Errorf("%s: %v", r.URL, err)
		}
	}
}

func (a *authority) newAccount(w http.ResponseWriter, r *http.Request) {
	var protected struct{ JWK struct{ X, Y string } }
	a.open(r, &protected, nil)
	x, errX := base64.RawURLEncoding.DecodeString(protected.JWK.X)
	y, errY := base64.RawURLEncoding.DecodeString(protected.JWK.Y)
	key, err := ecdsa.ParseUncompressedPublicKey(elliptic.P256(), slices.Concat([]byte{4}, x, y))
	if err := errors.Join(errX, errY, err); err != nil {
		a.t.Errorf("the account's key: %v", err)
		return
	}
	thumbprint, err := acme.JWKThumbprint(key)
	if err != nil {
		a.t.Error(err)
	}
	a.thumbprint = thumbprint
	w.Header().Set("Location", a.server.URL+"/account/1")
	a.answer(w, http.StatusCreated, map[string]string{"status": "valid", "orders": a.server.URL + "/orders"})
}

func (a *authority) newOrder(w http.ResponseWriter, r *http.Request) {
	var wanted struct{ Identifiers []struct{ Value string } }
	a.open(r, nil, &wanted)
	if len(wanted.Identifiers) != 1 || wanted.Identifiers[0].Value != domain {
		a.t.Errorf("an order for %v", wanted.Identifiers)
	}
	a.tellOrder(w, http.StatusCreated)
}

func (a *authority) tellOrder(w http.ResponseWriter, status int) {
	w.Header().Set("Location", a.server.URL+"/order")
	a.answer(w, status, map[string]any{
		"status": a.order, "identifiers": []any{identifier()}, "authorizations": []string{a.server.URL + "/authz"},
		"finalize": a.server.URL + "/finalize", "certificate": a.server.URL + "/certificate",
	})
}

func identifier() map[string]string { return map[string]string{"type": "dns", "value": domain} }

func (a *authority) challenge() map[string]string {
	return map[string]string{"type": "tls-alpn-01", "url": a.server.URL + "/challenge", "token": token, "status": a.authz}
}

func (a *authority) tellAuthz(w http.ResponseWriter, _ *http.Request) {
	a.answer(w, http.StatusOK, map[string]any{
		"status": a.authz, "identifier": identifier(), "challenges": []any{a.challenge()},
	})
}

// check visits the domain, and does not go on without what RFC 8737 §3 asks for.
func (a *authority) check(w http.ResponseWriter, _ *http.Request) {
	a.authz, a.order = "valid", "ready"
	if err := a.visit(); err != nil {
		a.t.Errorf("the CA's visit: %v", err)
		a.authz, a.order = "invalid", "invalid"
	}
	a.checked++
	a.answer(w, http.StatusOK, a.challenge())
}

// identifierExtension has the digest of token and account key. RFC 8737 §6.1.
var identifierExtension = asn1.ObjectIdentifier{1, 3, 6, 1, 5, 5, 7, 1, 31}

func (a *authority) visit() error {
	conn, err := tls.DialWithDialer(&net.Dialer{Timeout: time.Minute}, "tcp", a.target.String(), &tls.Config{
		ServerName: domain, NextProtos: []string{acme.ALPNProto}, InsecureSkipVerify: true,
	})
	if err != nil {
		return err
	}
	defer conn.Close()
	state := conn.ConnectionState()
	if state.NegotiatedProtocol != acme.ALPNProto {
		return fmt.Errorf("the server speaks %q", state.NegotiatedProtocol)
	}
	digest := sha256.Sum256([]byte(token + "." + a.thumbprint))
	leaf := state.PeerCertificates[0]
	for _, x := range leaf.Extensions {
		var shown []byte
		if !x.Id.Equal(identifierExtension) || !x.Critical {
			continue
		}
		if _, err := asn1.Unmarshal(x.Value, &shown); err == nil && subtle.ConstantTimeCompare(shown, digest[:]) == 1 {
			return leaf.VerifyHostname(domain)
		}
	}
	return fmt.Errorf("the certificate for %v does not answer the challenge", leaf.DNSNames)
}

func (a *authority) finalize(w http.ResponseWriter, r *http.Request) {
	var order struct{ CSR string }
	a.open(r, nil, &order)
	der, err := base64.RawURLEncoding.DecodeString(order.CSR)
	if err != nil {
		a.t.Error(err)
	}
	request, err := x509.ParseCertificateRequest(der)
	if err != nil || request.CheckSignature() != nil || a.order != "ready" {
		a.t.Errorf("a request for a certificate: %v, in an order that is %s", err, a.order)
		return
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(int64(a.issued) + 2), DNSNames: request.DNSNames,
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(90 * 24 * time.Hour),
		KeyUsage: x509.KeyUsageDigitalSignature, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
	}
	leaf, err := x509.CreateCertificate(rand.Reader, template, a.ca.Certificate, request.PublicKey, a.ca.Key)
	if err != nil {
		a.t.Error(err)
		return
	}
	a.chain = pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: leaf})
	a.order = "valid"
	a.issued++
	a.tellOrder(w, http.StatusOK)
}
