package explain

import (
	"strings"

	"github.com/charmbracelet/lipgloss"

	"github.com/vitro-tls/vitro/fault"
)

// The ladder between the columns: what the client says goes right, what the server says goes left.
const (
	rung      = " │          │ "
	toRight   = " │─────────▶│ "
	toLeft    = " │◀─────────│ "
	rungWidth = 14
)

func (p *page) columnWidth() int { return (p.width - rungWidth) / 2 }

// columnTitles heads the two columns.
func (p *page) columnTitles() string {
	w := p.columnWidth()
	return p.palette.paint(clientTone, pad("client", w, false)) + strings.Repeat(" ", rungWidth) +
		p.palette.paint(serverTone, "server") + "\n"
}

// twoColumns puts a block into the column of whoever did it, with an arrow for what crossed the wire. What belongs
// to neither, and a dump, takes the whole width.
func (p *page) twoColumns(b block) string {
	if b.from == 0 {
		lines := append(p.heading(b), p.body(b.body, p.width, 4, 12)...)
		return strings.Join(lines, "\n") + "\n\n"
	}
	w := p.columnWidth()
	own, rows := split(b.body)
	lines := p.columnHeading(b, w)
	lines = append(lines, p.body(own, w, 3, 11)...)
	var out strings.Builder
	for i, l := range lines {
		p.row(&out, b, l, i == 0, w)
	}
	for _, l := range p.body(rows, p.width, 4, 12) {
		out.WriteString(l + "\n")
	}
	p.row(&out, b, "", false, w)
	return out.String()
}

func (p *page) columnHeading(b block, w int) []string {
	lines := p.title(b, " ", w)
	if right := joinWith(", ", b.size, b.elapsed); right != "" {
		for _, l := range wrap(right, w-3) {
			lines = append(lines, "   "+p.palette.paint(dim, l))
		}
	}
	return lines
}

// row writes one line of a column with its rung of the ladder.
func (p *page) row(out *strings.Builder, b block, l string, first bool, w int) {
	between := rung
	if first && b.to == fault.Server {
		between = toRight
	}
	if first && b.to == fault.Client {
		between = toLeft
	}
	between = p.palette.paint(dim, between)
	if b.from == fault.Server {
		out.WriteString(strings.TrimRight(strings.Repeat(" ", w)+between+l, " ") + "\n")
		return
	}
	out.WriteString(strings.TrimRight(l+strings.Repeat(" ", max(0, w-lipgloss.Width(l)))+between, " ") + "\n")
}

func split(body []para) (own, rows []para) {
	for _, b := range body {
		if b.rows {
			rows = append(rows, b)
		} else {
			own = append(own, b)
		}
	}
	return own, rows
}
