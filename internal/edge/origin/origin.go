// Package origin knows which web pages may call the API. A browser sends the origin of a
// page: its scheme, its host, and its port unless that is the scheme's own.
package origin

import (
	"errors"
	"net"
	"net/netip"
	"net/url"
	"strings"
)

// List is the list of the origins that may. The zero value lets none.
type List struct {
	// Any lets every page call the API, which then must not send credentials.
	Any bool
	// Local lets pages on this machine, on any port.
	Local bool

	exact map[string]bool
	below []wildcard
}

// wildcard stands for all hosts below one: https://*.shop.example has the scheme https://
// and the end .shop.example.
type wildcard struct{ scheme, end string }

// Parse reads origins as an operator writes them: https://shop.example,
// https://shop.example:8443, https://*.shop.example for each host below shop.example, or *
// alone for every page.
func Parse(patterns []string) (*List, error) {
	list := &List{exact: map[string]bool{}}
	for _, pattern := range patterns {
		pattern = strings.ToLower(strings.TrimSpace(pattern))
		if pattern == "*" && len(patterns) > 1 {
			return nil, errors.New("is *, which stands for every origin; give it alone")
		}
		if pattern == "*" {
			return &List{Any: true}, nil
		}
		if err := list.add(pattern); err != nil {
			return nil, err
		}
	}
	return list, nil
}

func (l *List) add(pattern string) error {
	scheme, host, found := strings.Cut(pattern, "://")
	scheme += "://"
	parsed, err := url.Parse(pattern)
	switch {
	case !found || err != nil || parsed.Host != host || host == "" || parsed.User != nil:
		return errors.New("is not an origin: write the scheme, the host and, if it has one, the port, such as https://shop.example, without a path")
	case !isASCII(host):
		return errors.New("has letters that browsers send in another form: write the host as browsers do, with xn--")
	}
	host = withoutDefaultPort(scheme, host)
	end, below := strings.CutPrefix(host, "*")
	switch {
	case !strings.Contains(host, "*"):
		l.exact[scheme+host] = true
	case !below || !strings.HasPrefix(end, ".") || strings.Contains(end, "*") || strings.Count(end, ".") < 2:
		return errors.New("has an asterisk that does not stand for all hosts below one: write https://*.shop.example")
	default:
		l.below = append(l.below, wildcard{scheme, end})
	}
	return nil
}

// Allows reports whether a page of an origin may call the API. "null", which browsers send
// for a page that must stay unknown, is none.
func (l *List) Allows(origin string) bool {
	if l.Any || l.exact[origin] {
		return true
	}
	for _, w := range l.below {
		host, ok := strings.CutPrefix(origin, w.scheme)
		labels, ends := strings.CutSuffix(host, w.end)
		if ok && ends && isLabels(labels) {
			return true
		}
	}
	return l.Local && isLocal(origin)
}

// Empty reports whether no origin may.
func (l *List) Empty() bool { return !l.Any && !l.Local && len(l.exact)+len(l.below) == 0 }

// isLabels reports whether a text can be the start of a host.
func isLabels(text string) bool {
	return text != "" && strings.Trim(text, "abcdefghijklmnopqrstuvwxyz0123456789-_.") == "" && text[0] != '.'
}

func isLocal(origin string) bool {
	parsed, err := url.Parse(origin)
	return err == nil && (parsed.Scheme == "http" || parsed.Scheme == "https") && IsLocalHost(parsed.Hostname())
}

// IsLocalHost reports whether a name or an address, without a port, is always this machine.
func IsLocalHost(host string) bool {
	if address, err := netip.ParseAddr(host); err == nil {
		return address.IsLoopback()
	}
	return host == "localhost" || strings.HasSuffix(host, ".localhost")
}

// IsAddress reports whether a host is an address and not a name.
func IsAddress(host string) bool {
	_, err := netip.ParseAddr(host)
	return err == nil
}

// Hostname returns the host of a Host header, in lower case, without port and brackets.
func Hostname(header string) string {
	host, _, err := net.SplitHostPort(header)
	if err != nil {
		host = strings.Trim(header, "[]")
	}
	return strings.TrimSuffix(strings.ToLower(host), ".")
}

func withoutDefaultPort(scheme, host string) string {
	switch scheme {
	case "https://":
		return strings.TrimSuffix(host, ":443")
	case "http://":
		return strings.TrimSuffix(host, ":80")
	}
	return host
}

func isASCII(text string) bool {
	for i := range len(text) {
		if text[i] >= 0x80 {
			return false
		}
	}
	return true
}
