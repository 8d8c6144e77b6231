package wire

import "fmt"

// record_size_limit, RFC 8449 §4:
//
//	uint16 RecordSizeLimit;

// MinRecordSizeLimit is the least that may be asked for. RFC 8449 §4.
const MinRecordSizeLimit = 64

func decodeRecordSizeLimit(x *Extensions, r *Reader, _ carrier) {
	x.RecordSizeLimit = r.Uint16("record_size_limit")
	if x.RecordSizeLimit < MinRecordSizeLimit {
		r.Fail("record_size_limit", Forbidden, fmt.Sprintf("%d, at least %d", x.RecordSizeLimit, MinRecordSizeLimit))
	}
}

func encodeRecordSizeLimit(x *Extensions, w *Writer, _ carrier) { w.Uint16(x.RecordSizeLimit) }

// FragmentLength is the largest fragment, as a number for a size. RFC 6066 §4.
type FragmentLength uint8

// Bytes is the size that a number stands for: 2^9 to 2^12.
func (l FragmentLength) Bytes() int { return 1 << (8 + l) }

func (l FragmentLength) known() bool { return 1 <= l && l <= 4 }

// FragmentLengthOf returns the number for a size, 0 if there is none.
func FragmentLengthOf(bytes int) FragmentLength {
	for l := FragmentLength(1); l.known(); l++ {
		if l.Bytes() == bytes {
			return l
		}
	}
	return 0
}

// max_fragment_length, RFC 6066 §4:
//
//	enum { 2^9(1), 2^10(2), 2^11(3), 2^12(4), (255) } MaxFragmentLength;

func decodeMaxFragmentLength(x *Extensions, r *Reader, _ carrier) {
	x.MaxFragmentLength = FragmentLength(r.Uint8("max_fragment_length"))
	if !x.MaxFragmentLength.known() {
		r.Fail("max_fragment_length", Forbidden, fmt.Sprintf("%d, which stands for no length", x.MaxFragmentLength))
	}
}

func encodeMaxFragmentLength(x *Extensions, w *Writer, _ carrier) {
	w.Uint8(uint8(x.MaxFragmentLength))
}
