package explain

import "github.com/vitro-tls/vitro/event"

var reasonNames = map[event.SuiteReason]string{
	event.SuiteTaken:      "taken",
	event.SuiteNotOffered: "not_offered",
	event.SuiteNoKey:      "no_key",
	event.SuiteNoGroup:    "no_group",
	event.SuiteNoField:    "no_dh_group",
	event.SuiteNoCurve:    "no_certificate_curve",
	event.SuiteNoScheme:   "no_scheme",
	event.SuiteNoKeyUsage: "no_key_usage",
	event.SuiteLessLiked:  "less_liked",
}

// choiceObject has the events that tell what was chosen, and from what. Lists of the other side that cannot be known
// are left out.
func choiceObject(e event.Event) (o object) {
	switch e := e.(type) {
	case event.VersionChosen:
		o = object{{"version", e.Version.String()}, {"ours", names(e.Ours)}}
		if e.Theirs != nil {
			o.add("theirs", names(e.Theirs))
		}
		if e.UpTo != 0 {
			o.add("theirs_up_to", e.UpTo.String())
		}
	case event.SuiteChosen:
		o = object{{"algo", e.Suite.String()}, {"cipher_suite", code(e.Suite)}, {"offered", names(e.Offered)}}
		if e.Considered != nil {
			o.add("considered", verdicts(e.Considered))
		}
	case event.GroupChosen:
		if e.Group != 0 || e.FieldBits == 0 {
			o.add("group", e.Group.String())
		}
		addFieldBits(&o, e.FieldBits)
		o.add("offered", names(e.Offered))
		if e.Ours != nil {
			o.add("ours", names(e.Ours))
		}
	case event.SchemeChosen:
		o = object{{"scheme", e.Scheme.String()}, {"offered", names(e.Offered)}}
	case event.ProtocolChosen:
		o = object{{"protocol", e.Protocol}, {"offered", orEmpty(e.Offered)}}
		if e.Ours != nil {
			o.add("ours", e.Ours)
		}
	case event.Resumption:
		return resumptionObject(e)
	case event.RetryAsked:
		if e.Group != 0 {
			o.add("group", e.Group.String())
		}
		o.add("cookie", e.Cookie)
		o.add("shares", names(e.Shares))
	case event.CookieReturned:
		o = object{{"age_ms", e.Age.Milliseconds()}, {"elsewhere", e.Elsewhere}}
		if e.Group != 0 {
			o.add("group", e.Group.String())
		}
	case event.KeysUpdated:
		return object{{"sent", e.Sent}, {"requested", e.Requested}}
	case event.CredentialChosen:
		o = object{{"named", e.Named}, {"of", e.Of}}
		if e.ChainUnlisted {
			o.add("chain_unlisted", true)
		}
		if e.Leaf != nil {
			o.add("leaf", certificateObject(e.Leaf))
		}
	}
	return o
}

func verdicts(list []event.SuiteVerdict) []object {
	out := make([]object, 0, len(list))
	for _, v := range list {
		out = append(out, object{{"algo", v.Suite.String()}, {"cipher_suite", code(v.Suite)}, {"reason", reasonNames[v.Reason]}})
	}
	return out
}
