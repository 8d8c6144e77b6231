package client12

import (
	"github.com/vitro-tls/vitro/internal/hs"
	"github.com/vitro-tls/vitro/wire"
)

// serversEnd waits for the server's last flight, which begins with a ticket if it said so. RFC 5077 §3.3.
func (h *handshake) serversEnd() hs.Receiver {
	if h.ServerHello.Has(wire.ExtSessionTicket) {
		return waitNewSessionTicket{h}
	}
	return waitChangeCipherSpec{h}
}

// waitNewSessionTicket: the server gives a ticket, or takes back with an empty one what it said. What came before its
// Finished is of no use until that has been checked. RFC 5077 §3.3.
type waitNewSessionTicket struct{ *handshake }

func (waitNewSessionTicket) Takes(*hs.Desk) hs.Types { return hs.Only(wire.TypeNewSessionTicket) }

func (s waitNewSessionTicket) Receive(d *hs.Desk, m wire.Message) (hs.State, error) {
	ticket, err := hs.Expect[*wire.NewSessionTicket](d, m)
	if err != nil {
		return nil, err
	}
	s.ticket = ticket
	return waitChangeCipherSpec(s), nil
}
