package wire

import (
	"bytes"
	"errors"
	"strings"
	"testing"
)

func TestRoundTrip(t *testing.T) {
	for _, s := range samples() {
		t.Run(s.name, func(t *testing.T) {
			raw := mustEncode(t, s.message, s.ctx)
			if !bytes.Equal(s.message.Raw(), raw) || s.message.Context() != s.ctx {
				t.Errorf("the encoded message does not keep its bytes and context")
			}
			m, err := Decode(raw, s.ctx)
			if err != nil {
				t.Fatal(err)
			}
			if !bytes.Equal(m.Raw(), raw) || m.Context() != s.ctx {
				t.Errorf("the decoded message does not keep its bytes and context")
			}
			if !same(m, fill(s.message)) {
				t.Errorf("decoded\n%+v\nfrom\n%+v", m, s.message)
			}
		})
	}
}

// Every type that Decode knows has a sample, so that the tests over samples leave none out.
func TestSamplesAreComplete(t *testing.T) {
	have := map[HandshakeType]bool{}
	for _, s := range samples() {
		have[s.message.Type()] = true
	}
	for kind := range 256 {
		if t2 := HandshakeType(kind); (newMessage(t2, nil) != nil) != have[t2] {
			t.Errorf("%v: decoder %v, sample %v", t2, newMessage(t2, nil) != nil, have[t2])
		}
	}
	for kind, row := range extensionTable {
		for _, p := range places {
			old := kind == ExtSupportedGroups && p.in == inServerHello // which Vitro reads, and never sends
			if row.decode != nil && row.in.has(p.in) && !p.sample.Has(kind) && !old {
				t.Errorf("the sample %v lacks %v", p.in, kind)
			}
		}
	}
}

// mayEnd tells at which shorter lengths a message is still whole: hellos may end before their extensions, and what
// begins as a Finished with the longer hash may be one with the shorter.
func mayEnd(m Message, at int) bool {
	switch m := m.(type) {
	case *ClientHello:
		return at == HandshakeHeaderLen+2+RandomLen+1+len(m.SessionID)+2+2*len(m.CipherSuites)+1+len(m.CompressionMethods)
	case *ServerHello:
		return at == HandshakeHeaderLen+2+RandomLen+1+len(m.SessionID)+3
	}
	return false
}

func TestTruncatedAtEveryByte(t *testing.T) {
	for _, s := range samples() {
		raw := mustEncode(t, s.message, s.ctx)
		for n := range raw {
			_, err := Decode(raw[:n:n], s.ctx)
			expectProblem(t, s.name+", cut", n, err, map[bool]Problem{true: Truncated, false: Invalid}[n < HandshakeHeaderLen])
			if n < HandshakeHeaderLen {
				continue
			}
			_, err = Decode(framed(s.message.Type(), raw[HandshakeHeaderLen:n]), s.ctx)
			if mayEnd(s.message, n) {
				if err != nil {
					t.Errorf("%s may end after %d bytes: %v", s.name, n, err)
				}
				continue
			}
			expectProblem(t, s.name+", cut with its header set right", n, err, Truncated)
		}
	}
}

func expectProblem(t *testing.T, what string, n int, err error, want Problem) {
	t.Helper()
	var broken *DecodeError
	switch {
	case err == nil:
		t.Errorf("%s at %d bytes: decoded", what, n)
	case !errors.As(err, &broken):
		t.Errorf("%s at %d bytes: %T is no *DecodeError", what, n, err)
	case broken.Problem != want:
		t.Errorf("%s at %d bytes: problem %d, want %d: %v", what, n, broken.Problem, want, err)
	case broken.Offset < 0 || broken.Offset > n:
		t.Errorf("%s at %d bytes: the offset lies outside: %v", what, n, err)
	case broken.Path == "" || broken.Detail == "":
		t.Errorf("%s at %d bytes: %q does not say where or what", what, n, err)
	}
}

func TestTrailingBytes(t *testing.T) {
	for _, s := range samples() {
		raw := mustEncode(t, s.message, s.ctx)
		_, err := Decode(framed(s.message.Type(), append(raw[HandshakeHeaderLen:len(raw):len(raw)], 0)), s.ctx)
		want := Excess
		if mayEnd(s.message, len(raw)) { // the byte begins what may follow
			want = Truncated
		}
		expectProblem(t, s.name+", one byte more", len(raw), err, want)

		_, err = Decode(append(raw[:len(raw):len(raw)], 0), s.ctx)
		expectProblem(t, s.name+", one byte behind the message", len(raw), err, Invalid)
	}
}

func expectIn(t *testing.T, err error, want Problem, p place, kind ExtensionType) {
	t.Helper()
	var broken *DecodeError
	if !errors.As(err, &broken) {
		t.Errorf("%v in a %v: got %v", kind, p.in, err)
		return
	}
	if path := p.path + "[0]." + kind.String(); broken.Problem != want || !strings.HasPrefix(broken.Path, path) {
		t.Errorf("%v in a %v: problem %d, want %d in %s: %v", kind, p.in, broken.Problem, want, path, err)
	}
}

// All connections tell of the same ChangeCipherSpec: a Tracer that encodes what it is told of changes nothing of it for the
// others.
func TestChangeCipherSpecKeepsNothing(t *testing.T) {
	m := new(ChangeCipherSpec)
	if _, err := Encode(m, Context{Version: TLS12}); err != nil {
		t.Fatal(err)
	}
	if m.Raw() != nil || m.Context() != (Context{}) {
		t.Errorf("it keeps %x of %v", m.Raw(), m.Context())
	}
}
