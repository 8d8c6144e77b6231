package bench

import (
	"math"
	"testing"
)

func BenchmarkHandshake(b *testing.B) {
	for _, a := range exchanges {
		for _, under := range networks {
			for _, p := range a.both() {
				b.Run("kx="+a.name+"/net="+under.name+"/impl="+p.impl, func(b *testing.B) {
					handshakes(b, p, under)
					if under.name == "memory" {
						client, server := p.perSide(b, 20)
						b.ReportMetric(client, "client-allocs/op")
						b.ReportMetric(server, "server-allocs/op")
					}
				})
			}
		}
	}
}

// handshakes shakes hands again and again over one network connection. A server hears of the next client when it is
// done with the one before, and not by its hello: in TLS 1.3 the client is done first, and its next hello could be read
// together with its Finished.
func handshakes(b *testing.B, p peers, under network) {
	oneProcessor(b)
	client, server := under.pair(b)
	visits, served := make(chan struct{}), make(chan error)
	defer close(visits)
	go func() {
		for range visits {
			served <- p.serve(p.server(server))
		}
	}()
	meet := func() conn {
		visits <- struct{}{}
		c := p.client(client)
		if err := p.visit(c); err != nil {
			client.Close()
			b.Fatalf("client: %v; server: %v", err, <-served)
		}
		if err := <-served; err != nil {
			b.Fatalf("server: %v", err)
		}
		return c
	}
	meet()
	b.ReportAllocs()
	for b.Loop() {
		meet()
	}
	if got := stateOf(b, meet()).resumed; got != p.resumed {
		b.Fatalf("resumed: %v, want %v", got, p.resumed)
	}
}

// mostAllocations is what a handshake may cost both ends together, so that what has been saved is not lost by and by: what
// was measured, and a few for what a garbage collection in between takes from the pools.
var mostAllocations = map[string]float64{
	"RSA":                  126,
	"ECDHE-RSA":            148,
	"ECDHE-ECDSA":          197,
	"ECDHE-ticket":         68,
	"X25519-ECDSA":         212,
	"X25519MLKEM768-ECDSA": 227,
	"X25519-RSA":           166,
	"X25519-PSK":           130,
}

func TestAllocationsOfAHandshake(t *testing.T) {
	if raced {
		t.Skip("under the race detector a sync.Pool forgets on purpose")
	}
	for _, a := range exchanges {
		most := mostAllocations[a.name]
		p := a.both()[0]
		p.perSide(t, 2) // what is made once
		client, server := p.perSide(t, 50)
		if n := client + server; n > most {
			t.Errorf("%s: %.1f allocations, %.1f at the client and %.1f at the server; at most %v", a.name, n, client, server, most)
		}
	}
}

// Both sides' allocations are all there are, but for some by the measuring itself.
func TestAllocationsPerSide(t *testing.T) {
	if raced {
		t.Skip("under the race detector a sync.Pool forgets on purpose")
	}
	for _, a := range exchanges {
		for _, p := range a.both() {
			p.perSide(t, 2) // what is made once
			client, server := p.perSide(t, 20)
			all := testing.AllocsPerRun(20, func() { p.connect(t, networks[0]) })
			if client < 20 || server < 20 || math.Abs(client+server-all) > max(15, all/10) {
				t.Errorf("%s, %s: %v at the client and %v at the server, of %v", a.name, p.impl, client, server, all)
			}
		}
	}
}
