package edge

import (
	"errors"
	"net/http"

	"souk/internal/fault"
	"souk/internal/telemetry"
)

// authenticated determines who makes a request before GraphQL sees it. An
// invalid credential is refused: a client that is silently treated as anonymous
// would miss its own data.
func (s *Server) authenticated(next http.Handler) http.Handler {
	if s.options.Authenticate == nil {
		return next
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		ctx, err := s.options.Authenticate(r)
		if err == nil {
			next.ServeHTTP(w, r.WithContext(ctx))
			return
		}
		known, ok := errors.AsType[*fault.Error](err)
		switch {
		case ok && known.Code == fault.CodeUnauthenticated:
			w.Header().Set("WWW-Authenticate", `Bearer error="invalid_token"`)
			writeError(w, r, http.StatusUnauthorized, known.Code, known.Message)
		case ok && (known.Code == fault.CodeUnavailable || known.Code == fault.CodeTimeout):
			s.log.WarnContext(r.Context(), "authentication failed", "error", err)
			writeError(w, r, http.StatusServiceUnavailable, known.Code, known.Message)
		default:
			s.log.ErrorContext(r.Context(), "authentication failed", "error", err)
			writeError(w, r, http.StatusInternalServerError, fault.CodeInternal,
				"Internal error. If it happens again, quote request ID "+telemetry.RequestID(r.Context())+".")
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
