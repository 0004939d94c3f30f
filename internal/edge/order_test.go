package edge

import (
	"net/http"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestMiddlewareOrder(t *testing.T) {
	var names []string
	for _, step := range new(Server).middleware() {
		names = append(names, step.name)
	}
	require.Equal(t, []string{
		"exchange", "trace", "access log", "metrics", "recover",
		"security headers", "host", "CORS", "cross-site writes", "body limit", "conditional", "gzip",
	}, names)
}

func TestChainRunsTheFirstStepOutermost(t *testing.T) {
	var order []string
	step := func(name string) middleware {
		return middleware{name, func(next http.Handler) http.Handler {
			return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				order = append(order, name)
				next.ServeHTTP(w, r)
			})
		}}
	}
	last := http.HandlerFunc(func(http.ResponseWriter, *http.Request) { order = append(order, "handler") })
	chain(last, []middleware{step("a"), step("b")}).ServeHTTP(nil, nil)
	require.Equal(t, []string{"a", "b", "handler"}, order)
}
