package trust

import (
	"crypto/x509"
	"encoding/hex"
	"fmt"
	"strconv"

	"github.com/vitro-tls/vitro/event"
	"github.com/vitro-tls/vitro/fault"
)

// maxTimestamps bounds how many timestamps of a peer are looked at: each may cost a signature check.
const maxTimestamps = 32

// Where timestamps come from, as [event.Timestamp] has it.
const (
	FromCertificate = "certificate"
	FromHandshake   = "handshake"
	FromStaple      = "staple"
)

// judgeTimestamps: RFC 6962 §5.2: timestamps of known logs show that the certificate cannot be kept a secret. Where
// they are neither wanted nor told to anybody, they are not looked at.
func (e *examination) judgeTimestamps(p path, _ error) *fault.Error {
	if e.logs == nil || e.role == fault.Server || e.wantedSCTs == 0 && !e.peer.Watched {
		return nil
	}
	leaf := p.certs[0]
	found, good := e.timestamps(leaf, e.issuerOf(p))
	passed := good >= e.wantedSCTs
	if len(found) > 0 || !passed {
		e.tell(leaf, 0, func() event.Check {
			check := event.Check{What: event.CheckTimestamps, Passed: passed, Logs: found}
			if e.wantedSCTs > 0 {
				check.Wanted = strconv.Itoa(e.wantedSCTs)
			}
			return check
		})
	}
	if passed {
		return nil
	}
	text := fmt.Sprintf("%d of %d logs that are wanted vouch for %s", good, e.wantedSCTs, short(leaf))
	var flaws []string
	for _, s := range found {
		if s.Flaw != "" {
			flaws = append(flaws, fmt.Sprintf("%s: %s", s.Log, s.Flaw))
		}
	}
	if len(flaws) > 0 {
		text += "; not counted are " + listed(flaws)
	}
	return fault.New(fault.TooFewTimestamps).With(text)
}

// timestamps are all that came, by all three ways, and how many logs among them count. Once there are enough, nobody
// who does not watch has use for more.
func (e *examination) timestamps(leaf, issuer *x509.Certificate) (found []event.Timestamp, good int) {
	seen := map[logID]bool{}
	for _, from := range e.sources(leaf, issuer) {
		if from.flaw != "" {
			found = append(found, event.Timestamp{Log: "?", Source: from.source, Flaw: from.flaw})
		}
		for _, raw := range from.list {
			if len(found) == maxTimestamps || !e.peer.Watched && good >= e.wantedSCTs {
				return found, good
			}
			s, err := parseSCT(raw)
			if err != nil {
				found = append(found, event.Timestamp{Log: "?", Source: from.source, Flaw: err.Error()})
				continue
			}
			stamp := e.timestamp(s, leaf, from.entry)
			stamp.Source = from.source
			if stamp.Flaw == "" && seen[s.log] {
				stamp.Flaw = "the log has been counted"
			}
			if stamp.Flaw == "" {
				seen[s.log] = true
				good++
			}
			found = append(found, stamp)
		}
	}
	return found, good
}

// source is one way by which timestamps come, with what their logs have seen.
type source struct {
	source string
	list   [][]byte
	entry  entry
	flaw   string // why its timestamps cannot be read
}

// sources: RFC 6962 §3.3: in the certificate, in the handshake, in the OCSP response. Those in the certificate are of
// what it was before it had them.
func (e *examination) sources(leaf, issuer *x509.Certificate) []source {
	var all []source
	for _, x := range leaf.Extensions {
		if x.Id.Equal(oidEmbeddedSCTs) {
			all = append(all, embedded(x.Value, leaf, issuer))
		}
	}
	whole := certificateEntry(leaf)
	if len(e.peer.SCTs) > 0 {
		all = append(all, source{source: FromHandshake, list: e.peer.SCTs, entry: whole})
	}
	if e.staple != nil {
		for _, x := range e.staple.Extensions {
			if x.Id.Equal(oidStapledSCTs) {
				list, flaw := timestampList(x.Value)
				all = append(all, source{FromStaple, list, whole, flaw})
			}
		}
	}
	return all
}

func embedded(value []byte, leaf, issuer *x509.Certificate) source {
	s := source{source: FromCertificate}
	if issuer == nil {
		s.flaw = "its CA, whose key the logs have signed with it, is not known"
		return s
	}
	var rebuilt bool
	if s.entry, rebuilt = precertificateEntry(leaf, issuer); !rebuilt {
		s.flaw = "what the logs have seen cannot be made of the certificate"
		return s
	}
	s.list, s.flaw = timestampList(value)
	return s
}

func timestampList(extension []byte) (list [][]byte, flaw string) {
	list, ok := parseSCTExtension(extension)
	if !ok {
		return nil, errSCT.Error()
	}
	return list, ""
}

// timestamp judges one.
func (e *examination) timestamp(s sct, leaf *x509.Certificate, of entry) event.Timestamp {
	at := s.time()
	stamp := event.Timestamp{Log: hex.EncodeToString(s.log[:]), Time: at}
	log := e.logs.logs[s.log]
	if log == nil {
		stamp.Flaw = "the log is not on the list"
		return stamp
	}
	stamp.Log = tame(log.Name)
	switch {
	case at.After(e.now):
		// RFC 6962 §5.2: it must not be of the future.
		stamp.Flaw = "it is of the future"
	case !log.Retired.IsZero() && !at.Before(log.Retired):
		stamp.Flaw = "the log was retired before"
	case leaf.NotAfter.Before(log.From) || !log.Until.IsZero() && !leaf.NotAfter.Before(log.Until):
		stamp.Flaw = "the log takes no certificates that end then"
	case !s.verify(log.Key, of):
		stamp.Flaw = "the log did not sign this"
	}
	return stamp
}
