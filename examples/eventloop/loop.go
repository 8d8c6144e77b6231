//go:build linux

package main

import (
	"encoding/binary"
	"errors"
	"fmt"
	"sync"
	"time"

	"golang.org/x/sys/unix"

	"github.com/vitro-tls/vitro/engine"
	"github.com/vitro-tls/vitro/session"
	"github.com/vitro-tls/vitro/want"
)

// loop serves connections, all in the goroutine that calls run. Only stop and wake are for others.
type loop struct {
	epoll, listener, alarm int // file descriptors; alarm is an eventfd, by which others wake the loop
	config                 *engine.Compiled
	timeout                time.Duration // for a handshake, and for an alert to arrive
	room                   int           // connections at once
	full                   bool          // nobody is accepted until someone leaves

	conns  map[int]*conn // by file descriptor
	timers []timer       // in the order of time: all have waited equally long
	buf    []byte        // what is read, for whichever connection has its turn
	events [256]unix.EpollEvent

	served, peak int
	log          func(*conn, error)
	sign         func(*want.Sign) // now or later, from any goroutine
	tickets      session.Tickets  // by which clients come back without a signature

	mu      sync.Mutex
	stopped bool
	awake   []*conn // a question of theirs has been answered
}

type timer struct {
	conn *conn
	at   time.Time
}

func newLoop(listener int, credential *want.Credential, room int, timeout time.Duration) (*loop, error) {
	config, err := engine.Compile(engine.Config{Credentials: []*want.Credential{credential}, ServerSessions: true})
	if err != nil {
		return nil, err
	}
	l := &loop{
		listener: listener, alarm: -1, config: config, room: room, timeout: timeout,
		conns: map[int]*conn{}, buf: make([]byte, 64<<10),
		log:  func(*conn, error) {},
		sign: func(w *want.Sign) { _ = w.Run() },
	}
	if l.epoll, err = unix.EpollCreate1(unix.EPOLL_CLOEXEC); err != nil {
		return nil, fmt.Errorf("epoll_create: %w", err)
	}
	if l.alarm, err = unix.Eventfd(0, unix.EFD_NONBLOCK|unix.EFD_CLOEXEC); err != nil {
		l.release()
		return nil, fmt.Errorf("eventfd: %w", err)
	}
	for _, fd := range []int{l.listener, l.alarm} {
		if err := l.watch(unix.EPOLL_CTL_ADD, fd, unix.EPOLLIN); err != nil {
			l.release()
			return nil, err
		}
	}
	return l, nil
}

// release closes what newLoop opened. Nobody may call stop any more.
func (l *loop) release() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.stopped = true
	for _, fd := range []*int{&l.epoll, &l.alarm} {
		if *fd >= 0 {
			unix.Close(*fd)
			*fd = -1
		}
	}
}

// stop makes run return.
func (l *loop) stop() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.stopped = true
	l.ring()
}

// wake gives a connection its turn. The engine calls it when a question has been answered.
func (l *loop) wake(c *conn) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.awake = append(l.awake, c)
	l.ring()
}

// ring ends EpollWait; mu is held, so that the alarm is not closed meanwhile.
func (l *loop) ring() {
	if l.alarm >= 0 {
		// It fails only where it would overflow, having been rung often enough.
		_, _ = unix.Write(l.alarm, binary.NativeEndian.AppendUint64(nil, 1))
	}
}

// silence stops the alarm. It returns who was woken, and whether the loop is to end.
func (l *loop) silence() (awake []*conn, stopped bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	_, _ = unix.Read(l.alarm, make([]byte, 8))
	awake, l.awake = l.awake, nil
	return awake, l.stopped
}

// run serves until stop is called.
func (l *loop) run() error {
	defer l.closeAll()
	for {
		if stopped, err := l.round(); stopped || err != nil {
			return err
		}
	}
}

// round waits until something happens, and gives everyone concerned a turn.
func (l *loop) round() (stopped bool, err error) {
	n, err := unix.EpollWait(l.epoll, l.events[:], l.untilTimer())
	if err != nil && !errors.Is(err, unix.EINTR) {
		return false, fmt.Errorf("epoll_wait: %w", err)
	}
	now := time.Now()
	for _, event := range l.events[:max(n, 0)] {
		switch fd := int(event.Fd); fd {
		case l.listener:
			if err := l.accept(now); err != nil {
				return false, err
			}
		case l.alarm:
			var awake []*conn
			if awake, stopped = l.silence(); stopped {
				return true, nil
			}
			for _, c := range awake {
				l.turn(c, 0, now)
			}
		default:
			l.turn(l.conns[fd], event.Events, now)
		}
	}
	l.expire(now)
	return false, nil
}

// turn lets a connection do what it can, and watches for what it needs next.
func (l *loop) turn(c *conn, events uint32, now time.Time) {
	if c == nil || c.fd < 0 {
		return // closed meanwhile
	}
	err := c.turn(events, now)
	if err == nil {
		err = l.watchFor(c)
	}
	if err != nil {
		l.close(c, err)
	}
}

func (l *loop) watch(op, fd int, events uint32) error {
	if err := unix.EpollCtl(l.epoll, op, fd, &unix.EpollEvent{Events: events, Fd: int32(fd)}); err != nil {
		return fmt.Errorf("epoll_ctl: %w", err)
	}
	return nil
}

func (l *loop) watchFor(c *conn) error {
	events := c.needs()
	if events == c.watched {
		return nil
	}
	c.watched = events
	return l.watch(unix.EPOLL_CTL_MOD, c.fd, events)
}

// ask has a question of the engine's answered, now or later. The configuration leads to no others.
func (l *loop) ask(q want.Question) {
	switch q := q.(type) {
	case *want.Sign:
		l.sign(q)
	case *want.OpenTicket:
		_ = q.Answer(l.tickets.Open(q.Now, q.Ticket))
	case *want.SealTicket:
		ticket, err := l.tickets.Seal(q.Now, q.Session)
		if err != nil {
			_ = q.Fail(err)
			return
		}
		_ = q.Answer(ticket)
	default:
		_ = q.Fail(fmt.Errorf("nobody here answers %s", q.Name()))
	}
}

// close ends a connection. The reason is worth telling unless it is the peer's goodbye.
func (l *loop) close(c *conn, reason error) {
	if !errors.Is(reason, errGoodbye) {
		l.log(c, reason)
	}
	c.engine.Close() // whoever still works on an answer may stop
	delete(l.conns, c.fd)
	unix.Close(c.fd) // epoll forgets it too
	c.fd = -1
	if l.full && len(l.conns) < l.room {
		l.full = false
		if err := l.watch(unix.EPOLL_CTL_MOD, l.listener, unix.EPOLLIN); err != nil {
			l.log(c, err)
		}
	}
}

// closeAll says goodbye to everyone, as far as their sockets take it at once.
func (l *loop) closeAll() {
	for _, c := range l.conns {
		c.goodbye()
		l.close(c, errGoodbye)
	}
}

// expireAfter gives a connection until the timeout from now.
func (l *loop) expireAfter(c *conn, now time.Time) {
	c.deadline = now.Add(l.timeout)
	l.timers = append(l.timers, timer{c, c.deadline})
}

// expire ends what has taken too long. A timer counts only while it is its connection's.
func (l *loop) expire(now time.Time) {
	for len(l.timers) > 0 && !l.timers[0].at.After(now) {
		c := l.timers[0].conn
		if c.fd >= 0 && c.deadline.Equal(l.timers[0].at) {
			l.close(c, c.expire())
		}
		l.timers = l.timers[1:]
	}
}

// untilTimer is how long EpollWait may wait, in milliseconds, rounded up.
func (l *loop) untilTimer() int {
	if len(l.timers) == 0 {
		return -1
	}
	return max(0, int(time.Until(l.timers[0].at)/time.Millisecond)+1)
}
