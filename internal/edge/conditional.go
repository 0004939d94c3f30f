package edge

import (
	"net/http"
	"strings"

	"souk/internal/edge/reply"
)

// withConditional answers HEAD as GET, without the body, and a GET of what the client has
// already with 304. It is outside of compression, because each encoding of an answer has an
// entity tag of its own.
func withConditional(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !isGraphQL(r.URL.Path) || r.Method != http.MethodGet && r.Method != http.MethodHead {
			next.ServeHTTP(w, r)
			return
		}
		if r.Method == http.MethodHead { // net/http sends no body, whatever is written
			as := *r
			as.Method = http.MethodGet
			r = &as
		}
		if known := r.Header.Values("If-None-Match"); len(known) > 0 {
			w = &conditional{ResponseWriter: w, known: known}
		}
		next.ServeHTTP(w, r)
	})
}

// isGraphQL reports whether a path is that of the API, or below it.
func isGraphQL(path string) bool {
	return path == graphqlPath || strings.HasPrefix(path, graphqlPath+"/")
}

// conditional is the writer of an answer that the client may have already.
type conditional struct {
	http.ResponseWriter
	known     []string // the values of If-None-Match
	began     bool
	unchanged bool
}

// WriteHeader implements http.ResponseWriter.
func (c *conditional) WriteHeader(status int) {
	if c.began || status < http.StatusOK {
		c.ResponseWriter.WriteHeader(status)
		return
	}
	c.began = true
	header := c.Header()
	if status == http.StatusOK && reply.Unchanged(c.known, header.Get("ETag")) {
		c.unchanged, status = true, http.StatusNotModified
		for _, name := range []string{"Content-Type", "Content-Length", "Content-Encoding"} {
			header.Del(name) // of the body, which is not sent
		}
	}
	c.ResponseWriter.WriteHeader(status)
}

// Write implements http.ResponseWriter.
func (c *conditional) Write(b []byte) (int, error) {
	if !c.began {
		c.WriteHeader(http.StatusOK)
	}
	if c.unchanged {
		return len(b), nil
	}
	return c.ResponseWriter.Write(b)
}

// Flush implements http.Flusher, which compression looks for.
func (c *conditional) Flush() {
	if !c.began {
		c.WriteHeader(http.StatusOK)
	}
	_ = http.NewResponseController(c.ResponseWriter).Flush()
}

// Unwrap lets an http.ResponseController reach all else that the writer can do.
func (c *conditional) Unwrap() http.ResponseWriter { return c.ResponseWriter }
