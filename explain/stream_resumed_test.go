package explain

import (
	"bytes"
	"crypto"
	"testing"
	"time"

	"github.com/vitro-tls/vitro/event"
	"github.com/vitro-tls/vitro/fault"
	"github.com/vitro-tls/vitro/wire"
)

// resumedScene is a handshake that takes up a session of 90 minutes before, as the engines tell it.
type resumedScene interface{ play() }

func newResumedScene(t *testing.T, name string, client, server event.Tracer) resumedScene {
	switch name {
	case "tls13_resumed":
		return &resumedScene13{newScene13(t, false, client, server)}
	case "ecdhe_resumed_ticket":
		return &resumedScene12{scene: newScene(t, wire.KeyExchangeECDHE, client, server), ticket: bytes.Repeat([]byte{0x71}, 180)}
	case "rsa_resumed_id":
		return &resumedScene12{scene: newScene(t, wire.KeyExchangeRSA, client, server)}
	}
	t.Fatalf("no scene %q", name)
	return nil
}

const sessionAge = 90 * time.Minute

func (s *scene) resumes(who *event.Stream, v wire.Version) {
	event.Emit(who, 0, event.Resumption{Accepted: true, Version: v, Created: s.now.Truncate(time.Second).Add(-sessionAge)})
}

// verifiesAnew is step 5, with the certificates of the session.
func (s *scene) verifiesAnew() {
	s.verifyAs(event.PeerVerified{Chain: s.chain, ServerName: "localhost", Resumed: true})
}

type resumedScene13 struct{ *scene13 }

func (s *resumedScene13) play() {
	s.hello = s.clientHello(wire.X25519MLKEM768, wire.X25519)
	s.hello.PSKModes = []wire.PSKMode{wire.PSKModeDHE}
	s.hello.PSKIdentities = []wire.PSKIdentity{{Identity: bytes.Repeat([]byte{0x71}, 180), ObfuscatedAge: 5_400_007}}
	s.hello.PSKBinders = [][]byte{bytes.Repeat([]byte{0xb1}, 32)}
	s.hello.Add(wire.ExtPSKModes)
	s.hello.Add(wire.ExtPreSharedKey)
	versions, offered := s.hello.SupportedVersions, s.hello.CipherSuites
	event.Emit(&s.client, 0, event.Opened{ServerName: "localhost", Policy: "modern", Suites: offered})
	event.Emit(&s.client, 0, event.Asked{Want: "LoadSession"})
	event.Emit(&s.client, 0, event.Answered{Want: "LoadSession"})
	s.crosses(fault.Client, s.hello, false)
	event.Emit(&s.server, 0, event.Opened{Policy: "modern", Suites: offered})
	event.Emit(&s.server, 0, event.VersionChosen{Version: wire.TLS13, Ours: versions, Theirs: versions})
	event.Emit(&s.server, 0, event.SuiteChosen{Suite: s.suite.ID, Offered: offered, Considered: []event.SuiteVerdict{{Suite: offered[0]}}})
	event.Emit(&s.server, 0, event.GroupChosen{Group: s.group, Offered: s.hello.SupportedGroups, Ours: s.hello.SupportedGroups})
	event.Emit(&s.server, 0, event.Asked{Want: "OpenTicket"})
	event.Emit(&s.server, 0, event.Answered{Want: "OpenTicket"})
	s.resumes(&s.server, wire.TLS13)
	answer := s.serverHello()
	answer.KeyShares = []wire.KeyShare{share(s.group, 0x5e)}
	answer.KeyShares[0].Public = answer.KeyShares[0].Public[:hybridAnswerLen]
	answer.Add(wire.ExtPreSharedKey)
	s.crosses(fault.Server, answer, false)
	s.crossesUnseen(fault.Server)
	s.derivesResumed(&s.server, fault.StepGenSecretKey, event.StageHandshake)
	event.Emit(&s.client, 0, event.VersionChosen{Version: wire.TLS13, Ours: versions})
	event.Emit(&s.client, 0, event.SuiteChosen{Suite: s.suite.ID, Offered: offered})
	event.Emit(&s.client, 0, event.GroupChosen{Group: s.group, Offered: s.hello.SupportedGroups})
	s.resumes(&s.client, wire.TLS13)
	s.derivesResumed(&s.client, fault.StepGenSecretKey, event.StageHandshake)
	s.crosses(fault.Server, new(wire.EncryptedExtensions), true)
	s.verifiesAnew()
	s.crosses(fault.Server, &wire.Finished{VerifyData: bytes.Repeat([]byte{0x5f}, 32)}, true)
	s.derivesResumed(&s.server, 0, event.StageApplication)
	s.derivesResumed(&s.client, 0, event.StageApplication)
	s.crossesUnseen(fault.Client)
	s.crosses(fault.Client, &wire.Finished{VerifyData: bytes.Repeat([]byte{0xcf}, 32)}, true)
	done := event.Finished{Version: wire.TLS13, Suite: s.suite.ID, ServerName: "localhost", Group: s.group, Resumed: true}
	event.Emit(&s.client, fault.StepFinish, done)
	event.Emit(&s.server, fault.StepFinish, done)
	s.goodbye()
}

func (s *resumedScene13) derivesResumed(who *event.Stream, step fault.Step, stage event.KeyStage) {
	event.Emit(who, step, event.KeysDerived{Version: wire.TLS13, Stage: stage, Group: s.group, Suite: s.suite.ID, Resumed: true,
		Cipher: s.suite.Cipher.Name, Hash: crypto.SHA256, KeyLen: s.suite.Cipher.KeyLen, FixedIVLen: 12,
		ClientRandom: s.random1, ServerRandom: s.random2})
}

// resumedScene12 is the abbreviated handshake of RFC 5246 §7.3, Figure 2: by ticket, or by session ID.
type resumedScene12 struct {
	*scene
	ticket []byte
}

func (s *resumedScene12) play() {
	hello := s.clientHello()
	hello.SessionID = bytes.Repeat([]byte{0x1d}, 32)
	hello.SessionTicket = s.ticket
	hello.Add(wire.ExtSessionTicket)
	event.Emit(&s.client, 0, event.Opened{ServerName: "localhost", Policy: "legacy", Suites: hello.CipherSuites})
	event.Emit(&s.server, 0, event.Opened{Policy: "legacy", Suites: hello.CipherSuites})
	s.crosses(fault.Client, hello, false)
	event.Emit(&s.server, 0, event.VersionChosen{Version: wire.TLS12, Ours: []wire.Version{wire.TLS12}, UpTo: wire.TLS12})
	s.resumes(&s.server, wire.TLS12)
	answer := &wire.ServerHello{Version: wire.TLS12, Random: s.random2, SessionID: hello.SessionID, CipherSuite: s.suite.ID}
	answer.Add(wire.ExtExtendedMasterSecret)
	answer.Add(wire.ExtRenegotiationInfo)
	s.crosses(fault.Server, answer, false)
	keys := s.derived()
	keys.Resumed, keys.ExtendedMaster = true, true
	event.Emit(&s.server, fault.StepGenSecretKey, keys)
	event.Emit(&s.client, 0, event.VersionChosen{Version: wire.TLS12, Ours: []wire.Version{wire.TLS12}})
	event.Emit(&s.client, 0, event.SuiteChosen{Suite: s.suite.ID, Offered: hello.CipherSuites})
	s.resumes(&s.client, wire.TLS12)
	s.verifiesAnew()
	event.Emit(&s.client, fault.StepGenSecretKey, keys)
	s.crosses(fault.Server, &wire.ChangeCipherSpec{}, false)
	s.crosses(fault.Server, &wire.Finished{VerifyData: bytes.Repeat([]byte{0x5f}, wire.VerifyDataLen)}, true)
	s.crosses(fault.Client, &wire.ChangeCipherSpec{}, false)
	s.crosses(fault.Client, &wire.Finished{VerifyData: bytes.Repeat([]byte{0xcf}, wire.VerifyDataLen)}, true)
	done := event.Finished{Version: wire.TLS12, Suite: s.suite.ID, ServerName: "localhost", ExtendedMaster: true, Resumed: true}
	event.Emit(&s.client, fault.StepFinish, done)
	event.Emit(&s.server, fault.StepFinish, done)
	s.goodbye()
}
