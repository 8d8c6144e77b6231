package explain

import (
	"bytes"
	"flag"
	"os"
	"path/filepath"
	"testing"

	"github.com/charmbracelet/lipgloss"

	"github.com/vitro-tls/vitro/event"
	"github.com/vitro-tls/vitro/wire"
)

var update = flag.Bool("update", false, "write the golden files anew")

func golden(t *testing.T, name string, got []byte) {
	t.Helper()
	file := filepath.Join("testdata", name+".golden")
	if *update {
		if err := os.WriteFile(file, got, 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	gotLines, wantLines := bytes.Split(got, []byte("\n")), bytes.Split(want, []byte("\n"))
	for i := range max(len(gotLines), len(wantLines)) {
		var g, w []byte
		if i < len(gotLines) {
			g = gotLines[i]
		}
		if i < len(wantLines) {
			w = wantLines[i]
		}
		if !bytes.Equal(g, w) {
			t.Fatalf("%s:%d\n got %s\nwant %s\n(go test ./explain -update writes it anew)", file, i+1, g, w)
		}
	}
}

var keyExchanges = map[string]wire.KeyExchange{"rsa": wire.KeyExchangeRSA, "ecdhe": wire.KeyExchangeECDHE, "dhe": wire.KeyExchangeDHE}

// TestStories holds what people and programs are told against files that a reviewer can read.
func TestStories(t *testing.T) {
	for name, kx := range keyExchanges {
		for what, o := range map[string]Options{
			"full":    {Level: Full},
			"columns": {Level: Full, Width: 110, Columns: true},
			"bytes":   {Level: Bytes},
			"brief":   {Level: Brief},
		} {
			t.Run(name+"_"+what, func(t *testing.T) {
				var both, client, server bytes.Buffer
				text := Text(&both, o)
				newScene(t, kx, text, text).play()
				golden(t, name+"_"+what, both.Bytes())
				newScene(t, kx, Text(&client, o), Text(&server, o)).play()
				if what == "full" || what == "brief" {
					golden(t, name+"_"+what+"_client", client.Bytes())
					golden(t, name+"_"+what+"_server", server.Bytes())
				}
				for who, page := range map[string]*bytes.Buffer{"both": &both, "client": &client, "server": &server} {
					fits(t, who, page.String(), newPage(o).width)
				}
			})
		}
		t.Run(name+"_json", func(t *testing.T) {
			var out bytes.Buffer
			lines := JSON(&out)
			newScene(t, kx, lines, lines).play()
			golden(t, name+"_json", out.Bytes())
			if err := lines.Err(); err != nil {
				t.Error(err)
			}
		})
	}
}

// fits holds every line of a page to its width, and a page without colour to have no escape sequence.
func fits(t *testing.T, who, page string, width int) {
	t.Helper()
	for i, l := range bytes.Split([]byte(page), []byte("\n")) {
		if n := lipgloss.Width(string(l)); n > width {
			t.Errorf("%s, line %d has %d columns, more than %d: %s", who, i+1, n, width, l)
		}
		if bytes.ContainsRune(l, 0x1b) {
			t.Errorf("%s, line %d has an escape sequence without Color: %q", who, i+1, l)
		}
	}
}

var _ = []event.Tracer{(*TextTracer)(nil), (*JSONTracer)(nil)}
