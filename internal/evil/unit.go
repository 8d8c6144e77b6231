package evil

import (
	"crypto/hkdf"
	"crypto/hmac"
	"crypto/sha256"
	"slices"

	"github.com/vitro-tls/vitro/fault"
	"github.com/vitro-tls/vitro/internal/hs"
	"github.com/vitro-tls/vitro/internal/record"
	"github.com/vitro-tls/vitro/internal/suite"
	"github.com/vitro-tls/vitro/internal/testkit"
	"github.com/vitro-tls/vitro/wire"
)

// Epoch is a stage of a connection's keys. TLS 1.2 has none beyond Handshake; in TLS 1.3 each KeyUpdate begins another
// one behind Application.
type Epoch uint8

const (
	Clear Epoch = iota
	Handshake
	Application
)

// Unit is the content of one record, below encryption, and how it is to be sealed.
type Unit struct {
	Type    wire.ContentType
	Content []byte
	Epoch   Epoch
	Forced  bool                // 1.2: seal under Epoch, whether a ChangeCipherSpec says so or not
	Mangle  func([]byte) []byte // nil, or what becomes of the sealed record
}

// Message is the type of the handshake message that begins in the unit.
func (u Unit) Message() wire.HandshakeType {
	switch {
	case u.Type == wire.ContentChangeCipherSpec:
		return wire.TypeChangeCipherSpec
	case u.Type == wire.ContentHandshake && len(u.Content) > 0:
		return wire.HandshakeType(u.Content[0])
	}
	return noMessage
}

// noMessage is no code point of a message.
const noMessage = wire.HandshakeType(253)

// expandLabel: RFC 8446 §7.1, written a second time so that a test's peer does not lean on what it tests.
func expandLabel(secret []byte, label string, n int, context ...byte) []byte {
	info := append([]byte{byte(n >> 8), byte(n), byte(6 + len(label))}, "tls13 "+label...)
	info = append(append(info, byte(len(context))), context...)
	out, err := hkdf.Expand(sha256.New, secret, string(info), n)
	if err != nil {
		panic(err) // lengths that HKDF cannot make are not asked for
	}
	return out
}

// finished13 is the verify_data under a traffic secret. RFC 8446 §4.4.4.
func finished13(secret, transcript []byte) []byte {
	mac := hmac.New(sha256.New, expandLabel(secret, "finished", sha256.Size))
	hash := sha256.Sum256(transcript)
	mac.Write(hash[:])
	return mac.Sum(nil)
}

var labels = map[fault.Role]map[Epoch]string{
	fault.Client: {Handshake: "CLIENT_HANDSHAKE_TRAFFIC_SECRET", Application: "CLIENT_TRAFFIC_SECRET_0"},
	fault.Server: {Handshake: "SERVER_HANDSHAKE_TRAFFIC_SECRET", Application: "SERVER_TRAFFIC_SECRET_0"},
}

// keys makes what protects the records of a role in an epoch, by the secrets that this end has; false: it has none.
func (e *End) keys(writer fault.Role, epoch Epoch) (record.Protection, bool) {
	c := suite.ByID(e.kind.Suite).Cipher
	var p record.Protection
	var err error
	if e.kind.Version == wire.TLS13 {
		secret := e.secrets[labels[writer][min(epoch, Application)]]
		if secret == nil {
			return nil, false
		}
		for range max(epoch, Application) - Application { // RFC 8446 §7.2
			secret = expandLabel(secret, "traffic upd", sha256.Size)
		}
		p, err = record.NewAEAD13(c, expandLabel(secret, "key", c.KeyLen), expandLabel(secret, "iv", c.NonceLen()))
	} else {
		master := e.secrets["CLIENT_RANDOM"]
		if master == nil {
			return nil, false
		}
		p, err = e.protection12(c, master, writer)
	}
	return p, err == nil
}

// protection12 cuts a role's part out of the key block. RFC 5246 §6.3.
func (e *End) protection12(c *suite.Cipher, master []byte, writer fault.Role) (record.Protection, error) {
	mac, key, iv := c.MACKeyLen(), c.KeyLen, c.FixedIVLen
	block := testkit.PRF12(master, 2*(mac+key+iv), "key expansion", e.derived.ServerRandom[:], e.derived.ClientRandom[:])
	at := 0
	if writer == fault.Server {
		at = 1
	}
	macKey, block := block[at*mac:][:mac], block[2*mac:]
	if c.CBC() {
		return record.NewCBC12(c, macKey, block[at*key:][:key], e.derived.EncryptThenMAC, hs.NewEntropy(nil))
	}
	return record.NewAEAD12(c, block[at*key:][:key], block[2*key+at*iv:][:iv])
}

// tap reads what an end puts out, with the end's own keys.
type tap struct {
	half  record.Half
	epoch Epoch
}

// units takes apart what the end has put out.
func (e *End) units(out []byte) []Unit {
	var list []Unit
	for len(out) > 0 {
		h := record.ParseHeader(out)
		rec := slices.Clone(out[:record.HeaderLen+h.Length])
		out = out[len(rec):]
		list = append(list, e.unit(h, rec))
	}
	return list
}

func (e *End) unit(h record.Header, rec []byte) Unit {
	t, tls13 := &e.tap, e.kind.Version == wire.TLS13
	protected := t.epoch != Clear
	if tls13 {
		protected = h.Type == wire.ContentApplicationData
		if protected && t.epoch == Clear {
			e.changeTap(Handshake)
		}
	}
	u := Unit{Type: h.Type, Content: rec[record.HeaderLen:]}
	if protected {
		var err error
		if u.Type, u.Content, err = t.half.Open(rec); err != nil {
			panic(err) // an engine does not put out what its own keys do not open
		}
		u.Epoch = t.epoch
	}
	switch {
	case !tls13 && u.Type == wire.ContentChangeCipherSpec:
		e.changeTap(Handshake)
	case tls13 && u.Message() == wire.TypeFinished:
		e.changeTap(Application)
	case tls13 && u.Message() == wire.TypeKeyUpdate:
		e.changeTap(u.Epoch + 1)
	}
	return u
}

func (e *End) changeTap(epoch Epoch) {
	p, ok := e.keys(e.Role, epoch)
	if !ok {
		panic("an end encrypts without having told its key log")
	}
	e.tap.half.SetProtection(p)
	e.tap.epoch = epoch
}

// line seals units under an end's keys for its peer.
type line struct {
	from  *End
	half  record.Half
	epoch Epoch
}

// seal makes records of units. TLS 1.2 encrypts from its ChangeCipherSpec on, TLS 1.3 as each unit says.
func (l *line) seal(units []Unit) ([]byte, error) {
	var out []byte
	for _, u := range units {
		tls13 := l.from.kind.Version == wire.TLS13
		epoch := u.Epoch
		if !tls13 && !u.Forced {
			epoch = l.epoch
		}
		half := &record.Half{}
		if epoch != Clear && l.change(epoch) {
			half = &l.half
		}
		rec, err := half.Seal(nil, u.Type, wire.TLS12, u.Content)
		if err != nil {
			return nil, err
		}
		if u.Mangle != nil {
			rec = u.Mangle(rec)
		}
		out = append(out, rec...)
		if !tls13 && u.Type == wire.ContentChangeCipherSpec {
			l.change(Handshake)
		}
	}
	return out, nil
}

// change goes over to the keys of an epoch, and returns whether there are any.
func (l *line) change(epoch Epoch) bool {
	if l.epoch == epoch {
		return true
	}
	p, ok := l.from.keys(l.from.Role, epoch)
	if ok {
		l.half.SetProtection(p)
		l.epoch = epoch
	}
	return ok
}
