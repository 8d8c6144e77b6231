package explain

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"
)

// clean makes a string safe for a terminal: what is not printable is escaped as in a Go string. Line breaks, escape
// sequences, bidirectional overrides and broken UTF-8 can so not draw what is not there.
func clean(s string) string {
	if isClean(s) {
		return s
	}
	var b strings.Builder
	for i := 0; i < len(s); {
		r, n := utf8.DecodeRuneInString(s[i:])
		switch {
		case r == utf8.RuneError && n == 1:
			fmt.Fprintf(&b, `\x%02x`, s[i])
		case unicode.IsPrint(r):
			b.WriteRune(r)
		case r < 0x80:
			fmt.Fprintf(&b, `\x%02x`, r)
		case r < 0x10000:
			fmt.Fprintf(&b, `\u%04x`, r)
		default:
			fmt.Fprintf(&b, `\U%08x`, r)
		}
		i += n
	}
	return b.String()
}

func isClean(s string) bool {
	for i, r := range s {
		if !unicode.IsPrint(r) || r == utf8.RuneError && !strings.HasPrefix(s[i:], "\uFFFD") {
			return false
		}
	}
	return true
}

// maxName is how much of a name that a peer chose is shown: a certificate can hold one of thousands of bytes.
const maxName = 200

// peer makes a name that a peer chose fit for a sentence.
func peer(s string) string {
	s = clean(s)
	runes := []rune(s)
	if len(runes) <= maxName {
		return s
	}
	return fmt.Sprintf("%s… (%d characters)", string(runes[:maxName]), len(runes))
}

// quoted is peer within quotation marks.
func quoted(s string) string { return `"` + peer(s) + `"` }
