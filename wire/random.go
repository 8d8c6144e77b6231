package wire

// RandomLen is the length of a hello's random. RFC 5246 §7.4.1.2.
const RandomLen = 32

// Random is the random of a hello.
type Random [RandomLen]byte

// HelloRetryRequestRandom tells a HelloRetryRequest from a ServerHello, whose layout it shares: the SHA-256 of
// "HelloRetryRequest". RFC 8446 §4.1.3.
var HelloRetryRequestRandom = Random{
	0xcf, 0x21, 0xad, 0x74, 0xe5, 0x9a, 0x61, 0x11, 0xbe, 0x1d, 0x8c, 0x02, 0x1e, 0x65, 0xb8, 0x91,
	0xc2, 0xa2, 0x11, 0x16, 0x7a, 0xbb, 0x8c, 0x5e, 0x07, 0x9e, 0x09, 0xe2, 0xc8, 0xa8, 0x33, 0x9c,
}

// What a server that could do better puts at the end of its random when it settles for an older version, so that a
// client whose offer was tampered with can tell. RFC 8446 §4.1.3.
const (
	DowngradeTLS12 = "DOWNGRD\x01" // TLS 1.2, from a server that has TLS 1.3
	DowngradeTLS11 = "DOWNGRD\x00" // TLS 1.1 or older, from a server that has TLS 1.2 or newer
)

// Downgrade returns the version to which a server says that it had to go down: TLS12, TLS11 for anything older, and
// 0 if its random says nothing.
func (r Random) Downgrade() Version {
	switch string(r[RandomLen-len(DowngradeTLS12):]) {
	case DowngradeTLS12:
		return TLS12
	case DowngradeTLS11:
		return TLS11
	}
	return 0
}
