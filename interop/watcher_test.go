package interop

import (
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/vitro-tls/vitro/event"
)

// watcher notes messages received and alerts sent, retries and new keys.
type watcher struct {
	mu   sync.Mutex
	list []string
	// updates gets what is told of new keys too, where it is not nil. It has room for all.
	updates chan string
}

func (w *watcher) Event(_ event.Meta, e event.Event) {
	w.mu.Lock()
	defer w.mu.Unlock()
	switch e := e.(type) {
	case event.Message:
		if !e.Sent {
			w.list = append(w.list, e.Message.Type().String()+" received")
		}
	case event.Alert:
		if e.Sent {
			w.list = append(w.list, e.Alert.Description.String()+" sent")
		}
	case event.RetryAsked:
		w.list = append(w.list, "retry asked for "+e.Group.String())
	case event.CookieReturned:
		w.list = append(w.list, fmt.Sprint("cookie returned, elsewhere ", e.Elsewhere))
	case event.KeysUpdated:
		what := map[event.KeysUpdated]string{
			{}:                            theyUpdate,
			{Requested: true}:             theyUpdateAndAsk,
			{Sent: true}:                  weUpdate,
			{Sent: true, Requested: true}: weUpdateAndAsk,
		}
		w.list = append(w.list, what[e])
		if w.updates != nil {
			w.updates <- what[e]
		}
	}
}

func (w *watcher) saw(what string) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	return slices.Contains(w.list, what)
}

// inOrder asserts that all that is told of new keys is this.
func (w *watcher) inOrder(t *testing.T, want ...string) {
	t.Helper()
	w.mu.Lock()
	defer w.mu.Unlock()
	var got []string
	for _, what := range w.list {
		if strings.HasPrefix(what, "keys updated") {
			got = append(got, what)
		}
	}
	if !slices.Equal(got, want) {
		t.Errorf("our events tell %q, want %q", got, want)
	}
}

func (w *watcher) count(what string) int {
	w.mu.Lock()
	defer w.mu.Unlock()
	n := 0
	for _, have := range w.list {
		if have == what {
			n++
		}
	}
	return n
}
