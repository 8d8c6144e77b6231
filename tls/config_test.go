package tls

import (
	"errors"
	"reflect"
	"strings"
	"testing"
	"testing/iotest"
	"time"

	"github.com/vitro-tls/vitro/event"
	"github.com/vitro-tls/vitro/fault"
	"github.com/vitro-tls/vitro/internal/testkit"
	"github.com/vitro-tls/vitro/session"
	"github.com/vitro-tls/vitro/want"
)

// Clone copies every field, those included that will be added one day.
func TestCloneCopiesEveryField(t *testing.T) {
	var c Config
	v := reflect.ValueOf(&c).Elem()
	for i := range v.NumField() {
		if field := v.Type().Field(i); field.IsExported() {
			v.Field(i).Set(someValue(t, field.Type))
		}
	}
	clone := reflect.ValueOf(c.Clone()).Elem()
	for i := range v.NumField() {
		if field := v.Type().Field(i); field.IsExported() && clone.Field(i).IsZero() {
			t.Errorf("Clone loses %s", field.Name)
		}
	}
}

func someValue(t *testing.T, of reflect.Type) reflect.Value {
	switch of.Kind() {
	case reflect.Func:
		return reflect.MakeFunc(of, func([]reflect.Value) []reflect.Value { panic("called") })
	case reflect.Slice:
		return reflect.MakeSlice(of, 1, 1)
	case reflect.Map:
		return reflect.MakeMap(of)
	case reflect.Pointer:
		return reflect.New(of.Elem())
	case reflect.String:
		return reflect.ValueOf("x").Convert(of)
	case reflect.Bool:
		return reflect.ValueOf(true)
	case reflect.Int, reflect.Int64, reflect.Uint8, reflect.Uint16:
		return reflect.ValueOf(1).Convert(of)
	case reflect.Array:
		a := reflect.New(of).Elem()
		a.Index(0).Set(reflect.ValueOf(byte(1)))
		return a
	case reflect.Interface:
		for _, has := range []any{testkit.Random(1), NewLRUClientSessionCache(1), new(strings.Builder), keyLog{}, event.TracerFunc(nil), session.NewCache(1)} {
			if reflect.TypeOf(has).Implements(of) {
				return reflect.ValueOf(has)
			}
		}
	}
	t.Fatalf("no value of type %v", of)
	return reflect.Value{}
}

// Who asks for Encrypted Client Hello does not go without it unawares.
func TestEncryptedClientHelloIsRefused(t *testing.T) {
	for name, change := range map[string]func(*Config){
		"a list at the client": func(c *Config) { c.EncryptedClientHelloConfigList = []byte{1} },
		"keys at the server":   func(c *Config) { c.EncryptedClientHelloKeys = []EncryptedClientHelloKey{{}} },
		"a callback at the server": func(c *Config) {
			c.GetEncryptedClientHelloKeys = func(*ClientHelloInfo) ([]EncryptedClientHelloKey, error) { return nil, nil }
		},
	} {
		c := serverConfig(testkit.P256)
		change(c)
		_, err := c.compile()
		if found, ok := err.(*fault.Error); !ok || found.Rule != fault.BadConfig || !strings.Contains(found.Detail, "Encrypted Client Hello") {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// A program that sends people who speak plain HTTP elsewhere may do so itself; one that does not leaves it to Close.
func TestPlainHTTPIsAnsweredByClose(t *testing.T) {
	peer, conn := tcp(t)
	if _, err := peer.Write([]byte("GET / HTTP/1.1\r\nHost: x\r\n\r\n")); err != nil {
		t.Fatal(err)
	}
	server := Server(conn, serverConfig(testkit.P256))
	if err := server.Handshake(); err == nil || !strings.Contains(err.Error(), "plain HTTP") {
		t.Fatalf("the handshake ends with %v", err)
	}
	go server.Close()
	answer := make([]byte, 12)
	if _, err := peer.Read(answer); err != nil || string(answer) != "HTTP/1.0 400" {
		t.Errorf("the client reads %q, %v", answer, err)
	}
}

// A clone with another source of randomness draws from that, its tickets too, which it shares with the first.
func TestCloneWithAnotherRand(t *testing.T) {
	broken := &Config{Rand: iotest.ErrReader(errors.New("broken")), Time: testkit.Clock}
	clone := broken.Clone()
	clone.Rand = nil
	state := newSessionState(&want.Session{Lifetime: time.Hour})
	ticket, err := clone.EncryptTicket(ConnectionState{}, state)
	if err != nil {
		t.Fatalf("the clone draws from the first one's source: %v", err)
	}
	if s, err := broken.DecryptTicket(ticket, ConnectionState{}); s == nil || err != nil {
		t.Errorf("the keys are no longer shared: %v, %v", s, err)
	}
	if _, err := broken.EncryptTicket(ConnectionState{}, state); err == nil {
		t.Error("a ticket was sealed without randomness")
	}
	if _, err := clone.EncryptTicket(ConnectionState{}, new(SessionState)); err == nil {
		t.Error("a ticket was sealed without a session")
	}
}

// SessionTicketKey is heeded when it is set on a clone.
func TestSessionTicketKeyOfAClone(t *testing.T) {
	one := &Config{SessionTicketKey: [32]byte{1}, Time: testkit.Clock}
	two := one.Clone()
	two.SessionTicketKey = [32]byte{2}
	other := &Config{SessionTicketKey: [32]byte{2}, Time: testkit.Clock}
	ticket, err := two.EncryptTicket(ConnectionState{}, newSessionState(&want.Session{}))
	if err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		*Config
		opens bool
	}{"the first": {one, false}, "one with the same key": {other, true}} {
		if s, err := c.DecryptTicket(ticket, ConnectionState{}); (s != nil) != c.opens || err != nil {
			t.Errorf("%s: %v, %v", name, s, err)
		}
	}
}

// Old programs copy a Config by value, and change the copy: that is another one.
func TestCopyByValueIsAnotherConfig(t *testing.T) {
	c := serverConfig(testkit.P256)
	if _, err := c.compile(); err != nil {
		t.Fatal(err)
	}
	copied := reflect.New(reflect.TypeFor[Config]())
	copied.Elem().Set(reflect.ValueOf(c).Elem()) // go vet finds it where it is written plainly
	other := copied.Interface().(*Config)
	other.MaxVersion = VersionTLS12
	compiled, err := other.compile()
	if err != nil || compiled.Speaks(VersionTLS13) || compiled.MaxVersion != VersionTLS12 {
		t.Errorf("the copy is compiled as %v, %v", compiled.Versions, err)
	}
}
