package hs

import "sync"

// flights are lent to handshakes, for the record that comes in and the records that go out. One holds what a handshake
// usually has at a time; what is larger gets memory of its own.
var flights = sync.Pool{New: func() any {
	b := make([]byte, 0, 4096)
	return &b
}}

func lend() *[]byte { return flights.Get().(*[]byte) }

// giveBack overwrites what was lent: a record that came in was decrypted there.
func giveBack(b *[]byte) {
	clear((*b)[:cap(*b)])
	flights.Put(b)
}
