package tls

import (
	"bytes"
	"errors"
	"io"
	"net"
	"os"
	"runtime"
	"strconv"
	"syscall"
	"testing"
	"time"

	"github.com/vitro-tls/vitro/fault"
	"github.com/vitro-tls/vitro/internal/record"
	"github.com/vitro-tls/vitro/internal/testkit"
)

// feed is a network that has as much to be read as it was given, and times out behind it.
type feed struct {
	net.Conn
	come  []byte
	asked []int // how much each Read asked for
	end   error
}

func (f *feed) Read(b []byte) (int, error) {
	f.asked = append(f.asked, len(b))
	if len(f.come) == 0 {
		return 0, f.end
	}
	n := copy(b, f.come)
	f.come = f.come[n:]
	return n, nil
}

// socket is a feed that says that it has a file.
type socket struct{ *feed }

func (socket) SyscallConn() (syscall.RawConn, error) { return nil, os.ErrInvalid }

// last is what the last Read asked for: where the network has nothing more, a reader waits there.
func (f *feed) last() int { return f.asked[len(f.asked)-1] }

// fed returns a server that reads from a feed, and the client, whose records are to be sealed by seal.
func fed(t *testing.T, version uint16) (client, server *Conn, f *feed) {
	t.Helper()
	cc, sc := clientConfig(), serverConfig(testkit.P256)
	cc.MaxVersion, sc.MaxVersion, sc.SessionTicketsDisabled = version, version, true
	client, server = pair(t, cc, sc)
	if cerr, serr := both(client, server); cerr != nil || serr != nil {
		t.Fatalf("client: %v; server: %v", cerr, serr)
	}
	f = &feed{Conn: server.conn, end: os.ErrDeadlineExceeded}
	server.conn = f
	return client, server, f
}

func (c *Conn) sealed(t *testing.T, plaintext []byte) []byte {
	t.Helper()
	b, err := c.engine.Seal(nil, plaintext)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func random(n int) []byte {
	b := make([]byte, n)
	testkit.Random(1).Read(b)
	return b
}

func versions(t *testing.T, f func(t *testing.T, version uint16)) {
	for _, v := range []uint16{VersionTLS12, VersionTLS13} {
		t.Run(VersionName(v), func(t *testing.T) { f(t, v) })
	}
}

func isTimeout(err error) bool {
	var e net.Error
	return errors.As(err, &e) && e.Timeout()
}

// Data that come faster than they are read are read in large pieces: over a socket each Read is a system call. Who waits
// behind them holds nothing, or a small buffer within a record.
func TestFlowIsReadInLargePieces(t *testing.T) {
	versions(t, func(t *testing.T, version uint16) {
		for _, cut := range []int{0, 1, 4, 5, 100, 16000} {
			t.Run("socket, "+strconv.Itoa(cut), func(t *testing.T) {
				client, server, f := fed(t, version)
				server.conn = socket{f}
				testFlow(t, client, server, f, cut, forSockets.size)
			})
			t.Run("other, "+strconv.Itoa(cut), func(t *testing.T) {
				client, server, f := fed(t, version)
				testFlow(t, client, server, f, cut, forOthers.size)
			})
		}
	})
}

// testFlow sends what is more than one piece, and the last cut bytes of it when the reader waits for them.
func testFlow(t *testing.T, client, server *Conn, f *feed, cut, piece int) {
	t.Helper()
	sent := random(4 << 20)
	f.come = client.sealed(t, sent)
	rest := f.come[len(f.come)-cut:]
	f.come = f.come[:len(f.come)-cut]
	got, err := io.ReadAll(io.LimitReader(server, int64(len(sent))))
	if cut > 0 {
		if !isTimeout(err) {
			t.Fatalf("within a record: %v", err)
		}
		if held := len(*server.read.lent.buf); f.last() > smallLen || held != smallLen {
			t.Errorf("who waits within a record holds %d bytes and has asked for %d", held, f.last())
		}
		f.come = rest
		more, err := io.ReadAll(io.LimitReader(server, int64(len(sent)-len(got))))
		if got = append(got, more...); err != nil {
			t.Fatal(err)
		}
	}
	if !bytes.Equal(got, sent) {
		t.Fatal("what came out is not what went in")
	}
	if most := 8 + 2*len(sent)/piece; len(f.asked) > most {
		t.Errorf("%d reads for %d bytes, want at most %d", len(f.asked), len(sent), most)
	}
	if server.read.lent.buf != nil {
		t.Error("a buffer is held when all has been read")
	}
}

// One Read takes the records that have come, as far as there is room to decrypt them where they are to go, and does not
// wait for more.
func TestReadTakesWhatHasCome(t *testing.T) {
	versions(t, func(t *testing.T, version uint16) {
		client, server, f := fed(t, version)
		for _, part := range []string{"one", "two", "three"} {
			f.come = append(f.come, client.sealed(t, []byte(part))...)
		}
		f.come = append(f.come, client.sealed(t, []byte("four"))[:20]...)
		b := make([]byte, 1000)
		if n, err := server.Read(b); err != nil || string(b[:n]) != "onetwothree" {
			t.Fatalf("read %q, %v", b[:n], err)
		}
		if len(f.asked) != 2 {
			t.Errorf("%d reads from the network, want a header's and one more", len(f.asked))
		}
		if n, err := server.Read(b); n != 0 || !isTimeout(err) {
			t.Errorf("within the fourth record: %q, %v", b[:n], err)
		}
	})
}

// Keys change between two records of one Read. RFC 8446 §4.6.3.
func TestReadAcrossKeyUpdate(t *testing.T) {
	client, server, f := fed(t, VersionTLS13)
	for _, part := range []string{"one", "two", "three"} {
		f.come = append(f.come, client.sealed(t, []byte(part))...)
		if err := client.engine.UpdateKeys(part == "one"); err != nil {
			t.Fatal(err)
		}
	}
	f.come = append(f.come, client.sealed(t, []byte("four"))...)
	b := make([]byte, 1000)
	if n, err := server.Read(b); err != nil || string(b[:n]) != "onetwothreefour" {
		t.Fatalf("read %q, %v", b[:n], err)
	}
	server.conn = f.Conn
	if _, err := server.Write([]byte("under new keys")); err != nil {
		t.Fatal(err)
	}
	if n, err := client.Read(b); err != nil || string(b[:n]) != "under new keys" {
		t.Errorf("the answer to the request: %q, %v", b[:n], err)
	}
}

// What was good in front of a record that is not is read; the record's own bytes are neither told nor left, and the
// failure stays. So does the peer's end.
func TestReadInFrontOfTheEnd(t *testing.T) {
	versions(t, func(t *testing.T, version uint16) {
		for _, name := range []string{"forged", "closed"} {
			t.Run(name, func(t *testing.T) {
				client, server, f := fed(t, version)
				f.come = client.sealed(t, []byte("good"))
				want := io.EOF
				if name == "forged" {
					want = fault.BadRecordMAC
					bad := client.sealed(t, bytes.Repeat([]byte("bad"), 100))
					bad[len(bad)-1] ^= 1
					f.come = append(f.come, bad...)
				} else {
					client.engine.Close()
					f.come = append(f.come, client.engine.Output()...)
				}
				f.come = append(f.come, "something behind it, which counts for nothing"...)
				b := make([]byte, 1000)
				if n, err := server.Read(b); err != nil || string(b[:n]) != "good" {
					t.Fatalf("read %q, %v", b[:n], err)
				}
				if bytes.Contains(b, []byte("bad")) {
					t.Error("what did not authenticate is in the program's buffer")
				}
				for range 2 {
					if n, err := server.Read(b); n != 0 || !errors.Is(err, want) {
						t.Errorf("behind it: %d bytes, %v, want %v", n, err, want)
					}
				}
				if server.read.lent.buf != nil {
					t.Error("a buffer is held at the end")
				}
			})
		}
	})
}

// The program's buffer is the program's again when Read has returned.
func TestReadKeepsNothingOfTheProgram(t *testing.T) {
	versions(t, func(t *testing.T, version uint16) {
		client, server, f := fed(t, version)
		f.come = client.sealed(t, []byte("data"))
		b := make([]byte, 1000)
		if _, err := server.Read(b); err != nil {
			t.Fatal(err)
		}
		if server.read.plaintext != nil {
			t.Error("the connection still points to where it has read to")
		}
	})
}

// A record that is longer than the program's buffer is read piece by piece.
func TestReadInSmallPieces(t *testing.T) {
	versions(t, func(t *testing.T, version uint16) {
		for _, size := range []int{1, 7, record.MaxPlaintext - 1, record.MaxPlaintext, record.MaxPlaintext + 1, 40000} {
			client, server, f := fed(t, version)
			sent := random(100000)
			f.come = client.sealed(t, sent)
			var got []byte
			for b := make([]byte, size); len(got) < len(sent); {
				n, err := server.Read(b)
				if err != nil || n == 0 {
					t.Fatalf("into %d bytes: %d, %v", size, n, err)
				}
				got = append(got, b[:n]...)
			}
			if !bytes.Equal(got, sent) {
				t.Errorf("into %d bytes: what came out is not what went in", size)
			}
		}
	})
}

// There are only so many large buffers. Without one a connection does as well with a small one, and one that is lost
// makes room for another.
func TestLargeBuffersAreBounded(t *testing.T) {
	for _, large := range []*largeBuffers{forSockets, forOthers} {
		collectLarge(t, large)
		var taken []*[]byte
		for b := large.lend(); b != nil; b = large.lend() {
			if taken = append(taken, b); len(taken) > int(large.most) {
				t.Fatalf("%d large buffers at once", len(taken))
			}
		}
		client, server, f := fed(t, VersionTLS13)
		if large == forSockets {
			server.conn = socket{f}
		}
		sent := random(1 << 20)
		f.come = client.sealed(t, sent)
		if got, err := io.ReadAll(io.LimitReader(server, int64(len(sent)))); err != nil || !bytes.Equal(got, sent) {
			t.Errorf("with small buffers only: %d bytes, %v", len(got), err)
		}
		for _, n := range f.asked {
			if n > smallLen {
				t.Fatalf("%d bytes were asked for at once, with no large buffer left", n)
			}
		}
		runtime.KeepAlive(taken)
		taken = nil
		collectLarge(t, large)
	}
}

// collectLarge has those collected that nobody holds.
func collectLarge(t *testing.T, large *largeBuffers) {
	t.Helper()
	deadline := time.Now().Add(time.Minute)
	for large.exist.Load() > 0 {
		if time.Now().After(deadline) {
			t.Fatalf("%d large buffers are still counted, and nobody holds one", large.exist.Load())
		}
		runtime.GC()
	}
}
