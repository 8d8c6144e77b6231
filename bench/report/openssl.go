package main

import (
	"context"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"time"

	"github.com/vitro-tls/vitro/internal/testkit"
)

// visits are the handshakes that s_time makes with s_server.
var visits = []struct {
	title  string
	kind   testkit.Kind
	server []string
	client []string
}{
	{"TLS 1.2 RSA", testkit.RSA, []string{"-tls1_2", "-cipher", "AES128-GCM-SHA256"}, []string{"-tls1_2", "-new"}},
	{"TLS 1.2 ECDHE-RSA", testkit.RSA, []string{"-tls1_2", "-cipher", "ECDHE-RSA-AES128-GCM-SHA256", "-groups", "X25519"}, []string{"-tls1_2", "-new"}},
	{"TLS 1.2 ECDHE-ECDSA", testkit.P256, []string{"-tls1_2", "-cipher", "ECDHE-ECDSA-AES128-GCM-SHA256", "-groups", "X25519"}, []string{"-tls1_2", "-new"}},
	{"TLS 1.3 X25519, ECDSA", testkit.P256, []string{"-tls1_3", "-ciphersuites", "TLS_AES_128_GCM_SHA256", "-groups", "X25519", "-num_tickets", "0"}, []string{"-tls1_3", "-new"}},
	{"TLS 1.3 X25519, RSA", testkit.RSA, []string{"-tls1_3", "-ciphersuites", "TLS_AES_128_GCM_SHA256", "-groups", "X25519", "-num_tickets", "0"}, []string{"-tls1_3", "-new"}},
}

func (s *session) openSSL() (string, error) {
	version, err := exec.CommandContext(s.ctx, "openssl", "version").Output()
	if err != nil {
		return "The openssl program is not installed here.\n", nil
	}
	t := table{head: []string{"handshake", "µs, client", "µs, server", "µs, both"}}
	for i, v := range visits {
		fmt.Fprintf(s.progress, "openssl %d/%d: %s\n", i+1, len(visits), v.title)
		var client, server, both []float64
		for range min(s.rounds, 3) {
			c, srv, err := s.timeOpenSSL(v.kind, v.server, v.client)
			if err != nil {
				return "", err
			}
			client, server, both = append(client, c), append(server, srv), append(both, c+srv)
		}
		t.add(v.title, spreadOf(client).String(), spreadOf(server).String(), spreadOf(both).String())
	}
	return fmt.Sprintf("%s\n%s", version, t.String()), nil
}

var connections = regexp.MustCompile(`(\d+) connections in`)

// timeOpenSSL runs s_time against s_server and returns each one's processor time for a handshake, in µs.
func (s *session) timeOpenSSL(kind testkit.Kind, serverArgs, clientArgs []string) (client, server float64, err error) {
	folder, err := os.MkdirTemp("", "report")
	if err != nil {
		return 0, 0, err
	}
	defer os.RemoveAll(folder)
	chain, key, roots, err := writePEM(folder, kind)
	if err != nil {
		return 0, 0, err
	}
	address, err := freeAddress()
	if err != nil {
		return 0, 0, err
	}
	ctx, stop := context.WithCancel(s.ctx)
	defer stop()
	serve := exec.CommandContext(ctx, "openssl", append([]string{"s_server", "-accept", address, "-cert", chain, "-cert_chain", chain, "-key", key, "-quiet"}, serverArgs...)...)
	if err := serve.Start(); err != nil {
		return 0, 0, err
	}
	if err := s.reach(address); err != nil {
		return 0, 0, err
	}
	seconds := max(1, int(s.about.Round(time.Second).Seconds()))
	visit := exec.CommandContext(s.ctx, "openssl", append([]string{"s_time", "-connect", address, "-CAfile", roots, "-verify", "5", "-time", strconv.Itoa(seconds)}, clientArgs...)...)
	out, err := visit.CombinedOutput()
	stop()
	_ = serve.Wait()
	m := connections.FindSubmatch(out)
	if err != nil || m == nil {
		return 0, 0, fmt.Errorf("openssl s_time: %v: %s", err, out)
	}
	n, _ := strconv.ParseFloat(string(m[1]), 64)
	used := func(c *exec.Cmd) float64 {
		return float64((c.ProcessState.UserTime() + c.ProcessState.SystemTime()).Microseconds()) / n
	}
	return used(visit), used(serve), nil
}

// reach waits until a server listens.
func (s *session) reach(address string) error {
	for began := time.Now(); ; {
		c, err := net.DialTimeout("tcp", address, time.Second)
		if err == nil {
			return c.Close()
		}
		if time.Since(began) > 10*time.Second || s.ctx.Err() != nil {
			return errors.Join(s.ctx.Err(), err)
		}
		time.Sleep(10 * time.Millisecond)
	}
}

func freeAddress() (string, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	defer l.Close()
	return l.Addr().String(), nil
}

func writePEM(folder string, kind testkit.Kind) (chain, key, roots string, err error) {
	leaf := testkit.Leaf(kind)
	der, err := x509.MarshalPKCS8PrivateKey(leaf.Key)
	if err != nil {
		return "", "", "", err
	}
	write := func(name, label string, blocks ...[]byte) string {
		var text []byte
		for _, b := range blocks {
			text = append(text, pem.EncodeToMemory(&pem.Block{Type: label, Bytes: b})...)
		}
		path := filepath.Join(folder, name)
		err = errors.Join(err, os.WriteFile(path, text, 0o600))
		return path
	}
	chain = write("chain.pem", "CERTIFICATE", leaf.Chain...)
	key = write("key.pem", "PRIVATE KEY", der)
	roots = write("roots.pem", "CERTIFICATE", testkit.PKI().Root.Certificate.Raw)
	return chain, key, roots, err
}
