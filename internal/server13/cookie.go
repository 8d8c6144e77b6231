package server13

import (
	"slices"
	"time"

	"golang.org/x/crypto/cryptobyte"

	"github.com/vitro-tls/vitro/fault"
	"github.com/vitro-tls/vitro/internal/hs"
	"github.com/vitro-tls/vitro/internal/suite"
	"github.com/vitro-tls/vitro/wire"
)

// cookieLife is how long a client may take for its second ClientHello, which is one round trip away. It bounds how long
// a cookie can be shown again and again; and by how much the clocks of servers with the same keys may differ.
const cookieLife = time.Minute

// cookieFormat is the first byte in a cookie.
const cookieFormat = 1

// seal puts into a cookie what would have to be kept otherwise. It is not bound to the client's address, which a TCP
// connection has shown already. RFC 8446 §4.2.2.
func (a *asked) seal(d *hs.Desk) error {
	b := cryptobyte.NewBuilder(nil)
	b.AddUint8(cookieFormat)
	b.AddUint64(uint64(d.Now.UnixMilli()))
	b.AddUint16(uint16(a.suite.ID))
	b.AddUint16(uint16(a.group))
	share := uint8(0)
	if a.share {
		share = 1
	}
	b.AddUint8(share)
	b.AddBytes(a.first)
	for _, t := range a.alike {
		b.AddBytes(t[:])
	}
	plain, err := b.Bytes()
	if err != nil {
		return fault.New(fault.InternalError).Because(err)
	}
	var random [32]byte
	if err := d.Config.Draw(random[:]); err != nil {
		return err
	}
	a.cookie, err = d.Cookies.SealCookie(d.Now, &random, plain)
	if err != nil || len(a.cookie) == 0 {
		return fault.New(fault.InternalError).With("no cookie was made").Because(err)
	}
	return nil
}

// open reads the cookie of a second ClientHello. What is in it we wrote ourselves, or a server with the same keys:
// that may have had other settings. RFC 9147 §5.1, which has most use for cookies, gives the alert.
func open(d *hs.Desk, ch *wire.ClientHello) (a *asked, age time.Duration, err error) {
	plain, ok := d.Cookies.OpenCookie(d.Now, ch.Cookie)
	if !ok {
		return nil, 0, fault.New(fault.BadCookie)
	}
	a, made := parse(plain)
	switch {
	case a == nil:
		return nil, 0, fault.New(fault.BadCookie).With("it was sealed with our keys by something else")
	case !slices.Contains(d.Config.Suites13, a.suite), !slices.Contains(d.Config.Groups, a.group):
		return nil, 0, fault.New(fault.BadCookie).With("it was made for " + a.suite.ID.String() + " and " + a.group.String() + ", which are not both allowed here")
	}
	if age = d.Now.Sub(made); age > cookieLife || age < -cookieLife {
		return nil, 0, fault.New(fault.StaleCookie).With("it is " + age.Round(time.Second).String() + " old")
	}
	a.cookie = ch.Cookie
	return a, age, nil
}

func parse(plain []byte) (*asked, time.Time) {
	b := cryptobyte.String(plain)
	var (
		a             asked
		format, share uint8
		made          uint64
		id            uint16
	)
	ok := b.ReadUint8(&format) && format == cookieFormat && b.ReadUint64(&made) &&
		b.ReadUint16(&id) && b.ReadUint16((*uint16)(&a.group)) && b.ReadUint8(&share) && share <= 1
	a.suite, a.share = suite.ByID(wire.CipherSuite(id)), share == 1
	if !ok || a.suite == nil || a.suite.Version != wire.TLS13 || !b.ReadBytes(&a.first, a.suite.Hash.Size()) {
		return nil, time.Time{}
	}
	for i := range a.alike {
		if !b.CopyBytes(a.alike[i][:]) {
			return nil, time.Time{}
		}
	}
	if !b.Empty() {
		return nil, time.Time{}
	}
	return &a, time.UnixMilli(int64(made))
}
