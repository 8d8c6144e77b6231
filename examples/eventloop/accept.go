//go:build linux

package main

import (
	"errors"
	"fmt"
	"net/netip"
	"time"

	"golang.org/x/sys/unix"

	"github.com/vitro-tls/vitro/engine"
)

// accept takes new connections while there is room.
func (l *loop) accept(now time.Time) error {
	for len(l.conns) < l.room {
		fd, from, err := unix.Accept4(l.listener, unix.SOCK_NONBLOCK|unix.SOCK_CLOEXEC)
		switch {
		case err == nil:
		case errors.Is(err, unix.EAGAIN):
			return nil
		case errors.Is(err, unix.EINTR), errors.Is(err, unix.ECONNABORTED):
			continue
		case len(l.conns) > 0 && (errors.Is(err, unix.EMFILE) || errors.Is(err, unix.ENFILE)):
			l.room = len(l.conns) // the system has less of it than was promised
			continue
		default:
			return fmt.Errorf("accept: %w", err)
		}
		l.served++
		if err := l.add(fd, from, now); err != nil {
			unix.Close(fd)
			return err
		}
	}
	// The others wait in the listener's backlog.
	l.full = true
	return l.watch(unix.EPOLL_CTL_MOD, l.listener, 0)
}

func (l *loop) add(fd int, from unix.Sockaddr, now time.Time) error {
	c := &conn{loop: l, fd: fd, peer: addrOf(from), watched: unix.EPOLLIN}
	c.engine = engine.NewServer(l.config, engine.Options{Notify: func() { l.wake(c) }})
	if err := l.watch(unix.EPOLL_CTL_ADD, fd, c.watched); err != nil {
		return err
	}
	l.conns[fd] = c
	l.peak = max(l.peak, len(l.conns))
	l.expireAfter(c, now)
	return nil
}

func addrOf(from unix.Sockaddr) netip.AddrPort {
	switch a := from.(type) {
	case *unix.SockaddrInet4:
		return netip.AddrPortFrom(netip.AddrFrom4(a.Addr), uint16(a.Port))
	case *unix.SockaddrInet6:
		return netip.AddrPortFrom(netip.AddrFrom16(a.Addr).Unmap(), uint16(a.Port))
	}
	return netip.AddrPort{}
}
