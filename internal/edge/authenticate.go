package edge

import (
	"context"
	"errors"
	"net/http"

	"souk/internal/edge/reply"
	"souk/internal/fault"
)

// authenticated determines who makes a request before GraphQL sees it. An
// invalid credential is refused: a client that is silently treated as anonymous
// would miss its own data. From here on, the request has its deadline.
func (s *Server) authenticated(next http.Handler) http.Handler {
	if s.options.Authenticate == nil {
		return s.withDeadline(next)
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		ctx, cancel := context.WithTimeout(r.Context(), s.options.RequestTimeout)
		defer cancel()
		caller, err := s.options.Authenticate(ctx, r)
		if err == nil {
			next.ServeHTTP(w, r.WithContext(caller))
			return
		}
		known, ok := errors.AsType[*fault.Error](err)
		if !ok && errors.Is(ctx.Err(), context.DeadlineExceeded) {
			known, ok = fault.OutOfTime(err), true
		}
		switch {
		case errors.Is(ctx.Err(), context.Canceled): // nobody reads the answer
			s.log.DebugContext(ctx, "client left during authentication", "error", err)
			reply.Write(w, r, reply.ClientLeft, nil)
		case ok && known.Code == fault.CodeUnauthenticated:
			w.Header().Set("WWW-Authenticate", `Bearer error="invalid_token"`)
			writeError(w, r, reply.Unauthenticated, known.Code, fault.Sentence(known.Message))
		case ok && known.Code == fault.CodeTimeout:
			s.log.WarnContext(ctx, "authentication failed", "error", err)
			writeError(w, r, reply.OutOfTime, known.Code, fault.Sentence(known.Message))
		case ok && known.Code == fault.CodeUnavailable:
			s.log.WarnContext(ctx, "authentication failed", "error", err)
			writeError(w, r, reply.Unavailable, known.Code, fault.Sentence(known.Message))
		default:
			s.log.ErrorContext(ctx, "authentication failed", "error", err)
			writeInternal(w, r)
		}
	})
}

// servePublicKeys lets other services verify our access tokens. A token is
// valid for five minutes; a cache that keeps the keys for longer would miss a
// rotation.
func (s *Server) servePublicKeys(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Type", "application/jwk-set+json")
	w.Header().Set("Cache-Control", "public, max-age=300")
	_, _ = w.Write(s.options.PublicKeys) // fails when the client has disconnected
}
