package follower

import (
	"testing"

	"github.com/stretchr/testify/require"

	"souk/internal/dbtest"
)

// BenchmarkFence is what each beat asks the server.
func BenchmarkFence(b *testing.B) {
	db := dbtest.New(b)
	conn, err := connectPrimary(b.Context(), db.PrimaryURL)
	require.NoError(b, err)
	defer conn.Close(b.Context())
	for b.Loop() {
		_, err := factsOf(b.Context(), conn)
		require.NoError(b, err)
	}
}
