// Package session keeps what connections are resumed with: [Tickets] seals a server's sessions into tickets, so that
// the server need not remember them, and [Cache] keeps a client's, or those of a server that does remember. They answer
// the engine's questions: Tickets [want.SealTicket] and [want.OpenTicket], Cache [want.StoreSession] and
// [want.LoadSession].
package session

import (
	"crypto"
	"crypto/aes"
	"crypto/cipher"
	"crypto/fips140"
	"crypto/hkdf"
	"crypto/rand"
	"crypto/sha256"
	"errors"
	"io"
	"sync"
	"sync/atomic"
	"time"

	"github.com/vitro-tls/vitro/internal/mac"
	"github.com/vitro-tls/vitro/want"
)

const (
	// KeyUse is for how long a key that was made here seals tickets. A day bounds what one stolen key opens. RFC 5077 §5.6.
	KeyUse = 24 * time.Hour
	// KeyLife is for how long it opens them: as long as a session can live at most (RFC 8446 §4.6.1), so that no ticket
	// outlasts its key. Then it is gone, and with it the way to read what it has resumed.
	KeyLife = want.MaxSessionLifetime
)

// Tickets seals and opens tickets. They are encrypted with AES-256-GCM (RFC 5077 §5.3), under a key that is derived from
// the ticket key in use and 32 random bytes and serves a million of them; so one ticket key may seal any number. The zero value makes its own keys, which
// change every KeyUse and are forgotten after KeyLife. It may be used by many connections at once.
type Tickets struct {
	// Rand is the source of keys and salts, nil for the operating system's.
	Rand io.Reader

	mu  sync.Mutex // for whoever changes the keys
	now atomic.Pointer[keySet]
}

// keySet are the keys in force: the first seals, all open. They are replaced, never changed.
type keySet struct {
	list  []key
	fixed bool // by SetKeys: nothing changes them but another SetKeys
}

// good reports whether nothing has to change at a time; with seal, that the first may still seal.
func (k *keySet) good(now time.Time, seal bool) bool {
	switch {
	case k == nil:
		return false
	case k.fixed:
		return true
	case len(k.list) == 0:
		return !seal
	}
	first, last := k.list[0], k.list[len(k.list)-1]
	return now.Sub(last.made) < KeyLife && (!seal || now.Sub(first.made) < KeyUse)
}

// key is a ticket key. Its name says to the servers that share it which one a ticket was sealed with.
type key struct {
	name   [nameLen]byte
	secret [sha256.Size]byte
	made   time.Time
	*subkeys
}

const (
	nameLen = 16
	saltLen = 32
	// The fewest bytes that a cookie can have: name, salt and the tag of AES-GCM. A ticket has a nonce too.
	minCookie = nameLen + saltLen + 16
	minTicket = minCookie + nonceLen
)

// SetKeys sets the keys, for servers that share them: the first seals, all open. After it they are the caller's to
// change. It does nothing without a key.
func (t *Tickets) SetKeys(keys ...[32]byte) error {
	if len(keys) == 0 {
		return errors.New("session: no ticket key")
	}
	var made []key
	for _, secret := range keys {
		k, err := newKey(secret, time.Time{})
		if err != nil {
			return err
		}
		made = append(made, k)
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	t.now.Store(&keySet{made, true})
	return nil
}

func newKey(secret [32]byte, made time.Time) (key, error) {
	k := key{made: made, subkeys: new(subkeys)}
	name, err := hkdf.Key(sha256.New, secret[:], nil, "vitro ticket name", nameLen)
	if err != nil {
		return k, err
	}
	copy(k.name[:], name)
	extracted, err := hkdf.Extract(sha256.New, secret[:], nil)
	copy(k.secret[:], extracted)
	return k, err
}

// current returns the keys in force at a time, with a source for a new one the one that seals first.
func (t *Tickets) current(now time.Time, random io.Reader) ([]key, error) {
	if k := t.now.Load(); k.good(now, random != nil) {
		return k.list, nil
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	old := t.now.Load()
	if old.good(now, random != nil) {
		return old.list, nil
	}
	var live []key
	if old != nil {
		for _, k := range old.list {
			if now.Sub(k.made) < KeyLife {
				live = append(live, k)
			}
		}
	}
	t.now.Store(&keySet{list: live})
	if random == nil || len(live) > 0 && now.Sub(live[0].made) < KeyUse {
		return live, nil
	}
	var secret [32]byte
	if _, err := io.ReadFull(random, secret[:]); err != nil {
		return nil, err
	}
	fresh, err := newKey(secret, now)
	if err != nil {
		return nil, err
	}
	live = append([]key{fresh}, live...)
	t.now.Store(&keySet{list: live})
	return live, nil
}

func (t *Tickets) rand() io.Reader {
	if t.Rand == nil {
		return rand.Reader
	}
	return t.Rand
}

// Seal puts a session into a ticket.
func (t *Tickets) Seal(now time.Time, s *want.Session) ([]byte, error) {
	return t.SealWith(t.Rand, now, s)
}

// SealWith is Seal with another source of keys and salts, nil for the operating system's.
func (t *Tickets) SealWith(random io.Reader, now time.Time, s *want.Session) ([]byte, error) {
	if random == nil {
		random = rand.Reader
	}
	plain, err := s.Marshal()
	if err != nil {
		return nil, err
	}
	live, err := t.current(now, random)
	if err != nil {
		return nil, err
	}
	k := live[0]
	sealing, err := k.sealing(random)
	if err != nil {
		return nil, err
	}
	ticket := make([]byte, 0, minTicket+len(plain))
	ticket = append(append(ticket, k.name[:]...), sealing.salt[:]...)
	return sealing.seal(random, ticket, plain)
}

// purpose keeps apart what is sealed under one key: none opens as another.
type purpose string

const (
	forTickets purpose = "vitro ticket"
	forCookies purpose = "vitro cookie"
)

// sealCookie appends what is sealed to its head: the key's name and a salt that is for this cookie alone.
func (k key) sealCookie(head, plain []byte) ([]byte, error) {
	aead, nonce, err := k.aead(forCookies, head[nameLen:])
	if err != nil {
		return nil, err
	}
	return aead.Seal(head, nonce, plain, head), nil
}

// aead derives what seals under this salt, and the nonce of a cookie.
func (k key) aead(what purpose, salt []byte) (cipher.AEAD, []byte, error) {
	derived := k.expand(what, salt)
	block, err := aes.NewCipher(derived[:32])
	if err != nil {
		return nil, nil, err
	}
	// What seals picks its nonce itself where nobody else may: then cookies are longer, and servers that share keys must
	// agree on it. A ticket has its nonce in the same place.
	if fips140.Enforced() {
		aead, err := cipher.NewGCMWithRandomNonce(block)
		return aead, nil, err
	}
	aead, err := cipher.NewGCM(block)
	return aead, derived[32:], err
}

// expand is HKDF-Expand to 32 bytes for a key and 12 for a nonce. RFC 5869 §2.3.
func (k key) expand(what purpose, salt []byte) []byte {
	var info [len(forTickets) + saltLen]byte
	n := copy(info[:], what)
	n += copy(info[n:], salt)
	derived := mac.Append(make([]byte, 0, 2*sha256.Size), crypto.SHA256, k.secret[:], info[:n], []byte{1})
	return mac.Append(derived, crypto.SHA256, k.secret[:], derived, info[:n], []byte{2})[:32+12]
}

// Open returns the session in a ticket, nil if none of the keys in force has sealed it. The time that it takes says
// nothing of a key: the tag is compared in constant time, and names are no secret.
func (t *Tickets) Open(now time.Time, ticket []byte) *want.Session {
	k, head, sealed, ok := t.keyOf(now, ticket, minTicket)
	if !ok {
		return nil
	}
	space := plaintexts.Get().(*[]byte)
	defer plaintexts.Put(space)
	plain, err := k.openTicket(now, (*space)[:0], head, sealed)
	if err != nil {
		return nil
	}
	defer clear(plain)
	if cap(plain) <= largestLent {
		*space = plain
	}
	s, err := want.UnmarshalSession(plain)
	if err != nil {
		return nil
	}
	return s
}

// plaintexts are lent to what is opened, until it is decoded. What has a client's certificates may be large, and is not
// kept.
var plaintexts = sync.Pool{New: func() any {
	b := make([]byte, 0, 512)
	return &b
}}

const largestLent = 8 << 10

// keyOf returns the key that a ticket or cookie names, and cuts it behind its salt.
func (t *Tickets) keyOf(now time.Time, whole []byte, atLeast int) (k key, head, sealed []byte, ok bool) {
	if len(whole) < atLeast {
		return k, nil, nil, false
	}
	live, err := t.current(now, nil)
	if err != nil {
		return k, nil, nil, false
	}
	head, sealed = whole[:nameLen+saltLen], whole[nameLen+saltLen:]
	for _, k := range live {
		if string(head[:nameLen]) == string(k.name[:]) {
			return k, head, sealed, true
		}
	}
	return k, nil, nil, false
}
