package explain

import (
	"bytes"
	"fmt"
	"strings"
	"time"

	"github.com/vitro-tls/vitro/event"
	"github.com/vitro-tls/vitro/fault"
	"github.com/vitro-tls/vitro/wire"
)

// resumption is how this connection's story changes, nil for a full handshake.
func (v *view) resumption() *resumption {
	if !v.resumed {
		return nil
	}
	return resumptionOf(v.version)
}

// resumes reads in a ServerHello that the server takes up a session: RFC 8446 §4.2.11 by its extension, RFC 5246
// §7.4.1.3 by the session ID that comes back.
func (v *view) resumes(m *wire.ServerHello) bool {
	if v.is13() {
		return m.Has(wire.ExtPreSharedKey) && !m.IsHelloRetryRequest()
	}
	return v.offered != nil && len(m.SessionID) > 0 && bytes.Equal(m.SessionID, v.offered.sessionID)
}

// tookSession tells what became of a session. The client's ServerHello is told before it knows when the session was: its
// step 5 tells that.
func (v *view) tookSession(e event.Resumption) {
	switch {
	case !e.Accepted:
		v.hold(anyMessage, value("session", resumptionWords[e.Why]))
	case v.role == fault.Server:
		v.resumed = true
		v.hold(wire.TypeServerHello, value("session", resumptionWords[e.Why]))
	default:
		v.resumed = true
	}
	if e.Accepted {
		v.created = e.Created
	}
}

// takesID says by what a server of TLS 1.2 shows that it takes up the session.
func (v *view) takesID() []para {
	if !v.resumed || v.is13() || v.offered == nil {
		return nil
	}
	return []para{toned(strong, "takes", "the session: the client's session ID comes back "+hexOf(v.offered.sessionID, 8))}
}

// absentParas says in step 2 which steps there will not be.
func (r *resumption) absentParas() []para {
	if r == nil {
		return nil
	}
	items := make([]string, len(r.absent))
	for i, a := range r.absent {
		items[i] = fmt.Sprintf("· %s: %s", a.title(), a.why)
	}
	return []para{{label: "absent", items: items}}
}

func (a absence) title() string {
	parts := make([]string, 0, 3)
	for _, s := range a.steps {
		parts = append(parts, fmt.Sprintf("%s (%d)", s.Name(), s))
	}
	if a.beside != "" {
		parts = append(parts, a.beside)
	}
	return strings.Join(parts, ", ")
}

// placeParas says in step 8 what the keys come from in the pre-master's place.
func (r *resumption) placeParas() []para {
	if r == nil {
		return nil
	}
	return []para{toned(strong, "in place of", "the pre-master: "+r.place), value("protects", r.protects)}
}

// proven says when the peer of the session proved who it is.
func (v *view) proven(now time.Time) string {
	if v.created.IsZero() {
		return "in the session's own handshake"
	}
	return fmt.Sprintf("in the full handshake of %s%s", v.created.UTC().Format("2006-01-02 15:04:05 MST"), since(now.Sub(v.created)))
}

func since(d time.Duration) string {
	switch {
	case d < 0:
		return ""
	case d < time.Second:
		return ", just before"
	case d < 2*time.Minute:
		return ", " + plural(int(d/time.Second), "second") + " before"
	case d < 2*time.Hour:
		return ", " + plural(int(d/time.Minute), "minute") + " before"
	case d < 48*time.Hour:
		return ", " + plural(int(d/time.Hour), "hour") + " before"
	}
	return ", " + plural(int(d/(24*time.Hour)), "day") + " before"
}

// oldPeerParas tells in whose name the session was, in the place of the Certificate that does not come.
func (v *view) oldPeerParas(m event.Meta, e event.PeerVerified) []para {
	if !e.Resumed {
		return nil
	}
	paras := []para{value("proven", v.proven(m.Time))}
	if len(e.Chain) > 0 && e.Chain[0] != nil {
		paras = append(paras, para{label: "#0", items: certificateItems(e.Chain[0])})
	}
	return paras
}

// sessionParas tells what of a hello is about an earlier session.
func sessionParas(x *wire.Extensions, t wire.ExtensionType) []para {
	switch {
	case t == wire.ExtSessionTicket && len(x.SessionTicket) > 0:
		return []para{toned(strong, "ticket", fmt.Sprintf("%s: an earlier session, sealed by the server for itself (RFC 5077 §3.2)",
			plural(len(x.SessionTicket), "byte")))}
	case t == wire.ExtPreSharedKey && len(x.PSKIdentities) > 0:
		lengths := make([]string, len(x.PSKIdentities))
		for i, id := range x.PSKIdentities {
			lengths[i] = plural(len(id.Identity), "byte")
		}
		return []para{
			toned(strong, "ticket", listOf(lengths, 4)+": an earlier session, which the server may take up in place of a full handshake (RFC 8446 §4.2.11)"),
			value("binder", "a digest of this hello, keyed with the session's secret: who has but the ticket can do nothing with it"),
		}
	case t == wire.ExtPreSharedKey:
		return []para{toned(strong, "takes", fmt.Sprintf("the session of the client's ticket number %d", int(x.SelectedIdentity)+1))}
	}
	return nil
}

// briefSession says how a resumed connection came by its keys, and when the peer proved who it is.
func (v *view) briefSession(m event.Meta) []para {
	what := map[bool]string{
		true:  "no certificate, no signature; keys from its secret and a fresh key exchange (PSK with (EC)DHE)",
		false: "no certificate, no key exchange; new keys from its master secret",
	}[v.is13()]
	return []para{value("session", "resumed: "+what+". The server proved who it is "+v.proven(m.Time))}
}

// secrecyResumed is what a resumed connection of TLS 1.2 is safe from: no more than its session was.
func (v *view) secrecyResumed() para {
	if v.kx == wire.KeyExchangeRSA {
		return toned(bad, "secrecy", withoutForwardSecrecyResumed)
	}
	return toned(bad, "secrecy", secrecyResumed12)
}

// resumptionObject is for programs what the text says in steps 2 and 8.
func resumptionObject(e event.Resumption) object {
	o := object{{"accepted", e.Accepted}, {"why", resumptionNames[e.Why]}}
	if !e.Accepted {
		return o
	}
	if !e.Created.IsZero() {
		o.add("created", e.Created.Format(time.RFC3339Nano))
	}
	r := resumptionOf(e.Version)
	if r == nil {
		return o
	}
	var absent []object
	for _, a := range r.absent {
		for _, s := range a.steps {
			absent = append(absent, object{{"step", uint8(s)}, {"name", s.Name()}, {"why", a.why}})
		}
		if a.beside != "" {
			absent = append(absent, object{{"name", a.beside}, {"why", a.why}})
		}
	}
	return append(o, member{"version", e.Version.String()}, member{"absent", absent},
		member{"premaster_replaced_by", r.place}, member{"protects", r.protects})
}
