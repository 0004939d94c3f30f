package executor_test

import (
	"bytes"
	"math"
	"math/rand/v2"
	"testing"

	"github.com/99designs/gqlgen/graphql"
	"github.com/stretchr/testify/require"

	"souk/graph/executor"
)

// FuzzAppendString compares with gqlgen's marshaler.
func FuzzAppendString(f *testing.F) {
	for _, s := range []string{"", "plain", "\x00\x01\x1f \x7f", "\"\\/\b\f\n\r\t", "Zoë 🦁 \u2028", "\xff\xc3\x28", "a\x80\"b"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		var want bytes.Buffer
		graphql.MarshalString(s).MarshalGQL(&want)
		require.Equal(t, want.String(), string(executor.AppendString(nil, s)))
	})
}

// FuzzAppendFloat compares with gqlgen's marshaler.
func FuzzAppendFloat(f *testing.F) {
	for _, v := range []float64{0, math.Copysign(0, -1), 1, 0.1, 1e20, 1e21, -1e-5, 123456.7, math.MaxFloat64, math.SmallestNonzeroFloat64, math.Inf(1), math.NaN()} {
		f.Add(v)
	}
	r := rand.New(rand.NewPCG(1, 1))
	for range 1000 {
		f.Add(math.Float64frombits(r.Uint64()))
	}
	f.Fuzz(func(t *testing.T, v float64) {
		var want bytes.Buffer
		wantErr := graphql.MarshalFloatContext(v).MarshalGQLContext(t.Context(), &want)
		got, err := executor.AppendFloat(nil, v)
		require.Equal(t, wantErr, err)
		require.Equal(t, want.String(), string(got))
	})
}
