package main

import (
	"io"
	"net"
	"sync"

	"github.com/vitro-tls/vitro/internal/testkit"
	"github.com/vitro-tls/vitro/tls"
)

// warm is how many connections are made and closed before the baseline, and clients is how many shake hands at once.
const warm, clients = 64, 8

// idleClient makes the connections that the server holds. It is Vitro's for every server, so that all have the same peer;
// whom it speaks to is not what is measured, and not verified.
func idleClient(p *parent) error {
	var job idleJob
	if err := p.in.Decode(&job); err != nil {
		return err
	}
	address := p.command()
	if err := job.connectAll(address, warm, func(c io.Closer) { c.Close() }); err != nil {
		return err
	}
	if err := p.out.Encode(warm); err != nil {
		return err
	}
	p.command() // connect
	var mu sync.Mutex
	var kept []io.Closer
	err := job.connectAll(address, job.Conns, func(c io.Closer) {
		mu.Lock()
		kept = append(kept, c)
		mu.Unlock()
	})
	if err == nil {
		err = p.out.Encode(len(kept))
	}
	if err != nil {
		return err
	}
	for { // the connections stay open until the parent goes
		p.command()
	}
}

// connectAll makes n connections, has each say what it has to say, and hands it over.
func (j idleJob) connectAll(address string, n int, keep func(io.Closer)) error {
	config := &tls.Config{
		InsecureSkipVerify: true,
		ServerName:         testkit.Host,
		MinVersion:         j.What.Version,
		MaxVersion:         j.What.Version,
		CurvePreferences:   []tls.CurveID{j.What.Group},
	}
	left := make(chan struct{}, n)
	for range n {
		left <- struct{}{}
	}
	close(left)
	failed := make(chan error, clients)
	for range clients {
		go func() {
			out, in := make([]byte, j.What.Message), make([]byte, answer)
			for range left {
				c, err := net.Dial("tcp", address)
				if err == nil {
					err = j.talk(c, config, out, in, keep)
				}
				if err != nil {
					failed <- err
					return
				}
			}
			failed <- nil
		}()
	}
	var first error
	for range clients {
		if err := <-failed; first == nil {
			first = err
		}
	}
	return first
}

func (j idleJob) talk(c net.Conn, config *tls.Config, out, in []byte, keep func(io.Closer)) error {
	if j.Holder == "tcp" {
		defer keep(c)
		return j.messages(c, out, in, func() error { return nil })
	}
	t := tls.Client(c, config)
	defer keep(t)
	return j.messages(t, out, in, func() error { return t.UpdateKeys(true) })
}

// messages spreads the key updates evenly over the messages.
func (j idleJob) messages(c io.ReadWriter, out, in []byte, update func() error) error {
	rounds := max(j.What.Times, j.What.Updates)
	for i := range rounds {
		if i*j.What.Times/rounds != (i+1)*j.What.Times/rounds || i == 0 {
			if err := j.What.exchange(c, out, in); err != nil {
				return err
			}
		}
		if i*j.What.Updates/rounds != (i+1)*j.What.Updates/rounds {
			if err := update(); err != nil {
				return err
			}
		}
	}
	if j.What.Updates == 0 {
		return nil
	}
	// The last word is a message, so that what an update leaves behind is not what is found.
	return j.What.exchange(c, out, in)
}
