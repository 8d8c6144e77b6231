package explain

import (
	"io"

	"github.com/charmbracelet/lipgloss"
	"github.com/muesli/termenv"

	"github.com/vitro-tls/vitro/fault"
)

// tone is how a piece of text is meant.
type tone uint8

const (
	plain tone = iota
	dim
	strong
	good
	bad
	clientTone
	serverTone
)

func toneOf(r fault.Role) tone {
	switch r {
	case fault.Client:
		return clientTone
	case fault.Server:
		return serverTone
	}
	return strong
}

// palette gives each tone its style; without colour every style is none.
type palette [serverTone + 1]lipgloss.Style

func newPalette(color bool) *palette {
	r := lipgloss.NewRenderer(io.Discard)
	r.SetColorProfile(termenv.Ascii)
	if color {
		r.SetColorProfile(termenv.ANSI)
	}
	var p palette
	for i := range p {
		p[i] = r.NewStyle()
	}
	p[dim] = p[dim].Faint(true)
	p[strong] = p[strong].Bold(true)
	p[good] = p[good].Foreground(lipgloss.Color("2"))
	p[bad] = p[bad].Bold(true).Foreground(lipgloss.Color("1"))
	p[clientTone] = p[clientTone].Bold(true).Foreground(lipgloss.Color("6"))
	p[serverTone] = p[serverTone].Bold(true).Foreground(lipgloss.Color("5"))
	return &p
}

func (p *palette) paint(t tone, s string) string {
	if s == "" {
		return ""
	}
	return p[t].Render(s)
}
