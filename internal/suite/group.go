package suite

import (
	"errors"
	"fmt"
	"io"

	"github.com/vitro-tls/vitro/wire"
)

// PrivateShare is one side's ephemeral key in a key exchange.
type PrivateShare interface {
	Group() wire.NamedGroup
	// Public is what goes to the peer.
	Public() []byte
	// Shared is the secret that this key and the peer's half make. It fails on a half of another length, on one that
	// is no point of the group, and on one whose secret would be the same whatever our key is. The key of a
	// finite field fails when it is used a second time.
	Shared(peer []byte) ([]byte, error)
}

// group is one key exchange, or two whose public values and secrets are joined in the order of parts.
type group struct {
	id    wire.NamedGroup
	parts []exchange
	// classical is the group of the part that is also offered by itself, 0 for a group that is no hybrid.
	classical wire.NamedGroup
}

func (g *group) String() string {
	if g.id == 0 {
		return "a group of the server's own"
	}
	return g.id.String()
}

// groups is every group of ECDHE in TLS 1.2 that Vitro has, best first; TLS 1.3 has them too. Their points are
// uncompressed, and of that length alone: RFC 8422 §5.1.2. RFC 8446 §9.1, §B.3.1.4: one is for everyone,
// and none is of before.
var groups = []group{
	{id: wire.X25519, parts: []exchange{groupX25519}},
	{id: wire.SecP256r1, parts: []exchange{p256}},
	{id: wire.SecP384r1, parts: []exchange{p384}},
	{id: wire.SecP521r1, parts: []exchange{p521}},
}

// groups13 is what TLS 1.3 has besides. A hybrid is as strong as the stronger of its parts; the one
// that FIPS 140 approved stands first (draft-ietf-tls-ecdhe-mlkem, draft-ietf-tls-mlkem).
var groups13 = []group{
	{wire.X25519MLKEM768, []exchange{groupMLKEM768, groupX25519}, wire.X25519},
	{wire.SecP256r1MLKEM768, []exchange{p256, groupMLKEM768}, wire.SecP256r1},
	{wire.SecP384r1MLKEM1024, []exchange{p384, groupMLKEM1024}, wire.SecP384r1},
	{id: wire.MLKEM768, parts: []exchange{groupMLKEM768}},
	{id: wire.MLKEM1024, parts: []exchange{groupMLKEM1024}},
}

// fieldGroups are the groups of DHE in TLS 1.2. TLS 1.3 has them too, for a configuration that names them.
var fieldGroups = []group{
	{id: wire.FFDHE2048, parts: []exchange{ffdhe2048}},
	{id: wire.FFDHE3072, parts: []exchange{ffdhe3072}},
	{id: wire.FFDHE4096, parts: []exchange{ffdhe4096}},
	{id: wire.FFDHE6144, parts: []exchange{ffdhe6144}},
	{id: wire.FFDHE8192, parts: []exchange{ffdhe8192}},
}

// FieldGroups returns the groups of DHE, best first: the smallest is strong enough, and what old clients can do.
func FieldGroups() []wire.NamedGroup {
	var list []wire.NamedGroup
	for _, g := range fieldGroups {
		list = append(list, g.id)
	}
	return list
}

// Groups returns every group of ECDHE in TLS 1.2, best first.
func Groups() []wire.NamedGroup {
	var list []wire.NamedGroup
	for _, g := range groups {
		list = append(list, g.id)
	}
	return list
}

// Groups13 returns every group of TLS 1.3, best first: the hybrid that nearly everyone has, then the classical groups,
// then those that few ask for.
func Groups13() []wire.NamedGroup {
	list := append([]wire.NamedGroup{groups13[0].id}, Groups()...)
	for _, g := range groups13[1:] {
		list = append(list, g.id)
	}
	return list
}

// HasGroup reports whether Vitro has a group, in whichever version.
func HasGroup(id wire.NamedGroup) bool { return groupByID(id) != nil }

func groupByID(id wire.NamedGroup) *group {
	for _, list := range [][]group{groups, groups13, fieldGroups} {
		for i := range list {
			if list[i].id == id {
				return &list[i]
			}
		}
	}
	return nil
}

// errLength: a peer's half of a length that the group does not have.
var errLength = errors.New("the public value has the wrong length")

// NewShare makes an ephemeral key whose bytes come from random: a server's in TLS 1.2, a client's in any version.
func NewShare(id wire.NamedGroup, random io.Reader) (PrivateShare, error) {
	g := groupByID(id)
	if g == nil {
		return nil, fmt.Errorf("no group %v", id)
	}
	return g.newShare(random)
}

func (g *group) newShare(random io.Reader) (PrivateShare, error) {
	s := &share{group: g}
	for i, part := range g.parts {
		key, err := part.generate(random)
		if err != nil {
			return nil, fmt.Errorf("%v: %w", g, err)
		}
		s.keys[i] = key
	}
	return s, nil
}

// Encapsulate is the answering half of a key exchange: it takes the public value of the share that the peer made with
// [NewShare], and returns what goes to the peer and the secret that its Shared will make of it. What Go draws itself for
// ML-KEM, where only its approved module may be used, does not come from random.
func Encapsulate(id wire.NamedGroup, peerPublic []byte, random io.Reader) (public, shared []byte, err error) {
	g := groupByID(id)
	if g == nil {
		return nil, nil, fmt.Errorf("no group %v", id)
	}
	if err := g.checkLength(peerPublic, exchange.shareLen); err != nil {
		return nil, nil, err
	}
	both := g.length(exchange.replyLen)
	buf := make([]byte, both+g.length(exchange.secretLen))
	public, shared = buf[:0:both], buf[both:both]
	for _, part := range g.parts {
		n := part.shareLen()
		if public, shared, err = part.encapsulate(public, shared, peerPublic[:n:n], random); err != nil {
			return nil, nil, fmt.Errorf("%v: %w", id, err)
		}
		peerPublic = peerPublic[n:]
	}
	return public, shared, nil
}

// length is that of all parts together.
func (g *group) length(of func(exchange) int) int {
	n := 0
	for _, part := range g.parts {
		n += of(part)
	}
	return n
}

// checkLength: a public value has exactly the length of all parts.
func (g *group) checkLength(public []byte, of func(exchange) int) error {
	if len(public) != g.length(of) {
		return fmt.Errorf("%v: %w: %d bytes", g, errLength, len(public))
	}
	return nil
}

// maxParts: a hybrid has two.
const maxParts = 2

type share struct {
	group *group
	keys  [maxParts]ephemeral // one for each part of the group
}

func (s *share) Group() wire.NamedGroup { return s.group.id }

func (s *share) Public() []byte {
	public := make([]byte, 0, s.group.length(exchange.shareLen))
	for i := range s.group.parts {
		public = s.keys[i].public(public)
	}
	return public
}

func (s *share) Shared(peer []byte) ([]byte, error) {
	if err := s.group.checkLength(peer, exchange.replyLen); err != nil {
		return nil, err
	}
	var err error
	shared := make([]byte, 0, s.group.length(exchange.secretLen))
	for i, part := range s.group.parts {
		n := part.replyLen()
		if shared, err = s.keys[i].shared(shared, peer[:n:n]); err != nil {
			return nil, fmt.Errorf("%v: %w", s.group, err)
		}
		peer = peer[n:]
	}
	return shared, nil
}

// Classical returns the classical half of a hybrid's share, to be offered beside it as a share of its own group at
// no further cost; nil if there is none.
func Classical(s PrivateShare) PrivateShare {
	hybrid, ok := s.(*share)
	if !ok || hybrid.group.classical == 0 {
		return nil
	}
	own := groupByID(hybrid.group.classical)
	for i, part := range hybrid.group.parts {
		if part == own.parts[0] {
			return &share{own, [maxParts]ephemeral{hybrid.keys[i]}}
		}
	}
	return nil
}
