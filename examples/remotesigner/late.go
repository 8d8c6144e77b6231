package main

import (
	"context"
	"crypto/sha256"
	"errors"
	"io"
	"net"
	"os"
	"slices"
	"sync"
	"time"

	"github.com/vitro-tls/vitro/engine"
	"github.com/vitro-tls/vitro/want"
	"github.com/vitro-tls/vitro/wire"
)

// handshakeTime bounds a handshake, handshakeBytes what a client may say in it.
const (
	handshakeTime  = 10 * time.Second
	handshakeBytes = 64 << 10
)

// lateServer drives all its engines in one goroutine. Others only carry: bytes from each network, and signatures.
type lateServer struct {
	ctx    context.Context
	config *engine.Compiled
	key    *remoteKey
	log    func(net.Addr, error)
	events chan event

	mu      sync.Mutex
	waiting []*want.Sign
	more    chan struct{} // something waits
}

// event is why a connection has its turn: bytes came, the network has ended, or neither: a question has been answered.
type event struct {
	conn  *conn
	came  []byte
	ended error
}

type conn struct {
	server  *lateServer
	network net.Conn
	engine  *engine.Engine
	in      []byte
	asked   want.Question
	over    bool
}

// newLateServer knows the certificate and how the key signs, but no key.
func newLateServer(ctx context.Context, key *remoteKey, log func(net.Addr, error)) (*lateServer, error) {
	credential, err := want.NewCredential(key.chain, nil, []wire.SignatureScheme{wire.ECDSA_SECP256R1_SHA256})
	if err != nil {
		return nil, err
	}
	config, err := engine.Compile(engine.Config{Credentials: []*want.Credential{credential}})
	if err != nil {
		return nil, err
	}
	return &lateServer{
		ctx: ctx, config: config, key: key, log: log,
		events: make(chan event), more: make(chan struct{}, 1),
	}, nil
}

func serveLate(ctx context.Context, listener net.Listener, key *remoteKey, log func(net.Addr, error)) error {
	serving, cancel := context.WithCancel(ctx)
	defer cancel()
	s, err := newLateServer(serving, key, log)
	if err != nil {
		return err
	}
	go s.sign()
	go s.loop()
	for {
		network, err := listener.Accept()
		if ctx.Err() != nil {
			return nil
		}
		if err != nil {
			return err
		}
		go s.read(network)
	}
}

// loop gives connections their turns. Nothing in it waits for the key.
func (s *lateServer) loop() {
	for {
		select {
		case <-s.ctx.Done():
			return
		case e := <-s.events:
			if e.conn.over {
				continue
			}
			if err := e.conn.turn(e); err != nil {
				e.conn.end(err)
			}
		}
	}
}

func (s *lateServer) post(e event) {
	select {
	case s.events <- e:
	case <-s.ctx.Done():
	}
}

// read brings the loop what comes from a new client.
func (s *lateServer) read(network net.Conn) {
	defer network.Close()
	defer context.AfterFunc(s.ctx, func() { network.Close() })()
	c := &conn{server: s, network: network}
	c.engine = engine.NewServer(s.config, engine.Options{Context: s.ctx, Notify: func() { s.post(event{conn: c}) }})
	_ = network.SetDeadline(time.Now().Add(handshakeTime))
	from := io.LimitReader(network, handshakeBytes)
	for {
		b := make([]byte, 2048)
		n, err := from.Read(b)
		if n > 0 {
			s.post(event{conn: c, came: b[:n]})
		}
		if err != nil {
			s.post(event{conn: c, ended: err})
			return
		}
	}
}

// errDone: all is said.
var errDone = errors.New("done")

// turn goes on with the handshake as far as it can, and greets behind it.
func (c *conn) turn(e event) error {
	if e.ended != nil {
		return c.abort(e.ended)
	}
	c.in = append(c.in, e.came...)
	for c.engine.HasHandshake() {
		switch w := c.engine.Step(time.Now()).(type) {
		case want.NeedInput:
			if len(c.in) == 0 {
				return nil
			}
			c.in = c.in[c.engine.Feed(c.in):]
		case want.HaveOutput:
			// It fits into the socket's buffer; examples/eventloop shows what to do where it does not.
			if _, err := c.network.Write(c.engine.Output()); err != nil {
				return c.engine.Abort(err)
			}
		case want.Question:
			if w == c.asked {
				return nil // no answer yet: others have their turn, and Notify comes with it
			}
			c.asked = w
			sign, ok := w.(*want.Sign)
			if !ok { // to which this configuration does not lead
				return c.engine.Abort(errors.New("nobody here answers " + w.Name()))
			}
			c.server.queue(sign)
		}
	}
	if err := c.engine.Failure(); err != nil {
		return err
	}
	out, err := c.engine.Seal(nil, []byte(greeting))
	if err != nil {
		return err
	}
	c.engine.Close()
	if _, err := c.network.Write(c.engine.AppendOutput(out)); err != nil {
		return err
	}
	return errDone
}

// abort tells the engine why the network has ended. Its questions are cancelled then.
func (c *conn) abort(ended error) error {
	switch {
	case errors.Is(ended, io.EOF):
		return c.engine.CloseInput()
	case errors.Is(ended, os.ErrDeadlineExceeded):
		return c.engine.Abort(context.DeadlineExceeded)
	}
	return c.engine.Abort(ended)
}

func (c *conn) end(err error) {
	c.over = true
	if out := c.engine.Output(); len(out) > 0 { // the alert
		_, _ = c.network.Write(out)
	}
	if !errors.Is(err, errDone) {
		c.server.log(c.network.RemoteAddr(), err)
	}
	c.engine.Close()
	c.network.Close()
}

// queue leaves a question to sign.
func (s *lateServer) queue(w *want.Sign) {
	s.mu.Lock()
	s.waiting = append(s.waiting, w)
	s.mu.Unlock()
	select {
	case s.more <- struct{}{}:
	default: // it has been told already
	}
}

// sign answers questions: one request at a time, for all that have gathered while the last one was under way.
func (s *lateServer) sign() {
	for {
		select {
		case <-s.ctx.Done():
			return
		case <-s.more:
			s.answer(s.gathered())
		}
	}
}

// gathered takes all that waits, but for the questions of clients that have gone.
func (s *lateServer) gathered() []*want.Sign {
	s.mu.Lock()
	defer s.mu.Unlock()
	batch := slices.DeleteFunc(s.waiting, func(w *want.Sign) bool { return w.Context().Err() != nil })
	s.waiting = nil
	return batch
}

// answer may be called in any goroutine; the answers take effect in the connections' next Step.
func (s *lateServer) answer(batch []*want.Sign) {
	if len(batch) == 0 {
		return
	}
	digests := make([][]byte, len(batch))
	for i, w := range batch {
		digest := sha256.Sum256(w.Message)
		digests[i] = digest[:]
	}
	signatures, err := s.key.sign(s.ctx, digests)
	for i, w := range batch {
		if err != nil {
			_ = w.Fail(err)
		} else {
			_ = w.Answer(signatures[i])
		}
	}
}
