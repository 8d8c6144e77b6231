package pki

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/rsa"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
)

func wantMode(t *testing.T, file string, mode fs.FileMode) {
	t.Helper()
	if runtime.GOOS == "windows" {
		return
	}
	info, err := os.Stat(file)
	if err != nil {
		t.Error(err)
	} else if info.Mode().Perm() != mode {
		t.Errorf("%s has the mode %04o, want %04o", filepath.Base(file), info.Mode().Perm(), mode)
	}
}

func initDir(t *testing.T) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "deep", "ca")
	if _, err := Init(path, CAOptions{Name: "Test CA", Now: now}); err != nil {
		t.Fatal(err)
	}
	return path
}

// wantFiles: these files and no drafts.
func wantFiles(t *testing.T, dir string, names ...string) {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, e := range entries {
		got = append(got, e.Name())
	}
	if strings.Join(got, " ") != strings.Join(names, " ") {
		t.Errorf("the directory has %v, want %v", got, names)
	}
}

func TestInitAndOpen(t *testing.T) {
	path := initDir(t)
	wantFiles(t, path, ECDSAKeyFile, ECDSARootFile, RSAKeyFile, RSARootFile, RootsFile)
	wantMode(t, path, 0o700)
	wantMode(t, filepath.Join(path, ECDSAKeyFile), 0o600)
	wantMode(t, filepath.Join(path, RSAKeyFile), 0o600)
	wantMode(t, filepath.Join(path, ECDSARootFile), 0o644)
	wantMode(t, filepath.Join(path, RSARootFile), 0o644)
	wantMode(t, filepath.Join(path, RootsFile), 0o644)
	if both, err := LoadCertificates(filepath.Join(path, RootsFile)); err != nil || len(both) != 2 {
		t.Errorf("%s has %d roots (%v), want both", RootsFile, len(both), err)
	}

	d, err := Open(path)
	if err != nil {
		t.Fatal(err)
	}
	if d.ECDSA.Name() == d.RSA.Name() || !strings.HasPrefix(d.RSA.Name(), "Test CA") {
		t.Errorf("the roots are called %q and %q", d.ECDSA.Name(), d.RSA.Name())
	}
	for _, kind := range []KeyKind{ECDSAP384, RSA2048, Ed25519} {
		c, err := d.Issue(LeafOptions{Hosts: []string{"a"}, Key: kind, Now: now})
		if err != nil {
			t.Fatal(err)
		}
		if err := verify(d.For(kind), c, "a"); err != nil {
			t.Errorf("%v: %v", kind, err)
		}
	}
	rsaKey := newKey(t, RSA2048)
	c, err := d.Issue(LeafOptions{Hosts: []string{"a"}, Signer: rsaKey, Now: now})
	if err != nil || !sameKey(c.Key, rsaKey) || c.Leaf.Issuer.CommonName != d.RSA.Name() {
		t.Errorf("for an RSA key of the caller's: %v", err)
	}
	if _, ok := d.RSA.Key.(*rsa.PrivateKey); !ok {
		t.Errorf("the RSA root's key is a %T", d.RSA.Key)
	}
	if _, ok := d.ECDSA.Key.(*ecdsa.PrivateKey); !ok {
		t.Errorf("the ECDSA root's key is a %T", d.ECDSA.Key)
	}
}

// A key that exists is never overwritten, nor is anything else, and nothing is left behind.
func TestInitOverwritesNothing(t *testing.T) {
	for _, name := range []string{ECDSAKeyFile, ECDSARootFile, RSAKeyFile, RSARootFile, RootsFile} {
		dir := t.TempDir()
		file := filepath.Join(dir, name)
		if err := os.WriteFile(file, []byte("precious"), 0o600); err != nil {
			t.Fatal(err)
		}
		_, err := Init(dir, CAOptions{Now: now})
		if !errors.Is(err, fs.ErrExist) || !strings.Contains(err.Error(), file) {
			t.Errorf("%s: the error is %v, want one that names it", name, err)
		}
		if text, _ := os.ReadFile(file); string(text) != "precious" {
			t.Errorf("%s was overwritten", name)
		}
		wantFiles(t, dir, name)
	}
}

// Somebody else makes a file after it was found missing: the link tells, and what was linked before is taken back.
func TestWriteAllLosesARace(t *testing.T) {
	dir := t.TempDir()
	files := []file{
		{filepath.Join(dir, "key"), []byte("k"), keyMode},
		{filepath.Join(dir, "cert"), []byte("c"), certMode},
	}
	link := func(from, to string) error {
		if filepath.Base(to) == "cert" {
			if err := os.WriteFile(to, []byte("theirs"), 0o600); err != nil {
				t.Fatal(err)
			}
		}
		return os.Link(from, to)
	}
	if err := writeAll(link, files); !errors.Is(err, fs.ErrExist) {
		t.Errorf("the error is %v, want that the file exists", err)
	}
	wantFiles(t, dir, "cert")
	if text, _ := os.ReadFile(files[1].path); string(text) != "theirs" {
		t.Errorf("the other's file has %q", text)
	}
}

func TestWriteAllWithoutHardLinks(t *testing.T) {
	dir := t.TempDir()
	f := file{filepath.Join(dir, "key"), []byte("k"), keyMode}
	none := func(string, string) error { return errors.ErrUnsupported }
	if err := writeAll(none, []file{f}); err != nil {
		t.Fatal(err)
	}
	wantFiles(t, dir, "key")
	wantMode(t, f.path, 0o600)
	if text, _ := os.ReadFile(f.path); !bytes.Equal(text, f.data) {
		t.Errorf("the file has %q", text)
	}
	late := func(_, to string) error {
		if err := os.WriteFile(to, []byte("theirs"), 0o600); err != nil {
			t.Fatal(err)
		}
		return errors.ErrUnsupported
	}
	g := file{filepath.Join(dir, "other"), []byte("k"), keyMode}
	if err := writeAll(late, []file{g}); !errors.Is(err, fs.ErrExist) {
		t.Errorf("the error is %v, want that the file exists", err)
	}
	if text, _ := os.ReadFile(g.path); string(text) != "theirs" {
		t.Errorf("the other's file has %q", text)
	}
}

func TestOpenRefuses(t *testing.T) {
	if _, err := Open(t.TempDir()); !errors.Is(err, fs.ErrNotExist) || !strings.Contains(err.Error(), "vitro ca init") {
		t.Errorf("an empty directory: %v", err)
	}

	path := initDir(t)
	if err := os.Remove(filepath.Join(path, RSARootFile)); err != nil {
		t.Fatal(err)
	}
	if _, err := Open(path); err == nil || !strings.Contains(err.Error(), RSARootFile) {
		t.Errorf("half a CA: %v", err)
	}

	path = initDir(t)
	leaf := issue(t, newTestCA(t, CAOptions{}), LeafOptions{Hosts: []string{"a"}})
	for name, text := range map[string][]byte{ECDSARootFile: EncodeCertificates(leaf.Chain...), ECDSAKeyFile: encodeKey(t, leaf)} {
		if err := os.WriteFile(filepath.Join(path, name), text, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := Open(path); err == nil || !strings.Contains(err.Error(), "not the certificate of a CA") {
		t.Errorf("a leaf in the root's place: %v", err)
	}
}

func encodeKey(t *testing.T, c *Certificate) []byte {
	t.Helper()
	text, err := EncodeKey(c.Key)
	if err != nil {
		t.Fatal(err)
	}
	return text
}

func TestPermissions(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("permissions are not in the mode here")
	}
	path := initDir(t)
	key := filepath.Join(path, RSAKeyFile)
	for _, mode := range []fs.FileMode{0o640, 0o604} {
		if err := os.Chmod(key, mode); err != nil {
			t.Fatal(err)
		}
		if _, err := Open(path); err == nil || !strings.Contains(err.Error(), "chmod 600 "+key) {
			t.Errorf("a key of mode %04o: %v, want an error that tells the mend", mode, err)
		}
	}

	open := t.TempDir()
	if err := os.Chmod(open, 0o777); err != nil {
		t.Fatal(err)
	}
	if _, err := Init(open, CAOptions{Now: now}); err == nil || !strings.Contains(err.Error(), "chmod 700") {
		t.Errorf("a directory that everyone may write to: %v", err)
	}
	wantFiles(t, open)

	readable := t.TempDir()
	if err := os.Chmod(readable, 0o755); err != nil {
		t.Fatal(err)
	}
	if _, err := Init(readable, CAOptions{Now: now}); err != nil {
		t.Errorf("a directory that others may only read: %v", err)
	}
	wantMode(t, readable, 0o755)
}

func TestInitWhereAFileStands(t *testing.T) {
	file := filepath.Join(t.TempDir(), "f")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := Init(file, CAOptions{Now: now}); err == nil || !strings.Contains(err.Error(), file) {
		t.Errorf("the error is %v, want one that names the file", err)
	}
}
