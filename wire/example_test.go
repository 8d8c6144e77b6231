package wire_test

import (
	"errors"
	"fmt"

	"github.com/vitro-tls/vitro/wire"
)

// A ClientHello is made, read, and read again with its last byte missing: the error says where, and what.
func Example() {
	hello := &wire.ClientHello{
		Version:            wire.TLS12,
		CipherSuites:       []wire.CipherSuite{wire.TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256},
		CompressionMethods: []wire.CompressionMethod{wire.CompressionNull},
	}
	hello.ServerName = "example.com"
	hello.Add(wire.ExtServerName)
	raw, err := wire.Encode(hello, wire.Context{})
	if err != nil {
		fmt.Println(err)
		return
	}

	m, err := wire.Decode(raw, wire.Context{})
	if err != nil {
		fmt.Println(err)
		return
	}
	if hello, ok := m.(*wire.ClientHello); ok {
		fmt.Println(hello.ServerName, hello.CipherSuites)
	}

	raw[3]-- // the header's length
	_, err = wire.Decode(raw[:len(raw)-1], wire.Context{})
	var broken *wire.DecodeError
	if errors.As(err, &broken) {
		fmt.Println(broken)
	}
	// Output:
	// example.com [TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256]
	// ClientHello.extensions @ 0x2f: 1 byte missing
}

// Fields shows a message the way a hex dump would: every byte belongs to a field with a name.
func ExampleFields() {
	raw := []byte{20, 0, 0, 12, 'v', 'e', 'r', 'i', 'f', 'y', '_', 'd', 'a', 't', 'a', '!'}
	fields, err := wire.Fields(raw, wire.Context{})
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, f := range fields {
		fmt.Printf("%d-%d %s %q\n", f.Start, f.End, f.Path, f.Value)
	}
	// Output:
	// 0-1 Finished.msg_type "Finished"
	// 1-4 Finished.length ""
	// 4-16 Finished.verify_data ""
}
