package wire

import (
	"bytes"
	"errors"
	"testing"
)

// manyExtensions is a ClientHello with n extensions of unknown types and no bodies.
func manyExtensions(n int) []byte {
	var list [][]byte
	for kind := 0x2000; len(list) < n; kind++ {
		if _, known := extensionTable[ExtensionType(kind)]; !known {
			list = append(list, extension(ExtensionType(kind), nil))
		}
	}
	return client(list...)
}

// A hello of 64 KiB holds 16,000 extensions. Decoding it may cost 16,000 times what one extension costs, not 16,000²:
// neither in memory, which is measured here, nor in the search for duplicates, which the next test bounds.
func TestManyExtensionsCostLinearly(t *testing.T) {
	cost := func(n int) float64 {
		raw := manyExtensions(n)
		if len(raw) > 1<<16 {
			t.Fatalf("%d extensions take %d bytes, more than a handshake message may have", n, len(raw))
		}
		return testing.AllocsPerRun(2, func() {
			m, err := Decode(raw, Context{})
			if err != nil || len(m.(*ClientHello).Order) != n {
				t.Errorf("%d extensions: %v", n, err)
			}
		})
	}
	few, many := cost(1000), cost(16000)
	if many > 20*few {
		t.Errorf("1,000 extensions cost %.0f allocations, 16,000 cost %.0f", few, many)
	}
	if each := many / 16000; each > 5 {
		t.Errorf("each extension costs %.1f allocations", each)
	}
}

// An empty certificate takes few bytes on the wire and hundreds here: a chain that is too long to be one is refused
// at the first that is too many.
func TestManyCertificates(t *testing.T) {
	entry := map[Version][]byte{
		TLS12: cat(0, 0, 1, 0x30),
		TLS13: cat(0, 0, 1, 0x30, 0, 9, extension(ExtStatusRequest, []byte{1, 0, 0, 1, 7})),
	}
	for version, entry := range entry {
		for _, n := range []int{MaxChain, MaxChain + 1, 10_000} {
			body := cat((len(entry)*n)>>16, (len(entry)*n)>>8, len(entry)*n, bytes.Repeat(entry, n))
			if version == TLS13 {
				body = cat(0, body)
			}
			m, err := Decode(framed(TypeCertificate, body), Context{Version: version})
			if n > MaxChain {
				var broken *DecodeError
				if !errors.As(err, &broken) || broken.Path != "Certificate.certificate_list[100]" {
					t.Errorf("%v, %d certificates: %v", version, n, err)
				}
			} else if err != nil || len(m.(*Certificate).Chain) != n {
				t.Errorf("%v, %d certificates: %v", version, n, err)
			}
		}
	}
}

// The set scans a bounded list, whatever it holds, and tells every type that is in it from every type that is not.
func TestTypeSet(t *testing.T) {
	var s typeSet
	for kind := range 1 << 16 {
		if !s.add(ExtensionType(kind)) {
			t.Fatalf("%v was there before it was added", ExtensionType(kind))
		}
		if kind < len(s.few) && s.many != nil {
			t.Fatalf("a map is made for %d types", kind+1)
		}
	}
	if len(s.few) > 64 {
		t.Errorf("each new type is compared with %d others", len(s.few))
	}
	for kind := range 1 << 16 {
		if s.add(ExtensionType(kind)) {
			t.Fatalf("%v was added twice", ExtensionType(kind))
		}
	}
}

// A duplicate is found wherever the two stand.
func TestDuplicateAmongMany(t *testing.T) {
	for _, n := range []int{1, 31, 32, 33, 16000} {
		raw := manyExtensions(n)
		again := raw[0x2f:0x33] // the first extension
		if n == 16000 {
			again = raw[len(raw)-4:]
		}
		body := append(raw[HandshakeHeaderLen:len(raw):len(raw)], again...)
		body[0x29], body[0x2a] = byte((4*n+4)>>8), byte(4*n+4)
		_, err := Decode(framed(TypeClientHello, body), Context{})
		expectProblem(t, "a duplicate behind many", len(body), err, Duplicate)
	}
}
