package engine

import "reflect"

// HoldsMaster13 returns a function that reports whether the handshake that has begun still holds the secret from which all
// traffic secrets of the connection can be made again.
func (e *Engine) HoldsMaster13() func() bool {
	handshake := e.desk.Shaking
	return func() bool {
		master := reflect.ValueOf(handshake).Elem().FieldByName("Application13").FieldByName("master")
		if master.FieldByName("application").IsNil() {
			panic("no master secret was ever there")
		}
		return !master.FieldByName("secret").FieldByName("value").IsZero()
	}
}
