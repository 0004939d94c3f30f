package documents

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"souk/internal/command"
	"souk/internal/documents"
	"souk/test/harness"
	"souk/test/shop"
)

// TestAReplicaThatIsBehind has a replica that stands still while a document is registered and
// another one removed, and asks a server that knows neither: the new one is there, and the
// removed one does not come back.
func TestAReplicaThatIsBehind(t *testing.T) {
	db := shop.New(t)
	_, err := push(t, db, map[string]any{"a.json": object{"Old": list}})
	require.NoError(t, err)
	one := harness.Start(t, db)
	two := harness.Start(t, db)
	old := object{"documentId": "Old", "variables": object{"n": 1}}
	require.NotNil(t, post(t, two, "", old).at("data"))
	require.NoError(t, db.WaitReplica(t.Context()))

	resume := db.PauseReplica(t)
	text, hash := counted("New")
	require.Nil(t, post(t, one, "", object{"query": text, "extensions": persisted(hash)}).at("errors"))
	require.NotNil(t, get(t, two, "", object{"extensions": persisted(hash)}).at("data"), "the primary has it")
	require.Equal(t, "0", harness.Text(t, db.ReplicaURL, `SELECT count(*)::text FROM automatic_documents`), "the replica has not")

	remove := command.DocumentsRemove{Primary: command.Primary{DatabaseURL: db.PrimaryURL}, IDs: []string{"Old"}, Out: &strings.Builder{}}
	require.NoError(t, remove.Run(t.Context()))
	require.Eventually(t, func() bool { return post(t, two, "", old).code() == string(documents.NotFound) }, harness.Patience, harness.Tick)
	for range 5 {
		require.Equal(t, string(documents.NotFound), post(t, two, "", old).code())
	}
	require.Equal(t, "1", harness.Text(t, db.ReplicaURL, `SELECT count(*)::text FROM documents`), "the replica still has it")
	resume()
}

// TestWarmedDocuments asks a server that has just started for a document that it has warmed:
// nothing is parsed any more.
func TestWarmedDocuments(t *testing.T) {
	db := shop.New(t)
	printed, err := push(t, db, map[string]any{"a.json": object{"Warm": list, "Broken later": both}})
	require.NoError(t, err, printed)
	harness.Execute(t, db.PrimaryURL, `UPDATE documents SET text = '{ nothing }', hash = sha256('{ nothing }') WHERE name = 'Broken later'`)
	server := harness.Start(t, db)
	server.AwaitLog(t, "documents in memory")
	before := parsed(t, server)
	require.NotNil(t, post(t, server, "", object{"id": "Warm", "variables": object{"n": 1}}).at("data"))
	require.Equal(t, before, parsed(t, server))
	require.Equal(t, "GRAPHQL_VALIDATION_FAILED", post(t, server, "", object{"id": "Broken later"}).code(), "a document that a schema broke says why")
}

// BenchmarkRequest compares a request with a text with one with its hash. Beside the bytes
// that are sent and read, a hash saves the SHA-256 of the text.
func BenchmarkRequest(b *testing.B) {
	db := shop.New(b)
	server := harness.Start(b, db)
	long := strings.ReplaceAll(list, "id\n", "id slug title description "+strings.Repeat("updatedAt ", 100)+"\n")
	variables := object{"n": 1}
	got := post(b, server, "", object{"query": long, "variables": variables, "extensions": persisted(hashOf(long))})
	require.Nil(b, got.at("errors"), got.body)
	for name, request := range map[string]object{
		"text": {"query": long, "variables": variables}, "hash": {"extensions": persisted(hashOf(long)), "variables": variables},
	} {
		b.Run(name, func(b *testing.B) {
			before := parsed(b, server)
			for b.Loop() {
				post(b, server, "", request)
			}
			b.ReportMetric(float64(parsed(b, server)-before)/float64(b.N), "parses/op")
		})
	}
	b.Run("new text", func(b *testing.B) {
		before, n := parsed(b, server), 0
		for b.Loop() {
			n++
			post(b, server, "", object{"query": long + strings.Repeat(" ", n%1000) + "#" + strings.Repeat("x", n/1000), "variables": variables})
		}
		b.ReportMetric(float64(parsed(b, server)-before)/float64(b.N), "parses/op")
	})
}
