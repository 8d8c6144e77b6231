package trust

import (
	"bytes"
	"crypto"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"fmt"
	"math/big"

	"golang.org/x/crypto/ocsp"

	"github.com/vitro-tls/vitro/fault"
)

// certID says which certificate a status is of. RFC 6960 §4.1.1:
//
//	CertID ::= SEQUENCE { hashAlgorithm, issuerNameHash, issuerKeyHash OCTET STRING, serialNumber }
//
// Package ocsp goes by the serial number alone, which another CA may have given too.
type certID struct {
	Hash              pkix.AlgorithmIdentifier
	NameHash, KeyHash []byte
	Serial            *big.Int
}

// names: the issuer is the one by whose name and key the certificate is told from others with its number.
func (id certID) names(issuer *x509.Certificate, hash crypto.Hash) bool {
	var info struct {
		Algorithm pkix.AlgorithmIdentifier
		Key       asn1.BitString
	}
	if _, err := asn1.Unmarshal(issuer.RawSubjectPublicKeyInfo, &info); err != nil || !hash.Available() {
		return false
	}
	sum := func(b []byte) []byte {
		h := hash.New()
		h.Write(b)
		return h.Sum(nil)
	}
	return bytes.Equal(id.NameHash, sum(issuer.RawSubject)) && bytes.Equal(id.KeyHash, sum(info.Key.RightAlign()))
}

// RFC 6960 §4.2.1, as far as it leads to the CertIDs.
type (
	ocspResponse struct {
		Status   asn1.Enumerated
		Response struct {
			Type  asn1.ObjectIdentifier
			Basic []byte
		} `asn1:"explicit,tag:0,optional"`
	}
	ocspBasic struct {
		Data struct {
			Version    int `asn1:"optional,default:0,explicit,tag:0"`
			Responder  asn1.RawValue
			ProducedAt asn1.RawValue
			Responses  []struct{ ID certID } // what follows in each is for package ocsp
		}
	}
)

// certIDs are those of all statuses in a response.
func certIDs(der []byte) ([]certID, *fault.Error) {
	malformed := fault.New(fault.MalformedStaple).With(fmt.Sprintf("its %d bytes are no OCSPResponse in DER", len(der)))
	var outer ocspResponse
	if _, err := asn1.Unmarshal(der, &outer); err != nil {
		return nil, malformed
	}
	// RFC 6960 §4.2.1: a responder that has no answer says so without a signature.
	if status := ocsp.ResponseStatus(outer.Status); status != ocsp.Success {
		return nil, fault.New(fault.BadStaple).With(fmt.Sprintf("the responder said %q when the server asked it", status))
	}
	var basic ocspBasic
	if _, err := asn1.Unmarshal(outer.Response.Basic, &basic); err != nil {
		return nil, malformed
	}
	var ids []certID
	for _, r := range basic.Data.Responses {
		ids = append(ids, r.ID)
	}
	return ids, nil
}
