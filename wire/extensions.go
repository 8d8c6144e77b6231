package wire

import "slices"

// Extensions are the extensions of one message. Order says which are present, in the order of the wire; the fields
// hold what the known ones say and mean nothing for a type that Order lacks. A message is built by setting fields
// and calling Add.
type Extensions struct {
	Order []ExtensionType

	ServerName              string            // RFC 6066 §3; in a ClientHello only, empty elsewhere
	StatusRequest           StatusType        // RFC 6066 §8; in a ClientHello only, empty elsewhere
	OCSPResponse            []byte            // RFC 8446 §4.4.2.1; status_request in a Certificate's entry
	SupportedGroups         []NamedGroup      // RFC 8422 §5.1.1, RFC 8446 §4.2.7
	PointFormats            []PointFormat     // RFC 8422 §5.1.2
	SignatureAlgorithms     []SignatureScheme // RFC 5246 §7.4.1.4.1, RFC 8446 §4.2.3
	SignatureAlgorithmsCert []SignatureScheme // RFC 8446 §4.2.3
	CertificateAuthorities  [][]byte          // RFC 8446 §4.2.4; DER of a Name
	ALPN                    []string          // RFC 7301 §3.1; exactly one from a server
	SCTs                    [][]byte          // RFC 6962 §3.3.1; empty in a ClientHello and a CertificateRequest
	SessionTicket           []byte            // RFC 5077 §3.2; empty in a ServerHello
	RecordSizeLimit         uint16            // RFC 8449 §4
	MaxFragmentLength       FragmentLength    // RFC 6066 §4
	RenegotiationInfo       []byte            // RFC 5746 §3.2
	SupportedVersions       []Version         // RFC 8446 §4.2.1; exactly one from a server
	Cookie                  []byte            // RFC 8446 §4.2.2
	KeyShares               []KeyShare        // RFC 8446 §4.2.8; exactly one in a ServerHello
	SelectedGroup           NamedGroup        // RFC 8446 §4.2.8; key_share in a HelloRetryRequest
	PSKModes                []PSKMode         // RFC 8446 §4.2.9
	PSKIdentities           []PSKIdentity     // RFC 8446 §4.2.11; in a ClientHello
	PSKBinders              [][]byte          // RFC 8446 §4.2.11; in a ClientHello, one for each identity
	SelectedIdentity        uint16            // RFC 8446 §4.2.11; pre_shared_key in a ServerHello
	MaxEarlyData            uint32            // RFC 8446 §4.2.10; in a NewSessionTicket only, empty elsewhere

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
	inHelloRetryRequest
	inEncryptedExtensions
	inCertificate // each entry of it
	inCertificateRequest
	inNewSessionTicket

	// inHellos are the messages that may end before their extensions. RFC 5246 §7.4.1.2.
	inHellos = inClientHello | inServerHello | inHelloRetryRequest
)

func (c carrier) String() string {
	switch c {
	case inClientHello:
		return "ClientHello"
	case inServerHello:
		return "ServerHello"
	case inHelloRetryRequest:
		return "HelloRetryRequest"
	case inEncryptedExtensions:
		return "EncryptedExtensions"
	case inCertificate:
		return "Certificate"
	case inCertificateRequest:
		return "CertificateRequest"
	case inNewSessionTicket:
		return "NewSessionTicket"
	}
	return "message"
}

func (c carrier) noun() string {
	if c == inEncryptedExtensions {
		return c.String()
	}
	return "a " + c.String()
}

// has reports whether any of some messages is in the set.
func (c carrier) has(some carrier) bool { return c&some != 0 }

// extensionRow says which messages may carry an extension, and how its body is read and written. A row without
// a layout is carried as it is.
type extensionRow struct {
	in     carrier
	decode func(x *Extensions, r *Reader, in carrier)
	encode func(x *Extensions, w *Writer, in carrier)
}

// What a server answers goes into the ServerHello in TLS 1.2 and into EncryptedExtensions in TLS 1.3.
const (
	onlyTLS12  = inClientHello | inServerHello
	negotiated = inClientHello | inServerHello | inEncryptedExtensions
)

// extensionTable is the one place that says which message may carry which extension: the table of RFC 8446 §4.2, §4.2.5
// and §4.2.6, without what RFC 8446 §D.5 forbids; and what a TLS 1.2 ServerHello may carry beside it, because
// a ServerHello is read before its version is known.
// supported_groups has no business in a ServerHello, but servers that send it are old and many, and ignoring it costs
// nothing.
var extensionTable = map[ExtensionType]extensionRow{
	ExtServerName:           {negotiated, decodeServerName, encodeServerName},
	ExtMaxFragmentLength:    {negotiated, decodeMaxFragmentLength, encodeMaxFragmentLength},
	ExtStatusRequest:        {onlyTLS12 | inCertificateRequest | inCertificate, decodeStatusRequest, encodeStatusRequest},
	ExtSupportedGroups:      {negotiated, decodeSupportedGroups, encodeSupportedGroups},
	ExtPointFormats:         {onlyTLS12, decodePointFormats, encodePointFormats},
	ExtSignatureAlgorithms:  {inClientHello | inCertificateRequest, decodeSignatureAlgorithms, encodeSignatureAlgorithms},
	14:                      {in: negotiated}, // use_srtp
	15:                      {in: negotiated}, // heartbeat
	ExtALPN:                 {negotiated, decodeALPN, encodeALPN},
	ExtSCT:                  {onlyTLS12 | inCertificateRequest | inCertificate, decodeSCT, encodeSCT},
	19:                      {in: negotiated}, // client_certificate_type
	20:                      {in: negotiated}, // server_certificate_type
	ExtPadding:              {in: inClientHello},
	ExtEncryptThenMAC:       {onlyTLS12, decodeEmpty, encodeEmpty}, // RFC 7366 §2
	ExtExtendedMasterSecret: {onlyTLS12, decodeEmpty, encodeEmpty},
	ExtCompressCertificate:  {in: inClientHello | inCertificateRequest}, // RFC 8879 §3
	ExtRecordSizeLimit:      {negotiated, decodeRecordSizeLimit, encodeRecordSizeLimit},
	ExtSessionTicket:        {onlyTLS12, decodeSessionTicket, encodeSessionTicket},
	ExtPreSharedKey:         {inClientHello | inServerHello, decodePreSharedKey, encodePreSharedKey},
	ExtEarlyData:            {inClientHello | inEncryptedExtensions | inNewSessionTicket, decodeEarlyData, encodeEarlyData},
	ExtSupportedVersions:    {inHellos, decodeSupportedVersions, encodeSupportedVersions},
	ExtCookie:               {inClientHello | inHelloRetryRequest, decodeCookie, encodeCookie},
	ExtPSKModes:             {inClientHello, decodePSKModes, encodePSKModes},
	ExtCertAuthorities:      {inClientHello | inCertificateRequest, decodeCertificateAuthorities, encodeCertificateAuthorities},
	48:                      {in: inCertificateRequest}, // oid_filters
	ExtPostHandshakeAuth:    {inClientHello, decodeEmpty, encodeEmpty},
	ExtSignatureAlgsCert:    {inClientHello | inCertificateRequest, decodeSignatureAlgorithmsCert, encodeSignatureAlgorithmsCert},
	ExtKeyShare:             {inHellos, decodeKeyShare, encodeKeyShare},
	ExtRenegotiationInfo:    {onlyTLS12, decodeRenegotiationInfo, encodeRenegotiationInfo},
}

// lowExtensions are the rows of extensionTable that nearly every extension is found in, by its type.
var lowExtensions = func() (rows [64]extensionRow) {
	for t, row := range extensionTable {
		if int(t) < len(rows) {
			rows[t] = row
		}
	}
	return rows
}()

func rowOf(t ExtensionType) (row extensionRow, known bool) {
	if int(t) < len(lowExtensions) {
		row = lowExtensions[t]
		return row, row.in != 0
	}
	row, known = extensionTable[t]
	return row, known
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

// decode reads the extensions of a message, of which a hello may have not even the length. Those that nobody
// knows are kept, and have no meaning. RFC 5246 §7.4.1.4, RFC 5746 §3.6, RFC 8446 §4.1.2, §4.2, §9.3.
func (x *Extensions) decode(r *Reader, in carrier) {
	if inHellos.has(in) && r.Left() == 0 {
		return
	}
	// RFC 8446 §4.3.2, §4.6.1: a CertificateRequest has at least one; a ticket's leave room for two bytes less.
	least, most := 0, 1<<16-1
	switch in {
	case inCertificateRequest:
		least = 2
	case inNewSessionTicket:
		most = 1<<16 - 2
	}
	var seen typeSet
	list, body := &r.doc.extensions, &r.doc.extension
	*list = r.Vector16("extensions", least, most)
	if n := list.Left() / 4; n > cap(x.Order) {
		x.Order = make([]ExtensionType, 0, min(n, usualExtensions))
	}
	for list.More() {
		at := list.pos
		t := code16[ExtensionType](list, "extension_type")
		// RFC 5246 §7.4.1.4: not more than one extension of a type.
		if !seen.add(t) {
			list.fail(t.String(), at, Duplicate, "a second extension of this type")
		}
		x.Add(t)
		row, known := rowOf(t)
		// RFC 8446 §4.2: a known extension in a message that may not carry it is refused, not ignored.
		if known && !row.in.has(in) {
			list.fail(t.String(), at, Misplaced, in.noun()+" may not carry it")
		}
		*body = list.Vector16(t.String(), 0, 1<<16-1)
		// RFC 8446 §4.2.11: pre_shared_key is the last one, because its binders cover all that stands before them.
		if t == ExtPreSharedKey && in == inClientHello && list.Left() > 0 {
			list.fail(t.String(), at, Misplaced, "not the last extension")
		}
		if row.decode == nil {
			x.Opaque = append(x.Opaque, OpaqueExtension{t, body.Rest("")})
			continue
		}
		row.decode(x, body, in)
		body.Done()
	}
}

// usualExtensions is how many a hello has room for before its list grows.
const usualExtensions = 24

func (x *Extensions) encode(w *Writer, in carrier) {
	if inHellos.has(in) && len(x.Order) == 0 {
		return
	}
	list := w.Open16()
	for i, t := range x.Order {
		if t == ExtPreSharedKey && in == inClientHello && i < len(x.Order)-1 {
			w.Fail(t.String(), "not the last extension")
		}
		w.Uint16(uint16(t))
		body := w.Open16()
		if row, _ := rowOf(t); row.encode != nil {
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
