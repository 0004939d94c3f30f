package app

import (
	"context"

	"github.com/99designs/gqlgen/graphql"

	"souk/internal/consistency"
	"souk/internal/edge/gql"
	"souk/internal/fault"
	"souk/store"
)

// demanded returns the log position that an operation's reads must have
// reached. The token is in a header or in the request's extensions; if both are
// given, the newer one counts.
func demanded(tokens *consistency.Tokens, op *graphql.OperationContext) (store.LSN, error) {
	var after store.LSN
	given := op.Headers.Values(consistency.Header)
	if own, ok := op.Extensions[consistency.Extension]; ok && own != nil {
		fields, _ := own.(map[string]any)
		token, ok := fields["token"].(string)
		if !ok {
			return 0, fault.Invalid(`extensions.%s has the form {"token": "…"}; omit it when you have no token`, consistency.Extension)
		}
		given = append(given, token)
	}
	for _, token := range given {
		lsn, err := tokens.Read(token)
		if err != nil {
			return 0, err
		}
		after = max(after, store.LSN(lsn))
	}
	return after, nil
}

// withToken puts the position after the last change of a response into it, even if
// something failed after the change. written is 0 if there was no change.
func withToken(ctx context.Context, tokens *consistency.Tokens, written store.LSN, response *graphql.Response) *graphql.Response {
	if response == nil || written == 0 {
		return response
	}
	token := tokens.Issue(uint64(written))
	if response.Extensions == nil {
		response.Extensions = map[string]any{}
	}
	response.Extensions[consistency.Extension] = map[string]string{"token": token}
	if header := gql.HeaderOf(ctx); header != nil {
		header.Set(consistency.Header, token)
	}
	return response
}
