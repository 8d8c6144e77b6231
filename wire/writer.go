package wire

import "fmt"

// Writer puts a message together. It remembers the first vector that did not fit its length field.
type Writer struct {
	buf []byte
	err error
}

// NewWriter returns a writer that appends to dst.
func NewWriter(dst []byte) *Writer { return &Writer{buf: dst} }

// Finish returns what was written, or the first failure.
func (w *Writer) Finish() ([]byte, error) { return w.buf, w.err }

func (w *Writer) Uint8(v uint8)   { w.buf = append(w.buf, v) }
func (w *Writer) Uint16(v uint16) { w.buf = append(w.buf, byte(v>>8), byte(v)) }
func (w *Writer) Uint32(v uint32) {
	w.buf = append(w.buf, byte(v>>24), byte(v>>16), byte(v>>8), byte(v))
}
func (w *Writer) Bytes(b []byte) { w.buf = append(w.buf, b...) }

// Fail records that a field has no value that its layout could hold.
func (w *Writer) Fail(name, detail string) {
	if w.err == nil {
		w.err = fmt.Errorf("%s: %s", name, detail)
	}
}

// Mark is the place of a length that is written when its vector is closed.
type Mark struct{ at, size int }

func (w *Writer) open(size int) Mark {
	m := Mark{len(w.buf), size}
	w.buf = append(w.buf, 0, 0, 0)[:m.at+size]
	return m
}

// Open8, Open16 and Open24 begin a vector whose length takes one, two or three bytes.
func (w *Writer) Open8() Mark  { return w.open(1) }
func (w *Writer) Open16() Mark { return w.open(2) }
func (w *Writer) Open24() Mark { return w.open(3) }

// Close writes the length of the vector that began at m; name is for the error if it does not fit.
func (w *Writer) Close(m Mark, name string) {
	n := len(w.buf) - m.at - m.size
	if most := 1<<(8*m.size) - 1; n > most {
		w.Fail(name, fmt.Sprintf("%d bytes, at most %d", n, most))
	}
	for i := range m.size {
		w.buf[m.at+i] = byte(n >> (8 * (m.size - 1 - i)))
	}
}

// Opaque8, Opaque16 and Opaque24 write bytes behind their length.
func (w *Writer) Opaque8(b []byte, name string)  { w.opaque(1, b, name) }
func (w *Writer) Opaque16(b []byte, name string) { w.opaque(2, b, name) }
func (w *Writer) Opaque24(b []byte, name string) { w.opaque(3, b, name) }

func (w *Writer) opaque(size int, b []byte, name string) {
	m := w.open(size)
	w.Bytes(b)
	w.Close(m, name)
}

func writeList16[T ~uint16](w *Writer, size int, list []T, name string) {
	m := w.open(size)
	for _, v := range list {
		w.Uint16(uint16(v))
	}
	w.Close(m, name)
}

func writeList8[T ~uint8](w *Writer, list []T, name string) {
	m := w.Open8()
	for _, v := range list {
		w.Uint8(uint8(v))
	}
	w.Close(m, name)
}
