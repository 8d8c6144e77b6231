package explain

import (
	"bytes"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"unicode"

	"github.com/vitro-tls/vitro/wire"
)

// object is a JSON object whose members keep their order, so that a line reads as the event does.
type object []member

type member struct {
	key   string
	value any
}

func (o *object) add(key string, value any) { *o = append(*o, member{key, value}) }

// addIf adds a string that is not empty.
func (o *object) addIf(key, value string) {
	if value != "" {
		o.add(key, value)
	}
}

func (o object) MarshalJSON() ([]byte, error) {
	var b bytes.Buffer
	b.WriteByte('{')
	for i, m := range o {
		if i > 0 {
			b.WriteByte(',')
		}
		value, err := marshal(m.value)
		if err != nil {
			return nil, err
		}
		fmt.Fprintf(&b, "%q:%s", m.key, value)
	}
	b.WriteByte('}')
	return b.Bytes(), nil
}

func marshal(v any) ([]byte, error) {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(v); err != nil {
		return nil, err
	}
	return bytes.TrimRight(b.Bytes(), "\n"), nil
}

// escape writes characters that would steer a terminal as \u escapes; encoding/json leaves all but the first 32 raw.
func escape(line []byte) []byte {
	if bytes.IndexFunc(line, steers) < 0 {
		return line
	}
	out := make([]byte, 0, len(line)+16)
	for _, r := range string(line) {
		switch {
		case !steers(r):
			out = append(out, string(r)...)
		case r < 0x10000:
			out = fmt.Appendf(out, `\u%04x`, r)
		default:
			r -= 0x10000
			out = fmt.Appendf(out, `\u%04x\u%04x`, 0xd800+r>>10, 0xdc00+r&0x3ff)
		}
	}
	return out
}

func steers(r rune) bool {
	return r >= 0x7f && (unicode.IsControl(r) || unicode.In(r, unicode.Cf, unicode.Zl, unicode.Zp))
}

// names never returns nil: a list that is empty is [] in JSON.
func names[T fmt.Stringer](list []T) []string {
	out := make([]string, 0, len(list))
	for _, v := range list {
		out = append(out, v.String())
	}
	return out
}

func codes(list []wire.CipherSuite) []string {
	out := make([]string, 0, len(list))
	for _, v := range list {
		out = append(out, code(v))
	}
	return out
}

func code(s wire.CipherSuite) string { return fmt.Sprintf("0x%04x", uint16(s)) }

func hexes(list [][]byte) []string {
	out := make([]string, 0, len(list))
	for _, b := range list {
		out = append(out, hex.EncodeToString(b))
	}
	return out
}

func orEmpty(list []string) []string {
	if list == nil {
		return []string{}
	}
	return list
}
