package main

import (
	"encoding/base64"
	"strconv"
	"strings"
)

// flag takes its value, nil for one that has none to take.
type flag struct {
	set   func(*settings)
	value func(*settings, string) error
}

func on(field func(*settings) *bool) flag {
	return flag{set: func(s *settings) { *field(s) = true }}
}

func number(field func(*settings) *uint64) flag {
	return flag{value: func(s *settings, v string) (err error) {
		*field(s), err = strconv.ParseUint(v, 10, 64)
		return err
	}}
}

func numbers(field func(*settings) *[]uint64) flag {
	return flag{value: func(s *settings, v string) error {
		n, err := strconv.ParseUint(v, 10, 64)
		*field(s) = append(*field(s), n)
		return err
	}}
}

func text(field func(*settings) *string) flag {
	return flag{value: func(s *settings, v string) error { *field(s) = v; return nil }}
}

func binary64(field func(*settings) *[]byte) flag {
	return flag{value: func(s *settings, v string) (err error) {
		*field(s), err = base64.StdEncoding.DecodeString(v)
		return err
	}}
}

// fixed is a flag without a value that stands for one.
func fixed(field func(*settings) *string, v string) flag {
	return flag{set: func(s *settings) { *field(s) = v }}
}

// nothing is a flag that asks for what Vitro always does, or for less than it does.
var nothing = flag{set: func(*settings) {}}

// plan is what the flags say of each connection of a run: of the first, and of those that go on with its session.
type plan struct{ initial, resume settings }

func parse(args []string) (*plan, error) {
	p := new(plan)
	for _, s := range []*settings{&p.initial, &p.resume} {
		s.initialWrite, s.repeatInitialWrite = "hello", 1
	}
	for len(args) > 0 {
		name, about := p.about(args[0])
		args = args[1:]
		f, ok := flags[name]
		if !ok {
			return nil, lacking("flag %s", name)
		}
		value := ""
		if f.value != nil {
			if len(args) == 0 {
				return nil, lacking("flag %s without a value", name)
			}
			value, args = args[0], args[1:]
		}
		for _, s := range about {
			if f.value == nil {
				f.set(s)
			} else if err := f.value(s, value); err != nil {
				return nil, lacking("flag %s: %v", name, err)
			}
		}
	}
	return p, nil
}

// about takes a flag's prefix off, and returns whom the flag is about. There is no second process that shakes hands for
// us, and no early data that would have to be sent again.
func (p *plan) about(name string) (string, []*settings) {
	name, elsewhere := strings.CutPrefix(strings.TrimPrefix(name, "-on-shim"), "-on-handshaker")
	about := []*settings{&p.initial, &p.resume}
	for prefix, one := range map[string][]*settings{"-on-initial": about[:1], "-on-resume": about[1:], "-on-retry": nil} {
		if rest, ok := strings.CutPrefix(name, prefix); ok {
			name, about = rest, one
			break
		}
	}
	if elsewhere {
		return name, nil
	}
	return name, about
}
