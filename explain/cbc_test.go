package explain

import (
	"bytes"
	"crypto"
	"encoding/json"
	"strings"
	"testing"

	"github.com/vitro-tls/vitro/event"
	"github.com/vitro-tls/vitro/fault"
	"github.com/vitro-tls/vitro/wire"
)

// With CBC the telling of the keys names the MAC keys in the block, how the MAC stands to the ciphertext, and no IVs, which
// come with the records. RFC 5246 §6.3, RFC 7366.
func TestKeysWithCBC(t *testing.T) {
	for encryptThenMAC, words := range map[bool]string{
		true:  "encrypt-then-MAC (RFC 7366): HMAC-SHA-1 over the ciphertext",
		false: "HMAC-SHA-1 over the plaintext, encrypted with it (RFC 5246 §6.2.3.2)",
	} {
		var page, lines bytes.Buffer
		keys := event.KeysDerived{KeyExchange: wire.KeyExchangeECDHE, Suite: wire.TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA, Cipher: "AES-128-CBC",
			Hash: crypto.SHA256, MAC: crypto.SHA1, MACKeyLen: 20, KeyLen: 16, MasterLen: 48, EncryptThenMAC: encryptThenMAC}
		for _, tracer := range []event.Tracer{Text(&page, Options{Level: Full, Width: 500}), JSON(&lines)} {
			var s event.Stream
			s.Init(tracer, fault.Client, 1)
			event.Emit(&s, fault.StepGenSecretKey, keys)
		}
		told := page.String()
		for _, want := range []string{words, "72 bytes = PRF", "client write MAC key, 20 bytes", "server write MAC key, 20 bytes", "client write key, 16 bytes"} {
			if !strings.Contains(told, want) {
				t.Errorf("encrypt-then-MAC %v: %q is not told:\n%s", encryptThenMAC, want, told)
			}
		}
		if strings.Contains(told, "write IV") {
			t.Errorf("an IV is told that is not in the key block:\n%s", told)
		}
		var line struct {
			MAC            string `json:"mac"`
			MACKeyLength   int    `json:"mac_key_length"`
			EncryptThenMAC *bool  `json:"encrypt_then_mac"`
		}
		if err := json.Unmarshal(lines.Bytes(), &line); err != nil {
			t.Fatal(err)
		}
		if line.MAC != "SHA-1" || line.MACKeyLength != 20 || line.EncryptThenMAC == nil || *line.EncryptThenMAC != encryptThenMAC {
			t.Errorf("encrypt-then-MAC %v: the JSON line is %s", encryptThenMAC, lines.Bytes())
		}
	}
}
