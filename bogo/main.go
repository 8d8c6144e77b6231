// Command bogo lets BoringSSL's test runner (BoGo) speak with Vitro's engine: it is what the runner calls a shim.
//
// The runner starts it once for each test with flags that say which end of a connection to be, how to be configured and
// what to find afterwards. The shim dials the runner, writes its number, shakes hands and sends back what comes, each
// byte inverted. Its exit status is the answer:
//
//	0   as the flags wanted it
//	1   the connection failed; standard error has the rule's name between colons, as config.json lists them
//	89  the flags ask for something that Vitro does not have
//	90  the handshake went well and is not what the flags expect, or Vitro broke
//
// docs/CONFORMANCE.md says how to run it and what came of it.
package main

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"strconv"
	"time"

	"github.com/vitro-tls/vitro/engine"
	"github.com/vitro-tls/vitro/fault"
	"github.com/vitro-tls/vitro/session"
)

const (
	exitFailed        = 1
	exitUnimplemented = 89
	exitUnexpected    = 90
)

func main() { os.Exit(run(os.Args[1:], os.Stdout, os.Stderr)) }

func run(args []string, stdout, stderr io.Writer) int {
	p, err := parse(args)
	if err != nil {
		fmt.Fprintln(stderr, err)
		return exitUnimplemented
	}
	if p.initial.handshakerSupported {
		fmt.Fprintln(stdout, "No")
		return 0
	}
	if err = p.connect(); err != nil {
		fmt.Fprintln(stderr, tell(err))
	}
	return exitStatus(err)
}

// errUnexpected: all went well, and is not what the runner expects. errLacking: Vitro lacks what the flags ask for.
var (
	errUnexpected = errors.New("unexpected")
	errLacking    = errors.New("not implemented")
)

func unexpected(format string, args ...any) error {
	return fmt.Errorf("%w: %s", errUnexpected, fmt.Sprintf(format, args...))
}

func lacking(format string, args ...any) error {
	return fmt.Errorf("%w: %s", errLacking, fmt.Sprintf(format, args...))
}

func exitStatus(err error) int {
	switch {
	case err == nil:
		return 0
	case errors.Is(err, errLacking), errors.Is(err, fault.BadConfig):
		return exitUnimplemented
	case errors.Is(err, errUnexpected), errors.Is(err, fault.InternalError):
		return exitUnexpected
	}
	return exitFailed
}

// tell names an error in the form that config.json maps to: :wrong_finished: for a rule, :alert_access_denied: for what
// the peer said.
func tell(err error) string {
	var found *fault.Error
	var told *fault.PeerAlert
	switch {
	case errors.As(err, &found):
		return fmt.Sprintf(":%s: %v", found.Rule.Name, err)
	case errors.As(err, &told):
		return fmt.Sprintf(":alert_%v: %v", told.Alert.Description, err)
	}
	return err.Error()
}

// connect runs a test's connections, one after the other. Whether Vitro has what they ask for is known before the first.
func (p *plan) connect() error {
	m := &memory{store: session.NewCache(0), clock: time.Now()}
	for _, s := range []*settings{&p.initial, &p.resume} {
		o, err := s.observe()
		if err == nil {
			_, err = engine.Compile(o.config)
		}
		if err != nil {
			return err
		}
	}
	for i := range p.initial.resumeCount + 1 {
		s := &p.initial
		if i > 0 {
			s = &p.resume
		}
		if err := s.connect(m, i > 0); err != nil {
			return err
		}
		m.clock = m.clock.Add(time.Duration(s.resumptionDelay) * time.Second)
	}
	return nil
}

// connect runs one connection; again says that it goes on with the session of the one before.
func (s *settings) connect(m *memory, again bool) error {
	if again && !s.server && m.last == nil {
		return unexpected("no session to offer")
	}
	o, err := s.observe()
	if err != nil {
		return err
	}
	compiled, err := engine.Compile(o.config)
	if err != nil {
		return err
	}
	conn, err := s.dial()
	if err != nil {
		return err
	}
	defer hangUp(conn)
	l := newLink(conn, compiled, o, m)
	if err := l.shake(); err != nil {
		return err
	}
	l.settle()
	if err := l.check(l.state(), again); err != nil {
		return err
	}
	if err := l.exchange(); err != nil {
		return err
	}
	l.settle()
	m.last = l.given
	return l.checkEnd()
}

func (s *settings) dial() (net.Conn, error) {
	host := "127.0.0.1"
	if s.ipv6 {
		host = "::1"
	}
	conn, err := net.Dial("tcp", net.JoinHostPort(host, strconv.Itoa(s.port)))
	if err != nil {
		return nil, err
	}
	_, err = conn.Write(binary.LittleEndian.AppendUint64(nil, s.shimID))
	return conn, err
}

// hangUp reads what still comes before it closes: a reset would take our last words from the runner.
func hangUp(conn net.Conn) {
	if tcp, ok := conn.(*net.TCPConn); ok {
		_ = tcp.CloseWrite()
	}
	_ = conn.SetReadDeadline(time.Now().Add(5 * time.Second))
	_, _ = io.Copy(io.Discard, conn)
	_ = conn.Close()
}
