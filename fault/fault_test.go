package fault

import (
	"errors"
	"fmt"
	"io"
	"regexp"
	"strings"
	"testing"

	"github.com/vitro-tls/vitro/wire"
)

// reasons tells why a rule has no section: no RFC speaks of it.
var reasons = map[string]string{
	"silence":              "a timeout is the caller's",
	"hang_up":              "the transport ended, which TLS does not define",
	"truncated":            "nobody is left to be told; the hint has the section",
	"connection_broken":    "the transport's own error",
	"no_credential":        "our configuration",
	"no_client_credential": "our configuration",
	"rsa_key_too_large":    "a bound of our own",
	"rejected_by_caller":   "the program's own check",
	"signing_failed":       "our key",
	"config_refused":       "our configuration",
	"entropy_failed":       "our random source",
	"internal_error":       "our own fault",
	"closed":               "our own end of the connection",
	"bad_config":           "our configuration",
}

var (
	snakeCase = regexp.MustCompile(`^[a-z][a-z0-9]*(_[a-z0-9]+)*$`)
	section   = regexp.MustCompile(`^RFC \d{4} §([A-Z]|\d+)(\.\d+)*$`)
)

// Every rule is whole: there is no default for anything that a rule says.
func TestRules(t *testing.T) {
	names, sentences := map[string]bool{}, map[string]bool{}
	for _, r := range Rules() {
		if !snakeCase.MatchString(r.Name) || names[r.Name] {
			t.Errorf("rule %q: the name is not in snake_case, or there twice", r.Name)
		}
		names[r.Name] = true
		if r.Sentence == "" || sentences[r.Sentence] || strings.HasSuffix(r.Sentence, ".") {
			t.Errorf("rule %s: the sentence %q is empty, there twice, or ends in a full stop", r.Name, r.Sentence)
		}
		sentences[r.Sentence] = true
		if strings.HasPrefix(r.Alert.String(), "alert ") || r.Alert == wire.AlertCloseNotify {
			t.Errorf("rule %s: alert %v is not one that tells of a failure", r.Name, r.Alert)
		}
		switch reason := reasons[r.Name]; {
		case r.Section == "" && reason == "":
			t.Errorf("rule %s: no section, and no reason here why no RFC speaks of it", r.Name)
		case r.Section != "" && reason != "":
			t.Errorf("rule %s: %s, though the reason says: %s", r.Name, r.Section, reason)
		case r.Section != "" && !section.MatchString(r.Section):
			t.Errorf("rule %s: section %q does not read as RFC 5246 §7.4.2", r.Name, r.Section)
		}
		if r.Silent && r.Section != "" {
			t.Errorf("rule %s is silent, yet has %s", r.Name, r.Section)
		}
		for _, text := range []string{r.Sentence, r.Hint, r.Error()} {
			if strings.ContainsAny(text, "\n\t") || strings.TrimSpace(text) != text {
				t.Errorf("rule %s: %q is not one trimmed line", r.Name, text)
			}
		}
	}
	for name := range reasons {
		if !names[name] {
			t.Errorf("a reason stands here for %s, which is no rule", name)
		}
	}
	if len(Rules()) < 50 {
		t.Errorf("only %d rules are listed: does Rules still list all?", len(Rules()))
	}
}

// A narrow rule is a case of the wider one, with its alert, and not the other way round.
func TestNarrowRules(t *testing.T) {
	narrow := 0
	for _, r := range Rules() {
		if !errors.Is(New(r), r) {
			t.Errorf("an error of %s is not %s", r.Name, r.Name)
		}
		if r.Parent == nil {
			continue
		}
		narrow++
		if !strings.HasSuffix(r.Name, "_tls12") && (r.Alert != r.Parent.Alert) {
			t.Errorf("%s has another alert than %s", r.Name, r.Parent.Name)
		}
		if !errors.Is(New(r), r.Parent) || !errors.Is(r, r.Parent) {
			t.Errorf("%s does not match the wider %s", r.Name, r.Parent.Name)
		}
		if errors.Is(New(r.Parent), r) {
			t.Errorf("%s matches its case %s", r.Parent.Name, r.Name)
		}
	}
	if narrow == 0 {
		t.Error("no rule is a case of another: does this test still look at the right field?")
	}
	if errors.Is(New(WrongHost), UnknownCA) || errors.Is(New(MissingIntermediate), SelfSigned) {
		t.Error("rules that have nothing to do with each other match")
	}
}

func TestIsAndAsThroughWrapping(t *testing.T) {
	err := fmt.Errorf("get: %w", New(MissingIntermediate).Because(io.ErrUnexpectedEOF))
	for _, target := range []error{MissingIntermediate, UnknownCA, io.ErrUnexpectedEOF} {
		if !errors.Is(err, target) {
			t.Errorf("%v is not found in %v", target, err)
		}
	}
	var found *Error
	if !errors.As(err, &found) || found.Rule != MissingIntermediate {
		t.Errorf("found %v", found)
	}
	var told *PeerAlert
	if errors.As(err, &told) {
		t.Errorf("%v is taken for a peer's alert", err)
	}

	err = fmt.Errorf("get: %w", &PeerAlert{Alert: wire.Alert{Level: wire.LevelFatal, Description: wire.AlertUnknownCA}, Role: Server})
	if !errors.As(err, &told) || !errors.Is(err, Told(wire.AlertUnknownCA)) || errors.Is(err, Told(wire.AlertBadCertificate)) {
		t.Errorf("the alert is not found in %v", err)
	}
	// What a peer found is its own matter: its alert is no rule of ours.
	if errors.Is(err, UnknownCA) || errors.As(err, &found) {
		t.Errorf("%v is taken for a failure that we found", err)
	}
}

func TestClientCertificateWantedFromEitherAlert(t *testing.T) {
	asked := &PeerAlert{Alert: wire.Alert{Description: wire.AlertHandshakeFailure}, Role: Client, Asked: true}
	required := &PeerAlert{Alert: wire.Alert{Description: wire.AlertCertificateRequired}, Role: Client}
	neither := &PeerAlert{Alert: wire.Alert{Description: wire.AlertHandshakeFailure}, Role: Client}
	for _, a := range []*PeerAlert{asked, required} {
		if !errors.Is(a, ClientCertificateWanted) || a.Hint() != ClientCertificateWanted.Hint {
			t.Errorf("%v is not known as a wanted client certificate", a)
		}
	}
	if errors.Is(neither, ClientCertificateWanted) {
		t.Errorf("%v is taken for a wanted client certificate", neither)
	}
}

func TestTimeout(t *testing.T) {
	if !New(Silence).Timeout() || New(HangUp).Timeout() || New(Silence).Temporary() {
		t.Error("silence is the timeout, and nothing is temporary")
	}
}

// One line with all that a person needs: what, which, why, who offered what, where, and what to do.
func TestErrorText(t *testing.T) {
	broken := New(NoCommonSuite).With("in the ClientHello").Because(io.EOF).
		Between("cipher suites", []string{"A", "B"}, []string{"C"}).Advise("update the client")
	broken.Step = StepClientHello
	const want = "tls: no cipher suite in common: in the ClientHello (EOF); our cipher suites: A, B; the peer's: C" +
		" [RFC 5246 §7.4.1.3, after step 1 (Client Hello)]; hint: update the client"
	if got := broken.Error(); got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
	if got, want := New(Silence).Error(), "tls: the peer fell silent during the handshake; hint: "+Silence.Hint; got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}

	told := &PeerAlert{
		Alert: wire.Alert{Level: wire.LevelFatal, Description: wire.AlertProtocolVersion}, Role: Client, Step: StepClientHello,
		Offers: &Offers{Of: "versions", Ours: []string{"TLS 1.2"}},
	}
	const wantTold = "tls: the server refused with the alert protocol_version; our versions: TLS 1.2" +
		" [RFC 5246 §7.2.2, after step 1 (Client Hello)]; hint: the server takes none of the versions offered; it may be older than TLS 1.2"
	if got := told.Error(); got != wantTold {
		t.Errorf("got  %s\nwant %s", got, wantTold)
	}
}

// A peer has its say in errors: names, banners, protocols. It must not get to write lines or colours of its own.
func TestErrorIsOneLine(t *testing.T) {
	const hostile = "a\r\nb\x1b[31mc\x00\u0085d\u2028e"
	told := &PeerAlert{Role: Server, Offers: &Offers{Of: "protocols", Ours: []string{hostile}, Theirs: []string{hostile}}}
	broken := New(OtherProtocol).With(hostile).Advise(hostile).
		Because(errors.Join(errors.New(hostile), io.EOF)).Between("protocols", []string{hostile}, nil)
	for _, err := range []error{broken, told} {
		if got := err.Error(); strings.ContainsAny(got, "\r\n\x1b\x00\u0085\u2028") {
			t.Errorf("control characters reach whoever prints %q", got)
		}
	}
	if !strings.Contains(broken.Error(), "(a  b [31mc  d e EOF)") {
		t.Errorf("what can be read got lost: %q", broken.Error())
	}
}

// A peer that offers 30,000 suites does not fill our log with their names.
func TestErrorIsOfBoundedLength(t *testing.T) {
	many := make([]string, 30_000)
	for i := range many {
		many[i] = fmt.Sprintf("0x%04x", i)
	}
	text := New(NoCommonSuite).Between("cipher suites", []string{"ours"}, many).Error()
	if len(text) > 2000 || !strings.Contains(text, "0x0000, 0x0001, ") || !strings.Contains(text, " and 29936 more") {
		t.Errorf("%d bytes: %.200s", len(text), text)
	}
	if text := (&Offers{"x", many[:64], many[:65]}).String(); !strings.Contains(text, "0x003f; the peer's") || !strings.HasSuffix(text, "0x003f and 1 more") {
		t.Error(text)
	}
}

// The thirteen steps by the names that output and docs have.
func TestSteps(t *testing.T) {
	want := []string{
		"", "Client Hello", "Server Hello", "Server Certificate", "Server Hello Done", "Client Verification",
		"Gen pre-master", "Client Key Exchange", "Gen secret key", "Change Cipher Spec", "Encrypted Handshake Message",
		"Change Cipher Spec", "Encrypted Handshake Message", "Finish", "",
	}
	for i, name := range want {
		if got := Step(i).Name(); got != name {
			t.Errorf("step %d is %q, want %q", i, got, name)
		}
	}
	if StepFinish != 13 || Step(255).Name() != "" {
		t.Errorf("the last step is %d", StepFinish)
	}
	if got := StepServerHelloDone.String(); got != "step 4 (Server Hello Done)" {
		t.Errorf("got %s", got)
	}
	if got := Step(0).String(); got != "no step" {
		t.Errorf("got %s", got)
	}
}

func TestRoles(t *testing.T) {
	if Client.Peer() != Server || Server.Peer() != Client || Client.String() != "client" || Server.String() != "server" {
		t.Error("the roles are mixed up")
	}
	if Role(0).String() != "unknown" {
		t.Errorf("no role is %v", Role(0))
	}
}
