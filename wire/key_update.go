package wire

import "fmt"

// KeyUpdate says that its sender's next record comes under the next keys. RFC 8446 §4.6.3:
//
//	struct { KeyUpdateRequest request_update; } KeyUpdate;
type KeyUpdate struct {
	kept
	RequestUpdate bool // the receiver is to do likewise
}

type keyUpdateRequest uint8

const (
	updateNotRequested keyUpdateRequest = 0
	updateRequested    keyUpdateRequest = 1
)

func (k keyUpdateRequest) String() string {
	switch k {
	case updateNotRequested:
		return "update_not_requested"
	case updateRequested:
		return "update_requested"
	}
	return fmt.Sprintf("key update request %d", uint8(k))
}

func (*KeyUpdate) Type() HandshakeType { return TypeKeyUpdate }

func (m *KeyUpdate) decode(r *Reader, _ Context) {
	request := code8[keyUpdateRequest](r, "request_update")
	// RFC 8446 §4.6.3: there is no third value.
	if request > updateRequested {
		r.Fail("request_update", Forbidden, "neither 0 nor 1")
	}
	m.RequestUpdate = request == updateRequested
}

func (m *KeyUpdate) encode(w *Writer, _ Context) {
	request := updateNotRequested
	if m.RequestUpdate {
		request = updateRequested
	}
	w.Uint8(uint8(request))
}
