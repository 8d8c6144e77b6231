package keys13

import (
	"testing"

	"github.com/vitro-tls/vitro/internal/suite"
	"github.com/vitro-tls/vitro/wire"
)

// What one end of a handshake derives.
func BenchmarkSchedule(b *testing.B) {
	for _, id := range []wire.CipherSuite{wire.TLS_AES_128_GCM_SHA256, wire.TLS_AES_256_GCM_SHA384} {
		s := suite.ByID(id)
		th, shared := hashOf(s, "transcript"), make([]byte, 32)
		key, iv, data := make([]byte, s.Cipher.KeyLen), make([]byte, s.Cipher.NonceLen()), make([]byte, 0, 48)
		b.Run(id.String(), func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				h := NewEarly(s, nil).Handshake(shared)
				for _, t := range []*Traffic{h.ClientTraffic(th), h.ServerTraffic(th)} {
					t.Keys(key, iv)
					data = t.Finished(data[:0], th)
				}
				m := h.Master()
				for _, t := range []*Traffic{m.ClientTraffic(th), m.ServerTraffic(th)} {
					t.Keys(key, iv)
				}
				m.Exporter(th)
				ResumptionPSK(s, m.Resumption(th), data[:1])
			}
		})
	}
}
