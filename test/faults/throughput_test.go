package faults

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"souk/graph/relay"
	"souk/internal/auth"
	"souk/internal/config"
	"souk/internal/dbtest"
	"souk/internal/devstack"
	"souk/migrations"
	"souk/store"
	"souk/test/harness"
)

const (
	updatedProducts = 5000
	updateRounds    = 3
	updateSeconds   = 4
)

// BenchmarkSingleRowUpdate runs a mutation over HTTP beside pgbench with as many
// connections, in turn, on one database that waits for its disk. It reports changes
// a second, and ours as a share of pgbench's: of the UPDATE alone, and of all the
// statements of a title's transaction.
func BenchmarkSingleRowUpdate(b *testing.B) {
	url := durableShop(b)
	for _, change := range []measuredChange{titleChange, priceChange} {
		for _, connections := range []int{1, 16} {
			b.Run(fmt.Sprint(change.name, "/", connections, " connections"), func(b *testing.B) {
				server := harness.Start(b, &dbtest.DB{PrimaryURL: url}, harness.AsStaff(auth.CatalogueWrite), func(s *harness.Setup) {
					s.Config.ReplicaURLs, s.Config.MaxConns = nil, int32(connections)
					s.Config.Env, s.Config.LogLevel = config.Production, 8
				})
				for b.Loop() {
					change.measure(b, url, server, connections)
				}
			})
		}
	}
}

// measuredChange is a change of one row, as a mutation and as an UPDATE.
type measuredChange struct {
	name     string
	mutation string
	input    func(n int) map[string]any
	answer   string // how the answer to a change that was made begins
	plain    string
	whole    string // all that the mutation's transaction must do; "": not measured
}

func (c measuredChange) measure(b *testing.B, url string, server *harness.Server, connections int) {
	b.Helper()
	var ours, alone, all float64
	for range updateRounds {
		alone += pgbench(b, url, connections, c.plain)
		ours += c.send(b, server, connections)
		if c.whole != "" {
			all += pgbench(b, url, connections, c.whole)
		}
	}
	b.ReportMetric(ours/updateRounds, "changes/s")
	b.ReportMetric(alone/updateRounds, "pgbench-UPDATE/s")
	b.ReportMetric(ours/alone, "of-UPDATE")
	if c.whole != "" {
		b.ReportMetric(all/updateRounds, "pgbench-all/s")
		b.ReportMetric(ours/all, "of-all")
	}
}

// durableShop is a database whose commits are on disk when they are answered.
func durableShop(b *testing.B) string {
	b.Helper()
	dir, err := os.MkdirTemp("", "souk-bench-")
	require.NoError(b, err)
	b.Cleanup(func() { require.NoError(b, os.RemoveAll(dir)) })
	stack, err := devstack.Start(b.Context(), devstack.Options{Dir: dir, WithoutReplica: true})
	require.NoError(b, err)
	b.Cleanup(func() { require.NoError(b, stack.Stop(context.Background())) })
	url := stack.Env()["DATABASE_URL"]
	require.NoError(b, migrations.Up(b.Context(), url))
	harness.Execute(b, url, fmt.Sprintf(`
INSERT INTO products (id, slug, title)
SELECT %s, 'product-' || n, 'Product ' || n FROM generate_series(1, %d) n;
INSERT INTO variants (id, product_id, position, currency, price_minor)
SELECT id, id, 1, 'EUR', 1000 FROM products;
SELECT refresh_products(array_agg(id)) FROM products`, numberedID("n"), updatedProducts))
	harness.Execute(b, url, `VACUUM ANALYZE`)
	return url
}

// numberedID is the SQL of a product's key.
// Its only variant's is the same.
func numberedID(n string) string {
	return `('01900000-0000-7000-8000-' || lpad(to_hex(CAST(` + n + ` AS int)), 12, '0'))::uuid`
}

var titleChange = measuredChange{
	name:     "title",
	mutation: `mutation ($input: ProductUpdateInput!) { productUpdate(input: $input) { product { version } userErrors { code } } }`,
	input: func(n int) map[string]any {
		return map[string]any{"id": relay.ID(store.ProductID(numbered(n))), "title": fmt.Sprint("Title ", rand.IntN(1_000_000_000))}
	},
	answer: `{"data":{"productUpdate":{"product":{"version":`,
	plain: fmt.Sprintf(`\set n random(1, %d)
\set t random(1, 1000000000)
UPDATE products SET title = 'Title ' || CAST(:t AS int) WHERE id = %s;
`, updatedProducts, numberedID(":n")),
	whole: fmt.Sprintf(`\set n random(1, %d)
\set t random(1, 1000000000)
BEGIN;
UPDATE products SET title = 'Title ' || CAST(:t AS int) WHERE id = %[2]s;
SELECT refresh_products(ARRAY[%[2]s]);
INSERT INTO audit_events (id, actor_kind, actor_id, action, subject_kind, subject_id, request_id, changes)
VALUES (gen_random_uuid(), 'STAFF', gen_random_uuid(), 'productUpdate', 'PRODUCT', %[2]s, 'request', '[{"field": "title"}]');
COMMIT;
`, updatedProducts, numberedID(":n")),
}

var priceChange = measuredChange{
	name: "price",
	mutation: `mutation ($input: ProductVariantsUpsertInput!) {
  productVariantsUpsert(input: $input) { results { variant { version } userErrors { code } } userErrors { code } }
}`,
	input: func(n int) map[string]any {
		price := fmt.Sprintf("%d.%02d", rand.IntN(10_000), rand.IntN(100))
		return map[string]any{"productId": relay.ID(store.ProductID(numbered(n))), "variants": []any{
			map[string]any{"id": relay.ID(store.VariantID(numbered(n))), "price": map[string]any{"amount": price, "currencyCode": "EUR"}},
		}}
	},
	answer: `{"data":{"productVariantsUpsert":{"results":[{"variant":{"version":`,
	plain: fmt.Sprintf(`\set n random(1, %d)
\set p random(1, 1000000)
UPDATE variants SET price_minor = :p WHERE id = %s;
`, updatedProducts, numberedID(":n")),
}

// numbered is numberedID of a number.
func numbered(n int) uuid.UUID {
	return uuid.MustParse(fmt.Sprintf("01900000-0000-7000-8000-%012x", n))
}

// pgbench runs a script and returns the transactions a second.
func pgbench(b *testing.B, url string, connections int, script string) float64 {
	b.Helper()
	file := filepath.Join(b.TempDir(), "script.sql")
	require.NoError(b, os.WriteFile(file, []byte(script), 0o600))
	program := filepath.Join(harness.Programs(b, url), "pgbench")
	output, err := exec.CommandContext(b.Context(), program, "--no-vacuum", "--protocol=prepared", "--file="+file,
		fmt.Sprint("--client=", connections), fmt.Sprint("--jobs=", min(2, connections)), fmt.Sprint("--time=", updateSeconds), url).CombinedOutput()
	require.NoError(b, err, string(output))
	found := regexp.MustCompile(`tps = ([0-9.]+)`).FindSubmatch(output)
	require.NotNil(b, found, string(output))
	tps, err := strconv.ParseFloat(string(found[1]), 64)
	require.NoError(b, err)
	return tps
}

// send sends changes over as many connections and returns how many there were a
// second. It writes the requests itself: a client's own work would count as ours.
func (c measuredChange) send(b *testing.B, server *harness.Server, connections int) float64 {
	b.Helper()
	var done sync.WaitGroup
	var answered atomic.Int64
	began := time.Now()
	end := began.Add(updateSeconds * time.Second)
	for range connections {
		done.Go(func() {
			conn, err := net.Dial("tcp", server.App.Addr())
			require.NoError(b, err)
			defer conn.Close()
			answers := bufio.NewReader(conn)
			for time.Now().Before(end) {
				_, err := conn.Write(c.request(server))
				require.NoError(b, err)
				response, err := http.ReadResponse(answers, nil)
				require.NoError(b, err)
				body, err := io.ReadAll(response.Body)
				require.NoError(b, err)
				// A benchmark of refusals measures nothing.
				if !bytes.HasPrefix(body, []byte(c.answer)) {
					b.Errorf("not changed: %s", body)
					return
				}
				answered.Add(1)
			}
		})
	}
	done.Wait()
	return float64(answered.Load()) / time.Since(began).Seconds()
}

func (c measuredChange) request(server *harness.Server) []byte {
	body := asked(c.mutation, map[string]any{"input": c.input(1 + rand.IntN(updatedProducts))})
	return []byte(strings.Join([]string{
		"POST /graphql HTTP/1.1", "Host: " + server.App.Addr(), "Authorization: Bearer " + server.Credential(),
		"Content-Type: application/json", fmt.Sprint("Content-Length: ", len(body)), "", body,
	}, "\r\n"))
}
