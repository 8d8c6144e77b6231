package main

import (
	"bytes"
	"crypto/sha256"
	"crypto/x509"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/vitro-tls/vitro/pki"
)

// newTestCA makes a CA with vitro ca init.
func newTestCA(t *testing.T, args ...string) (dir, stdout string) {
	t.Helper()
	dir = filepath.Join(t.TempDir(), "ca")
	code, out, errs := vitro(t, append([]string{"ca", "init", "--ca-dir", dir}, args...)...)
	if code != exitOK {
		t.Fatalf("ca init: exit %d\n%s", code, errs)
	}
	return dir, out
}

func snapshot(t *testing.T, dir string) map[string]string {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	files := map[string]string{}
	for _, e := range entries {
		text, err := os.ReadFile(filepath.Join(dir, e.Name()))
		if err != nil {
			t.Fatal(err)
		}
		files[e.Name()] = string(text)
	}
	return files
}

// Only the owner gets at the keys, and a second init changes nothing.
func TestCAInit(t *testing.T) {
	dir, _ := newTestCA(t)
	before := snapshot(t, dir)
	if len(before) != 5 {
		t.Errorf("%d files, want two roots, two keys, and both roots in one", len(before))
	}
	for name, mode := range map[string]os.FileMode{".": 0o700, pki.ECDSAKeyFile: 0o600, pki.RSAKeyFile: 0o600, pki.RootsFile: 0o644} {
		info, err := os.Stat(filepath.Join(dir, name))
		if err != nil || runtime.GOOS != "windows" && info.Mode().Perm() != mode {
			t.Errorf("%s: %v, %v; want %v", name, info.Mode(), err, mode)
		}
	}
	code, out, errs := vitro(t, "ca", "init", "--ca-dir", dir)
	if code != exitWrite || out != "" || !strings.Contains(errs, "not overwritten") {
		t.Errorf("a second init: exit %d, stdout %q, stderr:\n%s", code, out, errs)
	}
	for name, text := range snapshot(t, dir) {
		if before[name] != text {
			t.Errorf("a second init changed %s", name)
		}
	}
}

// Show tells what a person compares and what a client is given.
func TestCAShow(t *testing.T) {
	dir, told := newTestCA(t, "--name", "Our tests")
	code, out, errs := vitro(t, "ca", "show", "--ca-dir", dir)
	if code != exitOK || errs != "" || out != told {
		t.Fatalf("exit %d, stderr %q; init told\n%s\nshow tells\n%s", code, errs, told, out)
	}
	_, text, _ := vitro(t, "ca", "show", "--pem", "--ca-dir", dir)
	roots := parsePEM(t, text)
	if len(roots) != 2 || text != snapshot(t, dir)[pki.RootsFile] {
		t.Fatalf("--pem prints %d certificates, want both roots as in %s", len(roots), pki.RootsFile)
	}
	for i, file := range []string{pki.ECDSARootFile, pki.RSARootFile} {
		for _, word := range []string{
			fmt.Sprintf("%x", sha256.Sum256(roots[i].Raw)), roots[i].Subject.String(), "Our tests (",
			roots[i].NotBefore.Format("2006-01-02") + " to " + roots[i].NotAfter.Format("2006-01-02"),
			filepath.Join(dir, file), "no name constraints",
		} {
			if !strings.Contains(out, word) {
				t.Errorf("%q is missing in\n%s", word, out)
			}
		}
	}
	if strings.Contains(out+text, "PRIVATE") {
		t.Error("a private key is shown")
	}
}

// What init --permit names is in both roots, is shown, and binds issue; x509 agrees.
func TestCAPermit(t *testing.T) {
	dir, out := newTestCA(t, "--permit", "lan", "--permit", "10.0.0.0/8", "--permit", "::1", "--days", "30")
	if !strings.Contains(out, "lan and below, 10.0.0.0/8, ::1/128, nothing else") {
		t.Errorf("the bounds are not shown:\n%s", out)
	}
	_, text, _ := vitro(t, "ca", "show", "--pem", "--ca-dir", dir)
	for _, root := range parsePEM(t, text) {
		if !slices.Equal(root.PermittedDNSDomains, []string{"lan"}) || len(root.PermittedIPRanges) != 2 {
			t.Errorf("%v: %v, %v", root.Subject, root.PermittedDNSDomains, root.PermittedIPRanges)
		}
		if days := root.NotAfter.Sub(root.NotBefore).Hours() / 24; days < 30 || days > 31 {
			t.Errorf("%v: valid for %.1f days, want 30", root.Subject, days)
		}
	}
	files := t.TempDir()
	for host, want := range map[string]int{
		"a.lan": exitOK, "10.1.2.3": exitOK, "::1": exitOK, "example.com": exitUsage, "127.0.0.1": exitUsage,
	} {
		code, _, errs := vitro(t, "ca", "issue", host, "--ca-dir", dir, "--out-dir", files)
		if code != want || want != exitOK && !strings.Contains(errs, "may not issue for "+host) {
			t.Errorf("issue %s: exit %d, want %d\n%s", host, code, want, errs)
		}
	}
}

// An issued certificate leads to the CA's roots under each of its names; neither it nor its key is overwritten.
func TestCAIssue(t *testing.T) {
	dir, _ := newTestCA(t)
	roots, err := pki.LoadPool(filepath.Join(dir, pki.RootsFile))
	if err != nil {
		t.Fatal(err)
	}
	for keyType, algorithm := range map[string]x509.PublicKeyAlgorithm{"ecdsa": x509.ECDSA, "rsa": x509.RSA, "ecdsa-p384": x509.ECDSA} {
		files := t.TempDir()
		args := []string{"ca", "issue", "localhost", "127.0.0.1", "--ca-dir", dir, "--out-dir", files, "--key-type", keyType, "--days", "7"}
		code, out, errs := vitro(t, args...)
		certFile, keyFile := filepath.Join(files, "localhost-"+keyType+".pem"), filepath.Join(files, "localhost-"+keyType+"-key.pem")
		if code != exitOK || !strings.Contains(out, certFile) || !strings.Contains(out, keyFile) {
			t.Fatalf("%s: exit %d, stdout %q\n%s", keyType, code, out, errs)
		}
		c, err := pki.LoadCertificate(certFile, keyFile)
		if err != nil {
			t.Fatal(err)
		}
		if info, err := os.Stat(keyFile); err != nil || runtime.GOOS != "windows" && info.Mode().Perm() != 0o600 {
			t.Errorf("%s: %v, %v; want 0600", keyFile, info.Mode(), err)
		}
		for _, name := range []string{"localhost", "127.0.0.1"} {
			if _, err := c.Leaf.Verify(x509.VerifyOptions{Roots: roots, DNSName: name}); err != nil {
				t.Errorf("%s as %s: %v", keyType, name, err)
			}
		}
		if c.Leaf.PublicKeyAlgorithm != algorithm || c.Leaf.NotAfter.After(time.Now().Add(7*day)) {
			t.Errorf("%s: %v, valid to %v", keyType, c.Leaf.PublicKeyAlgorithm, c.Leaf.NotAfter)
		}
		before := snapshot(t, files)
		if code, _, errs := vitro(t, args...); code != exitWrite || !strings.Contains(errs, "not overwritten") {
			t.Errorf("%s again: exit %d\n%s", keyType, code, errs)
		}
		// The key alone is in the way, too.
		if err := os.Remove(certFile); err != nil {
			t.Fatal(err)
		}
		if code, _, errs := vitro(t, args...); code != exitWrite || !strings.Contains(errs, filepath.Base(keyFile)) {
			t.Errorf("%s, its key is there: exit %d\n%s", keyType, code, errs)
		}
		if after := snapshot(t, files); len(after) != 1 || after[filepath.Base(keyFile)] != before[filepath.Base(keyFile)] {
			t.Errorf("%s: the key has changed", keyType)
		}
	}
}

// Names of files: the first host, made fit, or what --out says.
func TestCAIssueFileNames(t *testing.T) {
	for _, c := range []struct {
		host string
		o    issueOptions
		want string
	}{
		{"localhost", issueOptions{keyType: "rsa"}, "localhost-rsa"},
		{"*.Lan", issueOptions{keyType: "ecdsa"}, "wildcard.lan-ecdsa"},
		{"fe80::1", issueOptions{keyType: "ecdsa"}, "fe80--1-ecdsa"},
		{"../../etc/x", issueOptions{keyType: "rsa"}, "..-..-etc-x-rsa"},
		{"a", issueOptions{out: "site"}, "site"},
		{"a", issueOptions{out: "site", outDir: "d"}, filepath.Join("d", "site")},
	} {
		cert, key := c.o.files(c.host)
		if cert != c.want+".pem" || key != c.want+"-key.pem" {
			t.Errorf("%s, %+v: %s and %s, want %s.pem", c.host, c.o, cert, key, c.want)
		}
	}
}

func TestCARefuses(t *testing.T) {
	dir, _ := newTestCA(t)
	none := filepath.Join(t.TempDir(), "none")
	for _, c := range []struct {
		args []string
		code int
		says string
	}{
		{[]string{"ca"}, exitUsage, "init, issue and show"},
		{[]string{"ca", "issue", "--ca-dir", dir}, exitUsage, "for which host"},
		{[]string{"ca", "issue", "x", "--ca-dir", none}, exitUsage, "vitro ca init makes one"},
		{[]string{"ca", "show", "--ca-dir", none}, exitUsage, "vitro ca init makes one"},
		{[]string{"ca", "issue", "x", "--ca-dir", dir, "--key-type", "dsa"}, exitUsage, "ecdsa-p256"},
		{[]string{"ca", "issue", "x", "--ca-dir", dir, "--days", "0"}, exitUsage, "--days"},
		{[]string{"ca", "issue", "https://x/", "--ca-dir", dir, "--out-dir", t.TempDir()}, exitUsage, "it is a URL"},
		{[]string{"ca", "issue", "x", "--ca-dir", dir, "--out-dir", none}, exitWrite, "no directory"},
		{[]string{"ca", "init", "--ca-dir", none, "--permit", "10.0.0.0/99"}, exitUsage, "--permit"},
		{[]string{"ca", "init", "--ca-dir", none, "--permit", "*.x"}, exitUsage, "permitted domain"},
		{[]string{"ca", "init", "--ca-dir", none, "--days", "-1"}, exitUsage, "--days"},
	} {
		code, out, errs := vitro(t, c.args...)
		if code != c.code || out != "" || !strings.Contains(errs, c.says) {
			t.Errorf("%v: exit %d, want %d; stdout %q; %q is to be in:\n%s", c.args, code, c.code, out, c.says, errs)
		}
	}
	if runtime.GOOS != "windows" {
		if err := os.Chmod(filepath.Join(dir, pki.RSAKeyFile), 0o644); err != nil {
			t.Fatal(err)
		}
		if code, _, errs := vitro(t, "ca", "issue", "x", "--ca-dir", dir, "--out-dir", t.TempDir()); code != exitUsage || !strings.Contains(errs, "chmod 600") {
			t.Errorf("a key that others can read: exit %d\n%s", code, errs)
		}
	}
}

// A path is quoted for the shell that it is pasted into.
func TestShellWord(t *testing.T) {
	for path, want := range map[string]string{
		"/a/b.pem": "/a/b.pem", "/a b/c": "'/a b/c'", "/it's": `'/it'\''s'`, "/$(x)": "'/$(x)'",
	} {
		if got := shellWord(path); got != want {
			t.Errorf("%q: %q, want %q", path, got, want)
		}
	}
}

// An expired root is no longer of use, and show says so.
func TestCAShowsExpiry(t *testing.T) {
	ca, err := pki.Init(t.TempDir(), pki.CAOptions{Now: time.Now().Add(-48 * time.Hour), Lifetime: 24 * time.Hour})
	if err != nil {
		t.Fatal(err)
	}
	var b bytes.Buffer
	if err := showCA(&b, ca); err != nil || strings.Count(b.String(), "EXPIRED") != 2 {
		t.Errorf("%v:\n%s", err, b.String())
	}
}
