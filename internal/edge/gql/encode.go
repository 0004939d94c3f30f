package gql

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"
	"sync"

	"github.com/99designs/gqlgen/graphql"
)

// buffer is the memory of an answer. The executor appends the data to it, and encode what
// is before and behind the data, so that an answer is made in one piece, without a copy.
type buffer struct{ bytes []byte }

// beforeData is what a buffer has when the executor gets it.
const beforeData = `{"data":`

// encode writes an answer: errors, data and extensions, as far as there are any. The data
// is JSON already, and json.Marshal would read all of it again. An error before the
// operation leaves "data" out, as the specification asks.
func (b *buffer) encode(response *graphql.Response) []byte {
	switch {
	case len(response.Data) == 0:
		b.bytes = append(b.bytes[:0], '{')
	case !b.ends(response.Data): // it is not what the executor has appended
		b.bytes = append(append(b.bytes[:0], beforeData...), response.Data...)
	}
	if len(response.Errors) > 0 {
		first := append([]byte(`"errors":`), marshal(response.Errors)...)
		if len(response.Data) > 0 {
			first = append(first, ',')
		}
		b.bytes = slices.Insert(b.bytes, len("{"), first...)
	}
	if len(response.Extensions) > 0 {
		if len(b.bytes) > len("{") {
			b.bytes = append(b.bytes, ',')
		}
		b.bytes = append(append(b.bytes, `"extensions":`...), marshal(response.Extensions)...)
	}
	b.bytes = append(b.bytes, '}')
	return b.bytes
}

// ends reports whether the data is what the buffer has behind its beginning.
func (b *buffer) ends(data []byte) bool {
	return len(b.bytes) == len(beforeData)+len(data) && &b.bytes[len(beforeData)] == &data[0]
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

// buffers are those that no answer has.
type buffers struct{ pool sync.Pool }

const (
	// smallBuffer fits most answers about one object. The ledger does not count so much.
	smallBuffer = 4 << 10
	// largestBuffer is what is kept for the next answer. A listing of 50 has 68 KB, and few
	// answers have more than 1 MB.
	largestBuffer = 1 << 20
)

// take returns a buffer that has what is before the data.
func (p *buffers) take() *buffer {
	b, ok := p.pool.Get().(*buffer)
	if !ok {
		b = &buffer{make([]byte, 0, smallBuffer)}
	}
	b.bytes = append(b.bytes[:0], beforeData...)
	return b
}

// put takes a buffer back. Nobody may have a part of it: net/http, when a write has failed,
// may still have what was to be written.
func (p *buffers) put(b *buffer) {
	if cap(b.bytes) <= largestBuffer {
		p.pool.Put(b)
	}
}

// fit returns a body that is as large as its memory, nearly: it stays there until a slow
// client has read it, and many small ones must not hold large buffers. kept is the buffer
// that holds the body; nil if none does.
func (p *buffers) fit(b *buffer) (body []byte, kept *buffer) {
	if cap(b.bytes) <= max(smallBuffer, len(b.bytes)+len(b.bytes)/2) {
		return b.bytes, b
	}
	body = bytes.Clone(b.bytes)
	p.put(b)
	return body, nil
}
