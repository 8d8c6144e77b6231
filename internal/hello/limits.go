package hello

import (
	"cmp"

	"github.com/vitro-tls/vitro/fault"
	"github.com/vitro-tls/vitro/internal/hs"
	"github.com/vitro-tls/vitro/internal/record"
	"github.com/vitro-tls/vitro/wire"
)

// Smaller records for who has little memory: record_size_limit, which each side says of itself, and where a peer is too
// old for it max_fragment_length, which has four sizes and binds both. RFC 8449, RFC 6066 §4.

// beside is what counts beside the content: in TLS 1.3 the byte that says its type. RFC 8449 §4.
func beside(v wire.Version) int {
	if v == wire.TLS13 {
		return 1
	}
	return 0
}

// offerLimits is the client's wish. RFC 8449 §5 lets it make both, for servers that know the older one only.
func offerLimits(c *hs.Compiled, x *wire.Extensions) {
	if c.RecordSizeLimit == 0 {
		return
	}
	x.RecordSizeLimit = uint16(c.RecordSizeLimit + beside(c.Versions[0]))
	x.Add(wire.ExtRecordSizeLimit)
	if l := wire.FragmentLengthOf(c.RecordSizeLimit); l != 0 {
		x.MaxFragmentLength = l
		x.Add(wire.ExtMaxFragmentLength)
	}
}

// AnswerLimits is the server's answer to a client's wish, and its own.
func AnswerLimits(d *hs.Desk, ch *wire.ClientHello, v wire.Version, x *wire.Extensions) {
	switch {
	// RFC 8449 §5: who knows both goes by this one.
	case ch.Has(wire.ExtRecordSizeLimit):
		limit, both := int(ch.RecordSizeLimit)-beside(v), ch.Has(wire.ExtMaxFragmentLength)
		// Who asks for both (GnuTLS) may go by the length before anything is encrypted, where this extension sets none.
		if both {
			limit = min(limit, ch.MaxFragmentLength.Bytes())
		}
		d.Out.SetLimit(limit, both)
		x.RecordSizeLimit = uint16(ourLimit(d) + beside(v))
		x.Add(wire.ExtRecordSizeLimit)
	case ch.Has(wire.ExtMaxFragmentLength):
		d.Out.SetLimit(ch.MaxFragmentLength.Bytes(), true)
		x.MaxFragmentLength = ch.MaxFragmentLength
		x.Add(wire.ExtMaxFragmentLength)
	}
}

func ourLimit(d *hs.Desk) int { return cmp.Or(d.Config.RecordSizeLimit, record.MaxPlaintext) }

// HoldClient holds the client to what AnswerLimits has agreed on, once it cannot but know it: early data that is passed
// over was sent before.
func HoldClient(d *hs.Desk, ch *wire.ClientHello) {
	switch {
	case ch.Has(wire.ExtRecordSizeLimit):
		d.In.Half.SetLimit(ourLimit(d), false)
	case ch.Has(wire.ExtMaxFragmentLength):
		d.In.Half.SetLimit(ch.MaxFragmentLength.Bytes(), true)
	}
}

// TakeLimits takes the server's answer at a client.
func TakeLimits(d *hs.Desk, ch *wire.ClientHello, v wire.Version, x *wire.Extensions) error {
	size, fragment := x.Has(wire.ExtRecordSizeLimit), x.Has(wire.ExtMaxFragmentLength)
	switch {
	// RFC 8449 §5: a server answers one of them.
	case size && fragment:
		return fault.New(fault.MisplacedExtension).With("max_fragment_length beside record_size_limit")
	case size:
		d.Out.SetLimit(int(x.RecordSizeLimit)-beside(v), false)
		d.In.Half.SetLimit(int(ch.RecordSizeLimit)-beside(v), false)
	case fragment:
		// RFC 6066 §4: the length that was asked for.
		if x.MaxFragmentLength != ch.MaxFragmentLength {
			return fault.New(fault.OtherFragmentLength)
		}
		d.Out.SetLimit(x.MaxFragmentLength.Bytes(), true)
		d.In.Half.SetLimit(x.MaxFragmentLength.Bytes(), true)
	}
	return nil
}
