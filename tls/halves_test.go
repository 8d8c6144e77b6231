package tls

import (
	"bytes"
	"crypto"
	"errors"
	"io"
	"net"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/vitro-tls/vitro/event"
	"github.com/vitro-tls/vitro/fault"
	"github.com/vitro-tls/vitro/internal/record"
	"github.com/vitro-tls/vitro/internal/suite"
	"github.com/vitro-tls/vitro/internal/testkit"
	"github.com/vitro-tls/vitro/wire"
)

// bytesOf is a connection of which a test decides what is read; everything else goes to the one underneath.
type bytesOf struct {
	net.Conn
	read func([]byte) (int, error)
}

func (b *bytesOf) Read(p []byte) (int, error) { return b.read(p) }

// An end within a record is an error however lenient we are, as it is with crypto/tls: nobody can have meant it.
func TestEndWithinARecord(t *testing.T) {
	for _, kept := range []int{1, 5, 20} {
		client, server := connect(t)
		rec, err := server.engine.Seal(nil, []byte("the whole sum"))
		if err != nil {
			t.Fatal(err)
		}
		raw := server.NetConn()
		raw.Write(rec[:kept])
		raw.Close()
		for range 2 {
			n, err := client.Read(make([]byte, 100))
			if n != 0 || !errors.Is(err, io.ErrUnexpectedEOF) || !errors.Is(err, fault.Truncated) {
				t.Errorf("after %d bytes of a record: %d, %v", kept, n, err)
			}
		}
	}
}

// A broken connection stays broken: an end that the operating system tells of afterwards is not the data's end.
func TestReadErrorStays(t *testing.T) {
	client, _ := connect(t)
	told := []error{syscall.ECONNRESET, io.EOF}
	client.conn = &bytesOf{client.conn, func([]byte) (int, error) {
		err := told[0]
		told = told[min(1, len(told)-1):]
		return 0, err
	}}
	for range 3 {
		if n, err := client.Read(make([]byte, 1)); n != 0 || !errors.Is(err, syscall.ECONNRESET) {
			t.Errorf("read %d, %v", n, err)
		}
	}
}

// gate lets a test see that a Write has begun, and holds it until the peer reads.
type gate struct {
	net.Conn
	begun chan struct{}
	once  sync.Once
}

func (g *gate) Write(b []byte) (int, error) {
	g.once.Do(func() { close(g.begun) })
	return g.Conn.Write(b)
}

// learned are the keys of a connection, as a SecretSink and a Tracer hear of them.
type learned struct {
	mu     sync.Mutex
	master []byte
	keys   event.KeysDerived
	alerts []wire.AlertDescription
}

func (l *learned) Secret(label string, _, secret []byte) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if label == "CLIENT_RANDOM" {
		l.master = bytes.Clone(secret)
	}
}

func (l *learned) Event(_ event.Meta, e event.Event) {
	l.mu.Lock()
	defer l.mu.Unlock()
	switch e := e.(type) {
	case event.KeysDerived:
		l.keys = e
	case event.Alert:
		if !e.Sent {
			l.alerts = append(l.alerts, e.Alert.Description)
		}
	}
}

// serverHalf is the server's write half behind its Finished, made again from what was learned. RFC 5246 §5, §6.3.
func (l *learned) serverHalf(t *testing.T) *record.Half {
	t.Helper()
	s := suite.ByID(l.keys.Suite)
	if s.Hash != crypto.SHA256 {
		t.Fatal("testkit's PRF is that of SHA-256")
	}
	block := testkit.PRF12(l.master, 2*(l.keys.KeyLen+l.keys.FixedIVLen), "key expansion", l.keys.ServerRandom[:], l.keys.ClientRandom[:])
	key := block[l.keys.KeyLen : 2*l.keys.KeyLen]
	iv := block[2*l.keys.KeyLen+l.keys.FixedIVLen:][:l.keys.FixedIVLen]
	protection, err := record.NewAEAD12(s.Cipher, key, iv)
	if err != nil {
		t.Fatal(err)
	}
	half := new(record.Half)
	half.SetProtection(protection)
	if _, err := half.Seal(nil, wire.ContentHandshake, wire.TLS12, nil); err != nil { // in the place of Finished
		t.Fatal(err)
	}
	return half
}

// A Read that has a warning to send does not wait for a Write that is stuck: a peer that writes before it reads would
// wait for us, and we for it. The warning goes out behind the Write.
func TestReadDoesNotWaitForWrite(t *testing.T) {
	a, b := net.Pipe()
	deadline := time.Now().Add(time.Minute) // so that a hang is a failure
	a.SetDeadline(deadline)
	b.SetDeadline(deadline)
	cc, sc := clientConfig(), serverConfig(testkit.P256)
	sc.MaxVersion = VersionTLS12 // for its HelloRequest
	seen := new(learned)
	sc.SecretSink, sc.Tracer = seen, seen
	client, server := Client(a, cc), Server(b, sc)
	if cerr, serr := both(client, server); cerr != nil || serr != nil {
		t.Fatal(cerr, serr)
	}

	stuck := &gate{Conn: a, begun: make(chan struct{})}
	client.conn = stuck
	written := make(chan error, 1)
	go func() { _, err := client.Write([]byte("a request")); written <- err }()
	<-stuck.begun

	half := seen.serverHalf(t)
	out, err := half.Seal(nil, wire.ContentHandshake, wire.TLS12, []byte{0, 0, 0, 0}) // HelloRequest
	if err == nil {
		out, err = half.Seal(out, wire.ContentApplicationData, wire.TLS12, []byte("a reply"))
	}
	if err != nil {
		t.Fatal(err)
	}
	go b.Write(out)
	buf := make([]byte, 100)
	if n, err := client.Read(buf); err != nil || string(buf[:n]) != "a reply" {
		t.Fatalf("while a Write was stuck, Read gave %q, %v", buf[:n], err)
	}

	if n, err := server.Read(buf); err != nil || string(buf[:n]) != "a request" {
		t.Fatalf("the server read %q, %v", buf[:n], err)
	}
	go client.Write([]byte("more"))
	if n, err := server.Read(buf); err != nil || string(buf[:n]) != "more" {
		t.Fatalf("the server read %q, %v", buf[:n], err)
	}
	if err := <-written; err != nil {
		t.Errorf("Write: %v", err)
	}
	seen.mu.Lock()
	defer seen.mu.Unlock()
	if len(seen.alerts) != 1 || seen.alerts[0] != wire.AlertNoRenegotiation {
		t.Errorf("the server was told %v, want no_renegotiation", seen.alerts)
	}
}

// After a fatal alert a Read says the same again, and a Write says why nothing more goes out.
func TestBothHalvesKeepTheFailure(t *testing.T) {
	client, server := connect(t)
	rec, err := server.engine.Seal(nil, []byte("hello"))
	if err != nil {
		t.Fatal(err)
	}
	rec[len(rec)-1] ^= 1
	server.NetConn().Write(rec)
	for range 2 {
		if _, err := client.Read(make([]byte, 1)); !errors.Is(err, fault.BadRecordMAC) {
			t.Errorf("Read says %v", err)
		}
		if _, err := client.Write([]byte("x")); !errors.Is(err, fault.BadRecordMAC) {
			t.Errorf("Write says %v", err)
		}
	}
	if _, err := server.Read(make([]byte, 1)); !errors.Is(err, fault.Told(wire.AlertBadRecordMAC)) {
		t.Errorf("the peer was told %v", err)
	}
}

// A buffer goes back when the connection's end has been read: whoever keeps the connection keeps no memory with it.
func TestEndGivesTheBufferBack(t *testing.T) {
	client, server := connect(t)
	server.Close()
	if _, err := client.Read(make([]byte, 1)); err != io.EOF {
		t.Fatal(err)
	}
	if client.read.lent.buf != nil {
		t.Error("the buffer is held after close_notify")
	}
}
