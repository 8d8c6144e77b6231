package main

import (
	"bufio"
	"context"
	"crypto/sha256"
	stdtls "crypto/tls"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"strconv"
	"time"

	"github.com/vitro-tls/vitro/internal/testkit"
	"github.com/vitro-tls/vitro/tls"
)

// visitorOfSoak is one connection of either implementation.
type visitorOfSoak struct {
	net.Conn
	under *counted
	own   *tls.Conn // nil for crypto/tls's
	in    *bufio.Reader
	first bool      // nothing was asked yet
	since time.Time // when the question before began to go out, or the connection was made
	asked time.Time // when the question began to go out whose answer is awaited; zero: none is
}

// dial connects as one of several clients: either version, either implementation, by a ticket where there is one.
func (s *soaking) dial(ctx context.Context, random *rand.Rand) (*visitorOfSoak, error) {
	since := time.Now()
	dialled, err := new(net.Dialer).DialContext(ctx, "tcp", s.host)
	if err != nil {
		return nil, err
	}
	raw := &counted{TCPConn: dialled.(*net.TCPConn)}
	version := uint16(tls.VersionTLS12 + random.IntN(2))
	roots := testkit.PKI().Roots
	if random.IntN(4) == 0 {
		conn := stdtls.Client(raw, &stdtls.Config{RootCAs: roots, ServerName: testkit.Host, MaxVersion: version,
			ClientSessionCache: s.std, Time: testkit.Clock})
		d := &visitorOfSoak{Conn: conn, under: raw, in: bufio.NewReader(conn), first: true, since: since}
		return d, s.greeted(raw, conn.HandshakeContext(ctx), conn.ConnectionState().DidResume)
	}
	conn := tls.Client(raw, &tls.Config{RootCAs: roots, ServerName: testkit.Host, MaxVersion: version,
		ClientSessionCache: s.caches[version], Time: testkit.Clock})
	d := &visitorOfSoak{Conn: conn, under: raw, own: conn, in: bufio.NewReader(conn), first: true, since: since}
	return d, s.greeted(raw, conn.HandshakeContext(ctx), conn.ConnectionState().DidResume)
}

func (s *soaking) greeted(raw net.Conn, err error, resumed bool) error {
	if err != nil {
		raw.Close()
		return err
	}
	s.connections.Add(1)
	if resumed {
		s.resumed.Add(1)
	}
	return nil
}

// listen waits for the first byte of an answer, or for the end. A client that listens while it has nothing to ask knows
// when the server hung up.
func (d *visitorOfSoak) listen() <-chan error {
	heard := make(chan error, 1)
	go func() {
		_, err := d.in.Peek(1)
		heard <- err
	}()
	return heard
}

// ask is one question, and reads its answer. Where it leaves in the middle, it says so.
func (s *soaking) ask(d *visitorOfSoak, heard <-chan error, random *rand.Rand) (left bool, err error) {
	d.asked = time.Now()
	if !d.first {
		s.silent(d.asked.Sub(d.since))
	}
	start := random.IntN(len(s.content) - 1)
	part := s.content[start:min(start+1+random.IntN(1<<(4+random.IntN(14))), len(s.content))]
	exchange := s.download
	if random.IntN(2) == 0 {
		exchange = s.upload
	}
	if left, err = exchange(d, heard, random, start, part); err != nil || left {
		return left, err
	}
	d.first, d.since, d.asked = false, d.asked, time.Time{}
	return false, nil
}

func (s *soaking) silent(d time.Duration) {
	for {
		longest := s.longest.Load()
		if int64(d) <= longest || s.longest.CompareAndSwap(longest, int64(d)) {
			return
		}
	}
}

// newKeys changes keys every now and then. RFC 8446 §4.6.3.
func (s *soaking) newKeys(d *visitorOfSoak, random *rand.Rand) error {
	if d.own == nil || d.own.ConnectionState().Version != tls.VersionTLS13 || random.IntN(3) != 0 {
		return nil
	}
	s.updates.Add(1)
	return d.own.UpdateKeys(random.IntN(2) == 0)
}

// answer is what the server says to a question that went out, or would have.
func (s *soaking) answer(d *visitorOfSoak, heard <-chan error, asking error) (*http.Response, error) {
	if asking != nil {
		// What stopped the question is what the other half hears.
		d.under.SetReadDeadline(time.Now().Add(headerTimeout))
	}
	if err := <-heard; err != nil {
		return nil, s.ended(d, err)
	}
	if asking != nil {
		return nil, fmt.Errorf("asking: %w", asking)
	}
	return http.ReadResponse(d.in, nil)
}

func (s *soaking) download(d *visitorOfSoak, heard <-chan error, random *rand.Rand, start int, part []byte) (left bool, err error) {
	err = s.newKeys(d, random)
	if err == nil {
		_, err = fmt.Fprintf(d, "GET /file HTTP/1.1\r\nHost: %s\r\nRange: bytes=%d-%d\r\n\r\n", testkit.Host, start, start+len(part)-1)
	}
	resp, err := s.answer(d, heard, err)
	if err != nil {
		return false, err
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusPartialContent {
		return false, fmt.Errorf("status %s", resp.Status)
	}
	if random.IntN(20) == 0 {
		_, err := io.CopyN(io.Discard, resp.Body, int64(random.IntN(len(part))))
		return true, err
	}
	got := sha256.New()
	n, err := io.Copy(got, resp.Body)
	if err != nil {
		return false, fmt.Errorf("after %d of %d bytes: %w", n, len(part), err)
	}
	if sha256.Sum256(part) != [sha256.Size]byte(got.Sum(nil)) {
		return false, fmt.Errorf("%d bytes came that are not the %d that were asked for", n, len(part))
	}
	s.down.Add(n)
	s.requests.Add(1)
	return false, nil
}

// upload sends a part of the content in several writes, with new keys between them, and compares what the server says
// that it got.
func (s *soaking) upload(d *visitorOfSoak, heard <-chan error, random *rand.Rand, start int, part []byte) (left bool, err error) {
	_, err = fmt.Fprintf(d, "POST /file HTTP/1.1\r\nHost: %s\r\nStart: %d\r\nContent-Length: %d\r\n\r\n", testkit.Host, start, len(part))
	for rest := part; err == nil && len(rest) > 0; {
		if random.IntN(40) == 0 {
			return true, nil
		}
		if err = s.newKeys(d, random); err == nil {
			n := min(1+random.IntN(1<<15), len(rest))
			_, err = d.Write(rest[:n])
			rest = rest[n:]
		}
	}
	resp, err := s.answer(d, heard, err)
	if err != nil {
		return false, err
	}
	defer resp.Body.Close()
	told, err := io.ReadAll(resp.Body)
	if err != nil {
		return false, err
	}
	if ours := sha256.Sum256(part); string(told) != hex.EncodeToString(ours[:]) {
		return false, fmt.Errorf("status %s: of %d bytes the server says that their hash is %q", resp.Status, len(part), told)
	}
	s.up.Add(int64(len(part)))
	s.uploads.Add(1)
	return false, nil
}

// take answers an upload with the hash of what came. Where it broke off, what came is what was sent, as far as it goes.
func (s *soaking) take(w http.ResponseWriter, r *http.Request) {
	start, err := strconv.Atoi(r.Header.Get("Start"))
	if err != nil || start < 0 || start > len(s.content) {
		s.t.Errorf("an upload starts at %q", r.Header.Get("Start"))
		return
	}
	got := sha256.New()
	n, err := io.Copy(got, io.LimitReader(r.Body, int64(len(s.content)-start)+1))
	if start+int(n) > len(s.content) || sha256.Sum256(s.content[start:start+int(n)]) != [sha256.Size]byte(got.Sum(nil)) {
		s.t.Errorf("the first %d bytes of an upload from %d on are not what was sent", n, start)
	}
	if err == nil {
		_, _ = io.WriteString(w, hex.EncodeToString(got.Sum(nil)))
	}
}

// visit is one connection: some questions, and one of the ways to leave.
func (s *soaking) visit(ctx context.Context, random *rand.Rand) error {
	s.busy <- struct{}{}
	d, err := s.dial(ctx, random)
	if err != nil {
		<-s.busy
		return err
	}
	defer d.under.Close()
	for i := range 1 + random.IntN(12) {
		heard := d.listen()
		if i > 0 {
			select {
			case s.busy <- struct{}{}:
			case err := <-heard:
				if err == nil {
					return errors.New("an answer came to no question")
				}
				if err = s.ended(d, err); errors.Is(err, errTimeout) {
					return nil
				}
				return err
			}
		}
		left, err := s.ask(d, heard, random)
		<-s.busy
		if errors.Is(err, errTimeout) {
			return nil
		}
		if err != nil {
			return err
		}
		if left {
			s.breaks.Add(1)
			return d.under.Close() // in the middle of a record, as likely as not
		}
	}
	return s.leave(d, random)
}

func (s *soaking) leave(d *visitorOfSoak, random *rand.Rand) error {
	switch random.IntN(3) {
	case 0: // without a word
		s.breaks.Add(1)
		return d.under.Close()
	case 1: // within a record
		s.breaks.Add(1)
		if _, err := d.under.Write([]byte{23, 3, 3, 64, 0, 1, 2, 3}); err != nil && time.Since(d.since) < s.idle {
			return err
		}
		return nil
	}
	if err := d.Close(); err != nil && time.Since(d.since) < s.idle {
		return err
	}
	return nil
}
