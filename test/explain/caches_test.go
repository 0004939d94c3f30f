package explain

import (
	"fmt"
	"os"
	"regexp"
	"slices"
	"strconv"
	"testing"

	"github.com/redis/go-redis/v9"
	"github.com/stretchr/testify/require"

	"souk/internal/explain"
	"souk/test/harness"
	"souk/test/shop"
)

// TestCachesAreExplained asks the same of a server that has it in memory, of another one that
// finds it in Redis, and of the first one for what it does not have.
func TestCachesAreExplained(t *testing.T) {
	t.Parallel()
	db := shop.New(t)
	caching := harness.WithCaches(t, db)
	first := harness.Start(t, db, caching)
	first.AwaitCaches(t)
	query := read(t, "listing.graphql")
	// A value is kept once the replica has replayed the beginning of the epoch.
	var got explain.Answer
	require.Eventually(t, func() bool {
		got = explained(t, first, query)
		return len(got.Statements) == 0
	}, harness.Patience, harness.Tick)
	text := masked(t, got)
	if *update {
		require.NoError(t, os.WriteFile("caches.golden.json", []byte(text), 0o644))
	}
	require.Equal(t, read(t, "caches.golden.json"), text)
	require.Equal(t, got.Totals.Keys, got.Totals.Cache.Memory)

	second := harness.Start(t, db, caching)
	second.AwaitCaches(t)
	awaitShared(t, first, db.RedisURL)
	require.Eventually(t, func() bool {
		got = explained(t, second, `{ vendor(slug: "loom") { name } }`)
		_ = explained(t, first, `{ vendor(slug: "loom") { name } }`)
		return got.Totals.Cache != nil && got.Totals.Cache.Memory == 1
	}, harness.Patience, harness.Tick)
	got = explained(t, second, query)
	require.Equal(t, got.Totals.Keys, got.Totals.Cache.Memory+got.Totals.Cache.Redis)
	require.Positive(t, got.Totals.Cache.Redis)
	require.Empty(t, got.Statements)

	absent := 0
	require.Eventually(t, func() bool { // a replica that is late has its "none" refused
		absent++
		got = explained(t, first, fmt.Sprintf(`{ vendor(slug: "nobody-%d") { name } }`, absent))
		return got.Totals.Cache.Refused == 0
	}, harness.Patience, harness.Tick)
	require.Equal(t, &explain.Tiers{Database: 1}, got.Levels[0].Rounds[0].Batches[0].Cache)
	require.Equal(t, []string{"VendorBySlug"}, namesOf(got.Statements))

	got = explained(t, first, `{ products(first: 1, search: "shirt") { nodes { title } } }`)
	require.Nil(t, got.Levels[0].Rounds[0].Batches[0].Cache, "caches are not asked")
}

// awaitShared waits until everything that a server keeps is in Redis, which it writes in the
// background.
func awaitShared(t *testing.T, server *harness.Server, url string) {
	t.Helper()
	options, err := redis.ParseURL(url)
	require.NoError(t, err)
	client := redis.NewClient(options)
	defer func() { require.NoError(t, client.Close()) }()
	_, metrics := server.Get(t, server.OpsURL+"/metrics")
	kept, err := strconv.Atoi(regexp.MustCompile(`(?m)^souk_cache_memory_values (\d+)$`).FindStringSubmatch(metrics)[1])
	require.NoError(t, err)
	require.Positive(t, kept)
	require.Eventually(t, func() bool {
		keys, err := client.Keys(t.Context(), "*:value:*").Result()
		return err == nil && len(keys) >= kept
	}, harness.Patience, harness.Tick)
}

func namesOf(statements []explain.Statement) (names []string) {
	for _, s := range statements {
		if s.Name != "ReadSnapshot" && s.Name != "BeginSnapshot" && s.Name != "EndSnapshot" {
			names = append(names, s.Name)
		}
	}
	slices.Sort(names)
	return names
}
