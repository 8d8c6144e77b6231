package keys13

import (
	"bytes"
	"crypto"
	"crypto/hkdf"
	"encoding/hex"
	"errors"
	"strings"
	"testing"

	"github.com/vitro-tls/vitro/internal/suite"
	"github.com/vitro-tls/vitro/wire"
)

func hashOf(s *suite.Suite, text string) []byte {
	h := s.Hash.New()
	h.Write([]byte(text))
	return h.Sum(nil)
}

// whole goes through the whole schedule with a PSK of fives and a shared secret of thirteens, and with the hash of
// "transcript" wherever there is one; it returns all that can be derived.
func whole(s *suite.Suite) map[string][]byte {
	th := hashOf(s, "transcript")
	out := map[string][]byte{}
	e := NewEarly(s, bytes.Repeat([]byte{5}, s.Hash.Size()))
	out["external binder"] = e.BinderKey(true).Binder(nil, th)
	out["resumption binder"] = e.BinderKey(false).Binder(nil, th)
	out["c e traffic"], out["e exp master"] = e.ClientEarlyTraffic(th).Secret(), e.EarlyExporter(th)
	h := e.Handshake(bytes.Repeat([]byte{13}, 80))
	server := h.ServerTraffic(th)
	out["c hs traffic"], out["s hs traffic"] = h.ClientTraffic(th).Secret(), server.Secret()
	out["finished"] = server.Finished(nil, th)
	out["key"], out["iv"] = make([]byte, s.Cipher.KeyLen), make([]byte, s.Cipher.NonceLen())
	server.Keys(out["key"], out["iv"])
	m := h.Master()
	out["c ap traffic"], out["s ap traffic"] = m.ClientTraffic(th).Secret(), m.ServerTraffic(th).Secret()
	out["exp master"], out["res master"] = m.Exporter(th).Secret(), m.Resumption(th)
	return out
}

// What OpenSSL's TLS13-KDF and HMAC give for the same, with a hash and with a key length that RFC 8448 has no trace of.
var wholeByOpenSSL = map[wire.CipherSuite]map[string]string{
	wire.TLS_AES_256_GCM_SHA384: {
		"external binder":   "7506ede650b0ac2ebba950a18c5381d3bd7031b2bb84c84cb375b597b030a0ed6837fcc43ef53dd87652964ec808ff3f",
		"resumption binder": "33df417bf738f419513248dd3f92daf9b94239d3c324a1006cf92815ec5c1910bff0f9a89ea1dd8bfa1b470c301a0967",
		"c e traffic":       "ca028395741236be4e04e2aa1e380d931c12953b1676b7353108c1a7989e965cf6d4e35b9bc710ef0c5f0f6b0a8d2615",
		"e exp master":      "18e812d06751a39b6f24ccc6e1441c72cf64a3876e3593efd5ead195b223700bd23f11a39cf30953f6c6dcbcd188fd0f",
		"c hs traffic":      "c426f2f27dfcb8a3b40570d72a2339317d32fc445fbba2f580c99a42636fefcec4ce138e9116f28fd51513a24c49b551",
		"s hs traffic":      "16371e7ada5f381e2746c3a94ae2caacc0ae7498b9574b1d7079cd13b48f60784851e1123415c1f7786c25be5358c3bf",
		"finished":          "5b5f6791026668b8a6cfc3d959baabee2d7fb0e26474554e0084cbeec2099fa24ea682219ca0ea37ee2c535ebe182943",
		"key":               "c56b1b50a643adb146ffa979e407cc6af932aae72c6d2084f2282eda22fab3e1",
		"iv":                "318393a3a8250245c913e16f",
		"c ap traffic":      "8694f5d2da9cbbf28d4c6d147b7deed5d91d6a48bf5ef2586d8267bff6d3bcd7310aa7e799487cb1a3c9940c5048abf9",
		"s ap traffic":      "c3976cff8f32cbc937f3e295dd4a84b40c8821efa5da284dd451e474379f3957a49ec5008b37cede472c2dd55d15f2ce",
		"exp master":        "5f8b48d85f9b64e0da913ef81ff8295d4b226d8169661330e9ed68ebb9061e3cb882c8038b3055e7eb5efbde91e4e1e6",
		"res master":        "e2da36e9e652a2857d3c5da51b9d17733d645c347771f66b279c60f51bd4f675b601416cad93dd6e3ff3b5bbc251947b",
	},
	wire.TLS_CHACHA20_POLY1305_SHA256: {
		"external binder":   "9500015da9e946534dfaccda9db7b2dd84f7284e89d85243c1b1a0b778651464",
		"resumption binder": "277f7fb84fffe1644c6983137c04517a6cbbbc520cd402a57fc796781cd2a51a",
		"c e traffic":       "0eed6e8968ba5acc485a1073a7e01d3ec15aaedcf89a73e7ee0d26625d77c3d2",
		"e exp master":      "bdbdaefe11ed7bb80f18ebdf49bd9a14980910f8a70fcf7a117eecdcb0c6ef20",
		"c hs traffic":      "a3e30f0eea49dcd2bbb8fb5d725ed57e6306602453c86aad9ea216e964149d2f",
		"s hs traffic":      "1d8ddb9fbe37408d0fa6d45e617b607432da5ffd0524f2df95b022acfbee133f",
		"finished":          "46f2161e9c9b1d1d155bba133a227879b19f21922a4277291aa10eb2085135da",
		"key":               "c0f8131490e42e152e282cb76b7892352a798341695cfa3dbae276764c9e91dd",
		"iv":                "c6c6459ac468167924042ff6",
		"c ap traffic":      "f38730952d86e689ba910387581c35c16e784c0344d0e5354af3461f2e66cf34",
		"s ap traffic":      "c5c65f8665fa9c6f3982563a9da257a0c537357263c90e5a6c49bcba0e0fee8a",
		"exp master":        "2e550ab8d73bf4b36d6c60f46aeb5b252969f47a493a3e71c3a3be20de4ad91b",
		"res master":        "39c5e0b37cbe45de114d4070c3f909604e7bf6be70236ebcde852ac5f6f98fa7",
	},
}

func TestWholeSchedule(t *testing.T) {
	for id, want := range wholeByOpenSSL {
		got := whole(suite.ByID(id))
		for what, value := range want {
			if hex.EncodeToString(got[what]) != value {
				t.Errorf("%v: %s is %x, want %s", id, what, got[what], value)
			}
		}
	}
}

// No two of all that is derived are the same: neither sides, nor stages, nor the two kinds of PSK.
func TestSeparation(t *testing.T) {
	for _, s := range suite.All13() {
		seen := map[string]string{}
		for what, value := range whole(s) {
			if other := seen[string(value)]; other != "" {
				t.Errorf("%v: %s is also %s", s.ID, what, other)
			}
			seen[string(value)] = what
		}
		if len(seen) != 13 {
			t.Errorf("%v: %d values", s.ID, len(seen))
		}
	}
}

// What a ticket's holder proves in one go is what the stages say.
func TestResumptionBinder(t *testing.T) {
	for _, s := range suite.All13() {
		psk, th := bytes.Repeat([]byte{5}, s.Hash.Size()), hashOf(s, "transcript")
		want := NewEarly(s, psk).BinderKey(false).Binder(nil, th)
		if got := ResumptionBinder([]byte{1}, s, psk, th); !bytes.Equal(got[1:], want) || got[0] != 1 {
			t.Errorf("%v: %x, want %x behind what was there", s.ID, got, want)
		}
	}
}

// RFC 8446 §7.1: where there is no PSK or no (EC)DHE, as many zeroes as the hash is long stand for it.
func TestZeroes(t *testing.T) {
	for _, s := range suite.All13() {
		zeroes, th := make([]byte, s.Hash.Size()), hashOf(s, "")
		without, with := NewEarly(s, nil), NewEarly(s, zeroes)
		if !bytes.Equal(without.EarlyExporter(th), with.EarlyExporter(th)) {
			t.Errorf("%v: no PSK is another one than zeroes", s.ID)
		}
		if !bytes.Equal(without.Handshake(nil).ClientTraffic(th).Secret(), with.Handshake(zeroes).ClientTraffic(th).Secret()) {
			t.Errorf("%v: no shared secret is another one than zeroes", s.ID)
		}
	}
}

// Every step consumes what it came from: the secret is overwritten, and to derive from it again is refused.
func TestStepsConsume(t *testing.T) {
	s := suite.ByID(wire.TLS_AES_128_GCM_SHA256)
	th := hashOf(s, "transcript")
	early := NewEarly(s, nil)
	first := early.use()
	handshake := early.Handshake(make([]byte, 32))
	second := handshake.use()
	master := handshake.Master()
	third := master.use()
	traffic := master.ClientTraffic(th)
	fourth, before := traffic.use(), traffic.Secret()
	master.Resumption(th)
	traffic.Next()
	for i, old := range [][]byte{first, second, third, fourth} {
		if !bytes.Equal(old, make([]byte, 32)) {
			t.Errorf("the secret of step %d is still there: %x", i+1, old)
		}
	}
	if bytes.Equal(before, make([]byte, 32)) {
		t.Error("what Secret gave was overwritten with the secret")
	}
	for what, again := range map[string]func(){
		"a binder key":     func() { early.BinderKey(false) },
		"early traffic":    func() { early.ClientEarlyTraffic(th) },
		"a second step":    func() { early.Handshake(nil) },
		"handshake":        func() { handshake.ServerTraffic(th) },
		"the master":       func() { handshake.Master() },
		"application":      func() { master.ClientTraffic(th) },
		"the exporter":     func() { master.Exporter(th) },
		"resumption":       func() { master.Resumption(th) },
		"keys":             func() { traffic.Keys(make([]byte, 16), make([]byte, 12)) },
		"verify_data":      func() { traffic.Finished(nil, th) },
		"the next traffic": func() { traffic.Next() },
		"the traffic":      func() { traffic.Secret() },
	} {
		func() {
			defer func() {
				if recover() == nil {
					t.Errorf("%s can be derived from a secret that was consumed", what)
				}
			}()
			again()
		}()
	}
}

// elevens is a stage whose secret is all 0x0b, for known answers.
func elevens(h crypto.Hash) secret {
	for _, s := range suite.All13() {
		if s.Hash == h {
			e := secret{suite: s}
			copy(e.use(), bytes.Repeat([]byte{11}, h.Size()))
			return e
		}
	}
	return secret{}
}

// RFC 8446 §7.2, §4.6.1: the next traffic secret and a ticket's PSK are what OpenSSL's TLS13-KDF gives.
func TestNextAndPSK(t *testing.T) {
	for h, want := range map[crypto.Hash][2]string{
		crypto.SHA256: {"0b10db514838ed75aa859aeee54c950f3b39ff9c6c43d7ede5d056a797d8a950", "3b4f0ad2af53f69e5063a3d6eedb55a1f511d3ca19ad2e59ada3e51891c38371"},
		crypto.SHA384: {"74aef79f7ba784a22e9e727899a7a0c247ef1fd811cb7b622773c663b263822b688f6350a131a83fd3b2ab8058c4aa42", "5e27a99fe03c6291f2dd5a2f688b11860cb199b63a1f5d2268fa8a284e090671de42d4f4d8326f63b40452856b4d1a39"},
	} {
		old := elevens(h)
		psk := ResumptionPSK(old.suite, old.use(), []byte{0, 7})
		if got := hex.EncodeToString(psk); got != want[1] {
			t.Errorf("%v: the PSK of nonce 0007 is %s, want %s", h, got, want[1])
		}
		traffic := &Traffic{old}
		if got := hex.EncodeToString(traffic.Next().Secret()); got != want[0] {
			t.Errorf("%v: the next secret is %s, want %s", h, got, want[0])
		}
	}
}

// RFC 8446 §7.5: exported keys are what OpenSSL's TLS13-KDF gives in two steps; no context is an empty context.
func TestExporter(t *testing.T) {
	for h, want := range map[crypto.Hash][2]string{
		crypto.SHA256: {"38ba9046e6516c65972b8b7047d469daaba7fef089abfda00e48c1056e84d35803dc30a9825028830656d20fe7262f85569371b212874914850a8c813f1e3d8728304f3f940d2f776b4a6dae19ca2cb0c39fef79ad62ad5d839af793315b41f0ecacc5fd", "da6b3a991bca717c80655d646a73aca2"},
		crypto.SHA384: {"ee7042c9afadc1aeee4c2bc592ac07869a03f6430d317977eb71a98849f8dbee5ce0cbadb9fa8d924e53ed709e9377f2338de70d57d92c7956ca490919d95886f5f1c75aed5610a63f6539ed4ff39d58e14f91c3db97681b2f7ffd144ac7811f35cbe88d", "149465e1a49741e88e38ace3cc575cbc"},
	} {
		e := &Exporter{elevens(h)}
		for range 2 { // an exporter is not used up
			if got, err := e.Export("EXPORTER-test", []byte("context"), 100); err != nil || hex.EncodeToString(got) != want[0] {
				t.Errorf("%v: %x, %v, want %s", h, got, err, want[0])
			}
		}
		for _, context := range [][]byte{nil, {}} {
			if got, err := e.Export("EXPORTER-test", context, 16); err != nil || hex.EncodeToString(got) != want[1] {
				t.Errorf("%v with no context: %x, %v, want %s", h, got, err, want[1])
			}
		}
	}
}

// What an exporter is asked for by a program is checked: a length that HKDF cannot make, a label that has no room.
func TestExporterBounds(t *testing.T) {
	for _, h := range []crypto.Hash{crypto.SHA256, crypto.SHA384} {
		e := &Exporter{elevens(h)}
		for _, n := range []int{0, 1, h.Size(), 255 * h.Size()} {
			if got, err := e.Export(strings.Repeat("l", 249), make([]byte, 1<<16), n); err != nil || len(got) != n {
				t.Errorf("%v: asked for %d bytes, got %d, %v", h, n, len(got), err)
			}
		}
		for _, n := range []int{-1, 255*h.Size() + 1, 1 << 30} {
			if got, err := e.Export("label", nil, n); got != nil || !errors.Is(err, errLength) {
				t.Errorf("%v: asked for %d bytes, got %d, %v", h, n, len(got), err)
			}
		}
		if got, err := e.Export(strings.Repeat("l", 250), nil, 16); got != nil || !errors.Is(err, errLabel) {
			t.Errorf("%v: a label of 250 bytes gives %x, %v", h, got, err)
		}
	}
}

// extract and expand are HKDF as crypto/hkdf has it.
func TestHKDF(t *testing.T) {
	for _, h := range []crypto.Hash{crypto.SHA256, crypto.SHA384} {
		s := elevens(h).suite
		for n := range 200 {
			salt, ikm, info := bytes.Repeat([]byte{1}, n), bytes.Repeat([]byte{2}, n/2), bytes.Repeat([]byte{3}, n/3)
			prk := extract(s, salt, ikm)
			want, err := hkdf.Extract(h.New, ikm, salt)
			if err != nil || !bytes.Equal(prk.use(), want) {
				t.Fatalf("%v: extracted from %d and %d bytes: %x, want %x (%v)", h, n, n/2, prk.use(), want, err)
			}
			length := n * n % (255 * h.Size())
			okm := make([]byte, length)
			prk.expand(okm, info)
			want, err = hkdf.Expand(h.New, prk.use(), string(info), length)
			if err != nil || !bytes.Equal(okm, want) {
				t.Fatalf("%v: %d bytes expanded: %x, want %x (%v)", h, length, okm, want, err)
			}
		}
	}
}
