package main

import (
	"errors"
	"fmt"
	"os"

	"github.com/spf13/pflag"

	"github.com/vitro-tls/vitro/tls"
	"github.com/vitro-tls/vitro/trust"
)

// verification is what get looks at beyond the chain of the server's certificates.
type verification struct {
	certStatus bool
	ctLogs     string
	scts       int
}

func (f *verification) register(flags *pflag.FlagSet) {
	flags.BoolVar(&f.certStatus, "cert-status", false, "refuse a server that staples no OCSP response; one that it staples is always judged")
	flags.StringVar(&f.ctLogs, "ct-logs", "", "tell which of the logs in this `FILE` know the certificate (log_list.json of browsers, version 3)")
	flags.IntVar(&f.scts, "require-scts", 0, "refuse a certificate that fewer than `N` of these logs know")
}

func (f *verification) apply(c *tls.Config) error {
	v := &trust.Verifier{RequireSCTs: f.scts}
	if f.certStatus {
		v.Staples = trust.RequireStaples
	}
	switch {
	case f.scts < 0:
		return errors.New("--require-scts must not be negative")
	case f.scts > 0 && f.ctLogs == "":
		return errors.New("--require-scts needs the logs that count: --ct-logs FILE")
	case f.ctLogs != "":
		text, err := os.ReadFile(f.ctLogs)
		if err != nil {
			return fmt.Errorf("--ct-logs: %w", err)
		}
		if v.Logs, err = trust.ParseLogList(text); err != nil {
			return fmt.Errorf("--ct-logs %s: %w", f.ctLogs, err)
		}
	}
	c.Verifier = v
	return nil
}
