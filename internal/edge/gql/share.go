package gql

import (
	"net/http"

	"github.com/99designs/gqlgen/graphql"
	"github.com/vektah/gqlparser/v2/ast"

	"souk/internal/consistency"
	"souk/internal/edge/reply"
)

// sharing returns where to note what caches may do with the answer to an operation; nil if
// they may do nothing, whatever the operation selects: it is not a query by GET, its caller
// is known, waits for a change, or asks for what only this one answer has.
func sharing(method string, op *graphql.OperationContext) *reply.Shared {
	if method != http.MethodGet || op.Operation.Operation != ast.Query ||
		op.Headers.Get("Authorization") != "" || op.Headers.Get(consistency.Header) != "" {
		return nil
	}
	for _, name := range []string{costKey, explainKey, consistency.Extension} {
		if op.Extensions[name] != nil {
			return nil
		}
	}
	return &reply.Shared{}
}

// isShared reports whether an answer may be kept: the operation allows it, there is no error,
// and it has no extensions, which are about this one run.
func isShared(a *answer) bool {
	return a.shared != nil && a.shared.MaxAge > 0 && a.kind == reply.OK && len(a.response.Extensions) == 0
}
