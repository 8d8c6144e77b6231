package mac

import (
	"bytes"
	"crypto"
	"crypto/hmac"
	"testing"
)

// Under one key, for every length of key and message around what matters, each MAC is crypto/hmac's, whichever came
// before it.
func TestKeyedIsHMAC(t *testing.T) {
	lengths := []int{0, 1, 32, 48, 63, 64, 65, 127, 128, 129, 300, 5000}
	for _, h := range hashes {
		for _, keyLen := range lengths {
			key := bytes.Repeat([]byte{byte(keyLen), 7, 3}, keyLen)[:keyLen]
			k := Under(h, key)
			for _, n := range lengths {
				message := bytes.Repeat([]byte{byte(n), 5}, n)[:n]
				reference := hmac.New(h.New, key)
				reference.Write(message)
				got := k.Append([]byte("before"), message[:n/3], message[n/3:])
				if want := append([]byte("before"), reference.Sum(nil)...); !bytes.Equal(got, want) {
					t.Fatalf("%v, a key of %d bytes, a message of %d: %x, want %x", h, keyLen, n, got, want)
				}
			}
			k.Done()
		}
	}
}

// What has been given back has nothing of the key any more, nor of what was hashed under it.
func TestDoneForgets(t *testing.T) {
	for _, h := range []crypto.Hash{crypto.SHA256, crypto.SHA384} {
		k := Under(h, bytes.Repeat([]byte{0xa5}, 48))
		k.Append(nil, bytes.Repeat([]byte{0xa5}, 200))
		k.pool = nil // nobody else is to take it meanwhile
		k.Done()
		for name, b := range map[string][]byte{"inner": k.inner, "outer": k.outer, "message": k.message, "sum": k.sum} {
			if all := b[:cap(b)]; !bytes.Equal(all, make([]byte, len(all))) {
				t.Errorf("%v: %s still has %x", h, name, all)
			}
		}
		fresh, err := h.New().(stateful).AppendBinary(nil)
		if err != nil {
			t.Fatal(err)
		}
		if got, err := k.hash.AppendBinary(nil); err != nil || !bytes.Equal(got, fresh) {
			t.Errorf("%v: the hash's state is %x, %v", h, got, err)
		}
	}
}

// Many MACs under many keys cost no allocation.
func TestKeyedAllocatesNothing(t *testing.T) {
	if raced {
		t.Skip("under the race detector a sync.Pool forgets on purpose")
	}
	dst := make([]byte, 0, MaxSize)
	for _, h := range hashes[:2] {
		if n := testing.AllocsPerRun(100, func() {
			var key, message [48]byte // stay on the caller's stack
			k := Under(h, key[:])
			dst = k.Append(dst[:0], message[:], dst)
			k.Done()
		}); n != 0 {
			t.Errorf("%v: %v allocations", h, n)
		}
	}
}

func BenchmarkAppend(b *testing.B) {
	key, message, dst := make([]byte, 48), make([]byte, 80), make([]byte, 0, MaxSize)
	b.Run("at once", func(b *testing.B) {
		for b.Loop() {
			dst = Append(dst[:0], crypto.SHA256, key, message)
		}
	})
	b.Run("under", func(b *testing.B) {
		for b.Loop() {
			Under(crypto.SHA256, key).Done()
		}
	})
	b.Run("keyed", func(b *testing.B) {
		k := Under(crypto.SHA256, key)
		for b.Loop() {
			dst = k.Append(dst[:0], message)
		}
		k.Done()
	})
}
