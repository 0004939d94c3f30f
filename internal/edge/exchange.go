package edge

import (
	"context"
	"io"
	"net/http"

	"github.com/felixge/httpsnoop"
)

// exchange is what the middleware gets to know of a request on its way and of
// its answer. One watcher fills it and all read it: wrapping the writer for each
// of them cost a third of the middleware's time.
type exchange struct {
	route  string // the pattern that matched; "" until one did
	status int    // 0 until the answer has begun
	bytes  int64  // of the body, as sent
}

type exchangeKey struct{}

// withExchange watches the answer. httpsnoop keeps what else the writer can do,
// such as being hijacked for a WebSocket.
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

// begin notes the status that net/http sends when a handler names none.
func (x *exchange) begin() {
	if x.status == 0 {
		x.status = http.StatusOK
	}
}

// end fills in what an answered request has left open.
func (x *exchange) end() {
	x.begin()
	if x.route == "" {
		x.route = "unmatched"
	}
}

// exchangeOf returns the request's exchange. It is never nil behind withExchange.
func exchangeOf(ctx context.Context) *exchange {
	if x, ok := ctx.Value(exchangeKey{}).(*exchange); ok {
		return x
	}
	return &exchange{}
}

// labelled tells the middleware around it which route has matched, since a
// path as it came would make a label for each address that a scanner tries.
func labelled(route string, next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		exchangeOf(r.Context()).route = route
		next.ServeHTTP(w, r)
	})
}
