package explain

import (
	"strings"

	"github.com/charmbracelet/lipgloss"

	"github.com/vitro-tls/vitro/fault"
)

// block is one thing told: a heading with who said what to whom, and what there is to say of it.
type block struct {
	mark    string // 1 to 13, + beside the story, ! for trouble
	title   string
	tone    tone
	from    fault.Role
	to      fault.Role // 0 where nothing crossed the wire
	size    string
	elapsed string
	body    []para
}

// para is a labelled or a plain paragraph, or a list of which each item begins a line.
type para struct {
	label string
	text  string
	items []string
	tone  tone
	rows  bool // items are laid out already, for a page of the whole width
}

func say(text string) para                  { return para{text: text} }
func value(label, text string) para         { return para{label: label, text: text} }
func toned(t tone, label, text string) para { return para{label: label, text: text, tone: t} }

const (
	minWidth     = 60
	defaultWidth = 80
	columnsFrom  = 100 // two columns need that much
)

// page writes blocks down.
type page struct {
	width   int
	columns bool
	palette *palette
}

func newPage(o Options) *page {
	p := &page{width: o.Width, columns: o.Columns, palette: newPalette(o.Color)}
	if p.width <= 0 {
		p.width = defaultWidth
	}
	p.width = max(p.width, minWidth)
	p.columns = p.columns && p.width >= columnsFrom
	return p
}

func (p *page) block(b block) string {
	if p.columns {
		return p.twoColumns(b)
	}
	var lines []string
	lines = append(lines, p.heading(b)...)
	lines = append(lines, p.body(b.body, p.width, 4, 12)...)
	return strings.Join(lines, "\n") + "\n\n"
}

// heading puts the title on the left and the circumstances on the right.
func (p *page) heading(b block) []string {
	lines := p.title(b, "  ", p.width)
	right := joinWith("   ", whoToWhom(b), b.size, b.elapsed)
	if right == "" {
		return lines
	}
	last := len(lines) - 1
	gap := p.width - lipgloss.Width(lines[last]) - lipgloss.Width(right)
	if gap < 2 {
		return append(lines, "    "+p.palette.paint(dim, right))
	}
	lines[last] += strings.Repeat(" ", gap) + p.palette.paint(dim, right)
	return lines
}

// title puts the mark before the title, which may have a peer's words in it and need more than a line.
func (p *page) title(b block, sep string, width int) []string {
	start := pad(b.mark, 2, true) + sep
	lines := wrap(clean(b.title), width-lipgloss.Width(start))
	if len(lines) == 0 {
		lines = []string{""}
	}
	for i, l := range lines {
		lines[i] = p.palette.paint(b.tone, start+l)
		start = strings.Repeat(" ", lipgloss.Width(start))
	}
	return lines
}

func whoToWhom(b block) string {
	switch {
	case b.to != 0:
		return b.from.String() + " → " + b.to.String()
	case b.from != 0:
		return "in the " + b.from.String()
	}
	return ""
}

// body lays paragraphs out on a width, behind an indent; labels take a column of their own.
func (p *page) body(paras []para, width, indent, labels int) []string {
	var lines []string
	margin := strings.Repeat(" ", indent)
	for _, b := range paras {
		if b.rows {
			lines = append(lines, p.rows(b.items)...)
			continue
		}
		hang, room := margin, width-indent
		if b.label != "" {
			hang, room = margin+strings.Repeat(" ", labels), room-labels
		}
		for i, l := range b.lines(room) {
			l = p.palette.paint(b.tone, l)
			switch {
			case b.label == "":
				l = margin + l
			case i > 0:
				l = hang + l
			case lipgloss.Width(b.label) < labels:
				l = margin + p.palette.paint(dim, pad(b.label, labels, false)) + l
			default:
				lines = append(lines, margin+p.palette.paint(dim, b.label))
				l = hang + l
			}
			lines = append(lines, l)
		}
	}
	return lines
}

// lines is where every text passes on its way to the page: nothing that steers a terminal gets by.
func (b para) lines(room int) []string {
	if b.items == nil {
		return wrap(clean(b.text), room)
	}
	var lines []string
	for _, item := range b.items {
		for i, l := range wrap(clean(item), room-2) {
			if i > 0 {
				l = "  " + l
			}
			lines = append(lines, l)
		}
	}
	return lines
}

func (p *page) rows(items []string) []string {
	var lines []string
	for _, row := range items {
		lines = append(lines, p.palette.paint(dim, "    "+clean(row)))
	}
	return lines
}

// pad fills a text up to a width, on its left if right is set.
func pad(s string, width int, right bool) string {
	fill := strings.Repeat(" ", max(0, width-lipgloss.Width(s)))
	if right {
		return fill + s
	}
	return s + fill
}

func joinWith(sep string, parts ...string) string {
	var have []string
	for _, s := range parts {
		if s != "" {
			have = append(have, s)
		}
	}
	return strings.Join(have, sep)
}
