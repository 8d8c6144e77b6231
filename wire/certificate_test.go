package wire

import "testing"

// RFC 8446 §4.4.2: each entry has extensions of its own, and most have none. Whichever has some stands at its own place.
func TestEntriesKeepTheirExtensions(t *testing.T) {
	chain := [][]byte{{1}, {2}, {3}}
	for at := -1; at < len(chain); at++ {
		sent := &Certificate{Chain: chain}
		if at >= 0 {
			sent.EntryExtensions = make([]Extensions, len(chain))
			sent.EntryExtensions[at].OCSPResponse = []byte{7}
			sent.EntryExtensions[at].Add(ExtStatusRequest)
		}
		raw, err := Encode(sent, Context{Version: TLS13})
		if err != nil {
			t.Fatal(err)
		}
		m, err := Decode(raw, Context{Version: TLS13})
		if err != nil {
			t.Fatal(err)
		}
		got := m.(*Certificate).EntryExtensions
		if at < 0 {
			if got != nil {
				t.Errorf("extensions out of nothing: %+v", got)
			}
			continue
		}
		if len(got) != len(chain) {
			t.Fatalf("extension at entry %d: extensions for %d entries", at, len(got))
		}
		for i := range got {
			if got[i].Has(ExtStatusRequest) != (i == at) {
				t.Errorf("entry %d has the extension of entry %d", i, at)
			}
		}
	}
}
