package engine

import "github.com/vitro-tls/vitro/wire"

// SealAs lets a test's peer misbehave under its own keys: a record of any type.
func (e *Engine) SealAs(t wire.ContentType, content []byte) ([]byte, error) {
	err := e.desk.Out.Write(t, content)
	return e.Output(), err
}
