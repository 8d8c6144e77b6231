package explain

import (
	"errors"
	"fmt"
	"strings"

	"github.com/vitro-tls/vitro/fault"
)

// alertSection is where alerts are described.
const alertSection = "RFC 5246 §7.2.2"

// Error explains a failure in a few lines: what happened and how far the handshake had come, what was found, what
// each side offered, the section of the RFC, and what to change. It is "" for nil. Options that concern handshakes
// are ignored.
func Error(err error, o Options) string {
	if err == nil {
		return ""
	}
	p := newPage(o)
	lines := p.body(errorParas(err), p.width, 0, 12)
	return strings.Join(lines, "\n") + "\n"
}

// errorParas survives an error that was put together badly.
func errorParas(err error) (paras []para) {
	defer func() {
		if recover() != nil {
			paras = []para{toned(bad, "", "the connection failed with an error that cannot be read")}
		}
	}()
	var found *fault.Error
	var told *fault.PeerAlert
	switch {
	case err == nil:
		return []para{toned(bad, "", "the connection failed without an error")}
	case errors.As(err, &found) && found != nil && found.Rule != nil:
		return foundParas(found)
	case errors.As(err, &told) && told != nil:
		return toldParas(told)
	}
	var rule *fault.Rule
	if errors.As(err, &rule) && rule != nil {
		return foundParas(&fault.Error{Rule: rule})
	}
	return []para{toned(bad, "", peer(err.Error()))}
}

func foundParas(e *fault.Error) []para {
	paras := []para{toned(bad, "", upper(e.Rule.Sentence)+".")}
	add := func(label, text string) {
		if text != "" {
			paras = append(paras, value(label, peer(text)))
		}
	}
	add("found", e.Detail)
	if e.Cause != nil && !onlyTimeout(e) {
		add("because", e.Cause.Error())
	}
	paras = append(paras, offersParas(e.Offers)...)
	add("reached", reached(e.Step))
	if e.Role != 0 {
		switch {
		case e.Rule.Silent:
			add("found by", "the "+e.Role.String())
		case e.Rule == fault.PlainHTTPRequest:
			add("found by", "the "+e.Role.String()+", which answered in plain HTTP (400) in place of an alert: that is what the other side can read")
		default:
			add("found by", fmt.Sprintf("the %s, whose alert for it is %s (%d)", e.Role, e.Rule.Alert, uint8(e.Rule.Alert)))
		}
	}
	add("rule", joinWith(", ", e.Rule.Name, e.Rule.Section))
	return addHint(paras, e.Hint())
}

// onlyTimeout: that a deadline passed says no more than that there was silence until then.
func onlyTimeout(e *fault.Error) bool {
	var timeout interface{ Timeout() bool }
	return e.Rule == fault.Silence && errors.As(e.Cause, &timeout) && timeout.Timeout()
}

func toldParas(a *fault.PeerAlert) []para {
	paras := []para{toned(bad, "", fmt.Sprintf("The %s refused with the alert %s (%d).",
		otherSide(a.Role), a.Alert.Description, uint8(a.Alert.Description)))}
	if a.Asked {
		paras = append(paras, value("found", "the server had asked for a client certificate"))
	}
	paras = append(paras, offersParas(a.Offers)...)
	if s := reached(a.Step); s != "" {
		paras = append(paras, value("reached", s))
	}
	paras = append(paras, value("rule", "an alert says what, not why: "+a.Section()))
	return addHint(paras, a.Hint())
}

func otherSide(r fault.Role) string {
	if r != fault.Client && r != fault.Server {
		return "peer"
	}
	return r.Peer().String()
}

func addHint(paras []para, hint string) []para {
	if hint != "" {
		paras = append(paras, toned(strong, "hint", hint))
	}
	return paras
}

func reached(step fault.Step) string {
	if step == 0 {
		return ""
	}
	return "after " + step.String()
}

func offersParas(o *fault.Offers) []para {
	if o == nil {
		return nil
	}
	of := nameOr(peer(o.Of), "offer") + ": "
	paras := []para{value("ours", of+listOf(o.Ours, maxOffers))}
	if o.Theirs != nil {
		paras = append(paras, value("the peer's", of+listOf(o.Theirs, maxOffers)))
	}
	return paras
}

// maxOffers is how many names of an offer are shown.
const maxOffers = 40

func upper(s string) string {
	if s == "" {
		return s
	}
	return strings.ToUpper(s[:1]) + s[1:]
}
