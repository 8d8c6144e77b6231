package main

import (
	"fmt"
	"os"

	"github.com/vitro-tls/vitro/tls"
)

// keyLogVariable is what browsers and curl heed too.
const keyLogVariable = "SSLKEYLOGFILE"

// logKeys lets the connections of a configuration append their secrets to a file that only its owner can read: the one
// that is named, or that the environment names. done closes it, and says whether all of them are in it.
func logKeys(config *tls.Config, path string, warn func(string)) (done func() error, err error) {
	if path == "" {
		path = os.Getenv(keyLogVariable)
	}
	if path == "" {
		return func() error { return nil }, nil
	}
	file, err := os.OpenFile(path, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600)
	if err != nil {
		return nil, &exitError{code: exitWrite, err: fmt.Errorf("the key log: %w", err)}
	}
	warn("WARNING: the secrets of every connection go into " + path + ": whoever reads it can decrypt the traffic")
	log := &lockedWriter{w: file} // many configurations write to it, a line at a time
	config.KeyLogWriter = log
	return func() error {
		err := file.Close()
		if log.err != nil {
			err = log.err
		}
		if err != nil {
			return &exitError{code: exitWrite, err: fmt.Errorf("the key log is not complete: %w", err)}
		}
		return nil
	}, nil
}
