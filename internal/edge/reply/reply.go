package reply

import (
	"net/http"
	"strconv"
	"strings"

	"souk/internal/consistency"
)

// Write answers a request with a body in JSON.
func Write(w http.ResponseWriter, r *http.Request, kind Kind, body []byte) {
	w.WriteHeader(Begin(w, r, kind, len(body)))
	if len(body) > 0 {
		_, _ = w.Write(body) // fails when the client has disconnected
	}
}

// vary is what of a request decides about an answer. A client that waits for its own change
// must not get what a cache has kept from before it.
const (
	vary           = "Accept, Authorization, " + consistency.Header
	acceptEncoding = "Accept-Encoding"
)

// bufferedBytes is up to which size net/http states the length of a body by itself. Without
// it, the headers of a small answer are so few that their map is quick to fill and to copy.
const bufferedBytes = 2048

// The values of headers that all answers share: whoever sets or adds a value makes a list of
// its own.
var (
	contentTypes = map[Media][]string{JSON: {string(JSON) + "; charset=utf-8"}, GraphQL: {string(GraphQL) + "; charset=utf-8"}}
	private      = []string{"private, no-store"}
	noStore      = []string{"no-store"}
	varyAlone    = []string{vary}
	varyEncoded  = []string{acceptEncoding + ", " + vary}
)

// Begin sets the headers of an answer that depend on its kind and on the request: the
// media type that the client asked for, and what caches may do. It returns the status.
// A client that takes neither media type gets application/json.
func Begin(w http.ResponseWriter, r *http.Request, kind Kind, bytes int) (status int) {
	media, _ := Negotiate(r.Header.Values("Accept"))
	header := w.Header()
	header["Vary"] = varying(header["Vary"])
	if policy := cachePolicy(r, kind, header); policy != nil {
		header["Cache-Control"] = policy
		forbid(header)
	}
	if kind != ClientLeft {
		header["Content-Type"] = contentTypes[media]
		if bytes > bufferedBytes {
			header["Content-Length"] = []string{strconv.Itoa(bytes)}
		} else {
			delete(header, "Content-Length") // of a larger answer, which this one replaces
		}
	}
	return kind.Status(media)
}

// varying returns the values of Vary with ours, on one line: nginx before 1.23 reads only the
// last one, and then gives a compressed page to who takes none. before are those of compression
// and CORS.
func varying(before []string) []string {
	switch {
	case len(before) == 0:
		return varyAlone
	case len(before) == 1 && before[0] == acceptEncoding:
		return varyEncoded
	case strings.HasSuffix(before[len(before)-1], vary): // Begin was called before
		return before
	}
	return []string{strings.Join(before, ", ") + ", " + vary}
}

// cachePolicy keeps answers out of caches: those to somebody, those to a client that waits for
// its own change, those of POST, errors, and all that were not shared. It is nil for those that
// were.
func cachePolicy(r *http.Request, kind Kind, header http.Header) []string {
	reads := r.Method == http.MethodGet || r.Method == http.MethodHead
	switch {
	case r.Header.Get("Authorization") != "":
		return private
	case !reads:
		return noStore
	case kind == OK && r.Header.Get(consistency.Header) == "" && isShared(header):
		return nil
	}
	return private
}
