package documents

import (
	"bytes"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"net/http"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/require"

	"souk/internal/auth"
	"souk/internal/config"
	"souk/internal/dbtest"
	"souk/internal/documents"
	"souk/test/harness"
	"souk/test/shop"
)

var many = flag.Int("flood", 0, "how many documents one client sends; 0: what fits in the time of a test")

// flood is how many documents one client sends: a hundred thousand in "make soak", where that
// takes minutes.
func flood() int {
	switch {
	case *many > 0:
		return *many
	case dbtest.Full():
		return 10_000
	}
	return 3_000
}

// small has room for a fraction of the flood.
func small(s *harness.Setup) {
	s.Config.Documents = config.Documents{Documents: documents.APQ, DocumentsMemory: 64 << 10, DocumentsTableBytes: 512 << 10, DocumentsClientBytes: 128 << 10}
	s.Config.Limits.DocumentCache = 4 << 20
	s.Options.LogWriter = io.Discard // a line for each request would be most of the heap
}

// TestAFloodOfHashes has one client register a flood of documents. Memory and table stay
// within their bounds, and documents of others stay: also those that nobody has used since.
func TestAFloodOfHashes(t *testing.T) {
	db := shop.New(t)
	server := harness.Start(t, db, small)
	const others = 50
	for i := range others {
		text, hash := counted(fmt.Sprint("App", i))
		require.Nil(t, post(t, server, "", object{"query": text, "extensions": persisted(hash)}).at("errors"))
	}
	// The flood is an API key's, and so another client's than the address.
	flooding := server.As(t, auth.Principal{Kind: auth.APIKey, Permissions: auth.Permissions{auth.CatalogueWrite}})
	before := heapBytes()
	registerAll(t, flooding, flood())
	grown := heapBytes() - before
	table := harness.Text(t, db.PrimaryURL, `SELECT format('%s %s', sum(bytes) FILTER (WHERE owner = o.largest), sum(bytes))
		FROM automatic_documents, (SELECT owner AS largest FROM automatic_documents GROUP BY 1 ORDER BY sum(bytes) DESC LIMIT 1) AS o`)
	var largest, all int64
	_, err := fmt.Sscan(table, &largest, &all)
	require.NoError(t, err)
	t.Logf("%d documents: the table has %d bytes, of one client %d; the heap grew by %d", flood(), all, largest, grown)
	require.LessOrEqual(t, largest, int64(128<<10)*9/8+1000)
	require.LessOrEqual(t, all, int64(512<<10)*9/8+1000)
	require.Less(t, grown, int64(48<<20))

	// Another server has nothing in memory.
	fresh := harness.Start(t, db, small)
	for i := range others {
		_, hash := counted(fmt.Sprint("App", i))
		got := get(t, fresh, "", object{"extensions": persisted(hash)})
		require.NotNil(t, got.at("data", "products"), "App%d: %s", i, got.body)
	}
	_, first := counted("Flood0")
	require.Equal(t, miss, strings.TrimSpace(get(t, fresh, "", object{"extensions": persisted(first)}).body), "the flood's oldest is gone")
	_, last := counted(fmt.Sprint("Flood", flood()-1))
	require.NotNil(t, get(t, fresh, "", object{"extensions": persisted(last)}).at("data"), "the flood's newest is there")
}

// registerAll registers Flood0 and so on, by several connections; the last one is the last.
func registerAll(t *testing.T, server *harness.Server, n int) {
	t.Helper()
	client := &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: 8}}
	defer client.CloseIdleConnections()
	var next atomic.Int64
	send := func(i int) error {
		text, hash := counted(fmt.Sprint("Flood", i))
		body, err := json.Marshal(object{"query": text, "extensions": persisted(hash)})
		if err != nil {
			return err
		}
		r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, server.URL+"/graphql", bytes.NewReader(body))
		if err != nil {
			return err
		}
		r.Header.Set("Content-Type", "application/json")
		r.Header.Set("Authorization", "Bearer "+server.Credential())
		response, err := client.Do(r)
		if err != nil {
			return err
		}
		defer response.Body.Close()
		answer, err := io.ReadAll(response.Body)
		if err == nil && !strings.Contains(string(answer), "totalCount") {
			err = fmt.Errorf("document %d: %s", i, answer)
		}
		return err
	}
	var clients sync.WaitGroup
	for range 8 {
		clients.Go(func() {
			for i := int(next.Add(1)) - 1; i < n-1; i = int(next.Add(1)) - 1 {
				if err := send(i); err != nil {
					t.Error(err)
					return
				}
			}
		})
	}
	clients.Wait()
	require.NoError(t, send(n-1))
}

func heapBytes() int64 {
	runtime.GC()
	runtime.GC() // what pools had is free after the second
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int64(m.HeapAlloc)
}

// TestManyPushedDocuments pushes a large manifest to servers whose memory has room for a part
// of it. All run, those that clients registered stay, and a start is not held up.
func TestManyPushedDocuments(t *testing.T) {
	db := shop.New(t)
	first := harness.Start(t, db, small)
	text, hash := counted("Automatic")
	require.Nil(t, post(t, first, "", object{"query": text, "extensions": persisted(hash)}).at("errors"))
	operations := make([]object, flood())
	for i := range operations {
		body, _ := counted(fmt.Sprint("Pushed", i))
		operations[i] = object{"id": fmt.Sprint("pushed-", i), "body": body}
	}
	printed, err := push(t, db, map[string]any{"a.json": apolloManifest(operations...)})
	require.NoError(t, err, printed)
	require.Contains(t, printed, fmt.Sprintf("%d new", flood()))

	before := heapBytes()
	server := harness.Start(t, db, small)
	for i := 0; i < flood(); i += flood() / 300 {
		got := post(t, server, "", object{"documentId": fmt.Sprint("pushed-", i)})
		require.NotNil(t, got.at("data", "products"), got.body)
	}
	grown := heapBytes() - before
	t.Logf("%d documents: the heap grew by %d", flood(), grown)
	require.Less(t, grown, int64(48<<20))
	require.NotNil(t, get(t, server, "", object{"extensions": persisted(hash)}).at("data", "products"))
	_, metrics := server.Get(t, server.OpsURL+"/metrics")
	var held int64
	for line := range strings.Lines(metrics) {
		if strings.HasPrefix(line, "souk_documents_memory_bytes") {
			_, err := fmt.Sscan(line[strings.LastIndex(line, " ")+1:], &held)
			require.NoError(t, err)
		}
	}
	require.Positive(t, held)
	require.LessOrEqual(t, held, int64(64<<10)*11/10)
}
