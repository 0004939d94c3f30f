package store_test

import (
	"cmp"
	"crypto/sha256"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"souk/internal/auth"
	"souk/internal/dbtest"
	"souk/internal/documents"
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

// pushed registers a document as the command does.
func pushed(t *testing.T, s *store.Store, name, text string) store.DocumentID {
	t.Helper()
	w := s.Writer(s.Reader(store.View{}, 0), store.Origin{By: auth.Principal{Kind: auth.Operator}, Action: "test", RequestID: "test"})
	outcomes, err := w.PushDocuments(t.Context(), store.Bulk[store.DocumentPush]{Items: []store.DocumentPush{{Text: text, DocumentID: &name}}},
		func(store.DocumentPush) (store.DocumentReading, error) {
			return store.DocumentReading{Name: name, Hash: documents.HashOf(text)}, nil
		})
	require.NoError(t, err)
	require.NotNil(t, outcomes[0].Value, "%v", outcomes[0].Problems)
	return *outcomes[0].Value
}

func removed(t *testing.T, s *store.Store, id store.DocumentID) {
	t.Helper()
	w := s.Writer(s.Reader(store.View{}, 0), store.Origin{By: auth.Principal{Kind: auth.Operator}, Action: "test", RequestID: "test"})
	require.NoError(t, w.DeleteDocument(t.Context(), store.DocumentDelete{ID: id}))
}

// TestAMixedBatchIsOfTheOlderGeneration asks for a document that only the replica still has,
// together with one that it lacks: what it answers must not count as newer than it is.
func TestAMixedBatchIsOfTheOlderGeneration(t *testing.T) {
	db := dbtest.New(t)
	s, err := store.Open(t.Context(), store.Config{PrimaryURL: db.PrimaryURL, ReplicaURLs: []string{db.ReplicaURL}})
	require.NoError(t, err)
	defer s.Close()
	id := pushed(t, s, "Old", "{ old }")
	require.NoError(t, db.WaitReplica(t.Context()))
	before, err := s.DocumentGeneration(t.Context())
	require.NoError(t, err)
	resume := db.PauseReplica(t)
	defer resume()
	removed(t, s, id)
	pushed(t, s, "New", "{ new }")

	found, generation, err := s.KnownDocuments(t.Context(), []string{"Old", "New", "Unknown"}, before)
	require.NoError(t, err)
	require.Len(t, found, 2, "the replica still has one")
	require.Equal(t, before, generation)
	found, generation, err = s.KnownDocuments(t.Context(), []string{"Old", "New", "Unknown"}, before+1)
	require.NoError(t, err)
	require.Len(t, found, 1)
	require.Equal(t, before+1, generation)
}

// TestAPushOfWhatAClientRegistered makes it trusted everywhere: instances forget what they
// have in memory, and read it as trusted at start.
func TestAPushOfWhatAClientRegistered(t *testing.T) {
	db := dbtest.New(t)
	s, err := store.Open(t.Context(), store.Config{PrimaryURL: db.PrimaryURL})
	require.NoError(t, err)
	defer s.Close()
	const text = "{ both }"
	hash := documents.HashOf(text)
	require.NoError(t, s.RegisterDocument(t.Context(), store.AutomaticDocument{Hash: hash, Text: text, Owner: "app", Bytes: 100}))
	before, err := s.DocumentGeneration(t.Context())
	require.NoError(t, err)
	pushed(t, s, "Another", "{ another }")
	generation, err := s.DocumentGeneration(t.Context())
	require.NoError(t, err)
	require.Equal(t, before, generation, "nobody has it in memory")
	pushed(t, s, hash, text)
	pushed(t, s, hash, text)
	generation, err = s.DocumentGeneration(t.Context())
	require.NoError(t, err)
	require.Equal(t, before+1, generation)

	recent, err := s.RecentDocuments(t.Context(), 10)
	require.NoError(t, err)
	require.Len(t, recent, 2, "each once")
	for _, known := range recent {
		require.True(t, known.Trusted, known.Name)
	}
}

// TestUsesOfRegisteredDocuments are kept apart from those before they were registered, and
// nobody can push them out with texts of one's own.
func TestUsesOfRegisteredDocuments(t *testing.T) {
	db := dbtest.New(t)
	s, err := store.Open(t.Context(), store.Config{PrimaryURL: db.PrimaryURL})
	require.NoError(t, err)
	defer s.Close()
	hash := documents.HashOf("{ a }")
	use := func(trusted bool, version string, n int64) store.DocumentUse {
		return store.DocumentUse{Hash: hash, ClientName: "web", ClientVersion: version, Trusted: trusted, Uses: n, Cost: n, Latencies: []int64{n, 1}, LastUsedAt: time.Now().Add(-time.Hour)}
	}
	require.NoError(t, s.RecordDocumentUses(t.Context(), []store.DocumentUse{use(false, "1", 2), use(true, "1", 3), use(true, "2", 1)}))
	require.NoError(t, s.RecordDocumentUses(t.Context(), []store.DocumentUse{use(true, "1", 3)}))
	require.Equal(t, "f 2, t 6, t 1", harness.Text(t, db.PrimaryURL, `SELECT string_agg(trusted || ' ' || uses, ', ' ORDER BY client_version, trusted) FROM (SELECT left(trusted::text, 1) AS trusted, uses, client_version FROM document_uses) AS u`))

	pushed(t, s, "A", "{ a }")
	found, err := s.DocumentsByNames(t.Context(), []string{"A"})
	require.NoError(t, err)
	require.Len(t, found[0].Uses, 2, "of each version one")
	uses := found[0].Uses
	slices.SortFunc(uses, func(a, b *store.DocumentClient) int { return cmp.Compare(a.ClientVersion, b.ClientVersion) })
	require.Equal(t, []any{int64(8), int64(8), []int64{8, 3}}, []any{uses[0].Count, uses[0].Cost, uses[0].Latencies})

	harness.Execute(t, db.PrimaryURL, `INSERT INTO document_uses (hash, client_name, client_version, trusted, uses, cost, latencies, last_used_at)
		SELECT sha256(n::text::bytea), 'made up', n::text, false, 1, 1, '{1}', now() FROM generate_series(1, 100001) AS n`)
	require.NoError(t, s.RemoveOldDocumentUses(t.Context()))
	require.Equal(t, "2", harness.Text(t, db.PrimaryURL, `SELECT count(*)::text FROM document_uses WHERE trusted`))
	require.Equal(t, "0", harness.Text(t, db.PrimaryURL, `SELECT count(*)::text FROM document_uses WHERE NOT trusted AND client_name = 'web'`))
	clients, err := s.DocumentClients(t.Context(), 10)
	require.NoError(t, err)
	require.Equal(t, []store.DocumentUser{{ClientName: "web", ClientVersion: "1"}, {ClientName: "web", ClientVersion: "2"}}, clients)
}
