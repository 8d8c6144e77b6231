package interop

import (
	"bufio"
	std "crypto/tls"
	"errors"
	"fmt"
	"io"
	"regexp"
	"testing"

	"github.com/vitro-tls/vitro/fault"
	"github.com/vitro-tls/vitro/internal/testkit"
	"github.com/vitro-tls/vitro/tls"
)

// RFC 8446 §4.6.3: either side goes on under new keys when it likes, and may ask the other to do so. That data still
// flows both ways afterwards shows that both sides came to the same keys.

// How our events tell of it.
const (
	theyUpdate       = "keys updated by the peer"
	theyUpdateAndAsk = theyUpdate + ", who asks for ours"
	weUpdate         = "keys updated by us"
	weUpdateAndAsk   = weUpdate + ", who ask for theirs"
)

// Of s_client's commands, K asks for ours and k does not.
func TestServerFollowsUpdate(t *testing.T) {
	noPeer(t, goTLS, fault.Server, "a client of crypto/tls never updates its keys")
	noPeer(t, curl, fault.Server, "curl never updates its keys")
	v13.feature(t, openSSL, fault.Server, func(t *testing.T) {
		server, watch := watchedServer(t, echoLines)
		client := sClientByHand(t, server.addr)
		say(client, "before")
		command(client, "k", 1)
		say(client, "between")
		command(client, "K", 2)
		say(client, "after")
		client.input("Q\n")
		client.wait()
		tookLines(t, server, "before\nbetween\nafter\n")
		watch.inOrder(t, theyUpdate, theyUpdateAndAsk, weUpdate)
	})
	// gnutls-cli asks for ours.
	v13.feature(t, gnuTLS, fault.Server, func(t *testing.T) {
		server, watch := watchedServer(t, echoLines)
		client := gnuTLSClient(t, server.addr, "--inline-commands")
		say(client, "before")
		client.input("^rekey^\n")
		client.await(regexp.MustCompile(`(?m)^- Rekey was completed$`))
		say(client, "after")
		client.stdin.Close()
		client.wait()
		tookLines(t, server, "before\nafter\n")
		watch.inOrder(t, theyUpdateAndAsk, weUpdate)
	})
}

// say has a client send a line, and waits until it prints the echo.
func say(client *process, line string) {
	client.t.Helper()
	client.input(line + "\n")
	client.await(regexp.MustCompile(`(?m)^` + line + `$`))
}

// command gives s_client the command to update its keys, and waits until it has done so for the nth time: it passes over
// what comes in the same read.
func command(p *process, letter string, n int) {
	p.t.Helper()
	p.input(letter + "\n")
	p.await(regexp.MustCompile(fmt.Sprintf(`(?s)(KEYUPDATE.*){%d}`, n)))
}

func watchedServer(t *testing.T, handle func(*tls.Conn) ([]byte, error)) (*station, *watcher) {
	watch := &watcher{}
	config := v13.serverConfig(t, testkit.RSA)
	config.Tracer = watch
	return serve(t, config, handle), watch
}

func tookLines(t *testing.T, server *station, want string) {
	t.Helper()
	if got := server.done(); got.err != nil || string(got.body) != want {
		t.Errorf("our server got %q and %v, want %q", got.body, got.err, want)
	}
}

// renewing echoes lines, each but the last under keys of its own, and has the client take new ones for the next.
func renewing(conn *tls.Conn) ([]byte, error) {
	var got []byte
	for r := bufio.NewReader(conn); ; {
		line, err := r.ReadBytes('\n')
		got = append(got, line...)
		if errors.Is(err, io.EOF) {
			return got, nil
		}
		if err == nil && string(line) != "last\n" {
			err = conn.UpdateKeys(true)
		}
		if err == nil {
			_, err = conn.Write(line)
		}
		if err != nil {
			return got, err
		}
	}
}

func TestServerUpdatesKeys(t *testing.T) {
	noPeer(t, curl, fault.Server, "curl sends and reads once, so that nothing comes after an update")
	asked := []string{weUpdateAndAsk, theyUpdate, weUpdateAndAsk, theyUpdate}
	v13.feature(t, openSSL, fault.Server, func(t *testing.T) {
		server, watch := watchedServer(t, renewing)
		client := sClientByHand(t, server.addr)
		say(client, "one")
		say(client, "two")
		say(client, "last")
		client.input("Q\n")
		client.wait()
		tookLines(t, server, "one\ntwo\nlast\n")
		watch.inOrder(t, asked...)
	})
	v13.feature(t, gnuTLS, fault.Server, func(t *testing.T) {
		server, watch := watchedServer(t, renewing)
		client := gnuTLSClient(t, server.addr)
		say(client, "one")
		say(client, "two")
		say(client, "last")
		client.stdin.Close()
		client.wait()
		tookLines(t, server, "one\ntwo\nlast\n")
		watch.inOrder(t, asked...)
	})
	v13.feature(t, goTLS, fault.Server, func(t *testing.T) {
		server, watch := watchedServer(t, renewing)
		conn := goDial(t, server.addr, goConfig())
		for _, line := range []string{"one\n", "two\n", "last\n"} {
			exchange(t, conn, []byte(line), []byte(line))
		}
		closes(t, conn)
		tookLines(t, server, "one\ntwo\nlast\n")
		watch.inOrder(t, asked...)
	})
}

// s_server has the same commands as s_client.
func TestClientFollowsUpdate(t *testing.T) {
	noPeer(t, goTLS, fault.Client, "a server of crypto/tls never updates its keys")
	v13.feature(t, openSSL, fault.Client, func(t *testing.T) {
		server := startSServer(t, testkit.Leaf(testkit.RSA))
		conn, watch := watchedDial(t, server.addr())
		watch.updates = make(chan string, 10)
		hear := func(line string) {
			t.Helper()
			exchange(t, conn, []byte("ours: "+line+"\n"), nil)
			server.await(regexp.MustCompile(`(?m)^ours: ` + line + `$`))
		}
		// The command is given alone: what comes in the same read as one, s_server passes over.
		update := func(letter, told, line string) {
			t.Helper()
			read := make(chan struct{})
			go func() {
				defer close(read)
				exchange(t, conn, nil, []byte(line+"\n"))
			}()
			server.input(letter + "\n")
			select {
			case got := <-watch.updates:
				if got != told {
					t.Errorf("our event tells %q, want %q", got, told)
				}
			case <-server.ctx.Done():
				t.Fatalf("there was no update after the command %s", letter)
			}
			server.input(line + "\n")
			<-read
			hear(line)
		}
		hear("before")
		update("k", theyUpdate, "between")
		update("K", theyUpdateAndAsk, "after")
		closes(t, conn)
		watch.inOrder(t, theyUpdate, theyUpdateAndAsk, weUpdate)
	})
}

func watchedDial(t *testing.T, addr string) (*tls.Conn, *watcher) {
	t.Helper()
	watch := &watcher{}
	config := v13.clientConfig()
	config.Tracer = watch
	return mustDial(t, addr, config), watch
}

func TestClientUpdatesKeys(t *testing.T) {
	for p, begin := range map[peer]func(t *testing.T) string{
		openSSL: func(t *testing.T) string { return reverser(t).addr() },
		gnuTLS:  func(t *testing.T) string { return echoer(t).addr() },
		goTLS:   func(t *testing.T) string { return goEcho(t) },
	} {
		v13.feature(t, p, fault.Client, func(t *testing.T) {
			conn, watch := watchedDial(t, begin(t))
			// Read the same from both ends, for s_server reverses each line. It sleeps for a second at each update.
			for _, line := range []string{"abba\n", "otto\n"} {
				exchange(t, conn, []byte(line), []byte(line))
				if err := conn.UpdateKeys(true); err != nil {
					t.Fatal(err)
				}
			}
			exchange(t, conn, []byte("anna\n"), []byte("anna\n"))
			closes(t, conn)
			watch.inOrder(t, weUpdateAndAsk, theyUpdate, weUpdateAndAsk, theyUpdate)
		})
	}
}

// goEcho is a server of crypto/tls that sends back what it gets.
func goEcho(t *testing.T) (addr string) {
	t.Helper()
	listener := listen(t)
	go func() {
		raw, err := listener.Accept()
		if err != nil {
			return
		}
		defer raw.Close()
		deadline(t, raw)
		conn := std.Server(raw, goConfig(testkit.RSA))
		if _, err := io.Copy(conn, conn); err != nil {
			t.Errorf("crypto/tls: %v", err)
		}
		_ = conn.Close()
	}()
	return listener.Addr().String()
}
