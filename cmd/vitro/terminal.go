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

// pageOptions says how text is laid out on w.
func pageOptions(w io.Writer, level explain.Level, color string) (explain.Options, error) {
	width, terminal := terminalWidth(w)
	return layOut(level, color, width, terminal, os.Getenv)
}

// layOut keeps colours and columns for terminals, and heeds NO_COLOR.
func layOut(level explain.Level, color string, width int, terminal bool, getenv func(string) string) (explain.Options, error) {
	o := explain.Options{Level: level}
	if terminal {
		o.Width, o.Columns = width, true
	}
	switch color {
	case colorAuto:
		o.Color = terminal && getenv("NO_COLOR") == "" && getenv("TERM") != "dumb"
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
