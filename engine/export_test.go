package engine

import "github.com/vitro-tls/vitro/wire"

// SealAs lets a test's peer misbehave under its own keys: a record of any type.
func (e *Engine) SealAs(t wire.ContentType, content []byte) ([]byte, error) {
	err := e.desk.Out.Write(t, content)
	return e.Output(), err
}

// Unlimited lets a test's peer forget how large a record may be.
func (e *Engine) Unlimited() { e.desk.Out.SetLimit(0, false) }
