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
	return strings.Join(append([]string{fmt.Sprintf("%s, %s", m.Type(), plural(len(wireBytes(m)), "byte"))}, dumpRows(m)...), "\n") + "\n"
}

// dumpRows has a row for each short field and several for a long one, in the order of the wire.
func dumpRows(m wire.Message) []string {
	raw := wireBytes(m)
	if m.Type() == wire.TypeChangeCipherSpec {
		return []string{fieldRow(0, raw, "type", "change_cipher_spec")}
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
		rows = append(rows, fieldRows(f.Start, raw[f.Start:f.End], strings.TrimPrefix(f.Path, m.Type().String()+"."), f.Value)...)
		at = f.End
	}
	if err != nil {
		rows = append(rows, "it does not decode: "+clean(err.Error()))
	}
	if at < len(raw) {
		rows = append(rows, fieldRows(at, raw[at:], "(not decoded)", "")...)
	}
	return rows
}

// perRow is how many bytes stand in a row: those of a short field beside its name, those of a long one below it.
const (
	shortField = 6
	perRow     = 16
)

func fieldRows(offset int, b []byte, path, value string) []string {
	if len(b) <= shortField {
		return []string{fieldRow(offset, b, path, value)}
	}
	rows := []string{clip(fmt.Sprintf("%04x  %s, %d bytes to %04x", offset, path, len(b), offset+len(b)-1), 76)}
	for i := 0; i < len(b); i += perRow {
		part := b[i:min(i+perRow, len(b))]
		rows = append(rows, fmt.Sprintf("%04x    % -*x  %s", offset+i, 3*perRow-1, part, ascii(part)))
	}
	return rows
}

func fieldRow(offset int, b []byte, path, value string) string {
	row := fmt.Sprintf("%04x  % -*x  %s", offset, 3*shortField-1, b, clean(path))
	if value != "" {
		row += " = " + clean(value)
	}
	return clip(row, 76)
}

// clip keeps a row within its page; a path can be deep and a name long.
func clip(row string, width int) string {
	if runes := []rune(row); len(runes) > width {
		return string(runes[:width-1]) + "…"
	}
	return row
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
