package origin

import (
	"testing"

	"github.com/stretchr/testify/require"
)

func TestWhichOriginsMayCall(t *testing.T) {
	list, err := Parse([]string{"https://shop.example", " HTTPS://Other.Example:443 ", "http://old.example:8080", "https://*.shop.example", "https://*.dev.example:8443", "app://desktop"})
	require.NoError(t, err)
	for origin, allowed := range map[string]bool{
		"https://shop.example":                true,
		"https://other.example":               true,
		"http://old.example:8080":             true,
		"https://www.shop.example":            true,
		"https://a.b.shop.example":            true,
		"https://a.dev.example:8443":          true,
		"app://desktop":                       true,
		"":                                    false,
		"null":                                false,
		"*":                                   false,
		"http://shop.example":                 false,
		"https://shop.example:8443":           false,
		"https://shop.example.evil.example":   false,
		"https://evilshop.example":            false,
		"https://.shop.example":               false,
		"https://evil.example/.shop.example":  false,
		"https://evil.example#.shop.example":  false,
		"https://evil@www.shop.example":       false,
		"https://evil.example?.shop.example":  false,
		"https://evil.example:1.shop.example": false,
		"http://www.shop.example":             false,
		"https://www.shop.example:8443":       false,
		"https://a.dev.example":               false,
		"https://dev.example:8443":            false,
		"http://localhost:3000":               false,
	} {
		require.Equal(t, allowed, list.Allows(origin), origin)
	}
	require.False(t, list.Empty())
	none, err := Parse(nil)
	require.NoError(t, err)
	require.True(t, none.Empty())
	require.False(t, none.Allows("https://shop.example"))
	every, err := Parse([]string{"*"})
	require.NoError(t, err)
	require.True(t, every.Allows("https://any.example"))
}

func TestPagesOnThisMachine(t *testing.T) {
	list := &List{Local: true}
	for origin, allowed := range map[string]bool{
		"http://localhost:3000":         true,
		"https://localhost":             true,
		"http://shop.localhost:5173":    true,
		"http://127.0.0.1:3000":         true,
		"http://[::1]:3000":             true,
		"http://localhost.evil.example": false,
		"http://evillocalhost":          false,
		"http://192.168.1.7:3000":       false,
		"null":                          false,
		"file://":                       false,
		"chrome-extension://localhost":  false,
	} {
		require.Equal(t, allowed, list.Allows(origin), origin)
	}
}

func TestWhatIsNoOrigin(t *testing.T) {
	for pattern, says := range map[string]string{
		"":                            "is not an origin",
		"shop.example":                "is not an origin",
		"https://":                    "is not an origin",
		"https://shop.example/":       "without a path",
		"https://shop.example/a":      "without a path",
		"https://user@shop.example":   "is not an origin",
		"https://shop.example?a":      "is not an origin",
		"https://münchen.example":     "xn--",
		"https://*":                   "write https://*.shop.example",
		"https://*.example":           "write https://*.shop.example",
		"https://*shop.example":       "write https://*.shop.example",
		"https://www.*.example":       "write https://*.shop.example",
		"https://*.*.shop.example":    "write https://*.shop.example",
		"https://shop.example\nhttps": "is not an origin",
	} {
		_, err := Parse([]string{pattern})
		require.ErrorContains(t, err, says, pattern)
	}
	_, err := Parse([]string{"*", "https://shop.example"})
	require.ErrorContains(t, err, "give it alone")
}

func TestHostname(t *testing.T) {
	for header, host := range map[string]string{
		"Shop.Example:8080": "shop.example", "shop.example.": "shop.example", "[::1]:8080": "::1", "[::1]": "::1", "127.0.0.1": "127.0.0.1", "": "",
	} {
		require.Equal(t, host, Hostname(header), header)
	}
}
