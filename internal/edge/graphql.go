package edge

import (
	"fmt"
	"mime"
	"net/http"
	"strings"

	"souk/internal/door"
	"souk/internal/edge/reply"
	"souk/internal/fault"
)

// graphqlMethods are the methods of /graphql. A HEAD comes here as a GET: see withConditional.
const graphqlMethods = "GET, HEAD, POST, OPTIONS"

// maxAddressBytes is the length of an address that every server should be able to read (RFC
// 9110, section 4.1). Proxies refuse longer ones in their own words: nginx's limit is a
// request line of 8 KB.
const maxAddressBytes = 8000

// graphqlRequests passes on valid GraphQL-over-HTTP requests, and explains to
// others what to send.
func graphqlRequests(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch _, acceptable := reply.Negotiate(r.Header.Values("Accept")); {
		case len(r.RequestURI) > maxAddressBytes:
			writeRefusal(w, r, reply.AddressTooLong, addressTooLong(len(r.RequestURI)))
		case r.Header.Get("Upgrade") != "":
			writeError(w, r, reply.BadRequest, fault.CodeBadUserInput, "This server does not support WebSockets. Send a POST with a JSON body.")
		case r.Method == http.MethodOptions:
			w.Header().Set("Allow", graphqlMethods)
			w.WriteHeader(http.StatusNoContent)
		case r.Method != http.MethodPost && r.Method != http.MethodGet:
			w.Header().Set("Allow", graphqlMethods)
			writeError(w, r, reply.MethodNotAllowed, fault.CodeBadUserInput, "Use POST with a JSON body, or GET with ?query=….")
		case !acceptable:
			writeError(w, r, reply.NotAcceptable, fault.CodeBadUserInput,
				"The answer can be application/graphql-response+json or application/json. Send one of them in Accept.")
		case r.Method == http.MethodPost && !isJSON(r.Header.Get("Content-Type")):
			writeError(w, r, reply.UnsupportedMedia, fault.CodeBadUserInput,
				`Send the query as JSON in UTF-8: {"query": …, "variables": …} with Content-Type: application/json.`)
		case r.Method == http.MethodPost && isEncoded(r.Header.Values("Content-Encoding")):
			w.Header().Set("Accept-Encoding", "identity")
			writeError(w, r, reply.UnsupportedMedia, fault.CodeBadUserInput,
				"The request body is compressed. Send it without Content-Encoding.")
		default:
			next.ServeHTTP(w, r)
		}
	})
}

// addressTooLong is the refusal of an address of so many bytes.
func addressTooLong(bytes int) *door.Refusal {
	return &door.Refusal{
		Code: door.AddressTooLong, Limit: maxAddressBytes, Asked: int64(bytes),
		Message: fmt.Sprintf("The address has %d bytes; the limit is %d. Send the query as a POST with a JSON body.", bytes, maxAddressBytes),
	}
}

// isJSON reports whether a Content-Type is that of JSON in UTF-8, its only character
// set.
func isJSON(contentType string) bool {
	if contentType == "application/json" {
		return true
	}
	media, parameters, err := mime.ParseMediaType(contentType)
	charset, given := parameters["charset"]
	return err == nil && media == "application/json" && (!given || strings.EqualFold(charset, "utf-8"))
}

func isEncoded(encodings []string) bool {
	list := strings.TrimSpace(strings.Join(encodings, ","))
	return list != "" && !strings.EqualFold(list, "identity")
}
