package main

// settings are the flags for one connection, by the names that they have there.
type settings struct {
	port                int
	shimID              uint64
	ipv6, server        bool
	handshakerSupported bool
	resumeCount         uint64
	async               bool
	whole               bool // not the runner's: a tls.Conn is put to the test, not the engine alone

	credential  credential   // of the flags in front of the first -new-x509-credential
	credentials []credential // the others
	trustCert   string

	minVersion, maxVersion                        uint64
	noTLS1, noTLS11, noTLS12, noTLS13             bool
	curves, keyShares, verifyPrefs                []uint64
	noKeyShares                                   bool
	cipher, hostName, policy                      string
	advertiseALPN, selectALPN                     string
	declineALPN, rejectALPN, emptyALPN            bool
	grease                                        bool
	failEarlyCallback, failDDoS, failCertCallback bool
	useOCSP, setOCSP, declineOCSP, failOCSP       bool

	verifyPeer, verifyFail, requireClientCert, customVerify, reverify bool
	clientCAs                                                         string

	noTicket, skipTicket                   bool
	resumptionDelay                        uint64
	renegotiateFreely, renegotiateOnce     bool
	requireSecure                          bool
	expectRenegotiations                   uint64
	expectMiss, expectRenewal              bool
	expectNoSession                        bool
	expectSessionID, expectNoSessionID     bool
	expectVersion, expectCurve             uint64
	expectCipher, expectCipherAES          uint64
	expectScheme                           uint64
	expectSelected                         *uint64
	expectServerName, expectALPN           string
	expectAdvertised, expectPeerCert       string
	expectMessages, expectClientCAs        string
	expectEMS, expectHRR, expectNoHRR      bool
	expectNoServerName, expectNoPeerCert   bool
	expectSecureRenegotiation              bool
	expectNoSecureRenegotiation            bool
	expectVerifyResult                     bool
	expectOCSP, expectSCTs, expectCertType []byte
	expectPeerVerify                       []uint64

	shimWritesFirst, shimShutsDown, checkCloseNotify bool
	writeDifferentSizes, noOpHandshake               bool
	keyUpdate, keyUpdateBeforeRead                   bool
	readWithUnfinishedWrite, sendAlert               bool
	readSize, exportLen                              uint64
	initialWrite                                     string
	repeatInitialWrite                               uint64
	exportLabel, exportContext                       string
	useExportContext, exportTrafficSecrets           bool
	tlsUnique                                        bool
}

// credential is a certificate chain with its key and what goes with it.
type credential struct {
	certFile, keyFile string
	signingPrefs      []uint64
	ocsp, scts        []byte
	mustMatchIssuer   bool
}

// latest is the credential that credential flags are about.
func (s *settings) latest() *credential {
	if len(s.credentials) > 0 {
		return &s.credentials[len(s.credentials)-1]
	}
	return &s.credential
}
