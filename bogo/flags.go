package main

import (
	"encoding/base64"
	"strconv"
	"strings"
)

// settings are the flags of one run, by the names that they have there.
type settings struct {
	port                int
	shimID              uint64
	ipv6, server        bool
	handshakerSupported bool
	resumeCount         uint64
	async               bool

	credential  credential   // of the flags in front of the first -new-x509-credential
	credentials []credential // the others
	trustCert   string

	minVersion, maxVersion                         uint64
	noTLS1, noTLS11, noTLS12, noTLS13              bool
	curves, verifyPrefs                            []uint64
	cipher, hostName                               string
	advertiseALPN, selectALPN                      string
	declineALPN, rejectALPN                        bool
	grease, verifyPeer, verifyFail                 bool
	failEarlyCallback, failDDoS, failCertCallback  bool
	expectVersion, expectCurve, expectCipher       uint64
	expectCipherAES, expectScheme                  uint64
	expectSelected                                 *uint64
	expectServerName, expectALPN, expectAdvertised string
	expectPeerCert                                 string
	expectEMS, expectHRR, expectNoHRR              bool
	expectNoServerName, expectNoPeerCert           bool
	expectOCSP, expectSCTs                         []byte

	shimWritesFirst, shimShutsDown, checkCloseNotify bool
	writeDifferentSizes, noOpHandshake               bool
	keyUpdate, keyUpdateBeforeRead                   bool
	readSize, exportLen                              uint64
	initialWrite                                     string
	repeatInitialWrite                               uint64
	exportLabel, exportContext                       string
	useExportContext, tlsUnique                      bool
}

// credential is a certificate chain with its key and what goes with it.
type credential struct {
	certFile, keyFile string
	signingPrefs      []uint64
	ocsp, scts        []byte
}

// flag takes its value, nil for one that has none to take.
type flag struct {
	set   func(*settings)
	value func(*settings, string) error
}

func on(field func(*settings) *bool) flag {
	return flag{set: func(s *settings) { *field(s) = true }}
}

func number(field func(*settings) *uint64) flag {
	return flag{value: func(s *settings, v string) (err error) {
		*field(s), err = strconv.ParseUint(v, 10, 64)
		return err
	}}
}

func numbers(field func(*settings) *[]uint64) flag {
	return flag{value: func(s *settings, v string) error {
		n, err := strconv.ParseUint(v, 10, 64)
		*field(s) = append(*field(s), n)
		return err
	}}
}

func text(field func(*settings) *string) flag {
	return flag{value: func(s *settings, v string) error { *field(s) = v; return nil }}
}

func binary64(field func(*settings) *[]byte) flag {
	return flag{value: func(s *settings, v string) (err error) {
		*field(s), err = base64.StdEncoding.DecodeString(v)
		return err
	}}
}

// nothing is a flag that asks for what Vitro always does, or for less than it does.
var nothing = flag{set: func(*settings) {}}

// latest is the credential that credential flags are about.
func (s *settings) latest() *credential {
	if len(s.credentials) > 0 {
		return &s.credentials[len(s.credentials)-1]
	}
	return &s.credential
}

func parse(args []string) (*settings, error) {
	s := &settings{initialWrite: "hello", repeatInitialWrite: 1}
	for len(args) > 0 {
		name := strings.TrimPrefix(strings.TrimPrefix(args[0], "-on-shim"), "-on-initial")
		args = args[1:]
		f, ok := flags[name]
		if !ok {
			return nil, lacking("flag %s", name)
		}
		if f.set != nil {
			f.set(s)
			continue
		}
		if len(args) == 0 {
			return nil, lacking("flag %s without a value", name)
		}
		if err := f.value(s, args[0]); err != nil {
			return nil, lacking("flag %s: %v", name, err)
		}
		args = args[1:]
	}
	if s.resumeCount > 0 {
		return nil, lacking("resumption")
	}
	return s, nil
}

var flags = map[string]flag{
	"-port": {value: func(s *settings, v string) (err error) { s.port, err = strconv.Atoi(v); return err }},

	"-shim-id":                 number(func(s *settings) *uint64 { return &s.shimID }),
	"-ipv6":                    on(func(s *settings) *bool { return &s.ipv6 }),
	"-server":                  on(func(s *settings) *bool { return &s.server }),
	"-is-handshaker-supported": on(func(s *settings) *bool { return &s.handshakerSupported }),
	"-async":                   on(func(s *settings) *bool { return &s.async }),
	"-resume-count":            number(func(s *settings) *uint64 { return &s.resumeCount }),

	"-new-x509-credential":    {set: func(s *settings) { s.credentials = append(s.credentials, credential{}) }},
	"-cert-file":              text(func(s *settings) *string { return &s.latest().certFile }),
	"-key-file":               text(func(s *settings) *string { return &s.latest().keyFile }),
	"-signing-prefs":          numbers(func(s *settings) *[]uint64 { return &s.latest().signingPrefs }),
	"-ocsp-response":          binary64(func(s *settings) *[]byte { return &s.latest().ocsp }),
	"-signed-cert-timestamps": binary64(func(s *settings) *[]byte { return &s.latest().scts }),
	"-trust-cert":             text(func(s *settings) *string { return &s.trustCert }),

	"-min-version":         number(func(s *settings) *uint64 { return &s.minVersion }),
	"-max-version":         number(func(s *settings) *uint64 { return &s.maxVersion }),
	"-no-tls1":             on(func(s *settings) *bool { return &s.noTLS1 }),
	"-no-tls11":            on(func(s *settings) *bool { return &s.noTLS11 }),
	"-no-tls12":            on(func(s *settings) *bool { return &s.noTLS12 }),
	"-no-tls13":            on(func(s *settings) *bool { return &s.noTLS13 }),
	"-curves":              numbers(func(s *settings) *[]uint64 { return &s.curves }),
	"-verify-prefs":        numbers(func(s *settings) *[]uint64 { return &s.verifyPrefs }),
	"-cipher":              text(func(s *settings) *string { return &s.cipher }),
	"-host-name":           text(func(s *settings) *string { return &s.hostName }),
	"-advertise-alpn":      text(func(s *settings) *string { return &s.advertiseALPN }),
	"-select-alpn":         text(func(s *settings) *string { return &s.selectALPN }),
	"-decline-alpn":        on(func(s *settings) *bool { return &s.declineALPN }),
	"-reject-alpn":         on(func(s *settings) *bool { return &s.rejectALPN }),
	"-enable-grease":       on(func(s *settings) *bool { return &s.grease }),
	"-verify-peer":         on(func(s *settings) *bool { return &s.verifyPeer }),
	"-verify-fail":         on(func(s *settings) *bool { return &s.verifyFail }),
	"-fail-early-callback": on(func(s *settings) *bool { return &s.failEarlyCallback }),
	"-fail-ddos-callback":  on(func(s *settings) *bool { return &s.failDDoS }),
	"-fail-cert-callback":  on(func(s *settings) *bool { return &s.failCertCallback }),

	"-expect-version":                  number(func(s *settings) *uint64 { return &s.expectVersion }),
	"-expect-curve-id":                 number(func(s *settings) *uint64 { return &s.expectCurve }),
	"-expect-cipher":                   number(func(s *settings) *uint64 { return &s.expectCipher }),
	"-expect-cipher-aes":               number(func(s *settings) *uint64 { return &s.expectCipherAES }),
	"-expect-cipher-no-aes":            {value: func(*settings, string) error { return nil }}, // the machine has AES
	"-expect-peer-signature-algorithm": number(func(s *settings) *uint64 { return &s.expectScheme }),
	"-expect-selected-credential": {value: func(s *settings, v string) error {
		n, err := strconv.ParseInt(v, 10, 64)
		selected := uint64(n + 1) // counted from the default credential, which is -1
		s.expectSelected = &selected
		return err
	}},
	"-expect-server-name":            text(func(s *settings) *string { return &s.expectServerName }),
	"-expect-no-server-name":         on(func(s *settings) *bool { return &s.expectNoServerName }),
	"-expect-alpn":                   text(func(s *settings) *string { return &s.expectALPN }),
	"-expect-advertised-alpn":        text(func(s *settings) *string { return &s.expectAdvertised }),
	"-expect-extended-master-secret": on(func(s *settings) *bool { return &s.expectEMS }),
	"-expect-hrr":                    on(func(s *settings) *bool { return &s.expectHRR }),
	"-expect-no-hrr":                 on(func(s *settings) *bool { return &s.expectNoHRR }),
	"-expect-peer-cert-file":         text(func(s *settings) *string { return &s.expectPeerCert }),
	"-expect-no-peer-cert":           on(func(s *settings) *bool { return &s.expectNoPeerCert }),
	"-expect-ocsp-response":          binary64(func(s *settings) *[]byte { return &s.expectOCSP }),
	"-expect-signed-cert-timestamps": binary64(func(s *settings) *[]byte { return &s.expectSCTs }),

	"-shim-writes-first":            on(func(s *settings) *bool { return &s.shimWritesFirst }),
	"-shim-initial-write":           text(func(s *settings) *string { return &s.initialWrite }),
	"-repeat-shim-initial-write":    number(func(s *settings) *uint64 { return &s.repeatInitialWrite }),
	"-shim-shuts-down":              on(func(s *settings) *bool { return &s.shimShutsDown }),
	"-check-close-notify":           on(func(s *settings) *bool { return &s.checkCloseNotify }),
	"-write-different-record-sizes": on(func(s *settings) *bool { return &s.writeDifferentSizes }),
	"-no-op-extra-handshake":        on(func(s *settings) *bool { return &s.noOpHandshake }),
	"-key-update":                   on(func(s *settings) *bool { return &s.keyUpdate }),
	"-key-update-before-read":       on(func(s *settings) *bool { return &s.keyUpdateBeforeRead }),
	"-read-size":                    number(func(s *settings) *uint64 { return &s.readSize }),
	"-export-keying-material":       number(func(s *settings) *uint64 { return &s.exportLen }),
	"-export-label":                 text(func(s *settings) *string { return &s.exportLabel }),
	"-export-context":               text(func(s *settings) *string { return &s.exportContext }),
	"-use-export-context":           on(func(s *settings) *bool { return &s.useExportContext }),
	"-tls-unique":                   on(func(s *settings) *bool { return &s.tlsUnique }),

	"-enable-ocsp-stapling":          nothing, // a client always asks
	"-enable-signed-cert-timestamps": nothing,
	"-no-ticket":                     nothing, // there are none yet
	"-expect-no-session":             nothing,
	"-expect-no-session-id":          nothing,
	"-partial-write":                 nothing, // Seal takes all of it
	"-use-early-callback":            nothing, // ChooseConfig is always asked
	"-install-ddos-callback":         nothing,
	"-use-custom-verify-callback":    nothing, // VerifyPeer is the only way
	"-server-preference":             nothing, // a server's own order always decides
	"-implicit-handshake":            nothing, // an engine shakes hands before anything else
	"-use-exporter-between-reads":    nothing, // the exporter does not touch the connection
}
