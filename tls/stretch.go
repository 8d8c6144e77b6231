package tls

import (
	"context"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/rsa"
	"sync"

	"github.com/vitro-tls/vitro/fault"
	"github.com/vitro-tls/vitro/internal/deep"
	"github.com/vitro-tls/vitro/want"
)

// A stretch is as much of a handshake as the program has no part in. It may run on another stack, so that the goroutine that
// calls Read or Handshake keeps its own small. What the program has given us to call runs where it called us: there it may
// panic, end its goroutine, and meet its own locks.
type stretch struct {
	conn   *Conn
	ctx    context.Context
	calm   func() bool // ends that ctx interrupts, and says whether it has
	early  error       // the network failed before there was an engine
	locked bool        // the caller has locked the write half
	run    func()      // goOn, as a value that is made once
	out    []byte      // scratch

	question want.Question // the program's to answer; nil at the end of the handshake
	err      error         // why the handshake is given up

	// verdict is ours over the peer; the program's callbacks have still to agree. loaded is that over the session that was
	// loaded.
	verdict, loaded *want.Verdict
}

// stretches are lent to handshakes.
var stretches sync.Pool

func init() {
	stretches.New = func() any {
		s := new(stretch)
		s.run = s.goOn
		return s
	}
}

// newStretch begins a handshake. locked: the caller has locked the write half, for one behind the first.
func (c *Conn) newStretch(ctx context.Context, locked bool) *stretch {
	s := stretches.Get().(*stretch)
	s.conn, s.ctx, s.locked, c.shaking = c, ctx, locked, s
	if !locked {
		s.calm = c.interruptedBy(ctx)
	}
	return s
}

// giveBack keeps the memory for output.
func (s *stretch) giveBack() {
	*s = stretch{run: s.run, out: s.out[:0]}
	stretches.Put(s)
}

// goOn is the loop over what the engine wants, until that is the program's to answer.
func (s *stretch) goOn() {
	c := s.conn
	if c.engine == nil {
		if s.err = c.begin(s.ctx); s.err == nil && s.early != nil {
			s.err = c.broken(s.early)
		}
	}
	for s.err == nil {
		switch w := c.engine.Step(c.config.now()).(type) {
		case want.NeedInput:
			s.err = s.read()
		case want.HaveOutput:
			s.err = s.write()
		case want.Ready:
			if !s.locked {
				c.conclude()
			}
			return
		case want.Failed:
			s.err = w.Err
		case want.Question:
			if !c.answerAlone(w) {
				s.question = w
				return
			}
		}
	}
}

func (s *stretch) read() error {
	c := s.conn
	if err := c.readMore(); err != nil {
		return c.broken(err)
	}
	c.feed()
	return nil
}

func (s *stretch) write() error {
	c := s.conn
	if c.engine.Failed() {
		return c.engine.Failure()
	}
	s.out = c.engine.AppendOutput(s.out[:0])
	err := s.writeOut()
	if err == nil {
		return nil
	}
	if closedByPeer(err) {
		c.listenInHandshake()
	}
	return c.broken(err)
}

func (s *stretch) writeOut() error {
	if !s.locked {
		s.conn.write.mu.Lock()
		defer s.conn.write.mu.Unlock()
	}
	return s.conn.writeOut(s.out)
}

// away runs f on another stack, if it may.
func (c *Conn) away(f func()) {
	if c.mayGoAway() {
		deep.Run(f)
	} else {
		f()
	}
}

// mayGoAway: nothing of the program's can be called meanwhile. Only a server shakes hands like that: it has the many
// connections, and a goroutine for each that goes on to read. It costs a microsecond, which is what it saves a new
// goroutine, whose stack would grow by doubling; a client is called by a goroutine that has grown long ago.
func (c *Conn) mayGoAway() bool {
	return c.role == fault.Server && !c.config.listens() && !c.first.listens()
}

// listens reports whether the engine calls something of the program's.
func (c *Config) listens() bool {
	return c.Tracer != nil || c.Time != nil || c.KeyLogWriter != nil || c.SecretSink != nil || c.Rand != nil || c.RecordPadding != nil
}

// answerAlone answers a question that the program has no say in.
func (c *Conn) answerAlone(q want.Question) bool {
	if c.answerLate != nil {
		return false
	}
	alone := false
	switch q := q.(type) {
	case *want.VerifyPeer:
		verdict := c.judge(q.Peer)
		c.shaking.verdict = &verdict
		alone = c.config.VerifyPeerCertificate == nil && c.config.VerifyConnection == nil
	case *want.Sign:
		alone = standard(q.Credential.Signer)
	case *want.DecryptPremaster:
		alone = standard(q.Credential.Decrypter)
	case *want.OpenTicket:
		alone = c.config.UnwrapSession == nil
	case *want.SealTicket:
		alone = c.config.WrapSession == nil
	}
	if alone {
		c.answerNow(q)
	}
	return alone
}

// standard reports whether a private key is one of the standard library's, whose operations call nobody.
func standard(key any) bool {
	switch key.(type) {
	case *ecdsa.PrivateKey, *rsa.PrivateKey, ed25519.PrivateKey:
		return true
	}
	return false
}
