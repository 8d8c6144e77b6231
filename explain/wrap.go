package explain

import (
	"encoding/hex"
	"fmt"
	"strings"

	"github.com/charmbracelet/lipgloss"
)

// noBreak is a space at which no line breaks. A text has none of its own: it is not printable to [clean].
const noBreak = "\u00a0"

var together = strings.NewReplacer("RFC ", "RFC"+noBreak, " §", noBreak+"§", "TLS 1", "TLS"+noBreak+"1")

// wrap breaks a text into lines of at most width cells: between words, and within a word that is wider than a line.
func wrap(text string, width int) []string {
	var lines []string
	line := ""
	for _, word := range strings.Split(together.Replace(text), " ") {
		switch {
		case word == "":
		case line == "":
			line = word
		case lipgloss.Width(line)+1+lipgloss.Width(word) <= width:
			line += " " + word
		default:
			lines, line = append(lines, line), word
		}
		for lipgloss.Width(line) > width {
			n := breakAt(line, width)
			lines, line = append(lines, line[:n]), line[n:]
		}
	}
	if line != "" {
		lines = append(lines, line)
	}
	for i := range lines {
		lines[i] = strings.ReplaceAll(lines[i], noBreak, " ")
	}
	return lines
}

// breakAt finds where to break a word that is wider than width: behind a joint in its second half, or between two
// bytes of hex, or where the line is full.
func breakAt(word string, width int) int {
	full, cells := 0, 0
	for i, r := range word {
		if cells += lipgloss.Width(string(r)); cells > width {
			break
		}
		full = i + len(string(r))
	}
	if full == 0 {
		return len(word)
	}
	if i := strings.LastIndexAny(word[:full], "_-/,:=."); i > full/2 {
		return i + 1
	}
	if _, err := hex.DecodeString(word[:full/2*2]); err == nil && full > 1 {
		return full / 2 * 2
	}
	return full
}

// hexOf shows bytes, the first max of them, with their number where some are left out.
func hexOf(b []byte, max int) string {
	if len(b) <= max {
		return hex.EncodeToString(b)
	}
	return fmt.Sprintf("%x… (%d bytes)", b[:max], len(b))
}

// listOf joins names, the first max of them.
func listOf(list []string, max int) string {
	if len(list) == 0 {
		return "none"
	}
	more := ""
	if len(list) > max {
		more = fmt.Sprintf(" … and %d more", len(list)-max)
		list = list[:max]
	}
	shown := make([]string, len(list))
	for i, s := range list {
		shown[i] = peer(s)
	}
	return strings.Join(shown, ", ") + more
}

func plural(n int, one string) string {
	if n == 1 {
		return "1 " + one
	}
	return fmt.Sprintf("%d %ss", n, one)
}
