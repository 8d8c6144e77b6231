package interop

import (
	"bufio"
	"encoding/binary"
	"io"
	"net"
	"regexp"
	"strings"
	"testing"

	"github.com/vitro-tls/vitro/fault"
	"github.com/vitro-tls/vitro/internal/testkit"
	"github.com/vitro-tls/vitro/wire"
)

// Someone between the two ends.

// between forwards one connection to addr in both directions. Each direction has a forwarder of its own, which gets
// the bytes of one end and writes to the other.
func between(t *testing.T, addr string, toServer, toClient forwarder) (at string) {
	t.Helper()
	return stub(t, func(client net.Conn) {
		server, err := net.Dial("tcp", addr)
		if err != nil {
			t.Errorf("the proxy: %v", err)
			return
		}
		defer server.Close()
		deadline(t, server)
		done := make(chan struct{})
		go func() {
			defer close(done)
			forward(client, server, toServer)
		}()
		forward(server, client, toClient)
		<-done
	})
}

type forwarder func(from *bufio.Reader, to io.Writer) error

// forward passes the end on too.
func forward(from, to net.Conn, f forwarder) {
	_ = f(bufio.NewReader(from), to) // an end or a failure, which the tests see at the ends
	if half, ok := to.(interface{ CloseWrite() error }); ok {
		_ = half.CloseWrite()
	}
}

func unchanged(from *bufio.Reader, to io.Writer) error {
	_, err := io.Copy(to, from)
	return err
}

// dribbled writes one byte at a time.
func dribbled(from *bufio.Reader, to io.Writer) error {
	for {
		b, err := from.ReadByte()
		if err != nil {
			return err
		}
		if _, err := to.Write([]byte{b}); err != nil {
			return err
		}
	}
}

// spoilt flips a bit in the last byte of the record that which chooses, of those of one direction.
func spoilt(which func(records []wire.ContentType) bool) forwarder {
	return func(from *bufio.Reader, to io.Writer) error {
		var seen []wire.ContentType
		for {
			header, err := from.Peek(5)
			if err != nil {
				return err
			}
			record := make([]byte, 5+int(binary.BigEndian.Uint16(header[3:])))
			if _, err := io.ReadFull(from, record); err != nil {
				return err
			}
			seen = append(seen, wire.ContentType(record[0]))
			if which(seen) {
				record[len(record)-1] ^= 1
			}
			if _, err := to.Write(record); err != nil {
				return err
			}
		}
	}
}

// firstData chooses the first record of application data.
func firstData(seen []wire.ContentType) bool {
	n := 0
	for _, t := range seen {
		if t == wire.ContentApplicationData {
			n++
		}
	}
	return n == 1 && seen[len(seen)-1] == wire.ContentApplicationData
}

// finished chooses the record behind ChangeCipherSpec.
func finished(seen []wire.ContentType) bool {
	return len(seen) > 1 && seen[len(seen)-2] == wire.ContentChangeCipherSpec
}

func TestClientNoticesSpoiltRecord(t *testing.T) {
	failure(t, openSSL, fault.Client, func(t *testing.T) {
		server := reverser(t, "-trace")
		conn := mustDial(t, between(t, server.addr(), unchanged, spoilt(firstData)), clientConfig())
		if _, err := conn.Write(greeting); err != nil {
			t.Fatal(err)
		}
		_, err := conn.Read(make([]byte, 1))
		isRule(t, err, fault.BadRecordMAC, fault.Client)
		conn.Close()
		sawAlert(t, server.wait(), wire.AlertBadRecordMAC)
	})
	failure(t, gnuTLS, fault.Client, func(t *testing.T) {
		server := echoer(t, "--debug", "5")
		err := mustFail(t, between(t, server.addr(), unchanged, spoilt(finished)), clientConfig())
		found := isRule(t, err, fault.BadRecordMAC, fault.Client)
		if found.Step != fault.StepServerChangeCipherSpec {
			t.Errorf("the error says that we reached %v, want %v", found.Step, fault.StepServerChangeCipherSpec)
		}
		server.sawAlert(t, wire.AlertBadRecordMAC)
	})
}

func TestClientToldOfSpoiltRecord(t *testing.T) {
	for p, begin := range hosts {
		failure(t, p, fault.Client, func(t *testing.T) {
			conn := mustDial(t, between(t, begin(t).addr(), spoilt(firstData), unchanged), clientConfig())
			if _, err := conn.Write(greeting); err != nil {
				t.Fatal(err)
			}
			_, err := conn.Read(make([]byte, 1))
			told := isAlert(t, err, wire.AlertBadRecordMAC)
			if !strings.Contains(told.Hint(), "did not decrypt") {
				t.Errorf("the hint %q does not tell what the alert means", told.Hint())
			}
		})
	}
}

func TestServerNoticesSpoiltRecord(t *testing.T) {
	for _, v := range []visitor{sClientVisitor(), gnuTLSVisitor(), curlVisitor()} {
		failure(t, v.peer, fault.Server, func(t *testing.T) {
			server := serve(t, serverConfig(t, testkit.RSA), answerPost)
			out := v.run(t, between(t, server.addr, spoilt(finished), unchanged))
			isRule(t, server.refused(t), fault.BadRecordMAC, fault.Server)
			sawAlert(t, out, wire.AlertBadRecordMAC)
		})
	}
}

// The network may cut anywhere.
func TestOneByteAtATime(t *testing.T) {
	for p, begin := range hosts {
		feature(t, p, fault.Client, func(t *testing.T) {
			server := begin(t)
			config := clientConfig()
			config.StrictClose = true
			conn := mustDial(t, between(t, server.addr(), dribbled, dribbled), config)
			server.talk(t, conn, greeting)
		})
	}
	for _, v := range []visitor{sClientVisitor(), gnuTLSVisitor(), curlVisitor()} {
		feature(t, v.peer, fault.Server, func(t *testing.T) {
			server := serve(t, serverConfig(t, testkit.RSA), answerPost)
			out := v.run(t, between(t, server.addr, dribbled, dribbled))
			if !strings.Contains(out, string(reply(greeting))) {
				t.Errorf("the client did not get our reply; it printed:\n%s", clip(out))
			}
			server.servedGreeting(t)
		})
	}
}

// RFC 5246 §6.2.1: a handshake message may be cut into records of any size. OpenSSL's smallest is 512 bytes, and its
// certificates are longer.
func TestFragmentedHandshake(t *testing.T) {
	feature(t, openSSL, fault.Client, func(t *testing.T) {
		server := reverser(t, "-trace", "-max_send_frag", "512")
		conn := mustDial(t, server.addr(), clientConfig())
		server.talk(t, conn, text(7, 5000))
		if n := len(regexp.MustCompile(`Content Type = Handshake \(22\)\n +Length = 512\n`).FindAllString(server.wait(), -1)); n == 0 {
			t.Errorf("s_server cut no handshake message into records of 512 bytes")
		}
	})
	feature(t, openSSL, fault.Server, func(t *testing.T) {
		server := serve(t, serverConfig(t, testkit.RSA), answerPost)
		// So many protocols make the ClientHello longer than a record.
		long := strings.Repeat(strings.Repeat("p", 60)+",", 20) + "http/1.1"
		out := sClientVisitor("-max_send_frag", "512", "-alpn", long, "-trace").run(t, server.addr)
		sees(t, out, `Content Type = Handshake \(22\)\n +Length = 512$`)
		server.servedGreeting(t)
	})
}
