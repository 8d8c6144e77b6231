package main

import (
	"bytes"
	"fmt"
	"regexp"
	"runtime/pprof"
	"time"

	"github.com/google/pprof/profile"

	"github.com/vitro-tls/vitro/bench"
)

// work is what a handshake's time goes into. A sample belongs to the innermost of its functions that one of these knows.
var work = []struct {
	name string
	in   *regexp.Regexp
}{
	{"signatures, RSA", regexp.MustCompile(`^crypto/(internal/fips140/)?(rsa|ecdsa|ed25519)\.|^crypto/internal/boring`)},
	{"key exchange", regexp.MustCompile(`^crypto/(internal/fips140/)?(ecdh|mlkem)\.|cloudflare/circl|^filippo\.io/edwards25519`)},
	{"certificates", regexp.MustCompile(`^crypto/x509\.|^encoding/asn1|cryptobyte`)},
	{"hashes, HMAC, HKDF", regexp.MustCompile(`^crypto/(internal/fips140/)?(sha256|sha512|hmac|hkdf|tls12|tls13)\.|^crypto/(hmac|hkdf)`)},
	{"memory", regexp.MustCompile(`^runtime\.(mallocgc|gc[A-Z]|bgsweep|bgscavenge|newobject|makeslice|growslice|(\(\*m?span|\(\*mheap|\(\*mcache|\(\*mcentral))`)},
	{"measuring", regexp.MustCompile(`bench\.(processorTime|processorMeter)|^runtime\.(schedule|mcall|park_m)`)},
}

// profiled is how long each contestant is watched, in times of a round.
const profiled = 12

// timeByWork says where the time goes.
func (s *session) timeByWork() (string, error) {
	t := table{text: 1, head: []string{"µs of processor time, both ends", "who"}}
	for _, w := range work {
		t.head = append(t.head, w.name)
	}
	t.head = append(t.head, "the rest: TLS")
	contests := bench.Handshakes()
	for i, c := range contests {
		fmt.Fprintf(s.progress, "profile %d/%d: %s\n", i+1, len(contests), c.Name)
		for _, who := range c.Contestants {
			if who.Name != bench.Vitro && who.Name != bench.CryptoTLS {
				continue
			}
			if err := s.ctx.Err(); err != nil {
				return "", err
			}
			cells, err := s.profileOne(who)
			if err != nil {
				return "", fmt.Errorf("%s, %s: %w", c.Name, who.Name, err)
			}
			t.add(append([]string{wanted[c.Name].title, who.Name}, cells...)...)
		}
	}
	return t.String(), nil
}

func (s *session) profileOne(who bench.Contestant) ([]string, error) {
	var out bytes.Buffer
	var cost bench.Cost
	if err := pprof.StartCPUProfile(&out); err != nil {
		return nil, err
	}
	err := bench.Try(func(t bench.TB) { cost = who.Measure(t, profiled*s.about) })
	pprof.StopCPUProfile()
	if err != nil {
		return nil, err
	}
	parsed, err := profile.Parse(&out)
	if err != nil {
		return nil, err
	}
	var sum float64
	shares := make([]float64, len(work)+1)
	for _, sample := range parsed.Sample {
		v := float64(sample.Value[len(sample.Value)-1])
		shares[kindOfWork(sample)] += v
		sum += v
	}
	each := float64(cost.CPU) / float64(cost.Count) / float64(time.Microsecond)
	var cells []string
	for _, share := range shares {
		if sum == 0 {
			share, sum = 0, 1 // too short for a sample
		}
		cells = append(cells, figure(share/sum*each))
	}
	return cells, nil
}

func kindOfWork(s *profile.Sample) int {
	for _, l := range s.Location {
		for _, line := range l.Line {
			for i, w := range work {
				if w.in.MatchString(line.Function.Name) {
					return i
				}
			}
		}
	}
	return len(work)
}
