package main

import (
	"fmt"
	"io"
	"os"

	"github.com/charmbracelet/x/term"

	"github.com/vitro-tls/vitro/explain"
)

// Values of --color.
const (
	colorAuto   = "auto"
	colorAlways = "always"
	colorNever  = "never"
)

// pageOptions says how text is laid out on w: colours and columns are for terminals, and NO_COLOR is heeded.
func pageOptions(w io.Writer, level explain.Level, color string) (explain.Options, error) {
	o := explain.Options{Level: level}
	width, terminal := terminalWidth(w)
	if terminal {
		o.Width, o.Columns = width, true
	}
	switch color {
	case colorAuto:
		o.Color = terminal && os.Getenv("NO_COLOR") == "" && os.Getenv("TERM") != "dumb"
	case colorAlways:
		o.Color = true
	case colorNever:
	default:
		return o, fmt.Errorf("--color %q: there are auto, always and never", color)
	}
	return o, nil
}

// terminalWidth reports whether w is a terminal, and how wide it is.
func terminalWidth(w io.Writer) (width int, terminal bool) {
	file, ok := w.(*os.File)
	if !ok || !term.IsTerminal(file.Fd()) {
		return 0, false
	}
	width, _, err := term.GetSize(file.Fd())
	return width, err == nil
}
