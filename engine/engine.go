// Package engine is TLS without I/O: a client and a server that take bytes and give bytes.
//
// The engine opens no socket, starts no goroutine and reads no clock. Its caller runs a loop over [Engine.Step]:
//
//	for {
//		switch w := e.Step(time.Now()).(type) {
//		case want.NeedInput:        // read from the network, then e.Feed
//		case want.HaveOutput:       // write e.Output to the network
//		case want.Ready:            // done: e.Seal and e.Open carry application data
//		case want.Failed:           // w.Err says why; the alert has been taken as output before
//		case *want.VerifyPeer:      // w.Answer, now or later, from any goroutine
//		case *want.Sign:            // w.Run answers with the credential's own key
//		…
//		}
//	}
//
// A client that may renegotiate (TLS 1.2) asks HasHandshake after each Open, and goes back to the loop for another
// handshake, with no Seal meanwhile; Held has what the server said until it took note. Where the configuration does not let it, that never happens.
//
// After Ready a server's Step may still raise SealTicket, and a client's StoreSession, once a record with a ticket has
// been opened. Data flows meanwhile; an answer to SealTicket takes effect in a later Step.
//
// While the handshake runs, one goroutine drives the engine. After Ready the read half (Open, Step, CloseInput) and
// the write half (Seal, Output, Close) may be driven by two. What the read half has to say to the peer (an alert)
// waits in Output, and goes out in front of what Seal returns next: both must be written in the order of the calls.
package engine

import (
	"context"
	"sync/atomic"
	"time"

	"github.com/vitro-tls/vitro/event"
	"github.com/vitro-tls/vitro/fault"
	"github.com/vitro-tls/vitro/internal/hs"
	"github.com/vitro-tls/vitro/internal/lazy"
	"github.com/vitro-tls/vitro/want"
	"github.com/vitro-tls/vitro/wire"
)

// Config says how connections are to be made; Compile makes it usable.
type Config = hs.Config

// Compiled is a Config that has been checked and worked out. It serves any number of connections at once.
type Compiled = hs.Compiled

// CookieKeys seals and opens the cookies of a server that keeps nothing between two ClientHellos. session.Tickets does.
type CookieKeys = hs.CookieKeys

// Entropy is every random operation of a handshake.
type Entropy = hs.Entropy

// Compile checks a configuration. The error is a *fault.Error of the rule fault.BadConfig.
func Compile(c Config) (*Compiled, error) { return hs.Compile(c) }

// Options are what differs from connection to connection.
type Options struct {
	// Context is the parent of every question's context, nil for context.Background.
	Context context.Context
	// Notify is called whenever a question has been answered, from the answering goroutine: time for a Step. That may be
	// the goroutine that drives the engine, for which it must not wait.
	Notify func()
	// Conn is the connection's number in events, 0 for the next free one.
	Conn uint64
}

// Engine is one end of one connection.
type Engine struct {
	desk   hs.Desk
	state  hs.State
	raised want.Question // the question that Step has returned already
	// questions ends the context of what is asked.
	questions *lazy.Context
	failure   atomic.Pointer[error]
	held      []byte // application data that came between a HelloRequest and the ServerHello

	idle int32 // records in a row that brought nothing
	warn int32 // warnings in a row
	talk int32 // messages in a row that brought no data, and that nothing waited for: tickets, new keys, HelloRequests

	ready      atomic.Bool
	peerClosed bool // close_notify has come
}

// NewClient makes the client's end.
func NewClient(c *Compiled, o Options) *Engine {
	e := newEngine(fault.Client, c, o)
	e.state = start{}
	return e
}

// NewServer makes the server's end.
func NewServer(c *Compiled, o Options) *Engine {
	e := newEngine(fault.Server, c, o)
	e.state = waitClientHello{}
	e.desk.Cookies = c.Cookies
	return e
}

func newEngine(role fault.Role, c *Compiled, o Options) *Engine {
	e := &Engine{}
	if o.Conn == 0 && c.Tracer != nil {
		o.Conn = event.NextConn()
	}
	d := &e.desk
	d.Role, d.Config = role, c
	d.Asker.Notify = o.Notify
	d.Shake()
	e.questions = &d.Questions
	e.questions.Follow(o.Context)
	d.Asker.Context = e.questions
	d.Stream.Init(c.Tracer, role, o.Conn)
	d.Out.Init(&d.Stream, wire.TLS10, c.RecordPadding)
	return e
}

// State returns what has been agreed on so far.
func (e *Engine) State() want.ConnectionState { return e.Agreed()() }

// Agreed is State for later: what it returns goes on saying what has been agreed on by now, from any goroutine, and keeps
// no more than that.
func (e *Engine) Agreed() func() want.ConnectionState {
	if ready, ok := e.state.(hs.Ready); ok {
		return ready.Negotiated.Complete
	}
	return e.soFar
}

func (e *Engine) soFar() want.ConnectionState {
	if agreed, ok := e.state.(interface{ ConnectionState() want.ConnectionState }); ok {
		return agreed.ConnectionState()
	}
	return want.ConnectionState{ServerName: e.desk.Config.ServerName}
}

// SetContext makes ctx the parent of the contexts of questions to come, in the place of Options.Context, which may have
// been for the handshake only, once. It is called before Seal, Open and Close may be.
func (e *Engine) SetContext(ctx context.Context) {
	e.questions.Cancel()
	life, ours := ctx.(*lazy.Context) // of package tls, whose connection's life may end with ours: one less to keep
	if !ours {
		life = new(lazy.Context)
		life.Follow(ctx)
	}
	e.questions, e.desk.Asker.Context = life, life
}

// cancel ends the context of every question, those to come too.
func (e *Engine) cancel() { e.questions.Cancel() }

// SetTime hands in the time of the events to come where no Step does it.
func (e *Engine) SetTime(now time.Time) { e.desk.Stream.SetTime(now) }

// Config returns the configuration in force: that of NewServer, or the answer to ChooseConfig.
func (e *Engine) Config() *Compiled { return e.desk.Config }
