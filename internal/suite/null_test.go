package suite

import (
	"bytes"
	"crypto"
	"crypto/fips140"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"errors"
	"os"
	"os/exec"
	"testing"

	"github.com/vitro-tls/vitro/wire"
)

// Under GODEBUG=fips140 it runs again, in a process of its own: the setting is read when it starts.
func TestPKCS1UnderFIPS140(t *testing.T) {
	if fips140.Enabled() {
		t.Skip("this is that process")
	}
	for _, mode := range []string{"on", "only"} {
		cmd := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^TestForgedPKCS1$", "-test.v")
		cmd.Env = append(os.Environ(), "GODEBUG=fips140="+mode)
		if out, err := cmd.CombinedOutput(); err != nil || !bytes.Contains(out, []byte("\n--- PASS: TestForgedPKCS1")) {
			t.Errorf("fips140=%s: %v\n%s", mode, err, out)
		}
	}
}

// RFC 5246 §4.7: what does not verify is refused, whatever its form, and the DigestInfo without NULL is taken but where only
// what is approved may be: FIPS 186-5 §5.4 has the one with NULL alone.
func TestForgedPKCS1(t *testing.T) {
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	message := []byte("message")
	digest := sha256.Sum256(message)
	sign := func(hash crypto.Hash, hashed []byte) []byte {
		var signature []byte
		var err error
		fips140.WithoutEnforcement(func() { signature, err = rsa.SignPKCS1v15(nil, key, hash, hashed) })
		if err != nil {
			t.Fatal(err)
		}
		return signature
	}
	usual := sign(crypto.SHA256, digest[:])
	forged := bytes.Clone(usual)
	forged[len(forged)-1] ^= 1
	bare := sign(0, withoutNull(crypto.SHA256, digest[:]))
	for name, c := range map[string]struct {
		signature []byte
		taken     bool
	}{
		"with NULL":         {usual, true},
		"without NULL":      {bare, !OnlyApproved()},
		"forged":            {forged, false},
		"empty":             {nil, false},
		"one byte short":    {usual[:len(usual)-1], false},
		"above the modulus": {bytes.Repeat([]byte{0xff}, len(usual)), false},
	} {
		err := Verify(key.Public(), wire.RSA_PKCS1_SHA256, message, c.signature)
		if c.taken && err != nil || !c.taken && !errors.Is(err, errBadSignature) {
			t.Errorf("%s: %v", name, err)
		}
	}
}
