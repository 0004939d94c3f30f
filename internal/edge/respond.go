package edge

import (
	"bytes"
	"encoding/json"
	"maps"
	"net/http"
	"strings"

	"souk/internal/door"
	"souk/internal/edge/reply"
	"souk/internal/fault"
	"souk/internal/telemetry"
)

// graphqlPath is the address of the API.
const graphqlPath = "/graphql"

// writeError responds in the form of a GraphQL error, even when the edge
// refuses the request, because clients of this server can read that form.
func writeError(w http.ResponseWriter, r *http.Request, kind reply.Kind, code fault.Code, message string) {
	writeExtended(w, r, kind, message, map[string]any{"code": code})
}

// writeRefusal responds to a request that is over a limit.
func writeRefusal(w http.ResponseWriter, r *http.Request, kind reply.Kind, refusal *door.Refusal) {
	writeExtended(w, r, kind, refusal.Message, refusal.Extensions())
}

// writeInternal responds to a request that our own fault ended.
func writeInternal(w http.ResponseWriter, r *http.Request) {
	writeError(w, r, reply.Internal, fault.CodeInternal,
		"Internal error. If it happens again, quote request ID "+telemetry.RequestID(r.Context())+".")
}

// writeExtended writes one error. The answers of /graphql are in the media type that
// the client asked for, because clients read no other; all else is JSON.
func writeExtended(w http.ResponseWriter, r *http.Request, kind reply.Kind, message string, extensions map[string]any) {
	type graphqlError struct {
		Message    string         `json:"message"`
		Extensions map[string]any `json:"extensions"`
	}
	if id := telemetry.RequestID(r.Context()); id != "" && kind.Status(reply.JSON) >= http.StatusInternalServerError {
		extensions = maps.Clone(extensions)
		extensions["requestId"] = id
	}
	answer := map[string][]graphqlError{"errors": {{message, extensions}}}
	if r.URL.Path == graphqlPath || strings.HasPrefix(r.URL.Path, graphqlPath+"/") {
		reply.Write(w, r, kind, indented(answer))
		return
	}
	writeJSON(w, kind.Status(reply.JSON), answer)
}

func writeJSON(w http.ResponseWriter, status int, value any) {
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(status)
	_, _ = w.Write(indented(value)) // fails when the client has disconnected
}

func indented(value any) []byte {
	var text bytes.Buffer
	encoder := json.NewEncoder(&text)
	encoder.SetIndent("", "  ")
	_ = encoder.Encode(value) // what the edge writes has no type that JSON does not know
	return text.Bytes()
}
