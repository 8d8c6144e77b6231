package wire

import (
	"fmt"
	"slices"
)

// Extensions are the extensions of one message. Order says which are present, in the order of the wire; the fields
// hold what the known ones say and mean nothing for a type that Order lacks. A message is built by setting fields
// and calling Add.
type Extensions struct {
	Order []ExtensionType

	ServerName          string            // RFC 6066 §3; empty in a ServerHello
	StatusRequest       StatusType        // RFC 6066 §8; empty in a ServerHello
	SupportedGroups     []NamedGroup      // RFC 8422 §5.1.1
	PointFormats        []PointFormat     // RFC 8422 §5.1.2
	SignatureAlgorithms []SignatureScheme // RFC 5246 §7.4.1.4.1
	ALPN                []string          // RFC 7301 §3.1; exactly one in a ServerHello
	SCTs                [][]byte          // RFC 6962 §3.3.1; empty in a ClientHello
	RenegotiationInfo   []byte            // RFC 5746 §3.2
	SupportedVersions   []Version         // RFC 8446 §4.2.1; exactly one in a ServerHello

	// Opaque holds the bodies of the extensions whose layout this package does not know.
	Opaque []OpaqueExtension
}

// OpaqueExtension is an extension that is carried but not understood.
type OpaqueExtension struct {
	Type ExtensionType
	Data []byte
}

// Has reports whether an extension is present.
func (x *Extensions) Has(t ExtensionType) bool {
	for _, have := range x.Order {
		if have == t {
			return true
		}
	}
	return false
}

// Add marks an extension as present, last in the order.
func (x *Extensions) Add(t ExtensionType) { x.Order = append(x.Order, t) }

// carrier is a set of messages that can carry extensions.
type carrier uint8

const (
	inClientHello carrier = 1 << iota
	inServerHello
)

func (c carrier) String() string {
	if c == inClientHello {
		return "ClientHello"
	}
	return "ServerHello"
}

// extensionRow says which messages may carry an extension, and how its body is read and written. A row without
// a layout is carried as it is.
type extensionRow struct {
	in     carrier
	decode func(x *Extensions, r *Reader, in carrier)
	encode func(x *Extensions, w *Writer, in carrier)
}

// extensionTable is the one place that says which message may carry which extension: RFC 8446 §4.2's table, with
// what a TLS 1.2 ServerHello may carry beside it. supported_groups has no business in a ServerHello, but servers
// that send it are old and many, and ignoring it costs nothing.
var extensionTable = map[ExtensionType]extensionRow{
	ExtServerName:           {inClientHello | inServerHello, decodeServerName, encodeServerName},
	ExtMaxFragmentLength:    {in: inClientHello | inServerHello},
	ExtStatusRequest:        {inClientHello | inServerHello, decodeStatusRequest, encodeStatusRequest},
	ExtSupportedGroups:      {inClientHello | inServerHello, decodeSupportedGroups, encodeSupportedGroups},
	ExtPointFormats:         {inClientHello | inServerHello, decodePointFormats, encodePointFormats},
	ExtSignatureAlgorithms:  {inClientHello, decodeSignatureAlgorithms, encodeSignatureAlgorithms},
	ExtALPN:                 {inClientHello | inServerHello, decodeALPN, encodeALPN},
	ExtSCT:                  {inClientHello | inServerHello, decodeSCT, encodeSCT},
	ExtPadding:              {in: inClientHello},
	ExtEncryptThenMAC:       {in: inClientHello | inServerHello},
	ExtExtendedMasterSecret: {inClientHello | inServerHello, decodeEmpty, encodeEmpty},
	ExtCompressCertificate:  {in: inClientHello},
	ExtRecordSizeLimit:      {in: inClientHello | inServerHello},
	ExtSessionTicket:        {in: inClientHello | inServerHello},
	ExtPreSharedKey:         {in: inClientHello | inServerHello},
	ExtEarlyData:            {in: inClientHello},
	ExtSupportedVersions:    {inClientHello | inServerHello, decodeSupportedVersions, encodeSupportedVersions},
	ExtCookie:               {in: inClientHello},
	ExtPSKModes:             {in: inClientHello},
	ExtCertAuthorities:      {in: inClientHello},
	ExtPostHandshakeAuth:    {in: inClientHello},
	ExtSignatureAlgsCert:    {in: inClientHello},
	ExtKeyShare:             {in: inClientHello | inServerHello},
	ExtRenegotiationInfo:    {inClientHello | inServerHello, decodeRenegotiationInfo, encodeRenegotiationInfo},
}

func decodeEmpty(*Extensions, *Reader, carrier) {}
func encodeEmpty(*Extensions, *Writer, carrier) {}

// typeSet finds a second extension of a type. A hello can hold 16,000 of them: beyond a few, which any honest peer
// stays below, a map takes over from the scan.
type typeSet struct {
	few  [32]ExtensionType
	n    int
	many map[ExtensionType]bool
}

// add puts a type in, and reports whether it was new.
func (s *typeSet) add(t ExtensionType) bool {
	if s.many[t] || slices.Contains(s.few[:s.n], t) {
		return false
	}
	if s.n < len(s.few) {
		s.few[s.n] = t
		s.n++
		return true
	}
	if s.many == nil {
		s.many = make(map[ExtensionType]bool)
	}
	s.many[t] = true
	return true
}

// decodeExtensions reads the extensions of a hello, which may end before them. RFC 5246 §7.4.1.4.
func decodeExtensions(r *Reader, in carrier) Extensions {
	var x Extensions
	if r.Left() == 0 {
		return x
	}
	var seen typeSet
	list := r.Vector16("extensions", 0, 1<<16-1)
	for list.More() {
		at := list.pos
		t := code16[ExtensionType](&list, "extension_type")
		// RFC 5246 §7.4.1.4: not more than one extension of a type.
		if !seen.add(t) {
			list.fail(t.String(), at, Duplicate, "a second extension of this type")
		}
		x.Add(t)
		row, known := extensionTable[t]
		// RFC 8446 §4.2: a known extension in a message that may not carry it is refused, not ignored.
		if known && row.in&in == 0 {
			list.fail(t.String(), at, Misplaced, fmt.Sprintf("a %v may not carry it", in))
		}
		body := list.Vector16(t.String(), 0, 1<<16-1)
		if row.decode == nil {
			x.Opaque = append(x.Opaque, OpaqueExtension{t, body.Rest("")})
			continue
		}
		row.decode(&x, &body, in)
		body.Done()
	}
	return x
}

func (x *Extensions) encode(w *Writer, in carrier) {
	if len(x.Order) == 0 {
		return
	}
	list := w.Open16()
	for _, t := range x.Order {
		w.Uint16(uint16(t))
		body := w.Open16()
		if row := extensionTable[t]; row.encode != nil {
			row.encode(x, w, in)
		} else {
			w.Bytes(x.opaque(t))
		}
		w.Close(body, t.String())
	}
	w.Close(list, "extensions")
}

func (x *Extensions) opaque(t ExtensionType) []byte {
	for _, o := range x.Opaque {
		if o.Type == t {
			return o.Data
		}
	}
	return nil
}
