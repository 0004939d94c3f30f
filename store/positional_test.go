package store

import (
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"
)

// TestArgumentsAreNumberedAsPgxDoes gives statements with right and wrong arguments, twice,
// since the second time nothing is read.
func TestArgumentsAreNumberedAsPgxDoes(t *testing.T) {
	t.Parallel()
	known := &positional{}
	for range 2 {
		for _, statement := range []string{
			`SELECT @b, @a, @b`, `SELECT 1`, `SELECT '@a', "@b", @b -- @a`, `SELECT @a::text, $$ @b $$`, `SELECT /* @a */ E'\'@a' || @b_2`,
		} {
			for _, args := range []pgx.StrictNamedArgs{
				{"a": 1, "b": "two"}, {"a": nil}, {"b": []int{1}}, {"b_2": 2.5}, {"a": 1, "b": 2, "c": 3}, {}, nil,
			} {
				wantStatement, wantValues, wantErr := args.RewriteQuery(t.Context(), nil, statement, nil)
				gotStatement, gotValues, err := strict{known, args}.RewriteQuery(t.Context(), nil, statement, nil)
				require.Equal(t, wantErr == nil, err == nil, statement) // of several wrong names, pgx says any
				require.Equal(t, wantStatement, gotStatement)
				require.Len(t, gotValues, len(wantValues))
				for i := range wantValues {
					require.Equal(t, wantValues[i], gotValues[i])
				}
			}
		}
	}
	require.Len(t, known.known, 5)
}
