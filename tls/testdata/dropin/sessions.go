package main

import (
	"crypto/tls"
	"fmt"
	"io"
	"sync"
)

// exchange sends a byte, so that the client has read what comes with it.
func exchange(c, s *tls.Conn) {
	go s.Write([]byte("x"))
	io.ReadFull(c, make([]byte, 1))
	c.Close()
	s.Close()
}

// store is a cache that keeps bytes.
type store struct {
	mu    sync.Mutex
	saved map[string][2][]byte
	log   []string
}

func (s *store) Get(key string) (*tls.ClientSessionState, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	saved, ok := s.saved[key]
	if !ok {
		return nil, false
	}
	state, err := tls.ParseSessionState(saved[1])
	if err != nil {
		s.log = append(s.log, err.Error())
		return nil, false
	}
	s.log = append(s.log, fmt.Sprintf("extra %q early %v", state.Extra, state.EarlyData))
	cs, err := tls.NewResumptionState(saved[0], state)
	return cs, err == nil
}

func (s *store) Put(key string, cs *tls.ClientSessionState) {
	s.mu.Lock()
	defer s.mu.Unlock()
	ticket, state, err := cs.ResumptionState()
	if cs == nil || err != nil {
		delete(s.saved, key)
		return
	}
	state.Extra = append(state.Extra, []byte("the client's"))
	b, err := state.Bytes()
	s.log = append(s.log, fmt.Sprintf("put for %s, a ticket %v, bytes %v, %v", key, len(ticket) > 0, len(b) > 0, err))
	s.saved[key] = [2][]byte{ticket, b}
}

func sessions() {
	for _, version := range []uint16{tls.VersionTLS12, tls.VersionTLS13} {
		cc, sc := clientConfig(), serverConfig()
		cc.MaxVersion, cc.ClientSessionCache = version, tls.NewLRUClientSessionCache(2)
		visit := func(what string, cc, sc *tls.Config) {
			c, s, cerr, serr := connect(cc, sc)
			state := c.ConnectionState()
			fmt.Println(what, kinds(cerr), kinds(serr), state.DidResume, s.ConnectionState().DidResume, len(state.PeerCertificates),
				len(state.VerifiedChains), len(state.TLSUnique), tls.VersionName(state.Version))
			if cerr == nil && serr == nil {
				exchange(c, s)
			}
		}
		visit("first", cc, sc)
		visit("second", cc, sc)
		visit("a clone's", cc.Clone(), sc.Clone())
		visit("another server's", cc, serverConfig())

		// Tickets under keys that servers share.
		one, two := serverConfig(), serverConfig()
		one.SetSessionTicketKeys([][32]byte{{1}})
		two.SetSessionTicketKeys([][32]byte{{2}, {1}})
		visit("keys", cc, one)
		visit("older keys", cc, two)
		one, two = serverConfig(), serverConfig()
		one.SessionTicketKey, two.SessionTicketKey = [32]byte{3}, [32]byte{3}
		visit("a key field", cc, one)
		visit("the same key field", cc, two)
		off := serverConfig()
		off.SessionTicketsDisabled = true
		visit("switched off", cc, off)
		visit("switched off", cc, off)

		// The client's sessions as bytes.
		cc = cc.Clone()
		kept := &store{saved: map[string][2][]byte{}}
		cc.ClientSessionCache = kept
		visit("bytes", cc, sc)
		visit("bytes", cc, sc)
		for _, line := range kept.log {
			fmt.Println(line)
		}
		servers(cc, visit)
	}
	_, err := tls.ParseSessionState([]byte("no session"))
	fmt.Println(err != nil)
	var none *tls.ClientSessionState
	fmt.Println(none.ResumptionState())
}

// servers wraps the server's sessions.
func servers(cc *tls.Config, visit func(string, *tls.Config, *tls.Config)) {
	cc = cc.Clone()
	cc.ClientSessionCache = tls.NewLRUClientSessionCache(0)
	sc := serverConfig()
	var last tls.ConnectionState
	sc.WrapSession = func(cs tls.ConnectionState, ss *tls.SessionState) ([]byte, error) {
		ss.Extra = append(ss.Extra, []byte("the server's"))
		// A resumed connection of TLS 1.2 may keep its ticket.
		if !cs.DidResume {
			fmt.Println("wrap for", cs.ServerName, tls.VersionName(cs.Version))
		}
		return sc.EncryptTicket(cs, ss)
	}
	sc.UnwrapSession = func(identity []byte, cs tls.ConnectionState) (*tls.SessionState, error) {
		ss, err := sc.DecryptTicket(identity, cs)
		last = cs
		if ss != nil {
			fmt.Printf("unwrap for %s %s %q\n", cs.ServerName, tls.VersionName(cs.Version), ss.Extra)
		}
		return ss, err
	}
	visit("wrapped", cc, sc)
	visit("wrapped", cc, sc)
	unknown, err := sc.DecryptTicket([]byte("no ticket"), last)
	fmt.Println(unknown == nil, err)

	// Sessions by a handle.
	sc = serverConfig()
	byHandle := map[string][]byte{}
	sc.WrapSession = func(_ tls.ConnectionState, ss *tls.SessionState) ([]byte, error) {
		b, err := ss.Bytes()
		handle := fmt.Sprint("handle ", len(byHandle))
		byHandle[handle] = b
		return []byte(handle), err
	}
	sc.UnwrapSession = func(identity []byte, _ tls.ConnectionState) (*tls.SessionState, error) {
		b, ok := byHandle[string(identity)]
		if !ok {
			return nil, nil
		}
		return tls.ParseSessionState(b)
	}
	visit("by a handle", cc, sc)
	visit("by a handle", cc, sc)
	sc = sc.Clone()
	sc.UnwrapSession = func([]byte, tls.ConnectionState) (*tls.SessionState, error) { return nil, errOurs }
	refused(cc, sc)
	cc, sc = cc.Clone(), sc.Clone()
	cc.ClientSessionCache = tls.NewLRUClientSessionCache(0)
	sc.WrapSession = func(tls.ConnectionState, *tls.SessionState) ([]byte, error) { return nil, errOurs }
	refused(cc, sc)
}

// refused is a handshake that the server gives up, whether it tells the client or not.
func refused(cc, sc *tls.Config) {
	a, b := tcp()
	c, s := tls.Client(a, cc), tls.Server(b, sc)
	done := make(chan error)
	go func() {
		err := s.Handshake()
		s.Close()
		done <- err
	}()
	_, err := c.Read(make([]byte, 1))
	fmt.Println("refused", err != nil, kinds(<-done))
}
