package tls

import (
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/rsa"
	"sync"
	"time"

	"github.com/vitro-tls/vitro/fault"
	"github.com/vitro-tls/vitro/internal/deep"
	"github.com/vitro-tls/vitro/want"
)

// A stretch is as much of a handshake as needs nobody but us: neither the network nor the program. It may run on another
// stack, so that the goroutine that calls Read or Handshake keeps its own small. What the program has given us to call runs
// where it called us: there it may panic, end its goroutine, and meet its own locks.
type stretch struct {
	conn *Conn
	run  func() // goOn, as a value that is made once
	now  time.Time
	want want.Want // what is next, when all that is in out has been written
	out  []byte

	// verdict is ours over the peer; the program's callbacks have still to agree. loaded is that over the session that was
	// loaded.
	verdict, loaded *want.Verdict
	// refused is why a callback ends the handshake that has no other way to say so.
	refused error
}

// stretches are lent to handshakes.
var stretches = sync.Pool{New: func() any {
	s := new(stretch)
	s.run = s.goOn
	return s
}}

// giveBack keeps the memory for output, which nobody else has a part of.
func (s *stretch) giveBack() {
	*s = stretch{run: s.run, out: s.out[:0]}
	stretches.Put(s)
}

// goOn drives the engine until it needs somebody else.
func (s *stretch) goOn() {
	c := s.conn
	for {
		s.want = c.engine.Step(s.now)
		switch w := s.want.(type) {
		case want.NeedInput:
			if !c.hasRecord() {
				return
			}
			c.feed()
		case want.HaveOutput:
			if c.engine.Failed() {
				return // what it has to say comes behind what is in out
			}
			s.out = c.engine.AppendOutput(s.out)
		case want.Question:
			if !c.answerAlone(w) {
				return
			}
		default:
			return
		}
	}
}

// away runs f on another stack, if nothing of the program's can be called from it. Only a server shakes hands like that:
// it has the many connections, and a goroutine for each that goes on to read. It costs a microsecond, which is what it
// saves a new goroutine, whose stack would grow by doubling; a client is called by a goroutine that has grown long ago.
func (c *Conn) away(f func()) {
	if c.role == fault.Client || c.config.listens() || c.first.listens() {
		f()
		return
	}
	deep.Run(f)
}

// listens reports whether the engine calls something of the program's.
func (c *Config) listens() bool {
	return c.Tracer != nil || c.KeyLogWriter != nil || c.SecretSink != nil || c.Rand != nil || c.RecordPadding != nil
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
