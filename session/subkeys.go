package session

import (
	"crypto/cipher"
	"io"
	"sync"
	"sync/atomic"
	"time"
)

// What seals tickets is derived from a ticket key and a salt, once for many: each ticket has a nonce of its own that is
// drawn. One that another server has sealed under the same ticket key has another salt.

const (
	// perSalt bounds how many tickets a salt is for: that two of 2^20 draw the same nonce has probability 2^-57.
	perSalt = 1 << 20
	// maxKnown bounds how many salts of others are known at a time, and knownFor for how long nobody takes their place.
	maxKnown = 64
	knownFor = time.Hour

	nonceLen = 12
)

// subkeys are what was derived from one ticket key for tickets.
type subkeys struct {
	mu    sync.Mutex // for whoever changes them
	own   atomic.Pointer[subkey]
	known atomic.Pointer[knownSubkeys] // of others, replaced and never changed
}

type subkey struct {
	salt [saltLen]byte
	aead cipher.AEAD
	used atomic.Int64
}

type knownSubkeys struct {
	bySalt map[[saltLen]byte]cipher.AEAD
	since  time.Time
}

// sealing returns what seals the next ticket.
func (k key) sealing(random io.Reader) (*subkey, error) {
	if own := k.subkeys.own.Load(); own != nil && own.used.Add(1) <= perSalt {
		return own, nil
	}
	k.subkeys.mu.Lock()
	defer k.subkeys.mu.Unlock()
	if own := k.subkeys.own.Load(); own != nil && own.used.Add(1) <= perSalt {
		return own, nil
	}
	fresh := new(subkey)
	if _, err := io.ReadFull(random, fresh.salt[:]); err != nil {
		return nil, err
	}
	var err error
	if fresh.aead, _, err = k.aead(forTickets, fresh.salt[:]); err != nil {
		return nil, err
	}
	fresh.used.Add(1)
	k.subkeys.own.Store(fresh)
	return fresh, nil
}

// opening returns what opens tickets with a salt, and whether it had to be derived.
func (k key) opening(salt []byte) (aead cipher.AEAD, derived bool, err error) {
	if own := k.subkeys.own.Load(); own != nil && string(own.salt[:]) == string(salt) {
		return own.aead, false, nil
	}
	if known := k.subkeys.known.Load(); known != nil {
		if aead, ok := known.bySalt[[saltLen]byte(salt)]; ok {
			return aead, false, nil
		}
	}
	aead, _, err = k.aead(forTickets, salt)
	return aead, true, err
}

// learn keeps what has opened a ticket: nobody fills it with salts that no server has drawn.
func (k key) learn(now time.Time, salt []byte, aead cipher.AEAD) {
	k.subkeys.mu.Lock()
	defer k.subkeys.mu.Unlock()
	fresh := &knownSubkeys{bySalt: map[[saltLen]byte]cipher.AEAD{}, since: now}
	if old := k.subkeys.known.Load(); old != nil && len(old.bySalt) < maxKnown {
		fresh.since = old.since
		for s, a := range old.bySalt {
			fresh.bySalt[s] = a
		}
	} else if old != nil && now.Sub(old.since) < knownFor {
		return
	}
	fresh.bySalt[[saltLen]byte(salt)] = aead
	k.subkeys.known.Store(fresh)
}

// seal appends what is sealed under a subkey, behind its nonce, to a ticket's head.
func (s *subkey) seal(random io.Reader, head, plain []byte) ([]byte, error) {
	if s.aead.NonceSize() == 0 { // it draws its nonce by itself, and puts it in the same place
		return s.aead.Seal(head, nil, plain, head), nil
	}
	sealed := head[:len(head)+nonceLen]
	nonce := sealed[len(head):]
	if _, err := io.ReadFull(random, nonce); err != nil {
		return nil, err
	}
	return s.aead.Seal(sealed, nonce, plain, head), nil
}

// openTicket appends what is in a sealed ticket behind its head to dst.
func (k key) openTicket(now time.Time, dst, head, sealed []byte) ([]byte, error) {
	salt := head[nameLen:]
	aead, derived, err := k.opening(salt)
	if err != nil {
		return nil, err
	}
	n := aead.NonceSize()
	plain, err := aead.Open(dst, sealed[:n], sealed[n:], head)
	if err == nil && derived {
		k.learn(now, salt, aead)
	}
	return plain, err
}
