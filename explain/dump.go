package explain

import (
	"fmt"
	"strings"

	"github.com/vitro-tls/vitro/wire"
)

// Dump shows every byte of a message with the field that it belongs to, in lines of at most 80 columns.
func Dump(m wire.Message) string {
	if absent(m) {
		return ""
	}
	return strings.Join(append([]string{fmt.Sprintf("%s, %s", messageName(m), plural(len(wireBytes(m)), "byte"))}, dumpRows(m)...), "\n") + "\n"
}

// dumpRows has a row for each short field and several for a long one, in the order of the wire.
func dumpRows(m wire.Message) []string {
	raw := wireBytes(m)
	if m.Type() == wire.TypeChangeCipherSpec {
		return fieldRows(0, raw, "type", "change_cipher_spec")
	}
	if len(raw) == 0 {
		return []string{"(its bytes are not at hand)"}
	}
	fields, err := wire.Fields(raw, m.Context())
	var rows []string
	at := 0
	for _, f := range fields {
		if f.Start > at { // no layout of ours leaves bytes out; a gap would be a fault of the decoder
			rows = append(rows, fieldRows(at, raw[at:f.Start], "(no field)", "")...)
		}
		rows = append(rows, fieldRows(f.Start, raw[f.Start:f.End], pathIn(m, f.Path), f.Value)...)
		at = f.End
	}
	if err != nil {
		rows = append(rows, named("      ", "it does not decode: "+clean(err.Error()))...)
	}
	if at < len(raw) {
		rows = append(rows, fieldRows(at, raw[at:], "(not decoded)", "")...)
	}
	return rows
}

// pathIn is a field's path as seen within its message. An extension's name says enough: it has its index where its
// type stands.
func pathIn(m wire.Message, path string) string {
	path = strings.TrimPrefix(path, m.Type().String()+".")
	if element, rest, ok := strings.Cut(path, "]."); ok && strings.HasPrefix(element, "extensions[") && rest != "extension_type" {
		return rest
	}
	return path
}

// shortField is the most bytes that stand beside their field's name; those of a longer one stand below it.
const (
	shortField = 4
	perRow     = 16
	rowWidth   = 76
)

func fieldRows(offset int, b []byte, path, value string) []string {
	name := path
	if value != "" {
		name += " = " + value
	}
	if len(b) <= shortField {
		return named(fmt.Sprintf("%04x  %-*s  ", offset, 3*shortField-1, shortBytes(b)), clean(name))
	}
	rows := named(fmt.Sprintf("%04x  ", offset), fmt.Sprintf("%s, %d bytes to %04x", clean(name), len(b), offset+len(b)-1))
	for i := 0; i < len(b); i += perRow {
		part := b[i:min(i+perRow, len(b))]
		rows = append(rows, fmt.Sprintf("%04x    %-*s  %s", offset+i, 3*perRow-1, fmt.Sprintf("% x", part), ascii(part)))
	}
	return rows
}

func shortBytes(b []byte) string {
	if len(b) == 0 {
		return "(empty)"
	}
	return fmt.Sprintf("% x", b)
}

// named puts a name behind what begins its row, and goes on in further rows if it is long.
func named(start, name string) []string {
	var rows []string
	for _, l := range wrap(name, rowWidth-len(start)) {
		rows = append(rows, start+l)
		start = strings.Repeat(" ", len(start))
	}
	return rows
}

func ascii(b []byte) string {
	out := make([]byte, len(b))
	for i, c := range b {
		out[i] = '.'
		if c >= 0x20 && c < 0x7f {
			out[i] = c
		}
	}
	return string(out)
}
