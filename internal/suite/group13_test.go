package suite

import (
	"bytes"
	"crypto/ecdh"
	"crypto/mlkem"
	"crypto/rand"
	"errors"
	"io"
	"slices"
	"testing"

	"github.com/vitro-tls/vitro/wire"
)

// sizes are the lengths of what the client sends, of what the server sends, and of the secret: for the hybrids
// draft-ietf-tls-ecdhe-mlkem, for ML-KEM FIPS 203 §8, for the others RFC 8446 §4.2.8.2 and §7.4.2.
var sizes = map[wire.NamedGroup][3]int{
	wire.X25519MLKEM768:     {1216, 1120, 64},
	wire.X25519:             {32, 32, 32},
	wire.SecP256r1:          {65, 65, 32},
	wire.SecP384r1:          {97, 97, 48},
	wire.SecP521r1:          {133, 133, 66},
	wire.SecP256r1MLKEM768:  {1249, 1153, 64},
	wire.SecP384r1MLKEM1024: {1665, 1665, 80},
	wire.MLKEM768:           {1184, 1088, 32},
	wire.MLKEM1024:          {1568, 1568, 32},
}

func newShare(t *testing.T, id wire.NamedGroup) PrivateShare {
	t.Helper()
	s, err := NewShare(id, rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// Both sides of every group come to the same secret, and all that travels has exactly the group's lengths.
func TestGroups13(t *testing.T) {
	want := []wire.NamedGroup{
		wire.X25519MLKEM768, wire.X25519, wire.SecP256r1, wire.SecP384r1, wire.SecP521r1,
		wire.SecP256r1MLKEM768, wire.SecP384r1MLKEM1024, wire.MLKEM768, wire.MLKEM1024,
	}
	if !slices.Equal(Groups13(), want) {
		t.Errorf("the groups are %v, want %v", Groups13(), want)
	}
	for _, id := range Groups13() {
		client := newShare(t, id)
		reply, theirs, err := Encapsulate(id, client.Public(), rand.Reader)
		if err != nil {
			t.Fatalf("%v: %v", id, err)
		}
		ours, err := client.Shared(reply)
		if err != nil || !bytes.Equal(ours, theirs) {
			t.Errorf("%v: the client has %x (%v), the server %x", id, ours, err, theirs)
		}
		if got := [3]int{len(client.Public()), len(reply), len(ours)}; got != sizes[id] || client.Group() != id || !HasGroup(id) {
			t.Errorf("%v: share, reply and secret have %v bytes, want %v; group %v, known %v", id, got, sizes[id], client.Group(), HasGroup(id))
		}
	}
	for _, id := range []wire.NamedGroup{0, 0x0200, 0x11ee, 0x0a0a} {
		if _, _, err := Encapsulate(id, make([]byte, 32), rand.Reader); err == nil || HasGroup(id) {
			t.Errorf("there is a group %v: %v", id, err)
		}
	}
}

// A half of any other length is refused by itself, before any of its parts is looked at.
func TestExactLengths(t *testing.T) {
	for _, id := range Groups13() {
		client := newShare(t, id)
		reply, _, err := Encapsulate(id, client.Public(), rand.Reader)
		if err != nil {
			t.Fatal(err)
		}
		others := func(right []byte) [][]byte {
			return [][]byte{nil, {}, right[1:], right[:len(right)-1], append(bytes.Clone(right), 0), append(bytes.Clone(right), right...)}
		}
		for _, bad := range others(reply) {
			if secret, err := client.Shared(bad); secret != nil || !errors.Is(err, errLength) {
				t.Errorf("%v: a reply of %d bytes gives %x, %v", id, len(bad), secret, err)
			}
		}
		for _, bad := range others(client.Public()) {
			if public, secret, err := Encapsulate(id, bad, errorReader{errors.New("randomness was drawn")}); public != nil || secret != nil || !errors.Is(err, errLength) {
				t.Errorf("%v: a share of %d bytes gives %x, %x, %v", id, len(bad), public, secret, err)
			}
		}
	}
}

// hybrids, taken apart with nothing but the standard library.
var hybrids = []struct {
	id       wire.NamedGroup
	curve    ecdh.Curve
	scalar   int
	kemFirst bool
	newKEM   func(seed []byte) (ek []byte, decapsulate func([]byte) ([]byte, error))
}{
	{wire.X25519MLKEM768, ecdh.X25519(), 32, true, std768},
	{wire.SecP256r1MLKEM768, ecdh.P256(), 32, false, std768},
	{wire.SecP384r1MLKEM1024, ecdh.P384(), 48, false, std1024},
}

func std768(seed []byte) ([]byte, func([]byte) ([]byte, error)) {
	key, err := mlkem.NewDecapsulationKey768(seed)
	if err != nil {
		return nil, nil
	}
	return key.EncapsulationKey().Bytes(), key.Decapsulate
}

func std1024(seed []byte) ([]byte, func([]byte) ([]byte, error)) {
	key, err := mlkem.NewDecapsulationKey1024(seed)
	if err != nil {
		return nil, nil
	}
	return key.EncapsulationKey().Bytes(), key.Decapsulate
}

// draft-ietf-tls-ecdhe-mlkem: X25519MLKEM768 has the ML-KEM part first, the other two have the curve's first: in the
// share, in the reply and in the secret.
func TestHybridOrder(t *testing.T) {
	for _, h := range hybrids {
		seed, scalar := bytes.Repeat([]byte{0x5e}, 64), bytes.Repeat([]byte{0x3c}, h.scalar)
		join := func(kem, curve []byte) []byte {
			if h.kemFirst {
				return slices.Concat(kem, curve)
			}
			return slices.Concat(curve, kem)
		}
		ek, decapsulate := h.newKEM(seed)
		key, err := h.curve.NewPrivateKey(scalar)
		if err != nil {
			t.Fatal(err)
		}
		client, err := NewShare(h.id, bytes.NewReader(join(seed, scalar)))
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(client.Public(), join(ek, key.PublicKey().Bytes())) {
			t.Errorf("%v: the share is put together otherwise", h.id)
		}
		reply, secret, err := Encapsulate(h.id, client.Public(), rand.Reader)
		if err != nil {
			t.Fatal(err)
		}
		pointLen := len(key.PublicKey().Bytes())
		point, ciphertext := reply[:pointLen], reply[pointLen:]
		if h.kemFirst {
			ciphertext, point = reply[:len(reply)-pointLen], reply[len(reply)-pointLen:]
		}
		server, err := h.curve.NewPublicKey(point)
		if err != nil {
			t.Errorf("%v: the reply is put together otherwise: %v", h.id, err)
			continue
		}
		fromCurve, err1 := key.ECDH(server)
		fromKEM, err2 := decapsulate(ciphertext)
		if err1 != nil || err2 != nil || !bytes.Equal(secret, join(fromKEM, fromCurve)) {
			t.Errorf("%v: the secret is put together otherwise (%v, %v)", h.id, err1, err2)
		}
	}
}

// The classical half of a hybrid is a share of its own group, with the same key; other shares have none.
func TestClassical(t *testing.T) {
	of := map[wire.NamedGroup]wire.NamedGroup{
		wire.X25519MLKEM768: wire.X25519, wire.SecP256r1MLKEM768: wire.SecP256r1, wire.SecP384r1MLKEM1024: wire.SecP384r1,
	}
	for _, id := range Groups13() {
		hybrid := newShare(t, id)
		half := Classical(hybrid)
		if of[id] == 0 {
			if half != nil {
				t.Errorf("%v has a classical half of %v", id, half.Group())
			}
			continue
		}
		if half == nil || half.Group() != of[id] || !bytes.Contains(hybrid.Public(), half.Public()) {
			t.Errorf("%v: the classical half is %v", id, half)
			continue
		}
		reply, theirs, err := Encapsulate(of[id], half.Public(), rand.Reader)
		if err != nil {
			t.Fatal(err)
		}
		if ours, err := half.Shared(reply); err != nil || !bytes.Equal(ours, theirs) {
			t.Errorf("%v by itself: %x (%v) and %x", of[id], ours, err, theirs)
		}
	}
	if Classical(nil) != nil {
		t.Error("no share has a classical half")
	}
}

// One bad part spoils the whole: a point that is none, a secret that is all zero (RFC 8446 §7.4.2), a key with
// coefficients beyond the modulus (FIPS 203 §7.2).
func TestBadParts(t *testing.T) {
	for _, h := range hybrids {
		client := newShare(t, h.id)
		reply, _, err := Encapsulate(h.id, client.Public(), rand.Reader)
		if err != nil {
			t.Fatal(err)
		}
		pointLen := len(Classical(client).Public())
		spoil := func(half []byte, point bool, with byte) []byte {
			bad := bytes.Clone(half)
			cut := pointLen
			if h.kemFirst {
				cut = len(bad) - pointLen
			}
			part := bad[:cut]
			if point == h.kemFirst {
				part = bad[cut:]
			}
			copy(part, bytes.Repeat([]byte{with}, len(part)))
			return bad
		}
		if secret, err := client.Shared(spoil(reply, true, 0)); err == nil {
			t.Errorf("%v: a reply whose point is zero gives %x", h.id, secret)
		}
		if _, secret, err := Encapsulate(h.id, spoil(client.Public(), true, 0), rand.Reader); err == nil {
			t.Errorf("%v: a share whose point is zero gives %x", h.id, secret)
		}
		if _, secret, err := Encapsulate(h.id, spoil(client.Public(), false, 0xff), rand.Reader); err == nil {
			t.Errorf("%v: a share whose ML-KEM key is out of range gives %x", h.id, secret)
		}
	}
	for id, n := range map[wire.NamedGroup]int{wire.MLKEM768: 1184, wire.MLKEM1024: 1568} {
		if _, secret, err := Encapsulate(id, bytes.Repeat([]byte{0xff}, n), rand.Reader); err == nil {
			t.Errorf("%v: a key out of range gives %x", id, secret)
		}
	}
}

// A server's source that breaks ends in that error, where the server draws from it.
func TestEncapsulateBrokenRandomness(t *testing.T) {
	broken := errors.New("no randomness")
	for _, id := range Groups13() {
		if id == wire.MLKEM768 || id == wire.MLKEM1024 {
			continue
		}
		random := io.MultiReader(io.LimitReader(rand.Reader, 5), errorReader{broken})
		if public, secret, err := Encapsulate(id, newShare(t, id).Public(), random); public != nil || secret != nil || !errors.Is(err, broken) {
			t.Errorf("%v: %x, %x, %v", id, public, secret, err)
		}
	}
}
