package fault

import "fmt"

// Step is one of the thirteen steps of the classic handshake, TLS 1.2 with RSA key exchange, which every other
// handshake is told by. 0 is no step.
type Step uint8

const (
	StepClientHello Step = iota + 1
	StepServerHello
	StepServerCertificate
	StepServerHelloDone
	StepClientVerification
	StepGenPremaster
	StepClientKeyExchange
	StepGenSecretKey
	StepClientChangeCipherSpec
	StepClientFinished
	StepServerChangeCipherSpec
	StepServerFinished
	StepFinish
)

var stepNames = [...]string{
	StepClientHello:            "Client Hello",
	StepServerHello:            "Server Hello",
	StepServerCertificate:      "Server Certificate",
	StepServerHelloDone:        "Server Hello Done",
	StepClientVerification:     "Client Verification",
	StepGenPremaster:           "Gen pre-master",
	StepClientKeyExchange:      "Client Key Exchange",
	StepGenSecretKey:           "Gen secret key",
	StepClientChangeCipherSpec: "Change Cipher Spec",
	StepClientFinished:         "Encrypted Handshake Message",
	StepServerChangeCipherSpec: "Change Cipher Spec",
	StepServerFinished:         "Encrypted Handshake Message",
	StepFinish:                 "Finish",
}

// Name returns the step's name, "" for no step.
func (s Step) Name() string {
	if int(s) < len(stepNames) {
		return stepNames[s]
	}
	return ""
}

// String returns "step 4 (Server Hello Done)".
func (s Step) String() string {
	if s == 0 {
		return "no step"
	}
	return fmt.Sprintf("step %d (%s)", uint8(s), s.Name())
}
