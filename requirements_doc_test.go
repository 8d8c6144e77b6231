package vitro_test

import (
	"bytes"
	"fmt"
	"path"
	"strings"
)

const requirementsHead = `# What the RFCs require

Written by ` + "`go test . -run TestRequirements -update`" + ` from docs/requirements, which is kept by hand; the test fails
where a file does not cite what it is said to hold, a test is not there, or a rule in a comment has no line here.
The words are ours; the RFC's count. A requirement is provoked by what a peer sends, unless its test says otherwise.

`

// render writes docs/REQUIREMENTS.md.
func render(documents []*document) []byte {
	var b bytes.Buffer
	b.WriteString(requirementsHead)
	total := new(count)
	b.WriteString("| RFC | requirements | held and tested | do not apply | open |\n|---|---|---|---|---|\n")
	for _, d := range documents {
		c := new(count)
		for _, r := range d.requirements {
			c.add(r)
			total.add(r)
		}
		fmt.Fprintf(&b, "| [%s](#rfc-%s) %s | %s |\n", d.rfc, d.rfc, d.title, c)
	}
	fmt.Fprintf(&b, "| together | %s |\n", total)
	b.WriteString("\n## Open\n\n")
	for _, d := range documents {
		for _, r := range d.requirements {
			if r.open != "" {
				fmt.Fprintf(&b, "- RFC %s §%s, “%s”: %s.\n", r.rfc, r.section, r.says, r.open)
			}
		}
	}
	for _, d := range documents {
		fmt.Fprintf(&b, "\n## RFC %s\n\n| § | | what is required | where, and shown by |\n|---|---|---|---|\n", d.rfc)
		section := ""
		for _, r := range d.requirements {
			shown := r.section
			if shown == section {
				shown = ""
			}
			section = r.section
			fmt.Fprintf(&b, "| %s | %s | %s | %s |\n", shown, r.level, r.says, r.answer())
		}
	}
	return b.Bytes()
}

// count is how many requirements there are of each kind.
type count struct{ all, held, beside, open int }

func (c *count) add(r *requirement) {
	c.all++
	switch {
	case r.open != "":
		c.open++
	case r.beside != "":
		c.beside++
	default:
		c.held++
	}
}

func (c *count) String() string {
	return fmt.Sprintf("%d | %d | %d | %d", c.all, c.held, c.beside, c.open)
}

// answer is what is known of a requirement, in one cell.
func (r *requirement) answer() string {
	var parts []string
	if r.open != "" {
		parts = append(parts, "**open**: "+r.open)
	}
	if r.beside != "" {
		parts = append(parts, "does not apply: "+r.beside)
	}
	var files []string
	for _, f := range r.held {
		files = append(files, fmt.Sprintf("[%s](../%s)", path.Join(path.Base(path.Dir(f)), path.Base(f)), f))
	}
	if len(files) > 0 {
		parts = append(parts, strings.Join(files, ", "))
	}
	var tests []string
	for _, name := range r.tests {
		tests = append(tests, "`"+name+"`")
	}
	if len(tests) > 0 {
		parts = append(parts, strings.Join(tests, ", "))
	}
	return strings.Join(parts, "; ")
}
