package edge

import (
	"bufio"
	"context"
	"crypto/rand"
	"io"
	"net"
	"net/http"
	"time"

	"souk/internal/telemetry"
)

// exchange is what the middleware knows about a request and its response. It is the writer
// that fills it, and every middleware reads it: a wrapper of the writer for each of them
// took a third of the middleware's time.
type exchange struct {
	http.ResponseWriter
	began  time.Time
	route  string // the pattern that matched; "" until one did
	status int    // 0 until the response has started
	bytes  int64  // of the body, as sent

	context exchangeContext
}

// exchangeContext is the context of a request with its exchange, of which it is a part: a
// context and a copy of the request for each middleware took as long as what they do.
type exchangeContext struct {
	context.Context
	exchange *exchange
}

type exchangeKey struct{}

// Value returns the exchange under its own key, and the parent's values.
func (c *exchangeContext) Value(key any) any {
	if key == (exchangeKey{}) {
		return c.exchange
	}
	return c.Context.Value(key)
}

// withExchange gives each request an ID, and watches its response. The ID is the caller's,
// if it is safe for a log line and a header, or a new one.
func withExchange(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		id := r.Header.Get(requestIDHeader)
		if !isSaneID(id) {
			id = rand.Text()
		}
		w.Header()[requestIDHeader] = []string{id}
		x := &exchange{ResponseWriter: w, began: time.Now()}
		x.context = exchangeContext{telemetry.WithRequestID(r.Context(), id), x}
		next.ServeHTTP(x, r.WithContext(&x.context))
	})
}

func isSaneID(id string) bool {
	const longest = 64
	if id == "" || len(id) > longest {
		return false
	}
	for _, c := range []byte(id) {
		letter := 'a' <= c|0x20 && c|0x20 <= 'z'
		if !letter && !('0' <= c && c <= '9') && c != '-' && c != '_' && c != '.' {
			return false
		}
	}
	return true
}

// WriteHeader implements http.ResponseWriter.
func (x *exchange) WriteHeader(status int) {
	final := status >= http.StatusOK || status == http.StatusSwitchingProtocols
	if x.status == 0 && final {
		x.status = status
	}
	x.ResponseWriter.WriteHeader(status)
}

// Write implements http.ResponseWriter.
func (x *exchange) Write(b []byte) (int, error) {
	x.begin()
	n, err := x.ResponseWriter.Write(b)
	x.bytes += int64(n)
	return n, err
}

// ReadFrom implements io.ReaderFrom, so that net/http can send files without copying them.
func (x *exchange) ReadFrom(from io.Reader) (int64, error) {
	x.begin()
	n, err := io.Copy(x.ResponseWriter, from)
	x.bytes += n
	return n, err
}

// Flush implements http.Flusher, which compression looks for. A writer that cannot flush
// sends when it likes.
func (x *exchange) Flush() {
	x.begin()
	_ = http.NewResponseController(x.ResponseWriter).Flush()
}

// Hijack implements http.Hijacker, which a WebSocket needs.
func (x *exchange) Hijack() (net.Conn, *bufio.ReadWriter, error) {
	return http.NewResponseController(x.ResponseWriter).Hijack()
}

// Unwrap lets an http.ResponseController reach all else that the writer can do.
func (x *exchange) Unwrap() http.ResponseWriter { return x.ResponseWriter }

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
