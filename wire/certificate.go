package wire

// Certificate carries a chain, the sender's own certificate first. RFC 5246 §7.4.2:
//
//	opaque ASN.1Cert<1..2^24-1>;
//	struct { ASN.1Cert certificate_list<0..2^24-1>; } Certificate;
type Certificate struct {
	kept
	Chain [][]byte // DER
}

func (*Certificate) Type() HandshakeType { return TypeCertificate }

func (m *Certificate) decode(r *Reader, _ Context) {
	list := r.Vector24("certificate_list", 0, 1<<24-1)
	for list.More() {
		m.Chain = append(m.Chain, list.Opaque24("", 1, 1<<24-1))
	}
}

func (m *Certificate) encode(w *Writer) {
	list := w.Open24()
	for _, der := range m.Chain {
		w.Opaque24(der, "ASN.1Cert")
	}
	w.Close(list, "certificate_list")
}
