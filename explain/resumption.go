package explain

import "github.com/vitro-tls/vitro/event"

var resumptionNames = map[event.ResumptionReason]string{
	event.ResumptionTaken:         "taken",
	event.ResumptionDeclined:      "declined",
	event.ResumptionUnknownTicket: "unknown_ticket",
	event.ResumptionExpired:       "expired",
	event.ResumptionOtherVersion:  "other_version",
	event.ResumptionOtherHash:     "other_hash",
	event.ResumptionOtherSuite:    "other_suite",
	event.ResumptionOtherName:     "other_name",
	event.ResumptionOtherProtocol: "other_protocol",
	event.ResumptionOtherSettings: "other_settings",
	event.ResumptionNoMode:        "no_mode",
	event.ResumptionPeerRefused:   "peer_refused",
	event.ResumptionUnusable:      "unusable",
	event.ResumptionOtherMaster:   "other_master",
}

var resumptionWords = map[event.ResumptionReason]string{
	event.ResumptionTaken:         "an earlier session is resumed: its secret stands in for certificate and signature (RFC 8446 §2.2, RFC 5246 §7.3)",
	event.ResumptionDeclined:      "an earlier session was offered, and the server wants a full handshake",
	event.ResumptionUnknownTicket: "the client's ticket does not open here: it is another server's, or its key is gone; a full handshake follows",
	event.ResumptionExpired:       "the earlier session is too old; a full handshake follows",
	event.ResumptionOtherVersion:  "the earlier session is of a version that is not spoken now; a full handshake follows",
	event.ResumptionOtherHash:     "the earlier session belongs to suites of another hash; a full handshake follows",
	event.ResumptionOtherSuite:    "the cipher suite of the earlier session is not one of both sides now; a full handshake follows",
	event.ResumptionOtherName:     "the earlier session was with another server name; a full handshake follows",
	event.ResumptionOtherProtocol: "the earlier session spoke another application protocol; a full handshake follows",
	event.ResumptionOtherSettings: "the earlier session was made under other settings; a full handshake follows",
	event.ResumptionNoMode:        "the client would resume without a fresh key exchange only; a full handshake follows",
	event.ResumptionPeerRefused:   "the certificates of the earlier session are no longer good; a full handshake follows",
	event.ResumptionUnusable:      "the earlier session cannot be resumed; a full handshake follows",
	event.ResumptionOtherMaster:   "the earlier session has no extended master secret, which would bind it to its handshake (RFC 7627); a full handshake follows",
}
