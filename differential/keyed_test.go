package differential

import (
	"bytes"
	"crypto/hkdf"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"

	"github.com/vitro-tls/vitro/internal/record"
	"github.com/vitro-tls/vitro/internal/suite"
	"github.com/vitro-tls/vitro/internal/testkit"
	"github.com/vitro-tls/vitro/wire"
)

// keyed is a server that plays a script to a client of either implementation. It has every secret from the client's key log,
// so that its signatures and its Finished are over what that client has seen, and each of its records is under the keys
// that the client reads with: what is wrong with a script is wrong in what it says.
type keyed struct {
	script  []step
	secrets map[string][]byte // by their labels in the key log
	tls13   bool
	kind    testkit.Kind

	hello                      *wire.ClientHello // the client's last
	clientRandom, serverRandom []byte
	transcript, pending        []byte
	resumes                    bool
	heard                      int

	out, in           record.Half
	outEpoch, inEpoch epoch
	updates           epoch // of the keys that the client reads with
	outCCS, inCCS     bool  // TLS 1.2: each has changed over

	alert    string // the first that the client sent
	newKeys  int    // KeyUpdates that it sent
	verifies bool   // it proved that it has a certificate's key
}

// epoch is a stage of a connection's keys. In TLS 1.2 there is none behind shaking; in TLS 1.3 each KeyUpdate begins another
// behind talking.
type epoch int

const (
	clear0 epoch = iota
	shaking
	talking
)

// Write takes a key log.
func (k *keyed) Write(log []byte) (int, error) {
	for line := range bytes.Lines(log) {
		if f := bytes.Fields(line); len(f) == 3 {
			if secret, err := hex.DecodeString(string(f[2])); err == nil {
				k.secrets[string(f[0])] = secret
			}
		}
	}
	return len(log), nil
}

// expandLabel: RFC 8446 §7.1, with SHA-256.
func expandLabel(secret []byte, label string, n int) []byte {
	info := append([]byte{byte(n >> 8), byte(n), byte(6 + len(label))}, "tls13 "+label+"\x00"...)
	out, err := hkdf.Expand(sha256.New, secret, string(info), n)
	if err != nil {
		panic(err) // lengths that HKDF cannot make are not asked for
	}
	return out
}

// keysOf makes what protects a role's records in an epoch; nil: the client has not told its secret.
func (k *keyed) keysOf(role string, e epoch) record.Protection {
	var p record.Protection
	var err error
	if k.tls13 {
		c := suite.ByID(wire.TLS_AES_128_GCM_SHA256).Cipher
		label := role + "_HANDSHAKE_TRAFFIC_SECRET"
		if e >= talking {
			label = role + "_TRAFFIC_SECRET_0"
		}
		secret := k.secrets[label]
		if secret == nil {
			return nil
		}
		for range max(e, talking) - talking { // RFC 8446 §7.2
			secret = expandLabel(secret, "traffic upd", sha256.Size)
		}
		p, err = record.NewAEAD13(c, expandLabel(secret, "key", c.KeyLen), expandLabel(secret, "iv", c.NonceLen()))
	} else {
		c := suite.ByID(suite12).Cipher
		master := k.secrets["CLIENT_RANDOM"]
		if master == nil {
			return nil
		}
		block := testkit.PRF12(master, 2*(c.KeyLen+c.FixedIVLen), "key expansion", k.serverRandom, k.clientRandom) // RFC 5246 §6.3
		at := 0
		if role == "SERVER" {
			at = 1
		}
		p, err = record.NewAEAD12(c, block[at*c.KeyLen:][:c.KeyLen], block[2*c.KeyLen+at*c.FixedIVLen:][:c.FixedIVLen])
	}
	if err != nil {
		panic(err) // the lengths are the cipher's own
	}
	return p
}

// next is what the server says to a client that has said this, and waits: one record, nil at the end.
func (k *keyed) next(said []byte) []byte {
	k.hear(said)
	for len(k.script) > 0 {
		s := k.script[0]
		k.script = k.script[1:]
		typ, content := s.record, s.content
		if typ == 0 {
			typ, content = wire.ContentHandshake, k.message(s)
			if s.alter != nil {
				content = s.alter(content)
			}
			k.note(content)
		}
		if s.glue && typ == wire.ContentHandshake {
			k.pending = append(k.pending, content...)
			continue
		}
		if typ == wire.ContentHandshake {
			content, k.pending = append(k.pending, content...), nil
		}
		if s.cut > 0 && s.cut < len(content) {
			rest := step{record: typ, content: content[s.cut:], kind: s.kind}
			k.script, content = append([]step{rest}, k.script...), content[:s.cut]
		}
		if out := k.seal(typ, content, s); out != nil {
			return out
		}
	}
	return nil
}

// seal follows the keys that the client reads with.
func (k *keyed) seal(typ wire.ContentType, content []byte, s step) []byte {
	if k.tls13 && typ == wire.ContentChangeCipherSpec { // RFC 8446 §5: always in the clear
		return append([]byte{byte(typ), 3, 3, 0, byte(len(content))}, content...)
	}
	e := clear0
	switch {
	case !k.tls13 && k.outCCS && k.secrets["CLIENT_RANDOM"] != nil:
		e = shaking
	case !k.tls13:
	case k.secrets["SERVER_TRAFFIC_SECRET_0"] != nil:
		e = talking + k.updates
	case k.secrets["SERVER_HANDSHAKE_TRAFFIC_SECRET"] != nil:
		e = shaking
	}
	if e != k.outEpoch {
		k.outEpoch = e
		k.out.SetProtection(k.keysOf("SERVER", e))
	}
	k.out.Pad = func(int) int { return s.pad }
	sealed, err := k.out.Seal(nil, typ, wire.TLS12, content[:min(len(content), record.MaxPlaintext)])
	if err != nil {
		panic(err) // it draws nothing, and ends long before its numbers do
	}
	k.outCCS = k.outCCS || typ == wire.ContentChangeCipherSpec
	if s.record == 0 && s.kind == wire.TypeKeyUpdate && e >= talking {
		k.updates++
	}
	return sealed
}

// note adds a message to the transcript. RFC 8446 §4.4.1: a HelloRetryRequest makes a hash of what came before it.
func (k *keyed) note(raw []byte) {
	if len(raw) >= sidAt && raw[0] == byte(wire.TypeServerHello) {
		random := raw[wire.HandshakeHeaderLen+2:][:32]
		if k.tls13 && bytes.Equal(random, wire.HelloRetryRequestRandom[:]) {
			hash := sha256.Sum256(k.transcript)
			k.transcript = append([]byte{byte(wire.TypeMessageHash), 0, 0, sha256.Size}, hash[:]...)
		}
		k.serverRandom = bytes.Clone(random)
	}
	if bytes.Equal(raw, []byte{byte(wire.TypeHelloRequest), 0, 0, 0}) { // RFC 5246 §7.4.1.1
		return
	}
	k.transcript = append(k.transcript, raw...)
}

// hear takes note of what the client has said since.
func (k *keyed) hear(said []byte) {
	for _, r := range records(said[k.heard:]) {
		k.heard += len(r)
		typ, content := k.open(r)
		switch typ {
		case wire.ContentChangeCipherSpec:
			k.inCCS = true
		case wire.ContentAlert:
			if len(content) == 2 && content[1] != byte(wire.AlertCloseNotify) && k.alert == "" {
				k.alert = wire.AlertDescription(content[1]).String()
			}
		case wire.ContentHandshake:
			k.hearMessages(content)
		}
	}
}

func (k *keyed) hearMessages(content []byte) {
	for len(content) >= wire.HandshakeHeaderLen {
		n := min(wire.HandshakeHeaderLen+int(content[1])<<16+int(content[2])<<8+int(content[3]), len(content))
		raw := content[:n]
		content = content[n:]
		switch wire.HandshakeType(raw[0]) {
		case wire.TypeClientHello:
			if m, err := wire.Decode(raw, wire.Context{}); err == nil {
				k.hello = m.(*wire.ClientHello)
				k.clientRandom = bytes.Clone(k.hello.Random[:])
			}
		case wire.TypeKeyUpdate:
			k.newKeys++
		case wire.TypeCertificateVerify:
			k.verifies = true
		}
		k.transcript = append(k.transcript, raw...)
	}
}

// open decrypts a record of the client's, with the keys of before or the next.
func (k *keyed) open(r []byte) (wire.ContentType, []byte) {
	typ := wire.ContentType(r[0])
	protected := k.tls13 && typ == wire.ContentApplicationData || !k.tls13 && k.inCCS && typ != wire.ContentChangeCipherSpec
	if !protected {
		return typ, r[5:]
	}
	if k.inEpoch > clear0 {
		if typ, content, err := k.in.Open(bytes.Clone(r)); err == nil {
			return typ, content
		}
	}
	p := k.keysOf("CLIENT", k.inEpoch+1)
	if p == nil {
		return 0, nil
	}
	var next record.Half
	next.SetProtection(p)
	typ, content, err := next.Open(bytes.Clone(r))
	if err != nil {
		return 0, nil
	}
	k.in = next
	k.inEpoch++
	return typ, content
}

// finished is the server's verify_data. RFC 5246 §7.4.9, RFC 8446 §4.4.4.
func (k *keyed) finished() []byte {
	hash := sha256.Sum256(k.transcript)
	if !k.tls13 {
		master := k.secrets["CLIENT_RANDOM"]
		if master == nil {
			master = make([]byte, 48)
		}
		return testkit.PRF12(master, wire.VerifyDataLen, "server finished", hash[:])
	}
	secret := k.secrets["SERVER_HANDSHAKE_TRAFFIC_SECRET"]
	if secret == nil {
		secret = make([]byte, sha256.Size)
	}
	mac := hmac.New(sha256.New, expandLabel(secret, "finished", sha256.Size))
	mac.Write(hash[:])
	return mac.Sum(nil)
}
