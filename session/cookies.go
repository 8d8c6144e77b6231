package session

import "time"

// SealCookie seals what a server has to know again of a first ClientHello, under the keys of its tickets: servers that
// share those can go on for each other. It makes Tickets an engine.CookieKeys.
func (t *Tickets) SealCookie(now time.Time, random *[32]byte, plain []byte) ([]byte, error) {
	keys, err := t.current(now, t.rand())
	if err != nil {
		return nil, err
	}
	cookie := make([]byte, 0, minCookie+len(plain))
	cookie = append(append(cookie, keys[0].name[:]...), random[:]...)
	return keys[0].sealCookie(cookie, plain)
}

// OpenCookie returns what is in a cookie, false if none of the keys in force has sealed it. A ticket is no cookie.
func (t *Tickets) OpenCookie(now time.Time, cookie []byte) ([]byte, bool) {
	k, head, sealed, ok := t.keyOf(now, cookie, minCookie)
	if !ok {
		return nil, false
	}
	aead, nonce, err := k.aead(forCookies, head[nameLen:])
	if err != nil {
		return nil, false
	}
	plain, err := aead.Open(nil, nonce, sealed, head)
	return plain, err == nil
}
