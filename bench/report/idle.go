package main

import (
	"context"
	"crypto/tls"
	"fmt"
	"io"
)

// circumstance is what connections have been through before they are idle.
type circumstance struct {
	Name    string
	Version uint16
	Group   tls.CurveID
	Message int // bytes of each message that the client sends; the server answers with 16
	Times   int
	Updates int // of both ends' keys
}

const answer = 16

var circumstances = []circumstance{
	{"after 16 B", tls.VersionTLS13, tls.X25519, 16, 1, 0},
	{"after one 16 KiB message", tls.VersionTLS13, tls.X25519, 16 << 10, 1, 0},
	{"hybrid group, after 16 B", tls.VersionTLS13, tls.X25519MLKEM768, 16, 1, 0},
	{"after 100 MB and ten key updates", tls.VersionTLS13, tls.X25519, 16 << 10, 0, 10}, // Times is worked out: 100 MB over all
	{"TLS 1.2, after 16 B", tls.VersionTLS12, tls.X25519, 16, 1, 0},
	{"TLS 1.2, after one 16 KiB message", tls.VersionTLS12, tls.X25519, 16 << 10, 1, 0},
}

// traffic is what all connections together send in the fourth; tests have less.
var traffic = 100_000_000

// holders are who holds idle connections, in the order of the table.
var holders = []string{"vitro", "crypto-tls", "tcp"}

// idleJob is what both processes are told.
type idleJob struct {
	Holder string
	What   circumstance
	Conns  int
	Sites  bool // profile every allocation, for a list of what is in use; costs memory of its own
}

// idle is what one connection costs its server: bytes.
type idle struct {
	Conns    int
	Resident float64 // what the process has more than before
	Heap     float64 // in use, in the heap's blocks
	Objects  float64 // in use, as asked for
	Stack    float64
	Sites    []site
}

// site is a place that has allocated what is in use.
type site struct {
	Where   string
	Bytes   float64
	Objects float64
}

// measureIdle starts a server and a client, has them make connections, and asks the server what they cost.
func measureIdle(ctx context.Context, job idleJob) (idle, error) {
	if limit := openFiles() - 100; job.Conns > limit {
		job.Conns = limit
	}
	if job.What.Times == 0 {
		job.What.Times = max(1, traffic/job.Conns/job.What.Message)
	}
	server, err := startChild(ctx, "idle-server", job)
	if err != nil {
		return idle{}, err
	}
	defer server.end()
	var address string
	if err := server.hear(&address); err != nil {
		return idle{}, err
	}
	client, err := startChild(ctx, "idle-client", job)
	if err != nil {
		return idle{}, err
	}
	defer client.end()
	var done int
	step := func(c *child, command string, result any) {
		if err == nil {
			if err = c.say(command); err == nil {
				err = c.hear(result)
			}
		}
	}
	step(client, address, &done) // some connections that are closed again: what is made once has been made
	step(server, "baseline", &done)
	step(client, "connect", &done)
	got := idle{}
	step(server, "measure", &got)
	if err != nil {
		return idle{}, fmt.Errorf("idle connections of %s, %s: %w", job.Holder, job.What.Name, err)
	}
	return got, nil
}

// exchange is the client's part in one message.
func (w circumstance) exchange(c io.ReadWriter, out, in []byte) error {
	if _, err := c.Write(out[:w.Message]); err != nil {
		return err
	}
	_, err := io.ReadFull(c, in[:answer])
	return err
}
