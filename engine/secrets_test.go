package engine_test

import (
	"errors"
	"testing"

	"github.com/vitro-tls/vitro/internal/testkit"
	"github.com/vitro-tls/vitro/want"
)

// RFC 8446 §7.2: who gets hold of the keys of today cannot read what went before a KeyUpdate. The Master Secret
// would make them all again, so that it does not outlive the handshake, whether or not there are tickets.
func TestMasterSecretIsForgotten(t *testing.T) {
	for name, sessions := range map[string]bool{"without sessions": false, "with sessions": true} {
		cc, sc := clientConfig13(), serverConfig13(testkit.P256)
		cc.ClientSessions, sc.ServerSessions = sessions, sessions
		client, server := newClient(t, cc), newServer(t, sc)
		for _, e := range []*end{client, server} {
			e.answer = func(q want.Question) {
				if answerNow(q); !q.Answered() {
					q.Fail(errors.New("no sessions here"))
				}
			}
		}
		holds := map[string]func() bool{"client": client.HoldsMaster13(), "server": server.HoldsMaster13()}
		mustShake(t, client, server)
		for role, held := range holds {
			if held() {
				t.Errorf("%s: the %s still has the secret that all others come from", name, role)
			}
		}
	}
}
