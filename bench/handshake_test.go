package bench

import "testing"

func BenchmarkHandshake(b *testing.B) {
	for _, a := range exchanges {
		for _, under := range networks {
			for _, p := range a.both() {
				b.Run("kx="+a.name+"/net="+under.name+"/impl="+p.impl, func(b *testing.B) { handshakes(b, p, under) })
			}
		}
	}
}

// handshakes shakes hands again and again over one network connection: nothing is sent after a handshake, so that
// the next one begins on a clean line.
func handshakes(b *testing.B, p peers, under network) {
	oneProcessor(b)
	client, server := under.pair(b)
	served := make(chan error, 1)
	go func() {
		defer server.Close()
		for {
			if err := p.server(server).Handshake(); err != nil {
				served <- err
				return
			}
		}
	}()
	b.ReportAllocs()
	for b.Loop() {
		if err := p.client(client).Handshake(); err != nil {
			client.Close()
			b.Fatalf("client: %v; server: %v", err, <-served)
		}
	}
	client.Close()
	<-served
}
