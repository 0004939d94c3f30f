package edge

import (
	"net/http"
	"slices"
	"strings"

	"github.com/rs/cors"

	"souk/internal/edge/origin"
	"souk/internal/edge/reply"
	"souk/internal/fault"
)

// preflightSeconds is how long a browser remembers what a preflight has allowed. Chromium
// keeps no answer for longer. An origin that is no longer listed is refused by the request
// itself, however.
const preflightSeconds = 7200

// exposed are the headers that the script of a page of another origin can read.
var exposed = []string{
	requestIDHeader, "Souk-Consistency", "ETag", "Retry-After", "RateLimit", "RateLimit-Policy", "WWW-Authenticate",
}

// withHost refuses a development server's requests that name a host that is not this
// machine. A page of a host whose name leads here (DNS rebinding) would otherwise be of
// the same origin as this server, and could sign in with the demo's passwords. A name
// without a dot is one of a private network, and nobody else can have it.
func (s *Server) withHost(next http.Handler) http.Handler {
	if !s.options.Development {
		return next
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		host := origin.Hostname(r.Host)
		if strings.Contains(host, ".") && !origin.IsAddress(host) && !origin.IsLocalHost(host) && !slices.Contains(s.options.Hosts, host) {
			writeError(w, r, reply.Forbidden, fault.CodeForbidden,
				"A development server has demo passwords, so it answers only to localhost, to addresses, and to the names in SOUK_HOSTS. Add the name of this request's Host there.")
			return
		}
		next.ServeHTTP(w, r)
	})
}

// withCORS lets the pages of listed origins call the API. Credentials are for origins that
// are listed by name: a page of any other gets none.
func (s *Server) withCORS(next http.Handler) http.Handler {
	list := s.options.Origins
	if list == nil || list.Empty() {
		return next
	}
	options := cors.Options{
		AllowedMethods: []string{http.MethodGet, http.MethodHead, http.MethodPost},
		AllowedHeaders: []string{"*"},
		ExposedHeaders: exposed,
		MaxAge:         preflightSeconds,
	}
	if list.Any {
		options.AllowedOrigins = []string{"*"}
	} else {
		options.AllowOriginFunc, options.AllowCredentials = list.Allows, true
	}
	return cors.New(options).Handler(next)
}

// withoutCrossSiteWrites refuses what the page of an origin that is not listed makes a
// browser send, but for GET and HEAD, which change nothing here: urql sends its queries by
// GET with no header of its own. What is no browser sends no header that says where a
// request comes from, and passes.
func (s *Server) withoutCrossSiteWrites(next http.Handler) http.Handler {
	protection, list := http.NewCrossOriginProtection(), s.options.Origins
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if err := protection.Check(r); err != nil && (list == nil || !list.Allows(r.Header.Get("Origin"))) {
			writeError(w, r, reply.Forbidden, fault.CodeForbidden,
				"A page of another origin has sent this request. The server's operator can list its origin in SOUK_CORS_ORIGINS.")
			return
		}
		next.ServeHTTP(w, r)
	})
}
