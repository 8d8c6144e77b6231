package explain

import (
	"crypto"
	"crypto/sha256"
	"crypto/x509"
	"encoding/hex"
	"errors"
	"time"

	"github.com/vitro-tls/vitro/event"
	"github.com/vitro-tls/vitro/fault"
	"github.com/vitro-tls/vitro/wire"
)

func checkObject(e event.Check) object {
	o := object{{"check", e.What.String()}, {"passed", e.Passed}, {"index", e.Index}, {"subject", e.Subject}}
	o.addIf("issuer", e.Issuer)
	o.addIf("algorithm", e.Algorithm)
	switch {
	case e.What == event.CheckDates:
		o.add("not_before", e.NotBefore.Format(time.RFC3339))
		o.add("not_after", e.NotAfter.Format(time.RFC3339))
	case e.What == event.CheckStaple && e.Issuer != "":
		o.add("this_update", e.NotBefore.Format(time.RFC3339))
		if !e.NotAfter.IsZero() {
			o.add("next_update", e.NotAfter.Format(time.RFC3339))
		}
	}
	o.addIf("wanted", e.Wanted)
	if e.Found != nil {
		o.add("found", e.Found)
	}
	o.addIf("roots", e.Roots)
	if e.Logs != nil {
		o.add("logs", timestampObjects(e.Logs))
	}
	return o
}

func timestampObjects(list []event.Timestamp) []object {
	out := make([]object, len(list))
	for i, s := range list {
		out[i] = object{{"log", s.Log}, {"time", s.Time.UTC().Format(time.RFC3339)}, {"source", s.Source}}
		out[i].addIf("flaw", s.Flaw)
	}
	return out
}

func verifiedObject(e event.PeerVerified) object {
	o := object{{"server_name", e.ServerName}, {"skipped", e.Skipped}}
	if e.Resumed {
		o.add("from_session", true)
	}
	return append(o, member{"chain", certificateObjects(e.Chain)})
}

func premasterObject(e event.PremasterGenerated) object {
	o := object{{"key_exchange", e.KeyExchange.String()}, {"length", e.Length}}
	if e.KeyExchange == wire.KeyExchangeRSA {
		o.add("version", e.Version.String())
	}
	if e.Group != 0 {
		o.add("group", e.Group.String())
	}
	addFieldBits(&o, e.FieldBits)
	return o
}

// addFieldBits adds the size of a finite field, where there is one.
func addFieldBits(o *object, bits int) {
	if bits != 0 {
		o.add("field_bits", bits)
	}
}

func keysObject(e event.KeysDerived) (o object) {
	if e.Version == wire.TLS13 {
		o = object{{"version", e.Version.String()}, {"stage", stageNames[e.Stage]}, {"algo", e.Suite.String()},
			{"group", groupName(e.Group)}, {"cipher", e.Cipher}, {"hash", hashName(e.Hash)}}
	} else {
		o = object{{"key_exchange", e.KeyExchange.String()}, {"algo", e.Suite.String()}, {"cipher", e.Cipher},
			{"hash", hashName(e.Hash)}, {"extended_master_secret", e.ExtendedMaster}, {"master_length", e.MasterLen}}
	}
	if e.MAC != 0 {
		o = append(o, object{{"mac", hashName(e.MAC)}, {"mac_key_length", e.MACKeyLen}, {"encrypt_then_mac", e.EncryptThenMAC}}...)
	}
	if e.Resumed {
		o.add("from_session", true)
	}
	return append(o, object{{"key_length", e.KeyLen}, {"iv_length", e.FixedIVLen},
		{"random1", hex.EncodeToString(e.ClientRandom[:])}, {"random2", hex.EncodeToString(e.ServerRandom[:])}}...)
}

// hashName is Hash.String with the zero value named too.
func hashName(h crypto.Hash) string {
	if h == 0 {
		return ""
	}
	return h.String()
}

func finishedObject(e event.Finished) object {
	o := object{{"version", e.Version.String()}, {"algo", e.Suite.String()}, {"cipher_suite", code(e.Suite)}}
	if e.Group != 0 {
		o.add("group", e.Group.String())
	}
	addFieldBits(&o, e.FieldBits)
	if e.Scheme != 0 {
		o.add("scheme", e.Scheme.String())
	}
	o.addIf("protocol", e.Protocol)
	o.addIf("server_name", e.ServerName)
	if e.Resumed {
		o.add("resumed", true)
	}
	if e.Version != wire.TLS13 {
		o.add("extended_master_secret", e.ExtendedMaster)
	}
	return o
}

func certificateObjects(chain []*x509.Certificate) []object {
	out := make([]object, 0, len(chain))
	for _, c := range chain {
		if c != nil {
			out = append(out, certificateObject(c))
		}
	}
	return out
}

func parsedObjects(chain [][]byte) []object {
	out := make([]object, 0, len(chain))
	for _, der := range chain {
		c, err := x509.ParseCertificate(der)
		if err != nil {
			sum := sha256.Sum256(der)
			out = append(out, object{{"error", err.Error()}, {"sha256", hex.EncodeToString(sum[:])}})
			continue
		}
		out = append(out, certificateObject(c))
	}
	return out
}

func certificateObject(c *x509.Certificate) object {
	sum := sha256.Sum256(c.Raw)
	return object{{"subject", subject(c)}, {"issuer", issuer(c)}, {"names", hostNames(c)}, {"key", keyName(c)},
		{"not_before", c.NotBefore.Format(time.RFC3339)}, {"not_after", c.NotAfter.Format(time.RFC3339)},
		{"sha256", hex.EncodeToString(sum[:])}}
}

func errorObject(err error) (o object) {
	var found *fault.Error
	var told *fault.PeerAlert
	switch {
	case err == nil:
		return object{}
	case errors.As(err, &found) && found != nil && found.Rule != nil:
		return foundObject(found)
	case errors.As(err, &told) && told != nil:
		o = object{{"found_by", otherSide(told.Role)}, {"alert", told.Alert.Description.String()},
			{"alert_level", told.Alert.Level.String()}, {"section", told.Section()}}
		addReached(&o, told.Step, told.Offers)
		o.addIf("hint", told.Hint())
		return o
	}
	return object{{"detail", err.Error()}}
}

func foundObject(e *fault.Error) object {
	o := object{{"found_by", e.Role.String()}, {"rule", e.Rule.Name}}
	if !e.Rule.Silent {
		o.add("alert", e.Rule.Alert.String())
	}
	o.addIf("section", e.Rule.Section)
	o.add("sentence", e.Rule.Sentence)
	o.addIf("detail", e.Detail)
	if e.Cause != nil {
		o.add("cause", e.Cause.Error())
	}
	addReached(&o, e.Step, e.Offers)
	o.addIf("hint", e.Hint())
	return o
}

func addReached(o *object, step fault.Step, offers *fault.Offers) {
	if step != 0 {
		o.add("step", uint8(step))
		o.add("name", step.Name())
	}
	if offers == nil {
		return
	}
	sides := object{{"of", offers.Of}, {"ours", orEmpty(offers.Ours)}}
	if offers.Theirs != nil {
		sides.add("theirs", offers.Theirs)
	}
	o.add("offers", sides)
}
