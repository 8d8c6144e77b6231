package tls

import (
	"errors"
	"io"
	"testing"
	"time"
)

// RFC 5246 §7.2.1: after close_notify there is nothing to read, however often one asks, and although the connection
// underneath stays open for the other direction.
func TestReadAfterCloseNotify(t *testing.T) {
	client, server := connect(t)
	if err := client.CloseWrite(); err != nil {
		t.Fatal(err)
	}
	if err := server.SetReadDeadline(time.Now().Add(5 * time.Second)); err != nil {
		t.Fatal(err)
	}
	for i := range 3 {
		if n, err := server.Read(make([]byte, 16)); n != 0 || !errors.Is(err, io.EOF) {
			t.Fatalf("read %d after close_notify: %d bytes, %v, want io.EOF", i+1, n, err)
		}
	}
	if _, err := server.Write([]byte("still open")); err != nil {
		t.Errorf("the other direction: %v", err)
	}
	answer := make([]byte, 10)
	if _, err := io.ReadFull(client, answer); err != nil || string(answer) != "still open" {
		t.Errorf("the other direction: %q, %v", answer, err)
	}
}
