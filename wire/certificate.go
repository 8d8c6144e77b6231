package wire

import "fmt"

// Certificate carries a chain, the sender's own certificate first. TLS 1.2, RFC 5246 §7.4.2:
//
//	opaque ASN.1Cert<1..2^24-1>;
//	struct { ASN.1Cert certificate_list<0..2^24-1>; } Certificate;
//
// TLS 1.3, RFC 8446 §4.4.2:
//
//	struct {
//	    opaque cert_data<1..2^24-1>;
//	    Extension extensions<0..2^16-1>;
//	} CertificateEntry;
//	struct {
//	    opaque certificate_request_context<0..2^8-1>;
//	    CertificateEntry certificate_list<0..2^24-1>;
//	} Certificate;
type Certificate struct {
	kept
	Chain [][]byte // DER

	// What TLS 1.3 has beside the chain. EntryExtensions has one element for each of Chain; nil means that no entry has
	// extensions.
	RequestContext  []byte // of the CertificateRequest that is answered; empty in a handshake's server
	EntryExtensions []Extensions
}

// MaxChain bounds how many certificates a message may have: what is decoded of an empty one takes a hundred times its
// bytes, and no chain that verifies is nearly as long.
const MaxChain = 100

func (*Certificate) Type() HandshakeType { return TypeCertificate }

func (m *Certificate) decode(r *Reader, ctx Context) {
	if ctx.Version == TLS13 {
		m.decode13(r)
		return
	}
	list := r.Vector24("certificate_list", 0, 1<<24-1)
	for list.More() {
		m.checkLength(&list)
		m.Chain = append(m.Chain, list.Opaque24("", 1, 1<<24-1))
	}
}

func (m *Certificate) checkLength(list *Reader) {
	if len(m.Chain) == MaxChain {
		list.Fail("", Invalid, fmt.Sprintf("more than %d certificates", MaxChain))
	}
}

func (m *Certificate) decode13(r *Reader) {
	m.RequestContext = r.Opaque8("certificate_request_context", 0, 1<<8-1)
	list := &r.doc.entries
	*list = r.Vector24("certificate_list", 0, 1<<24-1)
	for list.More() {
		m.checkLength(list)
		m.Chain = append(m.Chain, list.Opaque24("cert_data", 1, 1<<24-1))
		if m.EntryExtensions == nil {
			if list.emptyAhead() {
				list.Vector16("extensions", 0, 0)
				continue
			}
			m.EntryExtensions = make([]Extensions, len(m.Chain)-1, len(m.Chain))
		}
		m.EntryExtensions = append(m.EntryExtensions, Extensions{})
		m.EntryExtensions[len(m.EntryExtensions)-1].decode(list, inCertificate)
	}
}

func (m *Certificate) encode(w *Writer, ctx Context) {
	if ctx.Version == TLS13 {
		m.encode13(w)
		return
	}
	list := w.Open24()
	for _, der := range m.Chain {
		w.Opaque24(der, "ASN.1Cert")
	}
	w.Close(list, "certificate_list")
}

func (m *Certificate) encode13(w *Writer) {
	if n := len(m.EntryExtensions); n != 0 && n != len(m.Chain) {
		w.Fail("certificate_list", fmt.Sprintf("%d certificates and extensions for %d", len(m.Chain), n))
		return
	}
	w.Opaque8(m.RequestContext, "certificate_request_context")
	list := w.Open24()
	for i, der := range m.Chain {
		w.Opaque24(der, "cert_data")
		if len(m.EntryExtensions) > 0 {
			m.EntryExtensions[i].encode(w, inCertificate)
		} else {
			w.Close(w.Open16(), "extensions")
		}
	}
	w.Close(list, "certificate_list")
}
