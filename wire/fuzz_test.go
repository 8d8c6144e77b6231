package wire

import (
	"bytes"
	"errors"
	"reflect"
	"testing"
)

// holdDecode holds Decode, Encode and Fields to what they promise of any bytes:
// either a message, which encodes to bytes that decode to an equal one and whose fields cover it;
// or a *DecodeError within the message, whose fields are those before it.
func holdDecode(t *testing.T, raw []byte, ctx Context) {
	t.Helper()
	m, err := Decode(raw, ctx)
	fields, fieldsErr := Fields(raw, ctx)
	if wrong := contiguous(raw, fields, err == nil); wrong != "" {
		t.Errorf("%+v: %s", ctx, wrong)
	}
	if err != nil {
		var broken *DecodeError
		if !errors.As(err, &broken) || broken.Path == "" || broken.Detail == "" || broken.Problem == 0 {
			t.Fatalf("%+v: %v does not say where and what", ctx, err)
		}
		if broken.Offset < 0 || broken.Offset > len(raw) {
			t.Errorf("%+v: the offset lies outside of %d bytes: %v", ctx, len(raw), err)
		}
		if !reflect.DeepEqual(err, fieldsErr) {
			t.Errorf("%+v: Decode says %v, Fields says %v", ctx, err, fieldsErr)
		}
		return
	}
	if fieldsErr != nil || !bytes.Equal(m.Raw(), raw) || m.Context() != ctx {
		t.Errorf("%+v: decoded, but Fields says %v, the bytes are kept: %v", ctx, fieldsErr, bytes.Equal(m.Raw(), raw))
	}
	if hello, ok := m.(*ClientHello); ok {
		holdBinders(t, hello)
	}
	holdEncode(t, m, ctx)
}

// holdBinders holds a hello's own binders to fit where they are.
func holdBinders(t *testing.T, hello *ClientHello) {
	t.Helper()
	if hello.Has(ExtPreSharedKey) == (hello.BindersLen() == 0) {
		t.Errorf("binders of %d bytes, extensions %v", hello.BindersLen(), hello.Order)
	}
	if !hello.Has(ExtPreSharedKey) {
		return
	}
	before := bytes.Clone(hello.Raw())
	if err := hello.SetBinders(hello.PSKBinders); err != nil || !bytes.Equal(hello.Raw(), before) {
		t.Errorf("putting a hello's binders in their place changes it: %v\n%x\n%x", err, before, hello.Raw())
	}
}

func holdEncode(t *testing.T, m Message, ctx Context) {
	t.Helper()
	again, err := Encode(m, ctx)
	if hello, ok := m.(*ClientHello); ok && err != nil && hello.Has(ExtServerName) && hello.ServerName == "" {
		return // names of other types only, which are not kept
	}
	if err != nil {
		t.Fatalf("%+v: decoded, but it does not encode: %v", ctx, err)
	}
	m2, err := Decode(again, ctx)
	if err != nil {
		t.Fatalf("%+v: what Encode gave does not decode: %v\n%x", ctx, err, again)
	}
	if !same(m, m2) {
		t.Errorf("%+v: got\n%+v\nwant\n%+v", ctx, m2, m)
	}
}

func FuzzDecode(f *testing.F) {
	for _, s := range samples() {
		f.Add(mustEncode(f, s.message, s.ctx))
	}
	for _, name := range capturedHellos {
		f.Add(captured(f, name))
	}
	for _, name := range []string{"handshake13_openssl.hex", "resumption13_openssl.hex"} {
		for rest := captured(f, name); len(rest) > 0; {
			end := HandshakeHeaderLen + int(rest[1])<<16 + int(rest[2])<<8 + int(rest[3])
			f.Add(rest[:end:end])
			rest = rest[end:]
		}
	}
	f.Fuzz(func(t *testing.T, raw []byte) {
		for _, ctx := range contexts {
			holdDecode(t, raw, ctx)
		}
	})
}

// fuzzBody fuzzes the body of one message type, behind a header that is always right.
func fuzzBody(f *testing.F, kind HandshakeType) {
	for _, s := range samples() {
		if s.message.Type() == kind {
			f.Add(mustEncode(f, s.message, s.ctx)[HandshakeHeaderLen:])
		}
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		if len(body) >= 1<<24 {
			return
		}
		for _, ctx := range contexts {
			holdDecode(t, framed(kind, body), ctx)
		}
	})
}

func FuzzHelloRequest(f *testing.F)        { fuzzBody(f, TypeHelloRequest) }
func FuzzNewSessionTicket(f *testing.F)    { fuzzBody(f, TypeNewSessionTicket) }
func FuzzEndOfEarlyData(f *testing.F)      { fuzzBody(f, TypeEndOfEarlyData) }
func FuzzEncryptedExtensions(f *testing.F) { fuzzBody(f, TypeEncryptedExtensions) }
func FuzzCertificateVerify(f *testing.F)   { fuzzBody(f, TypeCertificateVerify) }
func FuzzKeyUpdate(f *testing.F)           { fuzzBody(f, TypeKeyUpdate) }
func FuzzClientHello(f *testing.F)         { fuzzBody(f, TypeClientHello) }
func FuzzServerHello(f *testing.F)         { fuzzBody(f, TypeServerHello) }
func FuzzCertificate(f *testing.F)         { fuzzBody(f, TypeCertificate) }
func FuzzServerKeyExchange(f *testing.F)   { fuzzBody(f, TypeServerKeyExchange) }
func FuzzCertificateRequest(f *testing.F)  { fuzzBody(f, TypeCertificateRequest) }
func FuzzServerHelloDone(f *testing.F)     { fuzzBody(f, TypeServerHelloDone) }
func FuzzClientKeyExchange(f *testing.F)   { fuzzBody(f, TypeClientKeyExchange) }
func FuzzFinished(f *testing.F)            { fuzzBody(f, TypeFinished) }
func FuzzCertificateStatus(f *testing.F)   { fuzzBody(f, TypeCertificateStatus) }

// FuzzExtension fuzzes the body of one extension, alone in a message whose lengths are always right.
func FuzzExtension(f *testing.F) {
	for i, p := range places {
		for _, kind := range p.sample.Order {
			if row := extensionTable[kind]; row.encode != nil {
				w := NewWriter(nil)
				row.encode(&p.sample, w, p.in)
				f.Add(uint8(i), uint16(kind), w.buf)
			}
		}
	}
	f.Fuzz(func(t *testing.T, which uint8, kind uint16, body []byte) {
		if len(body) >= 1<<16-8 {
			return
		}
		p := places[int(which)%len(places)]
		holdDecode(t, p.with(extension(ExtensionType(kind), body)), p.ctx)
	})
}

func FuzzAlert(f *testing.F) {
	f.Add(Alert{LevelFatal, AlertHandshakeFailure}.Append(nil))
	f.Fuzz(func(t *testing.T, content []byte) {
		a, err := DecodeAlert(content)
		switch {
		case (err == nil) != (len(content) == AlertLen):
			t.Errorf("%d bytes: %v", len(content), err)
		case err == nil && !bytes.Equal(a.Append(nil), content):
			t.Errorf("%x decoded to %+v", content, a)
		}
	})
}
