package record

import (
	"crypto/cipher"
	"reflect"
)

// Settle moves the ciphers of both directions into one block of memory. They are what is largest of an idle connection;
// where they were made they lie among those of handshakes and of keys that have been left behind, and each would keep a
// page of the heap from being given back.
func Settle(a, b *Half) {
	p, ok := a.protection.(inTwo)
	q, both := b.protection.(inTwo)
	if !ok || !both {
		return
	}
	first, second := p.sealer(), q.sealer()
	of := reflect.TypeOf(first.AEAD)
	if of != reflect.TypeOf(second.AEAD) || of.Kind() != reflect.Pointer {
		return
	}
	home := reflect.New(reflect.ArrayOf(2, of.Elem())).Elem()
	for i, s := range []*Sealer{first, second} {
		s.AEAD = inPlaceOf(home.Index(i).Addr().Interface().(cipher.AEAD), s.AEAD)
	}
}
