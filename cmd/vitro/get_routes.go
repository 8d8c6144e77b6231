package main

import (
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"strconv"
	"strings"
)

// routes says where connections really go. As in curl, --connect-to comes first, and --resolve is for what it gives.
type routes struct {
	connectTo []hop
	resolve   map[string]string // "host:port" → "address:port"
}

// hop is one --connect-to: empty fields on the left match any, on the right they leave what is there.
type hop struct{ host1, port1, host2, port2 string }

func parseRoutes(resolve, connectTo []string) (routes, error) {
	r := routes{resolve: map[string]string{}}
	for _, s := range resolve {
		host, rest, ok1 := cutHost(s)
		port, addr, ok2 := strings.Cut(rest, ":")
		ip, err := netip.ParseAddr(strings.Trim(addr, "[]"))
		if !ok1 || !ok2 || host == "" || !isPort(port) || err != nil {
			return r, fmt.Errorf("--resolve %q: it should be HOST:PORT:ADDR, with an IP address at the end", s)
		}
		r.resolve[strings.ToLower(net.JoinHostPort(host, port))] = net.JoinHostPort(ip.String(), port)
	}
	for _, s := range connectTo {
		var h hop
		var rest string
		var ok1, ok2, ok3 bool
		h.host1, rest, ok1 = cutHost(s)
		h.port1, rest, ok2 = strings.Cut(rest, ":")
		h.host2, h.port2, ok3 = cutHost(rest)
		if !ok1 || !ok2 || !ok3 || h.port1 != "" && !isPort(h.port1) || h.port2 != "" && !isPort(h.port2) {
			return r, fmt.Errorf("--connect-to %q: it should be HOST1:PORT1:HOST2:PORT2", s)
		}
		r.connectTo = append(r.connectTo, h)
	}
	return r, nil
}

// cutHost cuts at the colon behind a host, which may be an IPv6 address in brackets.
func cutHost(s string) (host, rest string, ok bool) {
	if inner, found := strings.CutPrefix(s, "["); found {
		return strings.Cut(inner, "]:")
	}
	return strings.Cut(s, ":")
}

func isPort(s string) bool {
	n, err := strconv.ParseUint(s, 10, 16)
	return err == nil && n > 0
}

// route returns the address to dial for one that a URL names.
func (r routes) route(addr string) string {
	host, port, err := net.SplitHostPort(addr)
	if err != nil {
		return addr
	}
	for _, h := range r.connectTo {
		if (h.host1 == "" || strings.EqualFold(h.host1, host)) && (h.port1 == "" || h.port1 == port) {
			if h.host2 != "" {
				host = h.host2
			}
			if h.port2 != "" {
				port = h.port2
			}
			break
		}
	}
	addr = net.JoinHostPort(host, port)
	if fixed, ok := r.resolve[strings.ToLower(addr)]; ok {
		return fixed
	}
	return addr
}

// parseHeaders reads --header values. "Name: value" sets, "Name;" sends an empty one, "Name:" leaves one out.
func parseHeaders(list []string) (http.Header, error) {
	header := http.Header{"User-Agent": {"vitro"}}
	set := map[string]bool{}
	for _, s := range list {
		name, value, found := strings.Cut(s, ":")
		value = strings.TrimSpace(value)
		empty := false
		if !found {
			name, empty = strings.CutSuffix(s, ";")
		}
		if !found && !empty || !isToken(name) || strings.ContainsFunc(value, isControl) {
			return nil, fmt.Errorf("--header %q: it should be 'NAME: VALUE'", s)
		}
		name = http.CanonicalHeaderKey(name)
		if !set[name] {
			header.Del(name)
		}
		set[name] = true
		switch {
		case value != "" || empty:
			header.Add(name, value)
		case name == "User-Agent":
			header[name] = []string{""} // net/http would send its own
		default:
			header.Del(name)
		}
	}
	return header, nil
}

// isToken: RFC 9110 §5.6.2.
func isToken(s string) bool {
	const others = "!#$%&'*+-.^_`|~"
	return s != "" && !strings.ContainsFunc(s, func(r rune) bool {
		return !('a' <= r && r <= 'z' || 'A' <= r && r <= 'Z' || '0' <= r && r <= '9' || strings.ContainsRune(others, r))
	})
}

func isControl(r rune) bool { return r < ' ' && r != '\t' || r == 0x7f }
