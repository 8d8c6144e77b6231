package wire

import (
	"fmt"
	"strings"
)

// Problem is the kind of a decoding failure; the rule table above gives each its alert.
type Problem uint8

const (
	// Truncated: a field ends after the bytes do.
	Truncated Problem = iota + 1
	// Excess: bytes are left after the last field.
	Excess
	// Invalid: a length or value that the layout does not allow.
	Invalid
	// Duplicate: an extension that stands twice in one message.
	Duplicate
	// Misplaced: a known extension in a message that may not carry it.
	Misplaced
	// Forbidden: a field that is laid out well, with a value that the RFC calls an illegal parameter.
	Forbidden
	// UnknownType: a handshake type that this protocol does not have.
	UnknownType
)

// DecodeError says what was wrong with a message, and where.
type DecodeError struct {
	Path    string // of the field: ClientHello.extensions[3].key_share
	Offset  int    // from the start of the message, its header included
	Problem Problem
	Detail  string
}

func (e *DecodeError) Error() string {
	return fmt.Sprintf("%s @ 0x%02x: %s", e.Path, e.Offset, e.Detail)
}

// Field is the byte range of one field of a message.
type Field struct {
	Path  string // as in DecodeError
	Start int    // offset of the first byte
	End   int    // offset after the last byte
	Value string // the name of a code point, or "" where the bytes say it all
}

// Fields decodes a message again and returns the range of each field, in the order of the wire. On a broken message
// it returns the fields before the failure together with the error.
func Fields(raw []byte, ctx Context) ([]Field, error) {
	doc := document{fields: new([]Field)}
	_, err := decode(nil, raw, ctx, &doc)
	return *doc.fields, err
}

// document is what all readers of one message share: its first failure, and who wants to know of the fields.
type document struct {
	err    *DecodeError
	fields *[]Field
	// The readers that go through an interface lie here, so that a message costs no allocation for them. None of them
	// nests in one of its own kind.
	message, entries, extensions, extension Reader
}

// Reader takes a message apart, field by field. After the first failure it returns zero values and remembers only
// that failure, so that a decoder reads like the layout it decodes.
type Reader struct {
	buf      []byte
	pos, end int
	last     int // where the field that was read last begins
	doc      *document
	parent   *Reader
	name     string
	index    int // which element of this list is being read, -1 outside lists
}

func (r *Reader) path(name string) string {
	var b strings.Builder
	r.writePath(&b)
	if name != "" {
		b.WriteByte('.')
		b.WriteString(name)
	}
	return b.String()
}

func (r *Reader) writePath(b *strings.Builder) {
	if r.parent != nil {
		r.parent.writePath(b)
		if r.name != "" {
			b.WriteByte('.')
		}
	}
	b.WriteString(r.name)
	if r.index >= 0 {
		fmt.Fprintf(b, "[%d]", r.index)
	}
}

func (r *Reader) failed() bool { return r.doc.err != nil }

func (r *Reader) fail(name string, offset int, p Problem, detail string) {
	if r.doc.err == nil {
		r.doc.err = &DecodeError{Path: r.path(name), Offset: offset, Problem: p, Detail: detail}
	}
}

// Fail records that the field just read has a value that the layout forbids.
func (r *Reader) Fail(name string, p Problem, detail string) { r.fail(name, r.last, p, detail) }

func size(n int) string {
	if n == 1 {
		return "1 byte"
	}
	return fmt.Sprintf("%d bytes", n)
}

func missing(n int) string { return size(n) + " missing" }

// take returns the next n bytes, or nil and a failure.
func (r *Reader) take(name string, n int) []byte {
	if r.failed() {
		return nil
	}
	if left := r.end - r.pos; left < n {
		r.fail(name, r.pos, Truncated, missing(n-left))
		return nil
	}
	b := r.buf[r.pos : r.pos+n : r.pos+n]
	r.last = r.pos
	r.pos += n
	return b
}

func (r *Reader) note(name string, start int, value string) {
	if r.doc.fields != nil && !r.failed() {
		*r.doc.fields = append(*r.doc.fields, Field{Path: r.path(name), Start: start, End: r.pos, Value: value})
	}
}

func (r *Reader) number(name string, n int) int {
	v := 0
	for _, c := range r.take(name, n) {
		v = v<<8 | int(c)
	}
	return v
}

// Uint8 reads a one-byte number.
func (r *Reader) Uint8(name string) uint8 {
	v := r.number(name, 1)
	r.note(name, r.pos-1, "")
	return uint8(v)
}

// Uint16 reads a two-byte number.
func (r *Reader) Uint16(name string) uint16 {
	v := r.number(name, 2)
	r.note(name, r.pos-2, "")
	return uint16(v)
}

// Uint24 reads a three-byte number.
func (r *Reader) Uint24(name string) int {
	v := r.number(name, 3)
	r.note(name, r.pos-3, "")
	return v
}

// Uint32 reads a four-byte number.
func (r *Reader) Uint32(name string) uint32 {
	v := r.number(name, 4)
	r.note(name, r.pos-4, "")
	return uint32(v)
}

// code8 and code16 read a code point, whose name goes to whoever asked for the fields.
func code8[T interface {
	~uint8
	fmt.Stringer
}](r *Reader, name string) T {
	v := T(r.number(name, 1))
	if r.doc.fields != nil {
		r.note(name, r.pos-1, v.String())
	}
	return v
}

func code16[T interface {
	~uint16
	fmt.Stringer
}](r *Reader, name string) T {
	v := T(r.number(name, 2))
	if r.doc.fields != nil {
		r.note(name, r.pos-2, v.String())
	}
	return v
}

// Bytes reads n bytes; they point into the message.
func (r *Reader) Bytes(name string, n int) []byte {
	b := r.take(name, n)
	r.note(name, r.pos-n, "")
	return b
}

// Rest reads all that is left.
func (r *Reader) Rest(name string) []byte { return r.Bytes(name, r.end-r.pos) }

// Left returns how many bytes are left.
func (r *Reader) Left() int {
	if r.failed() {
		return 0
	}
	return r.end - r.pos
}

// More steps to the next element of a list and reports whether there is one.
func (r *Reader) More() bool {
	if r.failed() || r.pos >= r.end {
		return false
	}
	r.index++
	return true
}

// emptyAhead reports whether a vector of length 0 follows, whose length takes two bytes.
func (r *Reader) emptyAhead() bool {
	return !r.failed() && r.Left() >= 2 && r.buf[r.pos] == 0 && r.buf[r.pos+1] == 0
}

// Done fails if bytes are left over.
func (r *Reader) Done() {
	if n := r.Left(); n > 0 {
		r.index = -1
		r.fail("", r.pos, Excess, size(n)+" left over")
	}
}

// vector reads a length of n bytes and returns a reader for what it spans, from min to max bytes.
func (r *Reader) vector(name string, n, min, max int) Reader {
	start := r.pos
	length := r.number(name, n)
	if !r.failed() && (length < min || length > max) {
		r.fail(name, start, Invalid, fmt.Sprintf("a length of %d, outside %d to %d", length, min, max))
	}
	if r.doc.fields != nil {
		r.note(join(name, "length"), start, "")
	}
	v := Reader{buf: r.buf, pos: r.pos, doc: r.doc, parent: r, name: name, index: -1}
	r.take(name, length)
	v.end = r.pos
	return v
}

func join(name, part string) string {
	if name == "" {
		return part
	}
	return name + "." + part
}

// Vector8 reads a vector<min..max> whose length takes one byte.
func (r *Reader) Vector8(name string, min, max int) Reader { return r.vector(name, 1, min, max) }

// Vector16 reads a vector<min..max> whose length takes two bytes.
func (r *Reader) Vector16(name string, min, max int) Reader { return r.vector(name, 2, min, max) }

// Vector24 reads a vector<min..max> whose length takes three bytes.
func (r *Reader) Vector24(name string, min, max int) Reader { return r.vector(name, 3, min, max) }

// Opaque8, Opaque16 and Opaque24 read an opaque<min..max>; the bytes point into the message.
func (r *Reader) Opaque8(name string, min, max int) []byte {
	v := r.vector(name, 1, min, max)
	return v.Rest("")
}

func (r *Reader) Opaque16(name string, min, max int) []byte {
	v := r.vector(name, 2, min, max)
	return v.Rest("")
}

func (r *Reader) Opaque24(name string, min, max int) []byte {
	v := r.vector(name, 3, min, max)
	return v.Rest("")
}

// list16 reads a vector of two-byte code points whose length takes n bytes.
func list16[T interface {
	~uint16
	fmt.Stringer
}](r *Reader, name string, n, min, max int) []T {
	v := r.vector(name, n, min, max)
	list := make([]T, 0, v.Left()/2)
	for v.More() {
		list = append(list, code16[T](&v, ""))
	}
	return list
}

// list8 reads a vector of one-byte code points whose length takes one byte.
func list8[T interface {
	~uint8
	fmt.Stringer
}](r *Reader, name string, min, max int) []T {
	v := r.vector(name, 1, min, max)
	list := make([]T, 0, v.Left())
	for v.More() {
		list = append(list, code8[T](&v, ""))
	}
	return list
}
