package trust_test

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"crypto/x509/pkix"
	"encoding/base64"
	"encoding/hex"
	"encoding/pem"
	"errors"
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/vitro-tls/vitro/event"
	"github.com/vitro-tls/vitro/fault"
	"github.com/vitro-tls/vitro/internal/testkit"
	"github.com/vitro-tls/vitro/trust"
	"github.com/vitro-tls/vitro/want"
)

var (
	ecLog    = testkit.NewLog("EC log", testkit.P256)
	rsaLog   = testkit.NewLog("RSA log", testkit.RSA)
	otherLog = testkit.NewLog("other log", testkit.P256)
	yearAgo  = testkit.Now.Add(-year)
)

func known(l *testkit.Log) trust.Log { return trust.Log{Name: l.Name, Key: l.Key.Public()} }

func logList(t testing.TB, logs ...trust.Log) *trust.LogList {
	t.Helper()
	list, err := trust.NewLogList(logs...)
	if err != nil {
		t.Fatal(err)
	}
	return list
}

// timestamped is a peer with timestamps by all three ways: one in the certificate, one in the handshake, one stapled.
func timestamped(t testing.TB, embedded, sent, stapled *testkit.Log) want.Peer {
	t.Helper()
	c := testkit.Leaf(testkit.P256)
	if embedded != nil {
		c = testkit.Logged(testkit.P256, yearAgo, embedded)
	}
	p := peer(c.Chain)
	if sent != nil {
		p.SCTs = [][]byte{sent.Certificate(yearAgo, c.Leaf.Raw)}
	}
	if stapled != nil {
		r := good()
		r.SerialNumber = c.Leaf.SerialNumber
		r.ExtraExtensions = []pkix.Extension{testkit.SCTExtension(testkit.StapledSCTs, stapled.Certificate(yearAgo, c.Leaf.Raw))}
		p.OCSPResponse = respond(t, intermediate(), intermediate(), r)
	}
	return p
}

// RFC 6962 §3.3: all three ways count, for different logs.
func TestTimestampsCount(t *testing.T) {
	list := logList(t, known(ecLog), known(rsaLog), known(otherLog))
	for _, c := range []struct {
		name                    string
		embedded, sent, stapled *testkit.Log
		logs                    int
		told                    []string
	}{
		{"in the certificate", ecLog, nil, nil, 1, []string{"EC log from the certificate"}},
		{"in the certificate, by RSA", rsaLog, nil, nil, 1, []string{"RSA log from the certificate"}},
		{"in the handshake", nil, ecLog, nil, 1, []string{"EC log from the handshake"}},
		{"stapled", nil, nil, rsaLog, 1, []string{"RSA log from the staple"}},
		{"by all ways", ecLog, rsaLog, otherLog, 3, []string{"EC log from the certificate", "RSA log from the handshake", "other log from the staple"}},
		{"one log by two ways", ecLog, ecLog, nil, 1, []string{"EC log from the certificate", "EC log from the handshake: the log has been counted"}},
		{"none", nil, nil, nil, 0, nil},
	} {
		for wanted := range 4 {
			v := &trust.Verifier{Roots: testkit.PKI().Roots, Logs: list, RequireSCTs: wanted}
			p := timestamped(t, c.embedded, c.sent, c.stapled)
			verdict := v.Verify(p, fault.Client)
			if enough := c.logs >= wanted; (verdict.Err == nil) != enough || !enough && !errors.Is(verdict.Err, fault.TooFewTimestamps) {
				t.Errorf("%s, %d wanted: the verdict is %v", c.name, wanted, verdict.Err)
			}
			if got := toldLogs(verdict); strings.Join(got, "; ") != strings.Join(c.told, "; ") {
				t.Errorf("%s, %d wanted: told is %q, want %q", c.name, wanted, got, c.told)
			}
			p.Watched = false
			if unwatched := v.Verify(p, fault.Client); (unwatched.Err == nil) != (verdict.Err == nil) {
				t.Errorf("%s, %d wanted: the verdict is %v, and unwatched %v", c.name, wanted, verdict.Err, unwatched.Err)
			}
		}
	}
}

func toldLogs(v want.Verdict) (told []string) {
	for _, c := range v.Checks {
		for _, s := range c.Logs {
			text := s.Log + " from the " + s.Source
			if s.Flaw != "" {
				text += ": " + s.Flaw
			}
			told = append(told, text)
		}
	}
	return told
}

// RFC 6962 §3.2 and §5.2: what does not count, and why.
func TestTimestampsThatDoNotCount(t *testing.T) {
	leafDER := testkit.Leaf(testkit.P256).Leaf.Raw
	good := ecLog.Certificate(yearAgo, leafDER)
	changed := func(at int, to byte) []byte {
		b := bytes.Clone(good)
		b[at] = to
		return b
	}
	ends := testkit.Leaf(testkit.P256).Leaf.NotAfter
	id := sha256.Sum256(otherLog.SPKI())
	plain := known(ecLog)
	extended := *ecLog
	extended.Extensions = []byte{0, 0, 5, 1, 2, 3, 4, 5}
	stripped := extended.Certificate(yearAgo, leafDER)
	stripped = append(append(stripped[:41:41], 0, 0), stripped[51:]...)
	for _, c := range []struct {
		name string
		log  trust.Log
		sct  []byte
		flaw string
	}{
		{"good", plain, good, ""},
		{"with extensions", plain, extended.Certificate(yearAgo, leafDER), ""},
		{"with its extensions taken away", plain, stripped, "the log did not sign this"},
		{"an unknown log", plain, otherLog.Certificate(yearAgo, leafDER), "the log is not on the list"},
		{"of another certificate", plain, ecLog.Certificate(yearAgo, testkit.Leaf(testkit.RSA).Leaf.Raw), "the log did not sign this"},
		{"of the precertificate", plain, ecLog.Precertificate(yearAgo, testkit.Leaf(testkit.P256).Leaf.RawTBSCertificate, testkit.PKI().Intermediate.Certificate), "the log did not sign this"},
		{"another time", plain, changed(40, 1), "the log did not sign this"},
		{"another hash", plain, changed(43, 2), "the log did not sign this"},
		{"another algorithm", plain, changed(44, 1), "the log did not sign this"},
		{"of the future", plain, ecLog.Certificate(testkit.Now.Add(time.Second), leafDER), "it is of the future"},
		{"of the end of time", plain, changed(33, 0xff), "it is of the future"},
		{"of this moment", plain, ecLog.Certificate(testkit.Now, leafDER), ""},
		{"another version", plain, changed(0, 1), "it is of an unknown version"},
		{"cut short", plain, good[:len(good)-1], "it does not parse"},
		{"too long", plain, append(bytes.Clone(good), 0), "it does not parse"},
		{"empty", plain, nil, "it does not parse"},
		{"before the log was retired", trust.Log{Name: "EC log", Key: plain.Key, Retired: yearAgo.Add(time.Second)}, good, ""},
		{"after the log was retired", trust.Log{Name: "EC log", Key: plain.Key, Retired: yearAgo}, good, "the log was retired before"},
		{"a log of such certificates", trust.Log{Name: "EC log", Key: plain.Key, From: ends, Until: ends.Add(time.Second)}, good, ""},
		{"a log of certificates that end later", trust.Log{Name: "EC log", Key: plain.Key, From: ends.Add(time.Second)}, good, "the log takes no certificates that end then"},
		{"a log of certificates that end before", trust.Log{Name: "EC log", Key: plain.Key, Until: ends}, good, "the log takes no certificates that end then"},
	} {
		t.Run(c.name, func(t *testing.T) {
			p := peer(testkit.Leaf(testkit.P256).Chain)
			p.SCTs = [][]byte{c.sct}
			v := (&trust.Verifier{Roots: testkit.PKI().Roots, Logs: logList(t, c.log), RequireSCTs: 1}).Verify(p, fault.Client)
			got := lastCheck(t, v)
			if got.What != event.CheckTimestamps || len(got.Logs) != 1 || got.Logs[0].Flaw != c.flaw || got.Passed != (c.flaw == "") {
				t.Fatalf("the last check is %+v, want one timestamp with the flaw %q", got, c.flaw)
			}
			if c.flaw != "" && (!errors.Is(v.Err, fault.TooFewTimestamps) || !strings.Contains(v.Err.Error(), c.flaw)) {
				t.Errorf("the verdict is %v, want too few timestamps, because %s", v.Err, c.flaw)
			}
			if c.name == "an unknown log" && got.Logs[0].Log != hex.EncodeToString(id[:]) {
				t.Errorf("an unknown log is called %s, want its ID", got.Logs[0].Log)
			}
		})
	}
}

// What a certificate has in place of timestamps must not be taken for some, nor cost more than it may.
func TestTimestampsThatAreNone(t *testing.T) {
	inter := intermediate()
	odd := func(value []byte) want.Peer {
		template := leaf()
		x := testkit.SCTExtension(testkit.EmbeddedSCTs)
		x.Value = value
		template.ExtraExtensions = []pkix.Extension{x}
		return peer(chainOf(forge(t, &inter, template), inter))
	}
	many := peer(testkit.Leaf(testkit.P256).Chain)
	for range 1000 {
		many.SCTs = append(many.SCTs, otherLog.Certificate(yearAgo, nil))
	}
	trusted := timestamped(t, ecLog, nil, nil)
	for name, c := range map[string]struct {
		peer  want.Peer
		flaw  string
		count int
		roots forged
	}{
		"not DER":                       {odd([]byte{1, 2, 3}), "does not parse", 1, root()},
		"a list that ends early":        {odd([]byte{4, 3, 0, 9, 1}), "does not parse", 1, root()},
		"a timestamp that ends early":   {odd([]byte{4, 5, 0, 3, 0, 9, 1}), "does not parse", 1, root()},
		"a thousand timestamps":         {many, "not on the list", 32, root()},
		"a leaf that is trusted itself": {trusted, "its CA", 1, forged{cert: trusted.Chain[0]}},
	} {
		v := &trust.Verifier{Roots: poolOf(c.roots), Logs: logList(t, known(ecLog)), RequireSCTs: 1}
		verdict := v.Verify(c.peer, fault.Client)
		got := lastCheck(t, verdict)
		if !errors.Is(verdict.Err, fault.TooFewTimestamps) || len(got.Logs) != c.count || !strings.Contains(got.Logs[0].Flaw, c.flaw) {
			t.Errorf("%s: %v, with %+v; want %d timestamps with the flaw %q", name, verdict.Err, got.Logs, c.count, c.flaw)
		}
	}
}

// Who asks for timestamps without a list of logs has made a mistake, and clients are not asked for any.
func TestTimestampsNeedLogs(t *testing.T) {
	v := &trust.Verifier{Roots: testkit.PKI().Roots, RequireSCTs: 1}
	if verdict := v.Verify(timestamped(t, ecLog, nil, nil), fault.Client); !errors.Is(verdict.Err, fault.BadConfig) {
		t.Errorf("the verdict is %v, want a configuration that cannot work", verdict.Err)
	}
	inter := intermediate()
	if verdict := v.Verify(peer(chainOf(forge(t, &inter, leaf()), inter)), fault.Server); verdict.Err != nil {
		t.Errorf("a client was asked for timestamps: %v", verdict.Err)
	}
}

// The list that browsers publish, in version 3 of its schema.
func TestParseLogList(t *testing.T) {
	entry := func(l *testkit.Log, rest string) string {
		id := sha256.Sum256(l.SPKI())
		return fmt.Sprintf(`{"description":%q,"log_id":%q,"key":%q,"url":"https://log.test/","mmd":86400%s}`,
			l.Name, base64.StdEncoding.EncodeToString(id[:]), base64.StdEncoding.EncodeToString(l.SPKI()), rest)
	}
	list := func(logs, tiled string) string {
		return `{"version":"1","log_list_timestamp":"2026-01-01T00:00:00Z","operators":[{"name":"O","email":[],"logs":[` + logs + `],"tiled_logs":[` + tiled + `]}]}`
	}
	usable := `,"state":{"usable":{"timestamp":"2024-01-01T00:00:00Z"}}`
	for _, c := range []struct {
		name, text string
		counts     int
		good       bool // the timestamps of ecLog, of a year ago, count
	}{
		{"usable", list(entry(ecLog, usable), ""), 1, true},
		{"tiled", list("", entry(ecLog, usable)), 1, true},
		{"qualified and read-only", list(entry(ecLog, `,"state":{"qualified":{}}`), entry(rsaLog, `,"state":{"readonly":{}}`)), 2, true},
		{"retired later", list(entry(ecLog, `,"state":{"retired":{"timestamp":"2026-01-01T00:00:00Z"}}`), ""), 1, true},
		{"retired before", list(entry(ecLog, `,"state":{"retired":{"timestamp":"2024-01-01T00:00:00Z"}}`), ""), 1, false},
		{"beside one that was rejected", list(entry(ecLog, `,"state":{"rejected":{}}`)+","+entry(rsaLog, usable), ""), 1, false},
		{"beside one that is pending", list(entry(ecLog, `,"state":{"pending":{}}`)+","+entry(rsaLog, usable), ""), 1, false},
		{"beside one for tests", list(entry(ecLog, usable+`,"log_type":"test"`)+","+entry(rsaLog, usable+`,"log_type":"prod"`), ""), 1, false},
		{"beside one that was rejected and has no key any more", list(entry(ecLog, usable)+`,{"description":"x","key":"AAAA","state":{"rejected":{}}}`, ""), 1, true},
		{"of other years", list(entry(ecLog, usable+`,"temporal_interval":{"start_inclusive":"2027-01-01T00:00:00Z","end_exclusive":"2028-01-01T00:00:00Z"}`), ""), 1, false},
		{"of this year", list(entry(ecLog, usable+`,"temporal_interval":{"start_inclusive":"2040-01-01T00:00:00Z","end_exclusive":"2050-01-01T00:00:00Z"}`), ""), 1, true},
	} {
		parsed, err := trust.ParseLogList([]byte(c.text))
		if err != nil || parsed.Len() != c.counts {
			t.Errorf("%s: %+v, %v; want %d logs", c.name, parsed, err, c.counts)
			continue
		}
		v := (&trust.Verifier{Roots: testkit.PKI().Roots, Logs: parsed, RequireSCTs: 1}).Verify(timestamped(t, ecLog, nil, nil), fault.Client)
		if (v.Err == nil) != c.good {
			t.Errorf("%s: the verdict is %v, and that it is good should be %v", c.name, v.Err, c.good)
		}
	}
	for name, text := range map[string]string{
		"no JSON":                           "<html>",
		"no log":                            `{"operators":[]}`,
		"another's ID":                      strings.Replace(list(entry(ecLog, usable), ""), `"log_id":"`, `"log_id":"AAAA`, 1),
		"no key":                            list(`{"description":"x","state":{"usable":{}}}`, ""),
		"one log twice":                     list(entry(ecLog, usable)+","+entry(ecLog, usable), ""),
		"nothing but one that was rejected": list(entry(ecLog, `,"state":{"rejected":{}}`), ""),
	} {
		if parsed, err := trust.ParseLogList([]byte(text)); err == nil {
			t.Errorf("%s: %+v, want an error", name, parsed)
		}
	}
	p384, err := ecdsa.GenerateKey(elliptic.P384(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := trust.NewLogList(trust.Log{Name: "large", Key: p384.Public()}); err == nil || !strings.Contains(err.Error(), `"large"`) {
		t.Errorf("RFC 6962 §2.1.4 has no logs with P-384: %v", err)
	}
}

// The certificate that www.google.com had in February 2023, as Go's own tests have it too, with the two logs that knew
// it: their IDs, which stand in the certificate, vouch for the keys.
func TestTimestampsOfTheRealWorld(t *testing.T) {
	text, err := os.ReadFile("testdata/log_list_2023.json")
	if err != nil {
		t.Fatal(err)
	}
	list, err := trust.ParseLogList(text)
	if err != nil {
		t.Fatal(err)
	}
	rest, err := os.ReadFile("testdata/google_2023.pem")
	if err != nil {
		t.Fatal(err)
	}
	var chain [][]byte
	for block, rest := pem.Decode(rest); block != nil; block, rest = pem.Decode(rest) {
		chain = append(chain, block.Bytes)
	}
	p := peer(chain[:2])
	p.State.ServerName, p.Now = "www.google.com", time.Date(2023, 2, 28, 20, 0, 0, 0, time.UTC)
	v := &trust.Verifier{Roots: poolOf(forged{cert: testkit.Parse(chain)[2]}), Logs: list, RequireSCTs: 2}
	verdict := v.Verify(p, fault.Client)
	told := strings.Join(toldLogs(verdict), "; ")
	if want := "Cloudflare 'Nimbus2023' Log from the certificate; Google 'Argon2023' log from the certificate"; verdict.Err != nil || told != want {
		t.Errorf("%v, with %q; want %q", verdict.Err, told, want)
	}
}

// FuzzTimestamps puts anything in the place of timestamps.
func FuzzTimestamps(f *testing.F) {
	f.Add(ecLog.Certificate(yearAgo, testkit.Leaf(testkit.P256).Leaf.Raw), []byte{4, 2, 0, 0})
	inter := intermediate()
	list := logList(f, known(ecLog))
	f.Fuzz(func(t *testing.T, sent, extension []byte) {
		template := leaf()
		x := testkit.SCTExtension(testkit.EmbeddedSCTs)
		x.Value = extension
		template.ExtraExtensions = []pkix.Extension{x}
		p := peer(chainOf(forge(t, &inter, template), inter))
		p.SCTs = [][]byte{sent}
		checkVerdict(t, (&trust.Verifier{Roots: testkit.PKI().Roots, Logs: list, RequireSCTs: 1}).Verify(p, fault.Client))
	})
}
