package engine_test

import (
	"errors"
	"testing"

	"github.com/vitro-tls/vitro/engine"
	"github.com/vitro-tls/vitro/fault"
	records "github.com/vitro-tls/vitro/internal/record"
	"github.com/vitro-tls/vitro/internal/suite"
	"github.com/vitro-tls/vitro/internal/testkit"
	"github.com/vitro-tls/vitro/wire"
)

// What docs/REQUIREMENTS.md has of TLS 1.3 under its keys, and no other test provokes.

// forgeClient lets a client with true keys say what it likes behind its ClientHello. It returns the true client, which
// can read what the server says to that.
func forgeClient(t *testing.T, server *end, ct wire.ContentType, messages ...[]byte) (client *end, out []byte) {
	t.Helper()
	sink := secrets{}
	cc := clientConfig13()
	cc.CipherSuites13 = []wire.CipherSuite{wire.TLS_AES_128_GCM_SHA256}
	cc.Secrets = sink
	client = newClient(t, cc)
	client.take(t, server.take(t, client.step(t), 1<<20), 1<<20)
	secret := sink["CLIENT_HANDSHAKE_TRAFFIC_SECRET"]
	p, err := records.NewAEAD13(suite.ByID(wire.TLS_AES_128_GCM_SHA256).Cipher, expandLabel(t, secret, "key", 16), expandLabel(t, secret, "iv", 12))
	if err != nil {
		t.Fatal(err)
	}
	var half records.Half
	half.SetProtection(p)
	var in []byte
	for _, raw := range messages {
		if in, err = half.Seal(in, ct, wire.TLS12, raw); err != nil {
			t.Fatal(err)
		}
	}
	return client, server.take(t, in, 1<<20)
}

func encoded(t testing.TB, messages ...wire.Message) (raws [][]byte) {
	t.Helper()
	for _, m := range messages {
		raw, err := wire.Encode(m, wire.Context{Version: wire.TLS13})
		if err != nil {
			t.Fatal(err)
		}
		raws = append(raws, raw)
	}
	return raws
}

// What a client can do wrong once it has keys. RFC 8446 §4.4.2 to §4.4.4.
func TestServerRefusesForged13(t *testing.T) {
	chain := testkit.Credential(testkit.P256).Chain
	cert := func() *wire.Certificate {
		return &wire.Certificate{Chain: chain, EntryExtensions: make([]wire.Extensions, len(chain))}
	}
	context, stapled := cert(), cert()
	context.RequestContext = []byte{1}
	stapled.EntryExtensions[0].SCTs = [][]byte{{1}}
	stapled.EntryExtensions[0].Add(wire.ExtSCT)
	finished := &wire.Finished{VerifyData: make([]byte, 32)}
	for name, c := range map[string]struct {
		mode     engine.ClientAuth
		rule     *fault.Rule
		messages []wire.Message
	}{
		"a context of a Certificate":           {engine.RequestClientCertificate, fault.IllegalContext, []wire.Message{context}},
		"an extension that was not asked for":  {engine.RequestClientCertificate, fault.ExtensionNotOffered, []wire.Message{stapled}},
		"no CertificateVerify":                 {engine.RequestClientCertificate, fault.UnexpectedMessage, []wire.Message{cert(), finished}},
		"a bad signature":                      {engine.RequestClientCertificate, fault.BadCertificateSignature, []wire.Message{cert(), &wire.CertificateVerify{Scheme: wire.ECDSA_SECP256R1_SHA256, Signature: []byte{1}}}},
		"no Certificate":                       {engine.RequestClientCertificate, fault.UnexpectedMessage, []wire.Message{finished}},
		"a CertificateVerify of nobody":        {engine.RequestClientCertificate, fault.UnexpectedMessage, []wire.Message{new(wire.Certificate), &wire.CertificateVerify{Scheme: wire.ECDSA_SECP256R1_SHA256, Signature: []byte{1}}}},
		"a wrong Finished":                     {engine.RequestClientCertificate, fault.WrongFinished, []wire.Message{new(wire.Certificate), finished}},
		"a wrong Finished at once":             {engine.NoClientCertificate, fault.WrongFinished, []wire.Message{finished}},
		"a certificate that was not asked for": {engine.NoClientCertificate, fault.UnexpectedMessage, []wire.Message{cert()}},
		"a KeyUpdate":                          {engine.NoClientCertificate, fault.UnexpectedMessage, []wire.Message{new(wire.KeyUpdate)}},
		"EndOfEarlyData":                       {engine.NoClientCertificate, fault.UnexpectedMessage, []wire.Message{new(wire.EndOfEarlyData)}},
	} {
		t.Run(name, func(t *testing.T) {
			sc := serverConfig13(testkit.P256)
			sc.ClientAuth = c.mode
			server := newServer(t, sc)
			client, out := forgeClient(t, server, wire.ContentHandshake, encoded(t, c.messages...)...)
			wantSealedFault(t, server, client, c.rule, out)
			provoked(c.rule)
		})
	}
}

// RFC 8446 §2, §4.4.4: no data before Finished, from either side, nor ours.
func TestDataBeforeFinished13(t *testing.T) {
	server := newServer(t, serverConfig13(testkit.P256))
	client, out := forgeClient(t, server, wire.ContentApplicationData, []byte("early"))
	wantSealedFault(t, server, client, fault.EarlyApplicationData, out)

	client, server = newClient(t, clientConfig13()), newServer(t, serverConfig13(testkit.P256))
	server.take(t, client.step(t), 1<<20)
	for _, e := range []*end{client, server} {
		if out, err := e.Seal(nil, []byte("early")); err == nil || len(out) != 0 {
			t.Errorf("%d bytes of data are sent before the handshake is done", len(out))
		}
	}
}

// rawExtensions is an EncryptedExtensions with one extension, which has no body.
func rawExtensions(x wire.ExtensionType) []byte {
	return []byte{8, 0, 0, 6, 0, 4, byte(x >> 8), byte(x), 0, 0}
}

// RFC 8446 §4.2, §4.3.1: what belongs into other messages is refused in EncryptedExtensions with illegal_parameter, what
// nobody asked for with unsupported_extension.
func TestForbiddenInEncryptedExtensions(t *testing.T) {
	for x, rule := range map[wire.ExtensionType]*fault.Rule{
		wire.ExtStatusRequest: fault.MisplacedExtension, wire.ExtSignatureAlgorithms: fault.MisplacedExtension, wire.ExtSCT: fault.MisplacedExtension,
		wire.ExtPadding: fault.MisplacedExtension, wire.ExtPreSharedKey: fault.MisplacedExtension, wire.ExtSupportedVersions: fault.MisplacedExtension,
		wire.ExtCookie: fault.MisplacedExtension, wire.ExtPSKModes: fault.MisplacedExtension, wire.ExtCertAuthorities: fault.MisplacedExtension,
		48: fault.MisplacedExtension, wire.ExtPostHandshakeAuth: fault.MisplacedExtension, wire.ExtSignatureAlgsCert: fault.MisplacedExtension,
		wire.ExtKeyShare: fault.MisplacedExtension, wire.ExtExtendedMasterSecret: fault.MisplacedExtension, wire.ExtRenegotiationInfo: fault.MisplacedExtension,
		0x1234: fault.ExtensionNotOffered, 4: fault.ExtensionNotOffered, 17: fault.ExtensionNotOffered, wire.ExtEarlyData: fault.ExtensionNotOffered,
	} {
		client := newClient(t, clientConfig13())
		forgeRaw(t, client, rawExtensions(x))
		var found *fault.Error
		if !errors.As(client.err, &found) || found.Rule != rule {
			t.Errorf("%v: %v, want the rule %s", x, client.err, rule.Name)
		}
	}
}

// RFC 8446 §4.4.2: a server answers in its Certificate what the client asked, and nothing else.
func TestUnaskedInCertificate(t *testing.T) {
	chain := testkit.Credential(testkit.P256).Chain
	cert := &wire.Certificate{Chain: chain, EntryExtensions: make([]wire.Extensions, len(chain))}
	cert.EntryExtensions[0].Opaque = []wire.OpaqueExtension{{Type: 0x1234}}
	cert.EntryExtensions[0].Add(0x1234)
	client := newClient(t, clientConfig13())
	if forge(t, client, new(wire.EncryptedExtensions), cert); !errors.Is(client.err, fault.ExtensionNotOffered) {
		t.Error(client.err)
	}
}

// upToSignature are messages of a server that a client takes up to the signature, which is wrong.
func upToSignature(t *testing.T, before ...wire.Message) {
	t.Helper()
	chain := testkit.Credential(testkit.P256).Chain
	cert := &wire.Certificate{Chain: chain, EntryExtensions: make([]wire.Extensions, len(chain))}
	client := newClient(t, clientConfig13())
	forge(t, client, append(before, cert, &wire.CertificateVerify{Scheme: wire.ECDSA_SECP256R1_SHA256, Signature: []byte{1}})...)
	if !errors.Is(client.err, fault.BadCertificateSignature) {
		t.Errorf("the client does not come to the signature: %v", client.err)
	}
}

// RFC 8446 §4.2.7: what groups a server likes changes nothing for this connection.
func TestGroupsOfAServer(t *testing.T) {
	ee := new(wire.EncryptedExtensions)
	ee.SupportedGroups = []wire.NamedGroup{30, wire.SecP521r1}
	ee.Add(wire.ExtSupportedGroups)
	upToSignature(t, ee)
}

// RFC 8446 §4.2.5, §4.3.2, §9.3: a client passes over what it does not know in a CertificateRequest.
func TestUnknownExtensionsOfARequest(t *testing.T) {
	request := new(wire.CertificateRequest)
	request.Extensions.SignatureAlgorithms = suite.Schemes13()
	request.Add(wire.ExtSignatureAlgorithms)
	for _, x := range []wire.ExtensionType{0x1234, 48} {
		request.Opaque = append(request.Opaque, wire.OpaqueExtension{Type: x, Data: []byte{0, 0}})
		request.Add(x)
	}
	upToSignature(t, new(wire.EncryptedExtensions), request)
}

// RFC 8446 §4.6.1, §9.3: a client passes over what it does not know in a ticket.
func TestUnknownExtensionsOfATicket(t *testing.T) {
	r := newResumer()
	r.sc.ServerSessions = false
	client, server := r.ends(t)
	mustShake(t, client, server)
	ticket := &wire.NewSessionTicket{Lifetime: 60, Ticket: []byte("ticket")}
	ticket.Opaque = []wire.OpaqueExtension{{Type: 0x1234, Data: []byte("whatever")}}
	ticket.Add(0x1234)
	client.take(t, sealed(t, server, wire.ContentHandshake, encoded(t, ticket)[0]), 1<<20)
	if client.step(t); client.err != nil || len(r.stored) != 1 {
		t.Errorf("%v; %d sessions are stored", client.err, len(r.stored))
	}
}

// RFC 8446 §4.4.3: an RSA key does not sign a handshake of TLS 1.3 with PKCS #1 v1.5, although the scheme is listed.
func TestPKCS1In13(t *testing.T) {
	chain := testkit.Credential(testkit.RSA).Chain
	cert := &wire.Certificate{Chain: chain, EntryExtensions: make([]wire.Extensions, len(chain))}
	client := newClient(t, clientConfig13())
	forge(t, client, new(wire.EncryptedExtensions), cert, &wire.CertificateVerify{Scheme: wire.RSA_PKCS1_SHA256, Signature: make([]byte, 256)})
	var found *fault.Error
	if !errors.As(client.err, &found) || found.Rule != fault.WrongKeyType {
		t.Error(client.err)
	}
}

// RFC 8446 §4.5, §4.6.2, §4.6.3, §B.3: messages that have no place behind the handshake, nor a KeyUpdate within it.
func TestUnexpected13(t *testing.T) {
	request := new(wire.CertificateRequest)
	request.Extensions.SignatureAlgorithms = suite.Schemes13()
	request.Add(wire.ExtSignatureAlgorithms)
	for name, raw := range map[string][]byte{
		"HelloRequest":        {0, 0, 0, 0},
		"EndOfEarlyData":      {5, 0, 0, 0},
		"CertificateRequest":  encoded(t, request)[0],
		"EncryptedExtensions": encoded(t, new(wire.EncryptedExtensions))[0],
		"ServerHelloDone":     {14, 0, 0, 0},
		"Finished":            encoded(t, &wire.Finished{VerifyData: make([]byte, 32)})[0],
		"message_hash":        append([]byte{254, 0, 0, 32}, make([]byte, 32)...),
	} {
		for toClient := range 2 {
			from, to := connected13(t)
			if toClient == 1 {
				from, to = to, from
			}
			t.Log(name, toClient)
			wantSealedFault(t, to, from, fault.UnexpectedMessage, to.take(t, sealed(t, from, wire.ContentHandshake, raw), 1<<20))
		}
	}
	for _, m := range []wire.Message{new(wire.KeyUpdate), new(wire.EndOfEarlyData), &wire.NewSessionTicket{Ticket: []byte{1}}} {
		client := newClient(t, clientConfig13())
		if forge(t, client, new(wire.EncryptedExtensions), m); !errors.Is(client.err, fault.UnexpectedMessage) {
			t.Errorf("%v before Finished: %v", m.Type(), client.err)
		}
	}
}

// RFC 8446 §4.6.3: nobody goes on under new keys without saying so under the old ones.
func TestKeysWithoutUpdate(t *testing.T) {
	client, server := connected13(t)
	if err := client.UpdateKeys(false); err != nil {
		t.Fatal(err)
	}
	client.Output() // never arrives
	rec, err := client.Seal(nil, []byte("data"))
	if err != nil {
		t.Fatal(err)
	}
	wantSealedFault(t, server, client, fault.BadRecordMAC, server.take(t, rec, 1<<20))
}

// RFC 8446 §5.1: between the records of one message there is no other record.
func TestInterleaved13(t *testing.T) {
	for ct, content := range map[wire.ContentType][]byte{
		wire.ContentApplicationData: []byte("data"), wire.ContentAlert: {1, byte(wire.AlertUserCanceled)},
	} {
		client, server := connected13(t)
		half := sealed(t, client, wire.ContentHandshake, []byte{24, 0, 0})
		rest := sealed(t, client, ct, content)
		wantSealedFault(t, server, client, fault.InterleavedMessage, server.take(t, append(half, rest...), 1<<20))
	}
}

// RFC 8446 §6, §5.1: all alerts but two are errors, whatever their level and whether or not anybody knows them; one is
// whole, and alone in its record.
func TestAlerts13(t *testing.T) {
	for _, level := range []byte{1, 2, 77} {
		for _, d := range []wire.AlertDescription{wire.AlertHandshakeFailure, wire.AlertNoRenegotiation, wire.AlertUnrecognizedName, 0xc8} {
			client, server := connected13(t)
			if server.take(t, sealed(t, client, wire.ContentAlert, []byte{level, byte(d)}), 1<<20); !errors.Is(server.err, fault.Told(d)) {
				t.Errorf("%v of level %d: %v", d, level, server.err)
			}
		}
	}
	for _, c := range []struct {
		content []byte
		rule    *fault.Rule
	}{
		{nil, fault.EmptyRecord}, {[]byte{2}, fault.MalformedAlert}, {[]byte{1, 0, 1}, fault.MalformedAlert}, {[]byte{1, 0, 1, 0}, fault.MalformedAlert},
	} {
		client, server := connected13(t)
		wantSealedFault(t, server, client, c.rule, server.take(t, sealed(t, client, wire.ContentAlert, c.content), 1<<20))
	}
	client, server := connected13(t)
	server.take(t, sealed(t, client, wire.ContentAlert, []byte{1, byte(wire.AlertUserCanceled)}), 1<<20)
	send(t, client, server, []byte("still here"))
}
