package edge

import (
	"bufio"
	"context"
	"io"
	"net"
	"net/http"
)

// exchange is what the middleware knows about a request and its response. It is the writer
// that fills it, and every middleware reads it: a wrapper of the writer for each of them
// took a third of the middleware's time.
type exchange struct {
	http.ResponseWriter
	route  string // the pattern that matched; "" until one did
	status int    // 0 until the response has started
	bytes  int64  // of the body, as sent
}

type exchangeKey struct{}

// withExchange watches the response.
func withExchange(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		x := &exchange{ResponseWriter: w}
		next.ServeHTTP(x, r.WithContext(context.WithValue(r.Context(), exchangeKey{}, x)))
	})
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
