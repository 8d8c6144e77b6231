package record

import (
	"bytes"
	"crypto"
	"encoding/hex"
	"encoding/json"
	"os"
	"path/filepath"
	"testing"
)

type hexBytes []byte

func (b *hexBytes) UnmarshalText(text []byte) error {
	raw, err := hex.DecodeString(string(text))
	*b = raw
	return err
}

// The MAC of records, both as it is usually computed and with a length that stays a secret, gives what Wycheproof says.
// Its tests with a key that is longer than a block, or with a shortened tag, are left out: records have neither.
func TestMACWycheproof(t *testing.T) {
	dir := os.Getenv("VITRO_VECTORS")
	if dir == "" {
		dir = filepath.Join("..", "..", "..", "shared", "vectors")
	}
	for name, h := range map[string]crypto.Hash{"hmac_sha1": crypto.SHA1, "hmac_sha256": crypto.SHA256, "hmac_sha384": crypto.SHA384} {
		t.Run(name, func(t *testing.T) {
			content, err := os.ReadFile(filepath.Join(dir, "wycheproof", name+"_test.json"))
			if os.IsNotExist(err) {
				t.Skipf("no Wycheproof vectors: neither ../shared/vectors beside the repository nor VITRO_VECTORS has %s", name)
			}
			if err != nil {
				t.Fatal(err)
			}
			var file struct {
				TestGroups []struct {
					TagSize int
					Tests   []struct {
						TcID          int
						Result        string
						Key, Msg, Tag hexBytes
					}
				}
			}
			if err := json.Unmarshal(content, &file); err != nil {
				t.Fatal(err)
			}
			held := map[string]int{}
			for _, g := range file.TestGroups {
				for _, v := range g.Tests {
					if g.TagSize != 8*h.Size() || len(v.Key) > h.New().BlockSize() {
						continue
					}
					m, err := newMAC12(h, v.Key)
					if err != nil {
						t.Fatal(err)
					}
					held[v.Result]++
					for how, got := range map[string][]byte{
						"usual":  m.sum(nil, nil, v.Msg),
						"hidden": m.sumHidden(nil, append(bytes.Clone(v.Msg), "behind the message"...), len(v.Msg), 0),
					} {
						if bytes.Equal(got, v.Tag) != (v.Result == "valid") {
							t.Errorf("test %d, %s: %x, and %x is %s", v.TcID, how, got, v.Tag, v.Result)
						}
					}
				}
			}
			if held["valid"] < 30 || held["invalid"] < 50 {
				t.Errorf("the file is not what it was: %v", held)
			}
		})
	}
}
