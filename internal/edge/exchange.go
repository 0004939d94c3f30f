package edge

import (
	"context"
	"io"
	"net/http"

	"github.com/felixge/httpsnoop"
)

// exchange is what the middleware knows about a request and its response. One
// watcher fills it and every middleware reads it: a wrapper of the writer for
// each of them took a third of the middleware's time.
type exchange struct {
	route  string // the pattern that matched; "" until one did
	status int    // 0 until the response has started
	bytes  int64  // of the body, as sent
}

type exchangeKey struct{}

// withExchange watches the response. httpsnoop keeps the writer's other
// features, such as hijacking for a WebSocket.
func withExchange(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		x := &exchange{}
		ctx := context.WithValue(r.Context(), exchangeKey{}, x)
		next.ServeHTTP(httpsnoop.Wrap(w, x.hooks()), r.WithContext(ctx))
	})
}

func (x *exchange) hooks() httpsnoop.Hooks {
	return httpsnoop.Hooks{
		WriteHeader: func(write httpsnoop.WriteHeaderFunc) httpsnoop.WriteHeaderFunc {
			return func(status int) {
				final := status >= http.StatusOK || status == http.StatusSwitchingProtocols
				if x.status == 0 && final {
					x.status = status
				}
				write(status)
			}
		},
		Write: func(write httpsnoop.WriteFunc) httpsnoop.WriteFunc {
			return func(b []byte) (int, error) {
				x.begin()
				n, err := write(b)
				x.bytes += int64(n)
				return n, err
			}
		},
		ReadFrom: func(read httpsnoop.ReadFromFunc) httpsnoop.ReadFromFunc {
			return func(from io.Reader) (int64, error) {
				x.begin()
				n, err := read(from)
				x.bytes += n
				return n, err
			}
		},
		Flush: func(flush httpsnoop.FlushFunc) httpsnoop.FlushFunc {
			return func() { x.begin(); flush() }
		},
	}
}

// begin records the status that net/http sends when a handler sets none.
func (x *exchange) begin() {
	if x.status == 0 {
		x.status = http.StatusOK
	}
}

// end completes the record of an answered request.
func (x *exchange) end() {
	x.begin()
	if x.route == "" {
		x.route = "unmatched"
	}
}

// exchangeOf returns the request's exchange. It is never nil inside
// withExchange.
func exchangeOf(ctx context.Context) *exchange {
	if x, ok := ctx.Value(exchangeKey{}).(*exchange); ok {
		return x
	}
	return &exchange{}
}

// labelled tells the middleware around it which route matched. A label for each
// request path would grow with every address that a scanner tries.
func labelled(route string, next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		exchangeOf(r.Context()).route = route
		next.ServeHTTP(w, r)
	})
}
