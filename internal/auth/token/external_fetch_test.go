package token

import (
	"net/http"
	"net/url"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestRedirectsThatAreFollowed(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		from, to string
		hops     int
		followed bool
	}{
		"https to https":             {"https://id.example", "https://keys.example/set", 1, true},
		"https to http":              {"https://id.example", "http://keys.example/set", 1, false},
		"https to our own machine":   {"https://id.example", "http://127.0.0.1:6379/", 1, false},
		"loopback to loopback":       {"http://127.0.0.1:1", "http://localhost:2/set", 1, true},
		"loopback to http elsewhere": {"http://127.0.0.1:1", "http://keys.example/set", 1, false},
		"a file":                     {"https://id.example", "file:///etc/passwd", 1, false},
		"the third":                  {"https://id.example", "https://keys.example/set", 3, true},
		"the fourth":                 {"https://id.example", "https://keys.example/set", 4, false},
	} {
		t.Run(name, func(t *testing.T) {
			from, err := url.Parse(test.from)
			require.NoError(t, err)
			request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, test.to, nil)
			require.NoError(t, err)
			err = newClient(from).CheckRedirect(request, make([]*http.Request, test.hops))
			require.Equal(t, test.followed, err == nil, err)
		})
	}
}
