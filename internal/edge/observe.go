package edge

import (
	"errors"
	"log/slog"
	"net"
	"net/http"
	"runtime/debug"
	"strings"
	"time"

	"souk/internal/edge/reply"
	"souk/internal/telemetry"
)

// maxLoggedPath bounds what one request of a scanner can write into the log.
const maxLoggedPath = 200

// mostAttrs is how many attributes the line of most requests has.
const mostAttrs = 16

// withAccessLog writes one line for each answered request. It leaves out the
// query string: with GET, that contains a GraphQL document and a customer's
// values.
func (s *Server) withAccessLog(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		defer s.logAccess(r) // also for an aborted response
		next.ServeHTTP(w, r)
	})
}

func (s *Server) logAccess(r *http.Request) {
	x := exchangeOf(r.Context())
	now := time.Now()
	x.end()
	level := accessLevel(x.status, x.route)
	if x.status == reply.StatusClientLeft {
		level = slog.LevelInfo
	}
	if !s.log.Enabled(r.Context(), level) {
		return
	}
	address, _, err := net.SplitHostPort(r.RemoteAddr)
	if err != nil {
		address = r.RemoteAddr
	}
	var room [mostAttrs]slog.Attr
	attrs := append(room[:0],
		slog.String("method", r.Method),
		slog.String("route", x.route),
		slog.String("path", r.URL.Path[:min(len(r.URL.Path), maxLoggedPath)]),
		slog.Int("status", x.status),
		slog.Float64("duration_ms", float64(now.Sub(x.began).Microseconds())/1000),
		slog.Int64("bytes", x.bytes),
		slog.String("remote_address", address),
		slog.Bool("client_left", r.Context().Err() != nil),
	)
	record := slog.NewRecord(now, level, "request", 0) // no log says the line of its source
	record.AddAttrs(telemetry.Annotations(r.Context(), attrs)...)
	_ = s.log.Handler().Handle(r.Context(), record) // fails when the log cannot be written
}

// accessLevel selects the level by who should look: 5xx are our errors, 4xx the
// caller's. Probes and page assets are frequent and say little.
func accessLevel(status int, route string) slog.Level {
	switch {
	case route == "/readyz" || route == "/livez":
		return slog.LevelDebug // a change of health is logged separately
	case status >= http.StatusInternalServerError:
		return slog.LevelError
	case status >= http.StatusBadRequest:
		return slog.LevelWarn
	case strings.HasPrefix(route, "/graphiql/") || route == "/demo/images/":
		return slog.LevelDebug
	}
	return slog.LevelInfo
}

// withMetrics counts and times each request by its route.
func (s *Server) withMetrics(next http.Handler) http.Handler {
	metrics := s.options.Telemetry.Metrics
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		ctx := r.Context()
		metrics.InFlight(1)
		defer func() { // also for an aborted response
			x := exchangeOf(ctx)
			x.end()
			metrics.InFlight(-1)
			metrics.Request(ctx, knownMethod(r.Method), x.route, x.status, time.Since(x.began))
		}()
		next.ServeHTTP(w, r)
	})
}

// knownMethod keeps invented methods out of the labels.
func knownMethod(method string) string {
	switch method {
	case http.MethodGet, http.MethodHead, http.MethodPost, http.MethodPut,
		http.MethodPatch, http.MethodDelete, http.MethodOptions:
		return method
	}
	return "OTHER"
}

// withRecover turns a panic into a response with a request ID, and logs it with
// its stack. A response that has started can only be aborted.
func (s *Server) withRecover(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		defer func() {
			p := recover()
			if p == nil {
				return
			}
			if err, ok := p.(error); ok && errors.Is(err, http.ErrAbortHandler) {
				panic(p) // net/http's own way to abort a connection
			}
			s.log.ErrorContext(r.Context(), "panic", slog.Any("panic", p), slog.String("stack", string(debug.Stack())))
			if exchangeOf(r.Context()).status != 0 {
				panic(http.ErrAbortHandler)
			}
			writeInternal(w, r)
		}()
		next.ServeHTTP(w, r)
	})
}
