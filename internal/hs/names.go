package hs

import (
	"slices"
	"strings"

	"github.com/vitro-tls/vitro/want"
)

// fewCredentials are looked through one by one.
const fewCredentials = 8

// nameIndex has the places of the credentials that may have a name, by the DNS names of their leaves. It says too much
// rather than too little: whether a certificate has the name is x509's to say.
type nameIndex map[string][]int

func newNameIndex(all []*want.Credential) nameIndex {
	if len(all) <= fewCredentials {
		return nil
	}
	index := make(nameIndex, len(all))
	for i, c := range all {
		for _, name := range c.Leaf.DNSNames {
			name = strings.ToLower(name)
			if places := index[name]; len(places) == 0 || places[len(places)-1] != i {
				index[name] = append(places, i)
			}
		}
	}
	return index
}

// MayHaveName returns those of credentials that may have a name, in their order: all, where they are few or not the
// configuration's own.
func (c *Compiled) MayHaveName(credentials []*want.Credential, name string) []*want.Credential {
	if c.names == nil || len(credentials) != len(c.Credentials) || credentials[0] != c.Credentials[0] {
		return credentials
	}
	name = strings.ToLower(strings.TrimSuffix(name, "."))
	_, parent, _ := strings.Cut(name, ".")
	places := slices.Concat(c.names[name], c.names["*."+parent])
	slices.Sort(places)
	var found []*want.Credential
	for _, i := range slices.Compact(places) {
		found = append(found, credentials[i])
	}
	return found
}
