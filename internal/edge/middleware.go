package edge

import (
	"bytes"
	"errors"
	"io"
	"maps"
	"net/http"

	"github.com/klauspost/compress/gzhttp"
	"go.opentelemetry.io/otel/propagation"
	semconv "go.opentelemetry.io/otel/semconv/v1.43.0"
	"go.opentelemetry.io/otel/trace"

	"souk/internal/edge/reply"
)

const (
	requestIDHeader = "X-Request-Id"
	// traceHeader is without which a request continues no trace.
	traceHeader = "Traceparent"
	// minGzipBytes: compressing less than one network packet saves nothing.
	minGzipBytes = 1400
	// gzipLevel 1 compresses a listing of 37 KB in 64 µs instead of 127 µs for
	// the default; the result is 7 % larger.
	gzipLevel = 1

	// strictTransport makes browsers use TLS for a year: as long as the lists of browsers
	// demand. It says nothing of other hosts, which may have no TLS.
	strictTransport = "max-age=31536000"
)

// middleware is one step of a request. The test of the order uses the name.
type middleware struct {
	name string
	wrap func(http.Handler) http.Handler
}

// middleware returns the steps, outermost first.
//
// Steps that observe come before steps that can refuse or fail, so that each
// refusal and each panic has an ID, a log line and a metric with its true
// status. CORS comes before the body limit; otherwise a browser would hide the
// refusal from the page.
func (s *Server) middleware() []middleware {
	return []middleware{
		{"exchange", withExchange},
		{"trace", s.withTrace},
		{"access log", s.withAccessLog},
		{"metrics", s.withMetrics},
		{"recover", s.withRecover},
		{"security headers", s.withSecurityHeaders},
		{"host", s.withHost},
		{"CORS", s.withCORS},
		{"cross-site writes", s.withoutCrossSiteWrites},
		{"body limit", s.withBodyLimit},
		{"conditional", withConditional},
		{"gzip", withGzip},
	}
}

func chain(h http.Handler, steps []middleware) http.Handler {
	for i := len(steps) - 1; i >= 0; i-- {
		h = steps[i].wrap(h)
	}
	return h
}

// withTrace continues the caller's trace, or starts one.
func (s *Server) withTrace(next http.Handler) http.Handler {
	var format propagation.TraceContext
	serving := trace.WithSpanKind(trace.SpanKindServer)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		ctx := r.Context()
		if r.Header.Get(traceHeader) != "" {
			ctx = format.Extract(ctx, propagation.HeaderCarrier(r.Header))
		}
		ctx, span := s.options.Telemetry.Tracer.Start(ctx, r.Method, serving)
		defer span.End()
		if ctx != r.Context() {
			r = r.WithContext(ctx)
		}
		next.ServeHTTP(w, r)
		if span.IsRecording() {
			route := exchangeOf(ctx).route
			span.SetName(r.Method + " " + route)
			span.SetAttributes(semconv.HTTPRequestMethodKey.String(r.Method), semconv.HTTPRoute(route))
		}
	})
}

// withSecurityHeaders sets the headers of every response. Responses are data,
// so the default policy lets a browser load nothing; a page sets its own. They are few: with
// more than eight headers, an answer takes a larger map, which costs five allocations.
func (s *Server) withSecurityHeaders(next http.Handler) http.Handler {
	headers := http.Header{}
	headers.Set("Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'")
	headers.Set("X-Content-Type-Options", "nosniff")
	headers.Set("Referrer-Policy", "no-referrer")
	headers.Set("Cross-Origin-Resource-Policy", "same-origin") // which does not concern a fetch by CORS
	if s.options.Certificate != nil && !s.options.Development {
		headers.Set("Strict-Transport-Security", strictTransport)
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		maps.Copy(w.Header(), headers) // all responses have the same lists of values, which Set and Add do not change
		next.ServeHTTP(w, r)
	})
}

// withBodyLimit refuses a body over the limit with 413. It reads a body of
// unknown length itself: if the limit were reached in the handler, the client
// would get the handler's response to a failed read.
func (s *Server) withBodyLimit(next http.Handler) http.Handler {
	limit := s.options.MaxBodyBytes
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		size := r.ContentLength
		if size < 0 {
			body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, limit))
			if _, over := errors.AsType[*http.MaxBytesError](err); over {
				size = limit + 1
			} else if err != nil {
				kind, refusal := reply.Unread(err)
				writeError(w, r, kind, refusal.Code, refusal.Message)
				return
			}
			r.Body = io.NopCloser(bytes.NewReader(body))
		}
		if size > limit {
			writeRefusal(w, r, reply.BodyTooLarge, reply.TooLarge(limit, size))
			return
		}
		next.ServeHTTP(w, r)
	})
}

// withGzip compresses answers for clients that ask for it.
func withGzip(next http.Handler) http.Handler {
	wrap, err := gzhttp.NewWrapper(gzhttp.MinSize(minGzipBytes), gzhttp.CompressionLevel(gzipLevel),
		gzhttp.SuffixETag("-gzip"), // -zstd for zstd
		gzhttp.PreferZstd(false))   // @whatwg-node/fetch offers zstd on Node.js 20, and ends the process that gets it
	if err != nil {
		panic(err) // the options above are constants
	}
	compressing := wrap(next)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Accept-Encoding") != "" {
			compressing(w, r)
			return
		}
		w.Header().Add("Vary", "Accept-Encoding")
		next.ServeHTTP(w, r)
	})
}
