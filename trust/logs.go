package trust

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"encoding/json"
	"errors"
	"fmt"
	"time"
)

// Log is a log of certificates whose word counts. RFC 6962.
type Log struct {
	Name string
	// Key is what it signs with: *ecdsa.PublicKey of P-256, or *rsa.PublicKey of 2048 bits or more (RFC 6962 §2.1.4).
	Key crypto.PublicKey
	// From and Until bound the certificates that it takes by the time that they end, Until itself being beyond. Zero
	// is no bound.
	From, Until time.Time
	// Retired is when it ceased to be believed: what it has signed before still counts. Zero is never.
	Retired time.Time
}

// LogList is a list of logs. It never changes, and serves any number of connections.
type LogList struct{ logs map[logID]*Log }

// logID: RFC 6962 §3.2: the hash of the log's key.
type logID [sha256.Size]byte

// NewLogList makes a list of these logs. An error tells of a key that no log may have, or of one that is there twice.
func NewLogList(logs ...Log) (*LogList, error) {
	list := &LogList{make(map[logID]*Log, len(logs))}
	for _, log := range logs {
		if err := checkLogKey(log.Key); err != nil {
			return nil, fmt.Errorf("trust: log %q: %w", log.Name, err)
		}
		spki, err := x509.MarshalPKIXPublicKey(log.Key)
		if err != nil {
			return nil, fmt.Errorf("trust: log %q: %w", log.Name, err)
		}
		id := logID(sha256.Sum256(spki))
		if other := list.logs[id]; other != nil {
			return nil, fmt.Errorf("trust: the logs %q and %q have the same key", other.Name, log.Name)
		}
		list.logs[id] = &log
	}
	return list, nil
}

func checkLogKey(key crypto.PublicKey) error {
	switch key := key.(type) {
	case *ecdsa.PublicKey:
		if key.Curve == elliptic.P256() {
			return nil
		}
	case *rsa.PublicKey:
		if key.N.BitLen() >= 2048 {
			return nil
		}
	}
	return errors.New("its key is neither ECDSA on P-256 nor RSA of 2048 bits")
}

// Len is how many logs there are.
func (l *LogList) Len() int { return len(l.logs) }

// logListJSON is the list that browsers publish, in version 3 of its schema, as far as it matters here.
type logListJSON struct {
	Operators []struct {
		Logs  []logJSON `json:"logs"`
		Tiled []logJSON `json:"tiled_logs"`
	} `json:"operators"`
}

type logJSON struct {
	Description string `json:"description"`
	ID          []byte `json:"log_id"`
	Key         []byte `json:"key"`
	Type        string `json:"log_type"`
	State       map[string]struct {
		Timestamp time.Time `json:"timestamp"`
	} `json:"state"`
	Interval struct {
		From  time.Time `json:"start_inclusive"`
		Until time.Time `json:"end_exclusive"`
	} `json:"temporal_interval"`
}

// ParseLogList reads a list of logs in the JSON that browsers publish (version 3: log_list.json and its like). Logs
// that are there for tests, that have been rejected, or that are not yet trusted, are left out.
func ParseLogList(text []byte) (*LogList, error) {
	var parsed logListJSON
	if err := json.Unmarshal(text, &parsed); err != nil {
		return nil, fmt.Errorf("trust: the list of logs does not parse: %w", err)
	}
	var logs []Log
	for _, operator := range parsed.Operators {
		for _, j := range append(operator.Logs, operator.Tiled...) {
			log, counts, err := j.log()
			if err != nil {
				return nil, fmt.Errorf("trust: log %q: %w", j.Description, err)
			}
			if counts {
				logs = append(logs, log)
			}
		}
	}
	if len(logs) == 0 {
		return nil, errors.New("trust: the list has no log that counts")
	}
	return NewLogList(logs...)
}

// log reads an entry; those that do not count are not read further.
func (j logJSON) log() (log Log, counts bool, err error) {
	log = Log{Name: j.Description, From: j.Interval.From, Until: j.Interval.Until}
	if j.Type != "" && j.Type != "prod" {
		return Log{}, false, nil
	}
	for state, since := range j.State {
		switch state {
		case "qualified", "usable", "readonly":
		case "retired":
			log.Retired = since.Timestamp
		default: // pending, rejected
			return Log{}, false, nil
		}
	}
	if log.Key, err = x509.ParsePKIXPublicKey(j.Key); err != nil {
		return Log{}, false, err
	}
	if id := sha256.Sum256(j.Key); len(j.ID) > 0 && string(j.ID) != string(id[:]) {
		return Log{}, false, errors.New("its log_id is not that of its key")
	}
	return log, true, nil
}
