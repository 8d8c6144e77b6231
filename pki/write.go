package pki

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
)

const (
	keyMode  = 0o600
	certMode = 0o644
)

type file struct {
	path string
	data []byte
	mode fs.FileMode
}

// Save writes a certificate with its intermediates, and its key, each into a file that must not exist yet. Either
// both are there afterwards, complete, or none.
func Save(c *Certificate, certFile, keyFile string) error {
	key, err := EncodeKey(c.Key)
	if err != nil {
		return err
	}
	return writeAll(os.Link, []file{
		{keyFile, key, keyMode},
		{certFile, EncodeCertificates(c.Chain...), certMode},
	})
}

// writeAll writes everything beside its place first, so that a full disk is met before anything has its name, and
// then gives the names, keys first. A hard link never replaces what is there, as a rename would.
func writeAll(link func(from, to string) error, files []file) (err error) {
	var done []string
	defer func() {
		if err != nil {
			for _, path := range done {
				err = errors.Join(err, os.Remove(path))
			}
		}
	}()
	drafts := make([]string, len(files))
	for i, f := range files {
		if _, err := os.Lstat(f.path); err == nil {
			return exists(f.path)
		}
		if drafts[i], err = draft(f); err != nil {
			return fmt.Errorf("pki: %w", err)
		}
		defer os.Remove(drafts[i])
	}
	for i, f := range files {
		if err := publish(link, drafts[i], f); err != nil {
			return err
		}
		done = append(done, f.path)
	}
	for _, f := range files {
		if err := syncDir(filepath.Dir(f.path)); err != nil {
			return fmt.Errorf("pki: %w", err)
		}
	}
	return nil
}

func exists(path string) error {
	return fmt.Errorf("pki: %s is there already and is not overwritten; move it away first: %w", path, fs.ErrExist)
}

// draft writes a file under another name in the same directory. os.CreateTemp makes it readable by its owner alone.
func draft(f file) (name string, err error) {
	t, err := os.CreateTemp(filepath.Dir(f.path), "."+filepath.Base(f.path)+".draft-*")
	if err != nil {
		return "", err
	}
	if err = fill(t, f); err != nil {
		return "", errors.Join(err, os.Remove(t.Name()))
	}
	return t.Name(), nil
}

func fill(t *os.File, f file) error {
	_, err := t.Write(f.data)
	if err == nil {
		err = t.Sync()
	}
	if err == nil && f.mode != keyMode {
		err = t.Chmod(f.mode)
	}
	return errors.Join(err, t.Close())
}

// publish gives a draft its name. Where the file system has no hard links, it is copied to a file made for it alone.
func publish(link func(from, to string) error, draft string, f file) error {
	err := link(draft, f.path)
	switch {
	case err == nil:
		return nil
	case errors.Is(err, fs.ErrExist):
		return exists(f.path)
	}
	t, err := os.OpenFile(f.path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, f.mode)
	if errors.Is(err, fs.ErrExist) {
		return exists(f.path)
	}
	if err != nil {
		return fmt.Errorf("pki: %w", err)
	}
	if err := fill(t, f); err != nil {
		return fmt.Errorf("pki: %w", errors.Join(err, os.Remove(f.path)))
	}
	return nil
}

// syncDir makes the new names last through a crash. Some systems cannot sync a directory; there nothing is lost but
// that.
func syncDir(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	_ = d.Sync()
	return d.Close()
}
