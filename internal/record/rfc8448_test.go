package record

import (
	"bytes"
	"encoding/hex"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/vitro-tls/vitro/internal/suite"
	"github.com/vitro-tls/vitro/wire"
)

// Every encrypted record of RFC 8448, byte for byte, in both directions.
func TestRFC8448Records(t *testing.T) {
	files, err := filepath.Glob(filepath.Join("..", "keys13", "testdata", "rfc8448", "*.txt"))
	if err != nil || len(files) != 5 {
		t.Fatalf("the traces are not where they were: %v, %v", files, err)
	}
	for _, file := range files {
		t.Run(filepath.Base(file), func(t *testing.T) {
			content, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			if n := holdTrace(t, string(content)); n < 4 {
				t.Errorf("only %d records", n)
			}
		})
	}
}

// holdTrace seals and opens the records of a trace. Which of its keys they are under is told by their being the only
// ones that open the first record of a direction and phase.
func holdTrace(t *testing.T, content string) (records int) {
	var protections []Protection
	opened, sealed := map[string]*Half{}, map[string]*Half{}
	for line := range strings.Lines(content) {
		word := strings.Fields(line)
		switch {
		case len(word) == 4 && word[0] == "keys":
			p, err := NewAEAD13(suite.All13()[0].Cipher, unhex(t, word[2]), unhex(t, word[3]))
			if err != nil {
				t.Fatal(err)
			}
			protections = append(protections, p)
		case len(word) == 6 && word[0] == "record":
			records++
			phase, contentType := word[1]+" "+word[2], wire.ContentType(unhex(t, word[3])[0])
			plain, rec := unhex(t, word[4]), unhex(t, word[5])
			if opened[phase] == nil {
				opened[phase], sealed[phase] = whoOpens(t, protections, rec)
			}
			if ct, got, err := opened[phase].Open(bytes.Clone(rec)); err != nil || ct != contentType || !bytes.Equal(got, plain) {
				t.Errorf("%s: record %d opens to %v %x, %v", phase, records, ct, got, err)
			}
			if got, err := sealed[phase].Seal(nil, contentType, wire.TLS13, plain); err != nil || !bytes.Equal(got, rec) {
				t.Errorf("%s: record %d is sealed to %x, %v, want %x", phase, records, got, err, rec)
			}
		}
	}
	return records
}

func whoOpens(t *testing.T, protections []Protection, rec []byte) (in, out *Half) {
	t.Helper()
	for _, p := range protections {
		in, out = new(Half), new(Half)
		in.SetProtection(p)
		out.SetProtection(p)
		if _, _, err := in.Open(bytes.Clone(rec)); err == nil {
			in.SetProtection(p)
			return in, out
		}
	}
	t.Fatalf("none of %d keys opens %x", len(protections), rec)
	return nil, nil
}

func unhex(t *testing.T, s string) []byte {
	t.Helper()
	b, err := hex.DecodeString(s)
	if err != nil {
		t.Fatal(err)
	}
	return b
}
