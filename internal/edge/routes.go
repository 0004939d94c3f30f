package edge

import (
	"context"
	"io"
	"net/http"
	"net/http/pprof"

	"souk/internal/edge/reply"
	"souk/internal/fault"
)

// Handler returns the whole API: routes behind the middleware.
func (s *Server) Handler() http.Handler {
	mux := http.NewServeMux()
	handle := func(pattern, route string, h http.Handler) { mux.Handle(pattern, labelled(route, h)) }

	api := graphqlRequests(s.authenticated(s.options.GraphQL))
	handle(graphqlPath, graphqlPath, api)
	handle(graphqlPath+"/{document}", graphqlPath, api) // the name of a registered document
	handle(graphqlPath+"/{document}/{operation}", graphqlPath, api)
	handle("GET /livez", "/livez", http.HandlerFunc(serveLive))
	handle("GET /readyz", "/readyz", s.health)
	if s.options.PublicKeys != nil {
		handle("GET /.well-known/jwks.json", "/.well-known/jwks.json", http.HandlerFunc(s.servePublicKeys))
	}
	if s.options.Schema != "" {
		handle("GET /schema.graphql", "/schema.graphql", http.HandlerFunc(s.serveSchema))
	}
	if s.options.Development && s.options.DemoImages != nil {
		handle("GET /demo/images/", "/demo/images/", s.withDeadline(s.options.DemoImages))
	}
	if s.options.Development && s.options.GraphiQL != nil {
		handle("GET /{$}", "/", s.options.GraphiQL)
		handle("GET /graphiql/", "/graphiql/", s.options.GraphiQL)
	} else {
		handle("GET /{$}", "/", http.HandlerFunc(serveIndex))
	}
	handle("/", "unmatched", http.HandlerFunc(serveNotFound))
	return chain(mux, s.middleware())
}

// opsHandler is for operators. Shoppers must not be able to reach it.
func (s *Server) opsHandler() http.Handler {
	mux := http.NewServeMux()
	mux.Handle("GET /metrics", s.options.Telemetry.MetricsHandler())
	mux.HandleFunc("GET /livez", serveLive)
	mux.Handle("GET /readyz", s.health)
	mux.HandleFunc("/debug/pprof/", pprof.Index)
	mux.HandleFunc("/debug/pprof/cmdline", pprof.Cmdline)
	mux.HandleFunc("/debug/pprof/profile", pprof.Profile)
	mux.HandleFunc("/debug/pprof/symbol", pprof.Symbol)
	mux.HandleFunc("/debug/pprof/trace", pprof.Trace)
	mux.HandleFunc("GET /{$}", func(w http.ResponseWriter, _ *http.Request) {
		writeText(w, "/metrics\n/livez\n/readyz\n/debug/pprof/\n")
	})
	return mux
}

// withDeadline ends the request's context after the request timeout.
func (s *Server) withDeadline(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		ctx, cancel := context.WithTimeout(r.Context(), s.options.RequestTimeout)
		defer cancel()
		next.ServeHTTP(w, r.WithContext(ctx))
	})
}

func serveIndex(w http.ResponseWriter, _ *http.Request) {
	writeText(w, "Souk, a shop's catalogue over GraphQL.\n\n"+
		"The API is at /graphql: POST a JSON body with \"query\" and \"variables\".\n"+
		"Health is at /livez and /readyz. GraphiQL is served in development only (SOUK_ENV=development).\n")
}

func serveNotFound(w http.ResponseWriter, r *http.Request) {
	writeError(w, r, reply.NotFound, fault.CodeNotFound, "Nothing exists at this address. The API is at /graphql.")
}

// serveSchema lets code generators read the schema with what introspection cannot carry.
func (s *Server) serveSchema(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Cache-Control", "no-cache")
	writeText(w, s.options.Schema)
}

func serveLive(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Cache-Control", "no-store")
	writeText(w, "ok\n")
}

func writeText(w http.ResponseWriter, text string) {
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	_, _ = io.WriteString(w, text) // fails when the client has disconnected
}
