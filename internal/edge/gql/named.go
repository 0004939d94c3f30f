package gql

import (
	"errors"
	"time"

	"souk/internal/documents"
	"souk/internal/edge/reply"
	"souk/internal/fault"
)

// kindOfName returns the kind of an error about the name of a document; ok is false for
// any other error.
func kindOfName(err error) (kind reply.Kind, ok bool) {
	refusal, ok := errors.AsType[*documents.Refusal](err)
	if !ok {
		if fault.Is(err, fault.CodeUnavailable) {
			return reply.Unavailable, true
		}
		return reply.OK, false
	}
	switch refusal.Code {
	case documents.NotFound, documents.NotSupported:
		return reply.NotPersisted, true
	case documents.NotTrusted:
		return reply.NotTrusted, true
	}
	return reply.BadRequest, true
}

// isNameRefusal recognises the refusals of documents, of which clients compare the message.
func isNameRefusal(err error) bool {
	_, ok := errors.AsType[*documents.Refusal](err)
	return ok
}

// count counts an operation that ran for its document and its client.
func (h *handler) count(params *request, a *answer, took time.Duration) {
	if a.document == nil || a.Type == "" || !a.kind.Worked() {
		return
	}
	h.Documents.Use(documents.Use{
		Key: a.document.Key, Client: clientOf(params), Operation: a.Name, Trusted: a.found.Trusted, Took: took, Cost: a.Actual,
	}, a.found)
}

// clientOf returns what a client calls itself, in the headers of its app or in the extension
// of its library.
func clientOf(params *request) documents.Client {
	client := documents.Client{Name: params.Headers.Get("Apollographql-Client-Name"), Version: params.Headers.Get("Apollographql-Client-Version")}
	if client.Name != "" {
		return client
	}
	library, _ := params.Extensions["clientLibrary"].(map[string]any)
	client.Name, _ = library["name"].(string)
	client.Version, _ = library["version"].(string)
	return client
}
