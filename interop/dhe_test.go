package interop

import (
	"encoding/asn1"
	"encoding/pem"
	"errors"
	"io"
	"math/big"
	"os"
	"path/filepath"
	"testing"

	"github.com/vitro-tls/vitro/event"
	"github.com/vitro-tls/vitro/fault"
	"github.com/vitro-tls/vitro/internal/suite"
	"github.com/vitro-tls/vitro/internal/testkit"
	"github.com/vitro-tls/vitro/tls"
	"github.com/vitro-tls/vitro/wire"
)

// dhParamsFile has a finite field as operators give it to their servers: PKCS #3.
func dhParamsFile(t *testing.T, p, g []byte) string {
	t.Helper()
	der, err := asn1.Marshal(struct{ P, G *big.Int }{new(big.Int).SetBytes(p), new(big.Int).SetBytes(g)})
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(t.TempDir(), "dh.pem")
	if err := os.WriteFile(file, pem.EncodeToMemory(&pem.Block{Type: "DH PARAMETERS", Bytes: der}), 0o600); err != nil {
		t.Fatal(err)
	}
	return file
}

// dheServer is s_server with DHE alone, in a field of the test's.
func dheServer(t *testing.T, p, g []byte) *sServer {
	t.Helper()
	offer := openSSL.offer(cell{suite: favouriteDHE()})
	return startSServer(t, testkit.Leaf(testkit.RSA), append(offer, "-rev", "-naccept", "1", "-trace", "-dhparam", dhParamsFile(t, p, g))...)
}

func legacyClient() *tls.Config {
	config := clientConfig()
	config.Policy = tls.PolicyLegacy
	return config
}

// beyond is a prime 2^(bits-1) + offset.
func beyond(bits uint, offset int64) []byte {
	p := new(big.Int).Lsh(big.NewInt(1), bits-1)
	return p.Add(p, big.NewInt(offset)).Bytes()
}

// RFC 7919 §3.1: a field that the server's operator made is taken if it has 2048 bits or more; a size that is no
// multiple of a hash's block, too.
func TestServersOwnField(t *testing.T) {
	feature(t, openSSL, fault.Client, func(t *testing.T) {
		server := dheServer(t, beyond(2056, 165), []byte{5})
		config := legacyClient()
		var told event.GroupChosen
		config.Tracer = event.TracerFunc(func(_ event.Meta, e event.Event) {
			if e, ok := e.(event.GroupChosen); ok {
				told = e
			}
		})
		conn := mustDial(t, server.addr(), config)
		server.talk(t, conn, greeting)
		if got := server.report(t); got.suite != favouriteDHE().ID || got.group != 0 {
			t.Errorf("OpenSSL reports %v", got)
		}
		if told.Group != 0 || told.FieldBits != 2056 {
			t.Errorf("our event tells of %v with %d bits, want a field of the server's own with 2056", told.Group, told.FieldBits)
		}
	})
}

// A field of 1024 bits, as servers of before have it, is refused, and the server gets to know why.
func TestSmallFieldIsRefused(t *testing.T) {
	failure(t, openSSL, fault.Client, func(t *testing.T) {
		p, ok := new(big.Int).SetString("ffffffffffffffffc90fdaa22168c234c4c6628b80dc1cd129024e088a67cc74020bbea63b139b22514a08798e3404dd"+
			"ef9519b3cd3a431b302b0a6df25f14374fe1356d6d51c245e485b576625e7ec6f44c42e9a637ed6b0bff5cb6f406b7edee386bfb5a899fa5ae9f2411"+
			"7c4b1fe649286651ece65381ffffffffffffffff", 16) // RFC 2409 §6.2
		if !ok {
			t.Fatal("the prime does not parse")
		}
		server := dheServer(t, p.Bytes(), []byte{2})
		if err := mustFail(t, server.addr(), legacyClient()); !errors.Is(err, fault.SmallField) {
			t.Errorf("failed with %v, want the rule %s", err, fault.SmallField.Name)
		}
		sawAlert(t, server.wait(), wire.AlertInsufficientSecurity)
	})
}

// zeroFirst is a random source that, when the exponent is drawn, gives one whose secret with the server's public value
// begins with a zero byte: one in 256 does.
type zeroFirst struct {
	ske  *wire.ServerKeyExchange
	x    *big.Int // what was given
	sent []byte   // the client's public value
}

func (z *zeroFirst) Event(_ event.Meta, e event.Event) {
	if e, ok := e.(event.Message); ok {
		switch m := e.Message.(type) {
		case *wire.ServerKeyExchange:
			z.ske = m
		case *wire.ClientKeyExchange:
			z.sent = m.Public
		}
	}
}

func (z *zeroFirst) Read(b []byte) (int, error) {
	if _, err := io.ReadFull(testkit.Random(1), b); err != nil || z.ske == nil {
		return len(b), err
	}
	b[0] |= 0x80 // as every exponent in this field has it
	p, y := new(big.Int).SetBytes(z.ske.Prime), new(big.Int).SetBytes(z.ske.Public)
	for x := new(big.Int).SetBytes(b); ; x.Add(x, big.NewInt(1)) {
		if secret := new(big.Int).Exp(y, x, p); secret.BitLen() <= p.BitLen()-8 {
			z.x = x
			x.FillBytes(b)
			return len(b), nil
		}
	}
}

// RFC 5246 §8.1.2: of a secret that begins with a zero byte both sides leave that out.
func TestDHESecretWithZeroInFront(t *testing.T) {
	feature(t, openSSL, fault.Client, func(t *testing.T) {
		f := suite.FieldByID(wire.FFDHE2048)
		server := dheServer(t, f.Prime(), f.Generator())
		config := legacyClient()
		source := new(zeroFirst)
		config.Tracer, config.Rand = source, source
		conn := mustDial(t, server.addr(), config)
		server.talk(t, conn, greeting)
		if source.x == nil || new(big.Int).Exp(big.NewInt(2), source.x, new(big.Int).SetBytes(f.Prime())).Cmp(new(big.Int).SetBytes(source.sent)) != 0 {
			t.Fatal("the client did not use the exponent that was made for it")
		}
		if got := server.report(t); got.suite != favouriteDHE().ID || got.group != wire.FFDHE2048 {
			t.Errorf("OpenSSL reports %v", got)
		}
	})
}
