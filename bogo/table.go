package main

import "strconv"

// flags are those that the shim understands. The runner takes note of the others: exit status 89.
var flags = map[string]flag{
	"-port": {value: func(s *settings, v string) (err error) { s.port, err = strconv.Atoi(v); return err }},

	"-shim-id":                 number(func(s *settings) *uint64 { return &s.shimID }),
	"-ipv6":                    on(func(s *settings) *bool { return &s.ipv6 }),
	"-server":                  on(func(s *settings) *bool { return &s.server }),
	"-is-handshaker-supported": on(func(s *settings) *bool { return &s.handshakerSupported }),
	"-async":                   on(func(s *settings) *bool { return &s.async }),
	"-conn":                    on(func(s *settings) *bool { return &s.whole }),
	"-resume-count":            number(func(s *settings) *uint64 { return &s.resumeCount }),

	"-new-x509-credential":    {set: func(s *settings) { s.credentials = append(s.credentials, credential{}) }},
	"-cert-file":              text(func(s *settings) *string { return &s.latest().certFile }),
	"-key-file":               text(func(s *settings) *string { return &s.latest().keyFile }),
	"-signing-prefs":          numbers(func(s *settings) *[]uint64 { return &s.latest().signingPrefs }),
	"-ocsp-response":          binary64(func(s *settings) *[]byte { return &s.latest().ocsp }),
	"-signed-cert-timestamps": binary64(func(s *settings) *[]byte { return &s.latest().scts }),
	"-must-match-issuer":      on(func(s *settings) *bool { return &s.latest().mustMatchIssuer }),
	"-trust-cert":             text(func(s *settings) *string { return &s.trustCert }),

	"-min-version":   number(func(s *settings) *uint64 { return &s.minVersion }),
	"-max-version":   number(func(s *settings) *uint64 { return &s.maxVersion }),
	"-no-tls1":       on(func(s *settings) *bool { return &s.noTLS1 }),
	"-no-tls11":      on(func(s *settings) *bool { return &s.noTLS11 }),
	"-no-tls12":      on(func(s *settings) *bool { return &s.noTLS12 }),
	"-no-tls13":      on(func(s *settings) *bool { return &s.noTLS13 }),
	"-curves":        numbers(func(s *settings) *[]uint64 { return &s.curves }),
	"-key-shares":    numbers(func(s *settings) *[]uint64 { return &s.keyShares }),
	"-no-key-shares": on(func(s *settings) *bool { return &s.noKeyShares }),
	"-verify-prefs":  numbers(func(s *settings) *[]uint64 { return &s.verifyPrefs }),
	"-cipher":        text(func(s *settings) *string { return &s.cipher }),
	"-fips-202205":   fixed(func(s *settings) *string { return &s.policy }, "fips-202205"),
	"-wpa-202304":    fixed(func(s *settings) *string { return &s.policy }, "wpa-202304"),
	"-cnsa-202407":   fixed(func(s *settings) *string { return &s.policy }, "cnsa-202407"),
	"-cnsa1-202603":  fixed(func(s *settings) *string { return &s.policy }, "cnsa1-202603"),
	"-cnsa2-202603":  fixed(func(s *settings) *string { return &s.policy }, "cnsa2-202603"),
	"-host-name":     text(func(s *settings) *string { return &s.hostName }),
	"-enable-grease": on(func(s *settings) *bool { return &s.grease }),

	"-advertise-alpn":    text(func(s *settings) *string { return &s.advertiseALPN }),
	"-select-alpn":       text(func(s *settings) *string { return &s.selectALPN }),
	"-decline-alpn":      on(func(s *settings) *bool { return &s.declineALPN }),
	"-select-empty-alpn": on(func(s *settings) *bool { return &s.emptyALPN }),
	"-reject-alpn":       on(func(s *settings) *bool { return &s.rejectALPN }),

	"-fail-early-callback":            on(func(s *settings) *bool { return &s.failEarlyCallback }),
	"-fail-ddos-callback":             on(func(s *settings) *bool { return &s.failDDoS }),
	"-fail-cert-callback":             on(func(s *settings) *bool { return &s.failCertCallback }),
	"-use-ocsp-callback":              on(func(s *settings) *bool { return &s.useOCSP }),
	"-set-ocsp-in-callback":           on(func(s *settings) *bool { return &s.setOCSP }),
	"-decline-ocsp-callback":          on(func(s *settings) *bool { return &s.declineOCSP }),
	"-fail-ocsp-callback":             on(func(s *settings) *bool { return &s.failOCSP }),
	"-verify-peer":                    on(func(s *settings) *bool { return &s.verifyPeer }),
	"-verify-fail":                    on(func(s *settings) *bool { return &s.verifyFail }),
	"-use-custom-verify-callback":     on(func(s *settings) *bool { return &s.customVerify }),
	"-reverify-on-resume":             on(func(s *settings) *bool { return &s.reverify }),
	"-require-any-client-certificate": on(func(s *settings) *bool { return &s.requireClientCert }),
	"-use-client-ca-list":             text(func(s *settings) *string { return &s.clientCAs }),

	"-no-ticket":                on(func(s *settings) *bool { return &s.noTicket }),
	"-skip-ticket":              on(func(s *settings) *bool { return &s.skipTicket }),
	"-resumption-delay":         number(func(s *settings) *uint64 { return &s.resumptionDelay }),
	"-renegotiate-freely":       on(func(s *settings) *bool { return &s.renegotiateFreely }),
	"-renegotiate-explicit":     on(func(s *settings) *bool { return &s.renegotiateFreely }), // the caller begins it anyway
	"-no-legacy-server-connect": on(func(s *settings) *bool { return &s.requireSecure }),
	"-renegotiate-once":         on(func(s *settings) *bool { return &s.renegotiateOnce }),

	"-expect-total-renegotiations":       number(func(s *settings) *uint64 { return &s.expectRenegotiations }),
	"-expect-secure-renegotiation":       on(func(s *settings) *bool { return &s.expectSecureRenegotiation }),
	"-expect-no-secure-renegotiation":    on(func(s *settings) *bool { return &s.expectNoSecureRenegotiation }),
	"-expect-session-miss":               on(func(s *settings) *bool { return &s.expectMiss }),
	"-expect-ticket-renewal":             on(func(s *settings) *bool { return &s.expectRenewal }),
	"-expect-not-resumable-across-names": nothing, // a session goes with its name
	"-expect-no-ech-name-override":       nothing, // there is but one name to verify
	"-expect-no-session":                 on(func(s *settings) *bool { return &s.expectNoSession }),
	"-expect-session-id":                 on(func(s *settings) *bool { return &s.expectSessionID }),
	"-expect-no-session-id":              on(func(s *settings) *bool { return &s.expectNoSessionID }),
	"-expect-version":                    number(func(s *settings) *uint64 { return &s.expectVersion }),
	"-expect-curve-id":                   number(func(s *settings) *uint64 { return &s.expectCurve }),
	"-expect-cipher":                     number(func(s *settings) *uint64 { return &s.expectCipher }),
	"-expect-cipher-aes":                 number(func(s *settings) *uint64 { return &s.expectCipherAES }),
	"-expect-cipher-no-aes":              {value: func(*settings, string) error { return nil }}, // the machine has AES
	"-expect-peer-signature-algorithm":   number(func(s *settings) *uint64 { return &s.expectScheme }),
	"-expect-peer-verify-pref":           numbers(func(s *settings) *[]uint64 { return &s.expectPeerVerify }),
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
	"-expect-verify-result":          on(func(s *settings) *bool { return &s.expectVerifyResult }),
	"-expect-ocsp-response":          binary64(func(s *settings) *[]byte { return &s.expectOCSP }),
	"-expect-signed-cert-timestamps": binary64(func(s *settings) *[]byte { return &s.expectSCTs }),
	"-expect-client-ca-list":         text(func(s *settings) *string { return &s.expectClientCAs }),
	"-expect-certificate-types":      binary64(func(s *settings) *[]byte { return &s.expectCertType }),
	"-expect-msg-callback":           text(func(s *settings) *string { return &s.expectMessages }),

	"-shim-writes-first":            on(func(s *settings) *bool { return &s.shimWritesFirst }),
	"-shim-initial-write":           text(func(s *settings) *string { return &s.initialWrite }),
	"-repeat-shim-initial-write":    number(func(s *settings) *uint64 { return &s.repeatInitialWrite }),
	"-read-with-unfinished-write":   on(func(s *settings) *bool { return &s.readWithUnfinishedWrite }),
	"-send-alert":                   on(func(s *settings) *bool { return &s.sendAlert }),
	"-shim-shuts-down":              on(func(s *settings) *bool { return &s.shimShutsDown }),
	"-check-close-notify":           on(func(s *settings) *bool { return &s.checkCloseNotify }),
	"-write-different-record-sizes": on(func(s *settings) *bool { return &s.writeDifferentSizes }),
	"-no-op-extra-handshake":        on(func(s *settings) *bool { return &s.noOpHandshake }),
	"-handshake-twice":              on(func(s *settings) *bool { return &s.noOpHandshake }),
	"-key-update":                   on(func(s *settings) *bool { return &s.keyUpdate }),
	"-key-update-before-read":       on(func(s *settings) *bool { return &s.keyUpdateBeforeRead }),
	"-read-size":                    number(func(s *settings) *uint64 { return &s.readSize }),
	"-export-keying-material":       number(func(s *settings) *uint64 { return &s.exportLen }),
	"-export-label":                 text(func(s *settings) *string { return &s.exportLabel }),
	"-export-context":               text(func(s *settings) *string { return &s.exportContext }),
	"-use-export-context":           on(func(s *settings) *bool { return &s.useExportContext }),
	"-export-traffic-secrets":       on(func(s *settings) *bool { return &s.exportTrafficSecrets }),
	"-tls-unique":                   on(func(s *settings) *bool { return &s.tlsUnique }),

	"-enable-ocsp-stapling":          nothing, // a client always asks
	"-enable-signed-cert-timestamps": nothing,
	"-partial-write":                 nothing, // Seal takes all of it
	"-use-old-client-cert-callback":  nothing, // a client's ChooseCredential is always asked
	"-use-early-callback":            nothing, // ChooseConfig is always asked
	"-install-ddos-callback":         nothing,
	"-use-ticket-callback":           nothing, // SealTicket and OpenTicket are the only way
	"-use-ticket-aead-callback":      nothing,
	"-renegotiate-ignore":            nothing, // that is the default
	"-server-preference":             nothing, // a server's own order always decides
	"-implicit-handshake":            nothing, // an engine shakes hands before anything else
	"-use-exporter-between-reads":    nothing, // the exporter does not touch the connection
	"-allow-hint-mismatch":           nothing, // nobody hints
}
