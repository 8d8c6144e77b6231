package main

import (
	"fmt"
	"os"
)

// keyLogVariable is what browsers and curl heed too.
const keyLogVariable = "SSLKEYLOGFILE"

// openKeyLog appends secrets to a file that only its owner can read.
func (g *getter) openKeyLog(path string) (closeLog func() error, err error) {
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
	g.tell.warn("secrets go into " + path + ": whoever reads it can decrypt this traffic")
	log := &lockedWriter{w: file}
	g.config.KeyLogWriter = log
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
