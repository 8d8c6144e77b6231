package bench

import (
	std "crypto/tls"
	"fmt"
	"net"
	"runtime/metrics"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	"github.com/vitro-tls/vitro/internal/testkit"
	"github.com/vitro-tls/vitro/session"
	"github.com/vitro-tls/vitro/tls"
	"github.com/vitro-tls/vitro/want"
)

// The handshakes whose cost is to stay as it is: TLS 1.3 with X25519 and an ECDSA certificate, and one that resumes.
var (
	scaled        = exchanges[4]
	scaledResumed = exchanges[7]
)

// Scaling is that handshake, Vitro's on both ends where nothing else is said, beside more and more of something. The first contestant of each has
// least of it.
func Scaling() []Contest {
	return []Contest{
		{"processors", []Contestant{
			{"1", func(t TB, d time.Duration) Cost { return inParallel(t, d, 1) }},
			{"2", func(t TB, d time.Duration) Cost { return inParallel(t, d, 2) }},
		}},
		{"Config.Certificates", beside(func(t TB, n int) peers {
			return scaled.withServer(func(c *tls.Config) { c.Certificates = manyCertificates(t, n) })
		}, 1, 100, 10_000)},
		{"Config.Certificates, crypto/tls on both ends", beside(func(t TB, n int) peers {
			p := scaled.cryptoTLS(testkit.PKI().Roots)
			server := scaled.cryptoTLSServer()
			server.Certificates = manyCertificates(t, n)
			p.server = func(c net.Conn) conn { return std.Server(c, server) }
			return p
		}, 1, 100, 10_000)},
		{"certificates behind GetCertificate", beside(func(t TB, n int) peers {
			return scaled.withServer(func(c *tls.Config) { c.GetCertificate = byName(manyCertificates(t, n)) })
		}, 1, 100, 10_000)},
		{"sessions in the store", beside(func(t TB, n int) peers {
			store := session.NewCache(n + 1000)
			for i := range n {
				store.Put(strconv.Itoa(i), &want.Session{ID: []byte(strconv.Itoa(i))})
			}
			return scaledResumed.withServer(func(c *tls.Config) { c.SessionStore, c.SessionTicketsDisabled = store, true })
		}, 0, 100_000)},
		{"live connections", beside(alive, 0, 2000)},
	}
}

// beside are contestants that shake hands beside that many of something.
func beside(set func(t TB, n int) peers, counts ...int) []Contestant {
	var list []Contestant
	for _, n := range counts {
		list = append(list, Contestant{strconv.Itoa(n), func(t TB, about time.Duration) Cost {
			return set(t, n).measureHandshakes(t, about)
		}})
	}
	return list
}

// withServer is Vitro on both ends, the server's configuration changed.
func (a agreement) withServer(change func(*tls.Config)) peers {
	p := a.vitro(testkit.PKI().Roots, nil)
	server := a.vitroServer()
	change(server)
	p.server = func(c net.Conn) conn { return tls.Server(c, server) }
	return p
}

// byName is GetCertificate, as a server has it that looks names up in a map.
func byName(many []std.Certificate) func(*tls.ClientHelloInfo) (*std.Certificate, error) {
	named := map[string]*std.Certificate{}
	for i := range many {
		for _, name := range many[i].Leaf.DNSNames {
			named[name] = &many[i]
		}
	}
	return func(hello *tls.ClientHelloInfo) (*std.Certificate, error) { return named[hello.ServerName], nil }
}

var made struct {
	sync.Mutex
	certificates []std.Certificate
}

// manyCertificates makes n, each with a name of its own; the last one is the one that the client asks for.
func manyCertificates(t TB, n int) []std.Certificate {
	t.Helper()
	made.Lock()
	defer made.Unlock()
	for i := len(made.certificates); i < n-1; i++ {
		c, err := testkit.PKI().Intermediate.Issue(testkit.LeafOptions{Hosts: []string{fmt.Sprintf("%d.test", i)}, Now: testkit.Now})
		if err != nil {
			t.Fatal(err)
		}
		made.certificates = append(made.certificates, std.Certificate{Certificate: c.Chain, PrivateKey: c.Key, Leaf: c.Leaf})
	}
	return append(made.certificates[:n-1:n-1], scaled.certificates()...)
}

// alive holds n connections, each with a goroutine that waits for data.
func alive(t TB, n int) peers {
	p := scaled.vitro(testkit.PKI().Roots, nil)
	for range n {
		_, server := p.connect(t, networks[0])
		go func() {
			var b [16]byte
			_, _ = server.Read(b[:])
		}()
	}
	return p
}

// inParallel shakes hands on that many processors at once. The ends' parts are not told apart.
func inParallel(t TB, about time.Duration, processors int) (cost Cost) {
	t.Helper()
	p := scaled.vitro(testkit.PKI().Roots, nil)
	none := func() uint64 { return 0 }
	p.takeTurns(t, none, func(done int) bool { return done < 20 })
	quiet(processors, func() {
		var done atomic.Int64
		failed := make(chan error, processors)
		blocked, counted, cpu, began := blockedOnLocks(), countAllocations(), processorTime(), wallTime()
		for range processors {
			go func() {
				failed <- Try(func(t TB) {
					spent := p.takeTurns(t, none, func(done int) bool { return done == 0 || wallTime()-began < about })
					done.Add(int64(spent.handshakes))
				})
			}()
		}
		for range processors {
			if err := <-failed; err != nil {
				t.Fatal(err)
			}
		}
		cost = Cost{
			Count:       int(done.Load()),
			CPU:         processorTime() - cpu,
			Wall:        wallTime() - began,
			Allocations: counted(),
			Blocked:     blockedOnLocks() - blocked,
		}
	})
	return cost
}

// blockedOnLocks is how long goroutines have waited for locks so far.
func blockedOnLocks() time.Duration {
	sample := []metrics.Sample{{Name: "/sync/mutex/wait/total:seconds"}}
	metrics.Read(sample)
	if sample[0].Value.Kind() != metrics.KindFloat64 {
		return 0
	}
	return time.Duration(sample[0].Value.Float64() * float64(time.Second))
}
