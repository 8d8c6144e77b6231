package main

import (
	"bytes"
	"os"
	"testing"

	"github.com/vitro-tls/vitro/tls"
)

// The environment of whoever runs the tests must not decide them.
func TestMain(m *testing.M) {
	for _, name := range []string{tls.PolicyVariable, keyLogVariable} {
		if err := os.Unsetenv(name); err != nil {
			panic(err)
		}
	}
	os.Exit(m.Run())
}

// vitro runs the program and returns what a shell would see.
func vitro(t *testing.T, args ...string) (code int, stdout, stderr string) {
	t.Helper()
	var out, errs bytes.Buffer
	code = run(t.Context(), args, &out, &errs)
	return code, out.String(), errs.String()
}

func TestEveryCommandHasHelpWithExamples(t *testing.T) {
	for _, cmd := range commands() {
		code, out, errs := vitro(t, cmd.Name(), "--help")
		if code != exitOK || errs != "" || !bytes.Contains([]byte(out), []byte("Examples:\n  vitro "+cmd.Name())) {
			t.Errorf("%s --help: exit %d, stderr %q, stdout:\n%s", cmd.Name(), code, errs, out)
		}
	}
}
