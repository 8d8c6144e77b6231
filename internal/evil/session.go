package evil

import (
	"errors"
	"sync"

	"github.com/vitro-tls/vitro/fault"
	"github.com/vitro-tls/vitro/want"
)

var (
	sessionsMu sync.Mutex
	sessions   = map[string]*want.Session{}
)

// session is what a genuine client of a kind was left with by a genuine server, made once.
func session(k Kind) (*want.Session, error) {
	sessionsMu.Lock()
	defer sessionsMu.Unlock()
	if s := sessions[k.Name]; s != nil {
		return s, nil
	}
	client, err := newEnd(k, fault.Client, nil)
	if err != nil {
		return nil, err
	}
	server, err := newEnd(k, fault.Server, nil)
	if err != nil {
		return nil, err
	}
	if err := meet(client, server); err != nil {
		return nil, err
	}
	sessions[k.Name] = client.session
	return client.session, nil
}

// meet leads two ends to a session that the client is given.
func meet(client, server *End) error {
	var toServer []byte
	for !client.Ready || !server.Ready {
		toClient, err := server.take(toServer)
		if err != nil {
			return err
		}
		if toServer, err = client.take(toClient); err != nil {
			return err
		}
		if err := errors.Join(client.Err, server.Err); err != nil {
			return err
		}
	}
	if _, err := client.take(server.Output()); err != nil { // the ticket has waited for company
		return err
	}
	if _, err := client.step(); err != nil {
		return err
	}
	if client.session == nil {
		return errors.New("no session came of a full handshake")
	}
	return nil
}
