package explain

import (
	"bytes"
	"strings"
	"testing"

	"github.com/vitro-tls/vitro/event"
	"github.com/vitro-tls/vitro/wire"
)

// What a connection carried since the handshake leaves the handshake out, also at the server whose story is told
// together with its client's.
func TestCarriedIsCountedFromTheHandshake(t *testing.T) {
	var page bytes.Buffer
	text := Text(&page, Options{Level: Full})
	s := newScene(t, wire.KeyExchangeRSA, text, text)
	s.play()
	event.Emit(&s.server, 0, event.Record{Sent: true, Type: wire.ContentApplicationData, Version: wire.TLS12, Length: 20, Protected: true})
	event.Emit(&s.server, 0, event.Alert{Sent: true, Alert: wire.Alert{Level: wire.LevelWarning, Description: wire.AlertCloseNotify}})
	told := strings.Join(strings.Fields(page.String()), " ")
	if want := "since the handshake the server sent 25 bytes in 1 record and received 125 bytes in 1 record"; !strings.Contains(told, want) {
		_, told, _ = strings.Cut(told, "since the handshake the server")
		t.Errorf("the server's goodbye tells%s, want %q", told, want)
	}
}
