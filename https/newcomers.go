package https

import (
	"net/http"
	"sync"
)

// newcomers are the connections on which no request has come yet. http.Server.Shutdown waits for them as if one were
// under way; those on which nothing came need no waiting.
type newcomers struct {
	mu       sync.Mutex
	stopping bool
	list     map[*visitor]bool
}

func (n *newcomers) changed(v *visitor, state http.ConnState) {
	n.mu.Lock()
	defer n.mu.Unlock()
	switch {
	case state != http.StateNew:
		delete(n.list, v)
	case n.stopping:
		go v.Close()
	default:
		if n.list == nil {
			n.list = make(map[*visitor]bool)
		}
		n.list[v] = true
	}
}

func (n *newcomers) dismiss() {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.stopping = true
	for v := range n.list {
		if !v.asked.Load() {
			go v.Close()
		}
	}
}
