package store_test

import (
	"crypto/sha256"
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"souk/internal/dbtest"
	"souk/store"
	"souk/test/harness"
)

// TestTrimSharesTheRoom has owners of several sizes. Those with little keep all; the others
// get equal shares, and keep what they used last.
func TestTrimSharesTheRoom(t *testing.T) {
	db := dbtest.New(t)
	s, err := store.Open(t.Context(), store.Config{PrimaryURL: db.PrimaryURL})
	require.NoError(t, err)
	defer s.Close()
	for owner, n := range map[string]int{"small": 2, "middle": 10, "large": 40, "largest": 90} {
		for i := range n {
			text := fmt.Sprint(owner, i)
			require.NoError(t, s.RegisterDocument(t.Context(), store.AutomaticDocument{
				Hash: fmt.Sprintf("%x", sha256.Sum256([]byte(text))), Text: text, Owner: owner, Bytes: 100,
			}))
			harness.Execute(t, db.PrimaryURL, fmt.Sprintf(`UPDATE automatic_documents SET used_at = '2026-01-01'::timestamptz + interval '%d s' WHERE text = '%s'`, i, text))
		}
	}
	held := func() string {
		return harness.Text(t, db.PrimaryURL, `SELECT string_agg(owner || ' ' || n || ' from ' || oldest, ', ' ORDER BY owner)
			FROM (SELECT owner, count(*) AS n, extract(epoch FROM min(used_at) - '2026-01-01')::int AS oldest FROM automatic_documents GROUP BY owner) AS o`)
	}
	require.NoError(t, s.TrimDocuments(t.Context(), 1<<20, 1<<20))
	require.Equal(t, "large 40 from 0, largest 90 from 0, middle 10 from 0, small 2 from 0", held(), "there is room")
	require.NoError(t, s.TrimDocuments(t.Context(), 1<<20, 6000))
	require.Equal(t, "large 40 from 0, largest 60 from 30, middle 10 from 0, small 2 from 0", held(), "one has more than one may")
	require.NoError(t, s.TrimDocuments(t.Context(), 7200, 6000))
	require.Equal(t, "large 30 from 10, largest 30 from 60, middle 10 from 0, small 2 from 0", held(), "they have more than all may")
	require.NoError(t, s.TrimDocuments(t.Context(), 1400, 6000))
	require.Equal(t, "large 4 from 36, largest 4 from 86, middle 4 from 6, small 2 from 0", held())
	require.NoError(t, s.TrimDocumentsOf(t.Context(), "large", 250))
	require.Equal(t, "large 2 from 38, largest 4 from 86, middle 4 from 6, small 2 from 0", held())
	require.NoError(t, s.TrimDocuments(t.Context(), 0, 6000))
	require.Equal(t, "0", harness.Text(t, db.PrimaryURL, `SELECT count(*)::text FROM automatic_documents`))
}
