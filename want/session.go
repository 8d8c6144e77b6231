package want

import (
	"crypto/x509"
	"encoding/binary"
	"errors"
	"slices"
	"time"

	"golang.org/x/crypto/cryptobyte"

	"github.com/vitro-tls/vitro/wire"
)

// MaxSessionLifetime is the longest that a session may be kept. RFC 8446 §4.6.1: seven days.
const MaxSessionLifetime = 7 * 24 * time.Hour

// Session is what a connection can be resumed with. It holds secrets: whoever has it can take up the connection in its
// owner's place. It must not be changed once it has been handed over.
type Session struct {
	Version wire.Version
	Suite   wire.CipherSuite // TLS 1.3: only its hash counts (RFC 8446 §4.2.11)
	Secret  []byte           // TLS 1.2: the master secret; TLS 1.3: the pre-shared key
	// Created is when the full handshake was that the session goes back to; resuming does not move it.
	Created time.Time
	// Issued is when the ticket was made or, at the client, came. It is good for Lifetime from then on.
	Issued   time.Time
	Lifetime time.Duration
	// Ticket, ID and AgeAdd are the client's: what to show (TLS 1.2 has sessions that go by an ID, without a ticket), and
	// what hides its age from others on the way.
	Ticket []byte
	ID     []byte
	AgeAdd uint32

	ServerName     string
	Protocol       string // by ALPN
	ExtendedMaster bool
	// Binding names the settings that the session depends on, and at a client who it was: under others it does not resume.
	Binding string

	PeerCertificates []*x509.Certificate // as sent
	// VerifiedChains are those that it was verified by. Marshal leaves them out: whoever decodes a session verifies anew.
	VerifiedChains [][]*x509.Certificate
	OCSPResponse   []byte
	SCTs           [][]byte

	// Extra is the caller's, kept with the session and looked at by nobody here.
	Extra [][]byte
}

// Alive reports whether the session's ticket is good at a time. A clock that has gone back by more than a minute says
// nothing of age.
func (s *Session) Alive(now time.Time) bool {
	life := min(s.Lifetime, MaxSessionLifetime)
	return now.Before(s.Issued.Add(life)) && now.Before(s.Created.Add(MaxSessionLifetime)) && !now.Add(time.Minute).Before(s.Issued)
}

// sessionFormat is the first byte of what Marshal makes. Another one is somebody else's.
const sessionFormat = 3

// Marshal encodes a session for a store, or to be sealed into a ticket. The bytes are as secret as the session.
func (s *Session) Marshal() ([]byte, error) {
	b := binary.BigEndian.AppendUint16(append(make([]byte, 0, 512), sessionFormat), uint16(s.Version))
	b = binary.BigEndian.AppendUint16(b, uint16(s.Suite))
	b = binary.BigEndian.AppendUint64(b, uint64(s.Created.UnixMilli()))
	b = binary.BigEndian.AppendUint64(b, uint64(s.Issued.UnixMilli()))
	b = binary.BigEndian.AppendUint64(b, uint64(s.Lifetime/time.Millisecond))
	b = binary.BigEndian.AppendUint32(b, s.AgeAdd)
	extended := byte(0)
	if s.ExtendedMaster {
		extended = 1
	}
	b = append(b, extended)
	var err error
	b = appendList(b, &err, s.Secret, s.Ticket, []byte(s.ServerName), []byte(s.Protocol), []byte(s.Binding), s.OCSPResponse, s.ID)
	chain := make([][]byte, len(s.PeerCertificates))
	for i, c := range s.PeerCertificates {
		chain[i] = c.Raw
	}
	b = appendList(b, &err, chain...)
	b = appendList(b, &err, s.SCTs...)
	b = appendList(b, &err, s.Extra...)
	return b, err
}

// appendList appends a list, and each of its values, behind a length of three bytes.
func appendList(b []byte, err *error, list ...[]byte) []byte {
	n := 0
	for _, v := range list {
		n += 3 + len(v)
	}
	if n >= 1<<24 {
		*err = errTooLong
		return b
	}
	b = append(b, byte(n>>16), byte(n>>8), byte(n))
	for _, v := range list {
		b = append(append(b, byte(len(v)>>16), byte(len(v)>>8), byte(len(v))), v...)
	}
	return b
}

var errTooLong = errors.New("want: a session of more than 16 MiB")

// readList reads what appendList has written, behind list. The values point into b.
func readList(b *cryptobyte.String, list [][]byte) ([][]byte, bool) {
	var all cryptobyte.String
	if !b.ReadUint24LengthPrefixed(&all) {
		return nil, false
	}
	for !all.Empty() {
		var v cryptobyte.String
		if !all.ReadUint24LengthPrefixed(&v) {
			return nil, false
		}
		list = append(list, slices.Clip(v))
	}
	return list, true
}

var errSession = errors.New("want: these bytes are no session")

// UnmarshalSession decodes what Marshal made. It keeps nothing of data.
func UnmarshalSession(data []byte) (*Session, error) {
	b := cryptobyte.String(slices.Clone(data)) // one for all that the session has
	var s Session
	var format, extended uint8
	var created, issued, lifetime uint64
	ok := b.ReadUint8(&format) && format == sessionFormat &&
		b.ReadUint16((*uint16)(&s.Version)) && b.ReadUint16((*uint16)(&s.Suite)) &&
		b.ReadUint64(&created) && b.ReadUint64(&issued) && b.ReadUint64(&lifetime) &&
		b.ReadUint32(&s.AgeAdd) && b.ReadUint8(&extended) && extended <= 1
	if !ok || lifetime > uint64(MaxSessionLifetime/time.Millisecond) {
		return nil, errSession
	}
	var space [7][]byte
	fields, ok := readList(&b, space[:0])
	chain, ok1 := readList(&b, nil)
	scts, ok2 := readList(&b, nil)
	extra, ok3 := readList(&b, nil)
	if !ok || !ok1 || !ok2 || !ok3 || len(fields) != 7 || !b.Empty() {
		return nil, errSession
	}
	s.Created, s.Issued = time.UnixMilli(int64(created)), time.UnixMilli(int64(issued))
	s.Lifetime, s.ExtendedMaster, s.SCTs = time.Duration(lifetime)*time.Millisecond, extended == 1, scts
	s.Secret, s.Ticket, s.OCSPResponse, s.ID = fields[0], fields[1], fields[5], fields[6]
	s.ServerName, s.Protocol, s.Binding = string(fields[2]), string(fields[3]), string(fields[4])
	s.Extra = extra
	for _, der := range chain {
		c, err := x509.ParseCertificate(slices.Clone(der)) // which keeps what it is given
		if err != nil {
			return nil, errSession
		}
		s.PeerCertificates = append(s.PeerCertificates, c)
	}
	return &s, nil
}

// LoadSession asks a client's caller for a session with the server that it is about to greet, and a server's for the
// one that goes by an ID. A nil answer, and a failed one, mean that there is none. A client's session is to be answered
// once only, so that nobody on the way can tell that two connections belong together (RFC 8446 §C.4); one of TLS 1.2
// that is resumed is given to store again.
type LoadSession struct {
	question[*Session]
	ServerName string // at a client
	ID         []byte // at a server
	Now        time.Time
	Watched    bool
}

// StoreSession gives the caller a session to keep, at a server by an ID that the client will show. It is raised after the
// handshake and holds nothing up. Nothing comes of its answer, but that a client of TLS 1.3 is not told an ID whose
// session could not be stored.
type StoreSession struct {
	question[struct{}]
	Session *Session
	ID      []byte // at a server
}

// OpenTicket asks a server's caller what is sealed in a ticket that a client shows. A nil answer, and a failed one, mean
// that it is not one of ours, or too old: there will be a full handshake.
type OpenTicket struct {
	question[*Session]
	Ticket []byte
	Now    time.Time
}

// SealTicket asks a server's caller to put a session into a ticket; a nil answer, and a failed one, mean that the client
// gets none. In TLS 1.3 it is raised after the handshake and holds nothing up. In TLS 1.2 the ticket belongs to the
// server's last flight (RFC 5077 §3.3), which waits for it.
type SealTicket struct {
	question[[]byte]
	Session *Session
	Now     time.Time
}

// NewLoadSession and its siblings make questions; they are for the engine.
func NewLoadSession(a Asker, serverName string, now time.Time, watched bool) *LoadSession {
	return &LoadSession{question: newQuestion[*Session](a), ServerName: serverName, Now: now, Watched: watched}
}

func NewLoadByID(a Asker, id []byte, now time.Time, watched bool) *LoadSession {
	return &LoadSession{question: newQuestion[*Session](a), ID: id, Now: now, Watched: watched}
}

func NewStoreSession(a Asker, s *Session, id []byte) *StoreSession {
	return &StoreSession{newQuestion[struct{}](a), s, id}
}

func NewOpenTicket(a Asker, ticket []byte, now time.Time) *OpenTicket {
	return &OpenTicket{newQuestion[*Session](a), ticket, now}
}

func NewSealTicket(a Asker, s *Session, now time.Time) *SealTicket {
	return &SealTicket{newQuestion[[]byte](a), s, now}
}

func (*LoadSession) Name() string  { return "LoadSession" }
func (*StoreSession) Name() string { return "StoreSession" }
func (*OpenTicket) Name() string   { return "OpenTicket" }
func (*SealTicket) Name() string   { return "SealTicket" }
