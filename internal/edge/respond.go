package edge

import (
	"encoding/json"
	"net/http"

	"souk/internal/fault"
	"souk/internal/telemetry"
)

// writeError responds in the form of a GraphQL error, even when the edge
// refuses the request, because clients of this server can read that form.
func writeError(w http.ResponseWriter, r *http.Request, status int, code fault.Code, message string) {
	type extensions struct {
		Code      fault.Code `json:"code"`
		RequestID string     `json:"requestId,omitempty"`
	}
	type graphqlError struct {
		Message    string     `json:"message"`
		Extensions extensions `json:"extensions"`
	}
	e := graphqlError{message, extensions{Code: code}}
	if status >= http.StatusInternalServerError {
		e.Extensions.RequestID = telemetry.RequestID(r.Context())
	}
	writeJSON(w, status, map[string][]graphqlError{"errors": {e}})
}

func writeJSON(w http.ResponseWriter, status int, value any) {
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(status)
	encoder := json.NewEncoder(w)
	encoder.SetIndent("", "  ")
	_ = encoder.Encode(value) // fails when the client has disconnected
}
