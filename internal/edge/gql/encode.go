package gql

import (
	"bytes"
	"encoding/json"
	"fmt"

	"github.com/99designs/gqlgen/graphql"
)

// encode writes an answer: errors, data and extensions, as far as there are any. The
// data is JSON already, and json.Marshal would read all of it again. An error before
// the operation leaves "data" out, as the specification asks.
func encode(response *graphql.Response) []byte {
	body := make([]byte, 0, len(response.Data)+512)
	field := func(name string, value []byte) {
		sign := byte(',')
		if len(body) == 0 {
			sign = '{'
		}
		body = append(append(append(append(body, sign, '"'), name...), '"', ':'), value...)
	}
	if len(response.Errors) > 0 {
		field("errors", marshal(response.Errors))
	}
	if len(response.Data) > 0 {
		field("data", response.Data)
	}
	if len(response.Extensions) > 0 {
		field("extensions", marshal(response.Extensions))
	}
	return append(body, '}')
}

// marshal encodes errors and extensions, which are our own.
func marshal(value any) []byte {
	var text bytes.Buffer
	encoder := json.NewEncoder(&text)
	encoder.SetEscapeHTML(false) // as in the data, which is served with nosniff
	if err := encoder.Encode(value); err != nil {
		panic(fmt.Errorf("encode an answer: %w", err)) // the edge answers with its own error
	}
	return bytes.TrimSuffix(text.Bytes(), []byte("\n"))
}
