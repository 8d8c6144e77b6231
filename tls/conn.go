package tls

import (
	"context"
	"errors"
	"io"
	"net"
	"sync"
	"sync/atomic"
	"time"

	"github.com/vitro-tls/vitro/engine"
	"github.com/vitro-tls/vitro/fault"
	"github.com/vitro-tls/vitro/internal/lazy"
	"github.com/vitro-tls/vitro/internal/record"
	"github.com/vitro-tls/vitro/want"
	"github.com/vitro-tls/vitro/wire"
)

// Conn is a TLS connection over a net.Conn. Read and Write may be called at the same time by two goroutines, Close
// and the deadlines by any.
type Conn struct {
	conn   net.Conn
	config *Config // in force
	first  *Config // that of Client or Server
	role   fault.Role
	// watched: somebody is told of events, which have a time.
	watched bool
	// Of the halves, where they take no room: session tickets may wait to be sent; nothing more is written.
	ticketsWait, writeShut bool

	closed        atomic.Bool
	handshakeDone atomic.Bool
	handshakeMu   sync.Mutex
	handshakeErr  error
	state         func() want.ConnectionState // nil before the handshake is done
	engine        *engine.Engine

	life    lazy.Context // ends when the connection is closed, and during the handshake with the caller's
	shaking *stretch     // nil while no handshake is going on

	read  readHalf
	write writeHalf

	// answerLate lets a test answer a question from elsewhere; internal/late does so for other packages.
	answerLate func(q want.Question, answer func())
}

func newConn(conn net.Conn, config *Config, role fault.Role) *Conn {
	if config == nil {
		config = new(Config)
	}
	return &Conn{conn: conn, config: config, first: config, role: role, watched: config.Tracer != nil}
}

// NetConn returns the connection underneath. Reading or writing it breaks this one.
func (c *Conn) NetConn() net.Conn { return c.conn }

// LocalAddr and RemoteAddr are those of the connection underneath.
func (c *Conn) LocalAddr() net.Addr  { return c.conn.LocalAddr() }
func (c *Conn) RemoteAddr() net.Addr { return c.conn.RemoteAddr() }

// SetDeadline, SetReadDeadline and SetWriteDeadline bound calls as net.Conn says. After a Write has timed out the
// connection is broken: part of a record may be on its way.
func (c *Conn) SetDeadline(t time.Time) error {
	c.read.deadline.keep(t)
	return c.conn.SetDeadline(t)
}

func (c *Conn) SetReadDeadline(t time.Time) error {
	c.read.deadline.keep(t)
	return c.conn.SetReadDeadline(t)
}

func (c *Conn) SetWriteDeadline(t time.Time) error { return c.conn.SetWriteDeadline(t) }

// ConnectionState says what was agreed on; before the handshake is done, nothing but that (RFC 8446 §E.5).
func (c *Conn) ConnectionState() ConnectionState {
	c.handshakeMu.Lock()
	defer c.handshakeMu.Unlock()
	if c.state == nil {
		return ConnectionState{}
	}
	s := connectionState(c.state())
	// A key that was exported before a renegotiation would be another one after it.
	if c.config.Renegotiation != RenegotiateNever && s.Version == VersionTLS12 {
		s.export = noExport
	}
	return s
}

func noExport(string, []byte, int) ([]byte, error) {
	return nil, errors.New("tls: no keys are exported where renegotiation is allowed")
}

// OCSPResponse returns the stapled OCSP response of the server, nil if there is none. It is a client's.
func (c *Conn) OCSPResponse() []byte { return c.ConnectionState().OCSPResponse }

// VerifyHostname checks the peer's certificate against another name than that of the handshake.
func (c *Conn) VerifyHostname(host string) error {
	s := c.ConnectionState()
	switch {
	case c.role != fault.Client:
		return errors.New("tls: VerifyHostname called on TLS server connection")
	case !s.HandshakeComplete:
		return errors.New("tls: handshake has not yet been performed")
	case len(s.VerifiedChains) == 0:
		return errors.New("tls: handshake did not verify certificate chain")
	}
	return s.PeerCertificates[0].VerifyHostname(host)
}

// Read reads application data, shaking hands first if that has not been done. It returns io.EOF when the peer has
// said close_notify or, unless Config.StrictClose, has just gone.
func (c *Conn) Read(b []byte) (int, error) {
	if !c.handshakeDone.Load() {
		if c.shakeOnce(context.Background()); c.handshakeErr != nil {
			return 0, c.handshakeErr
		}
	}
	if len(b) == 0 {
		return 0, nil
	}
	c.read.mu.Lock()
	defer c.read.unlock()
	n := c.take(b)
	for n == 0 || c.nextFits(len(b)-n) {
		rec, err := c.nextRecord()
		if err == nil {
			err = c.attend(c.engine.OpenRecord(b[n:], rec))
		}
		if err != nil {
			return n, c.readEnded(n, err)
		}
		n += c.take(b[n:])
	}
	return n, nil
}

// readEnded: what has been read before the error is good; the engine keeps the error for the next Read.
func (c *Conn) readEnded(n int, err error) error {
	c.read.lent.tidy()
	if n > 0 {
		return nil
	}
	return c.findable(err)
}

// take moves plaintext to b, where it may be already.
func (c *Conn) take(b []byte) int {
	n := copy(b, c.read.plaintext)
	if c.read.plaintext = c.read.plaintext[n:]; len(c.read.plaintext) == 0 {
		c.read.plaintext = nil // it may have been in the program's buffer
		c.read.lent.tidy()
	}
	return n
}

// nextFits reports whether a record of data has come whole that can be decrypted into room bytes. What else there may be
// is left to the next Read: it may have to wait for something.
func (c *Conn) nextFits(room int) bool {
	have := c.read.lent.bytes()
	if len(c.read.plaintext) > 0 || len(have) < record.HeaderLen {
		return false
	}
	h := record.ParseHeader(have)
	return h.Type == wire.ContentApplicationData && record.HeaderLen+h.Length <= min(len(have), room)
}

// nextRecord waits for a whole record, which is valid until the lent buffer is filled or tidied.
func (c *Conn) nextRecord() ([]byte, error) {
	for c.read.broken == nil {
		c.tick()
		size, err := c.engine.RecordSize(c.read.lent.bytes())
		if err != nil {
			c.read.lent.drop()
			c.flush()
			return nil, err
		}
		if size > 0 && len(c.read.lent.bytes()) >= size {
			return c.read.lent.take(size), nil
		}
		c.read.lent.tidy()
		c.read.lent.suit(c.conn)
		if c.ticketsWait {
			c.sendTickets()
		}
		if err := c.read.lent.fill(c.conn); err != nil {
			return nil, c.readFailed(err)
		}
	}
	return nil, c.read.broken
}

// attend acts on what a record brought. What is no data comes rarely, and on another stack.
func (c *Conn) attend(t wire.ContentType, content []byte, err error) error {
	if err == nil && t != wire.ContentApplicationData {
		err = c.control(t, content)
		content = nil
	}
	if err != nil {
		c.read.lent.drop()
		c.flush()
		return err
	}
	if t == wire.ContentApplicationData {
		c.read.plaintext = content
	}
	if c.engine.HasQuestion() {
		c.storeSessions()
	}
	c.flushSoon()
	return nil
}

// control acts on alerts, tickets and new keys, and on what follows from them.
func (c *Conn) control(t wire.ContentType, content []byte) error {
	var err error
	if c.mayGoAway() {
		err = c.attendAway(t, content)
	} else {
		err = c.engine.Attend(t, content)
	}
	if err == nil && c.engine.HasHandshake() {
		err = c.renegotiate()
	}
	return err
}

func (c *Conn) attendAway(t wire.ContentType, content []byte) (err error) {
	c.away(func() { err = c.engine.Attend(t, content) })
	return err
}

// tick hands in the time of the events to come; nobody watching, the clock is not read.
func (c *Conn) tick() {
	if c.watched {
		c.engine.SetTime(c.config.now())
	}
}

// readFailed: a timeout may pass, an end is told to the engine, anything else stays, because what comes after it may
// look like an end.
func (c *Conn) readFailed(err error) error {
	c.tick()
	var timeout net.Error
	switch {
	case errors.Is(err, io.EOF) && len(c.read.lent.bytes()) > 0, errors.Is(err, io.ErrUnexpectedEOF):
		return c.engine.Abort(io.ErrUnexpectedEOF)
	case errors.Is(err, io.EOF):
		return c.engine.CloseInput()
	case errors.As(err, &timeout) && timeout.Timeout():
		return err
	case c.closed.Load():
		return net.ErrClosed
	}
	c.read.broken = err
	return err
}

// Write writes application data, shaking hands first if that has not been done. An error means that an unknown part
// of b was sent, and is final. Where the peer has closed with an alert, the error has that beside the network's.
func (c *Conn) Write(b []byte) (written int, err error) {
	if c.closed.Load() {
		return 0, net.ErrClosed
	}
	if !c.handshakeDone.Load() {
		if c.shakeOnce(context.Background()); c.handshakeErr != nil {
			return 0, c.handshakeErr
		}
	}
	if err := c.lockToWrite(); err != nil {
		return 0, err
	}
	defer func() { err = c.written(err) }()
	buf := sealed.Get().(*[]byte)
	for ; written < len(b); written += min(maxWrite, len(b)-written) {
		c.tick()
		// The engine puts what it had to say itself in front.
		*buf, err = c.engine.Seal((*buf)[:0], b[written:min(written+maxWrite, len(b))])
		if err == nil {
			err = c.writeOut(*buf)
		}
		if err != nil {
			break
		}
	}
	sealed.Put(buf)
	return written, err
}

// lockToWrite locks the write half, if anything can be written.
func (c *Conn) lockToWrite() error {
	c.write.mu.Lock()
	err := c.write.broken
	if c.writeShut {
		err = errShutdown
	}
	if err != nil {
		c.write.mu.Unlock()
		return c.reasonOf(c.findable(err))
	}
	return nil
}

// written unlocks the write half, and lets out what a Read had to say meanwhile.
func (c *Conn) written(err error) error {
	c.write.mu.Unlock()
	defer c.flush()
	if err != nil {
		err = c.reasonOf(c.findable(err))
	}
	return err
}

// CloseWrite says close_notify; reading goes on.
func (c *Conn) CloseWrite() error {
	if !c.handshakeDone.Load() {
		return errors.New("tls: CloseWrite called before handshake complete")
	}
	c.write.mu.Lock()
	defer c.write.mu.Unlock()
	c.writeShut = true
	return c.sayGoodbye()
}

// UpdateKeys goes on under new keys for what is written, and asks the peer to do the same if both is set. Only TLS 1.3
// has it; before an AEAD's limit it happens by itself. RFC 8446 §4.6.3.
func (c *Conn) UpdateKeys(both bool) error {
	if err := c.Handshake(); err != nil {
		return err
	}
	defer c.flush() // what a Read had to say meanwhile
	return c.reasonOf(c.updateKeys(both))
}

func (c *Conn) updateKeys(both bool) error {
	c.write.mu.Lock()
	defer c.write.mu.Unlock()
	var err error
	if c.away(func() { err = c.engine.UpdateKeys(both) }); err != nil {
		return err
	}
	return c.writeOut(c.engine.Output())
}

// Close says close_notify and closes the connection underneath. It interrupts a handshake, a Read and a Write that
// are going on. After a fatal alert the connection underneath is closed for writing at once, and for good a moment later,
// so that the alert gets through.
func (c *Conn) Close() error {
	if c.closed.Swap(true) {
		return net.ErrClosed
	}
	c.life.Cancel()
	if !c.handshakeDone.Load() {
		// A handshake that is going on is interrupted; one that has failed has said why.
		if c.handshakeMu.TryLock() {
			defer c.handshakeMu.Unlock()
			c.lastWords()
		}
		return c.closeUnder()
	}
	var goodbye error
	// A Write that is stuck holds the lock, and is interrupted by the close.
	if c.lockToClose() {
		c.writeShut = true
		goodbye = c.sayGoodbye()
		c.write.mu.Unlock()
	}
	if err := c.closeUnder(); err != nil {
		return err
	}
	return goodbye
}

const (
	lingerTime  = time.Second
	lingerBytes = 256 << 10
)

// closeUnder closes the connection underneath. Behind an alert it closes only our direction, and the rest once the peer
// has closed too, or has had its time: a socket that is closed with bytes unread sends a reset, which destroys the alert
// before the peer has read it. Nobody waits for that.
func (c *Conn) closeUnder() error {
	half, ok := c.conn.(interface{ CloseWrite() error })
	if !ok || !c.write.alerted.Load() || half.CloseWrite() != nil {
		return c.conn.Close()
	}
	// The caller's deadlines count no more: neither one that has passed, nor one yet to be set.
	c.read.deadline.keep(time.Time{})
	_ = c.conn.SetReadDeadline(time.Time{})
	late := time.AfterFunc(lingerTime, func() { _ = c.conn.Close() })
	go func() {
		_, _ = io.CopyN(io.Discard, c.conn, lingerBytes)
		late.Stop()
		_ = c.conn.Close()
	}()
	return nil
}
