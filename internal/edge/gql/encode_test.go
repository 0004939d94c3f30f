package gql

import (
	"strings"
	"testing"

	"github.com/99designs/gqlgen/graphql"
	"github.com/stretchr/testify/require"
	"github.com/vektah/gqlparser/v2/gqlerror"
)

// TestEncode has each combination of what an answer can have, with the data in the buffer,
// where the executor appends it, and elsewhere.
func TestEncode(t *testing.T) {
	t.Parallel()
	errs := gqlerror.List{{Message: "<b>failed</b>"}}
	const errors, data, extensions = `"errors":[{"message":"<b>failed</b>"}]`, `"data":{"a":1}`, `"extensions":{"cost":2}`
	for want, response := range map[string]*graphql.Response{
		`{` + data + `}`:                                         {},
		`{` + errors + `,` + data + `}`:                          {Errors: errs},
		`{` + data + `,` + extensions + `}`:                      {Extensions: map[string]any{"cost": 2}},
		`{` + errors + `,` + data + `,` + extensions + `}`:       {Errors: errs, Extensions: map[string]any{"cost": 2}},
		`{` + errors + `,"data":null,` + extensions + `}`:        {Errors: errs, Data: []byte("null"), Extensions: map[string]any{"cost": 2}},
		`{` + errors + `,` + extensions + `}`:                    {Errors: errs, Data: []byte{}, Extensions: map[string]any{"cost": 2}},
		`{` + errors + `}`:                                       {Errors: errs, Data: []byte{}},
		`{` + extensions + `}`:                                   {Data: []byte{}, Extensions: map[string]any{"cost": 2}},
		`{` + errors + `,"data":{"other":1},` + extensions + `}`: {Errors: errs, Data: []byte(`{"other":1}`), Extensions: map[string]any{"cost": 2}},
	} {
		t.Run(want, func(t *testing.T) {
			var pool buffers
			for range 2 { // the second one is used again, if the pool has kept it
				b := pool.take()
				b.bytes = append(b.bytes, `{"a":1}`...)
				own := *response
				if own.Data == nil {
					own.Data = b.bytes[len(beforeData):]
				}
				require.Equal(t, want, string(b.encode(&own)))
				pool.put(b)
			}
		})
	}
}

// TestABodyFitsItsMemory while it waits for its client.
func TestABodyFitsItsMemory(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		memory, body int
		copied       bool
	}{
		"a small one in a small buffer": {smallBuffer, 20, false},
		"a small one in a large buffer": {smallBuffer + 1, 20, true},
		"a large one":                   {90_000, 60_000, false},
		"one of half its buffer":        {120_001, 60_000, true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var pool buffers
			b := &buffer{append(make([]byte, 0, tc.memory), strings.Repeat("x", tc.body)...)}
			body, kept := pool.fit(b)
			require.Equal(t, strings.Repeat("x", tc.body), string(body))
			if tc.copied {
				require.Nil(t, kept)
				require.NotSame(t, &b.bytes[0], &body[0])
				require.LessOrEqual(t, cap(body), tc.body+tc.body/8+64)
			} else {
				require.Same(t, b, kept)
				require.Same(t, &b.bytes[0], &body[0])
			}
		})
	}
}
