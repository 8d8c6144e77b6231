package wire

// Room is memory that the small messages of one handshake lie in side by side, so that not each needs an allocation. What
// lies there is never overwritten; who keeps a part of a message for long keeps all of it, and should copy that part. The
// zero value has no room, and everything gets memory of its own.
type Room struct{ free []byte }

// NewRoom makes a room of n bytes.
func NewRoom(n int) Room { return Room{make([]byte, n)} }

// Take returns an empty slice with room for exactly n bytes.
func (r *Room) Take(n int) []byte {
	if r == nil || n > len(r.free) {
		return make([]byte, 0, n)
	}
	taken := r.free[:0:n]
	r.free = r.free[n:]
	return taken
}
