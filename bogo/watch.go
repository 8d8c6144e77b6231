package main

import (
	"fmt"
	"strings"

	"github.com/vitro-tls/vitro/event"
	"github.com/vitro-tls/vitro/wire"
)

// watched is what events tell of a connection.
type watched struct {
	messages       strings.Builder // one line for each, as the runner writes them
	hellos         int
	renegotiations uint64
	hello          *wire.ClientHello // the client's first, at a server
	answer         *wire.ServerHello // the first one
	request        *wire.CertificateRequest
	proof          wire.SignatureScheme // that a client signed with
	secrets        secrets
}

func (w *watched) event(_ event.Meta, e event.Event) {
	switch e := e.(type) {
	case event.Alert:
		fmt.Fprintf(&w.messages, "%s alert %d %d\n", verb(e.Sent), e.Alert.Level, e.Alert.Description)
	case event.Renegotiating:
		w.renegotiations++
	case event.Message:
		if t := e.Message.Type(); t == wire.TypeChangeCipherSpec {
			fmt.Fprintf(&w.messages, "%s ccs\n", verb(e.Sent))
		} else {
			fmt.Fprintf(&w.messages, "%s hs %d\n", verb(e.Sent), t)
		}
		w.message(e.Message)
	}
}

func verb(sent bool) string {
	if sent {
		return "write"
	}
	return "read"
}

func (w *watched) message(m wire.Message) {
	switch m := m.(type) {
	case *wire.ClientHello:
		if w.hellos++; w.hellos == 1 {
			w.hello = m
		}
	case *wire.ServerHello:
		if w.answer == nil {
			w.answer = m
		}
	case *wire.CertificateRequest:
		w.request = m
	case *wire.CertificateVerify:
		w.proof = m.Scheme
	}
}

// secrets are those of the key log, the latest of each name.
type secrets map[string][]byte

func (s *secrets) Secret(label string, _, secret []byte) {
	if *s == nil {
		*s = secrets{}
	}
	(*s)[label] = append([]byte(nil), secret...)
}
