package evil

import (
	"bytes"
	"errors"
	"sync"

	"github.com/vitro-tls/vitro/fault"
	"github.com/vitro-tls/vitro/want"
)

// kept is what both ends of a connection keep for the next one.
type kept struct {
	client, server *want.Session
	id             []byte // that the server's goes by
}

// load is a client's session, or a server's by its ID; nil for none.
func (e *End) load(id []byte) *want.Session {
	switch {
	case e.Role == fault.Client:
		return e.kept.client
	case bytes.Equal(id, e.kept.id):
		return e.kept.server
	}
	return nil
}

func (e *End) store(id []byte, s *want.Session) {
	if e.Role == fault.Client {
		e.kept.client = s
		return
	}
	e.kept.server, e.kept.id = s, bytes.Clone(id)
}

var (
	acquaintancesMu sync.Mutex
	acquaintances   = map[string]kept{}
)

// acquaintance is what a genuine client and a genuine server of a kind have kept of their first connection, made once.
func acquaintance(k Kind) (kept, error) {
	acquaintancesMu.Lock()
	defer acquaintancesMu.Unlock()
	if s, ok := acquaintances[k.Name]; ok {
		return s, nil
	}
	client, err := newEnd(k, fault.Client, kept{})
	if err != nil {
		return kept{}, err
	}
	server, err := newEnd(k, fault.Server, kept{})
	if err != nil {
		return kept{}, err
	}
	if err := meet(client, server); err != nil {
		return kept{}, err
	}
	s := kept{client.kept.client, server.kept.server, server.kept.id}
	acquaintances[k.Name] = s
	return s, nil
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
	if client.kept.client == nil {
		return errors.New("no session came of a full handshake")
	}
	return nil
}

// ticket is the one that a kind's client has.
func (e *End) ticket() []byte { return e.kept.client.Ticket }
