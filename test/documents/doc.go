// Package documents tests persisted documents as clients use them: over HTTP, with the
// requests that known tools send, on one server and on several over one database.
package documents
