package identity

import (
	"net/http"
	"net/netip"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestClientAddress(t *testing.T) {
	trusted := []netip.Prefix{netip.MustParsePrefix("10.0.0.0/8"), netip.MustParsePrefix("fd00::/8")}
	for name, tc := range map[string]struct {
		remote    string
		forwarded []string
		want      string
	}{
		"a connection speaks for itself":             {"203.0.113.7:4000", nil, "203.0.113.7"},
		"who is no proxy makes nothing up":           {"203.0.113.7:4000", []string{"198.51.100.1"}, "203.0.113.7"},
		"a proxy tells whom it serves":               {"10.0.0.1:4000", []string{"198.51.100.1"}, "198.51.100.1"},
		"what a client wrote before is not believed": {"10.0.0.1:4000", []string{"1.2.3.4, 198.51.100.1"}, "198.51.100.1"},
		"proxies behind proxies are passed over":     {"10.0.0.1:4000", []string{"1.2.3.4, 198.51.100.1, 10.9.9.9"}, "198.51.100.1"},
		"several headers are one list":               {"10.0.0.1:4000", []string{"1.2.3.4", "198.51.100.1", "10.9.9.9"}, "198.51.100.1"},
		"nothing but proxies gives the first":        {"10.0.0.1:4000", []string{"10.0.0.3, 10.0.0.2"}, "10.0.0.3"},
		"rubbish ends the search":                    {"10.0.0.1:4000", []string{"198.51.100.1, unknown, 10.0.0.2"}, "10.0.0.2"},
		"a proxy without the header is the client":   {"10.0.0.1:4000", nil, "10.0.0.1"},
		"a port is dropped":                          {"10.0.0.1:4000", []string{"198.51.100.1:5555"}, "198.51.100.1"},
		"IPv6 in brackets with a port":               {"[fd00::1]:4000", []string{"[2001:db8::7]:5555"}, "2001:db8::7"},
		"IPv4 inside of IPv6 is IPv4":                {"[::ffff:10.0.0.1]:4000", []string{"::ffff:198.51.100.1"}, "198.51.100.1"},
	} {
		t.Run(name, func(t *testing.T) {
			request := &http.Request{RemoteAddr: tc.remote, Header: http.Header{"X-Forwarded-For": tc.forwarded}}
			require.Equal(t, tc.want, clientAddress(request, trusted).String())
		})
	}
	require.False(t, clientAddress(&http.Request{RemoteAddr: "@"}, trusted).IsValid(), "a socket has no address")
}
