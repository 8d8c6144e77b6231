package bench

import (
	"errors"
	"io"
	"strconv"
	"testing"
)

func BenchmarkBulk(b *testing.B) {
	for _, a := range ciphers {
		for _, size := range sizes {
			for _, p := range a.both() {
				name := "cipher=" + a.name + "/size=" + strconv.Itoa(size)
				b.Run(name+"/net=memory/impl="+p.impl, func(b *testing.B) { alternate(b, p, size) })
				b.Run(name+"/net=tcp/impl="+p.impl, func(b *testing.B) { stream(b, p, size) })
			}
		}
	}
}

// alternate writes and reads in turn, in one goroutine: nothing but the records' cost is measured.
func alternate(b *testing.B, p peers, size int) {
	oneProcessor(b)
	client, server := p.connect(b, networks[0])
	out, in := make([]byte, size), make([]byte, size)
	b.SetBytes(int64(size))
	b.ReportAllocs()
	for b.Loop() {
		if err := there(client, server, out, in); err != nil {
			b.Fatal(err)
		}
	}
}

// stream writes while another goroutine reads.
func stream(b *testing.B, p peers, size int) {
	oneProcessor(b)
	client, server := p.connect(b, networks[1])
	var total int64
	done := make(chan error, 1)
	go func() {
		in := make([]byte, 32<<10)
		for {
			n, err := server.Read(in)
			total += int64(n)
			if err != nil {
				done <- err
				return
			}
		}
	}()
	out := make([]byte, size)
	b.SetBytes(int64(size))
	b.ReportAllocs()
	for b.Loop() {
		if _, err := client.Write(out); err != nil {
			b.Fatal(err)
		}
	}
	if err := client.CloseWrite(); err != nil {
		b.Fatal(err)
	}
	if err := <-done; !errors.Is(err, io.EOF) {
		b.Fatalf("the reader ended with %v", err)
	}
	if want := int64(b.N) * int64(size); total != want {
		b.Fatalf("%d bytes arrived of %d", total, want)
	}
}
