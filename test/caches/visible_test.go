package caches

import (
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"souk/internal/cache"
	"souk/internal/config"
	"souk/internal/dbtest"
	"souk/internal/follower"
	"souk/test/harness"
	"souk/test/shop"
)

// figure returns the value of a series in the metrics; -1: there is none.
func figure(t *testing.T, server *harness.Server, series string) float64 {
	t.Helper()
	_, text := server.Get(t, server.OpsURL+"/metrics")
	found := regexp.MustCompile(`(?m)^` + regexp.QuoteMeta(series) + ` (\S+)$`).FindStringSubmatch(text)
	if found == nil {
		return -1
	}
	value, err := strconv.ParseFloat(found[1], 64)
	require.NoError(t, err)
	return value
}

// production makes the log JSON.
func production(s *harness.Setup) { s.Config.Env = config.Production }

// TestCachesAreVisible reads the metrics of a server before and after it has answered from its
// caches, and its log when it may no longer use them.
func TestCachesAreVisible(t *testing.T) {
	t.Parallel()
	db := shop.New(t)
	server := harness.Start(t, db, harness.WithCaches(t, db), production)
	require.Contains(t, server.Log.String(), `"msg":"caches opened","memory_bytes":16777216,"shared_in_redis":true`)
	for _, result := range cache.Results() {
		require.Zero(t, figure(t, server, `souk_cache_keys_total{read="",result="`+result+`"}`))
	}
	for _, reason := range follower.EpochReasons() {
		require.GreaterOrEqual(t, figure(t, server, `souk_cache_epochs_total{reason="`+reason+`"}`), 0.0)
	}
	for _, series := range []string{
		`souk_cache_redis_keys_total{result="hit"}`, `souk_cache_redis_keys_total{result="miss"}`,
		`souk_cache_redis_failures_total{call="get"}`, `souk_cache_redis_dropped_total`,
		`souk_cache_redis_traffic_bytes_total{direction="read"}`, `souk_cache_memory_values`,
	} {
		require.Zero(t, figure(t, server, series), series)
	}
	server.AwaitCaches(t)
	require.EqualValues(t, 1, figure(t, server, `souk_cache_epochs_total{reason="the replication slot is new"}`))
	require.EqualValues(t, 1, figure(t, server, `souk_cache_follower_leads`))
	require.EqualValues(t, 1, figure(t, server, `souk_cache_trusted`))
	require.EqualValues(t, 1, figure(t, server, `souk_cache_redis_up`))
	require.EqualValues(t, 16<<20, figure(t, server, `souk_cache_memory_max_bytes`))
	require.Greater(t, figure(t, server, `souk_cache_feed_messages_total`), 0.0)

	// A value is kept once the replica has replayed the beginning of the epoch.
	require.Eventually(t, func() bool {
		server.Query(t, `{ vendor(slug: "loom") { name } }`, nil)
		return figure(t, server, `souk_cache_keys_total{read="VendorBySlug",result="hit_memory"}`) > 0
	}, harness.Patience, harness.Tick)
	require.Greater(t, figure(t, server, `souk_cache_memory_bytes`), 0.0)
	require.Greater(t, figure(t, server, `souk_cache_memory_values`), 0.0)
	require.Eventually(t, func() bool {
		return figure(t, server, `souk_cache_redis_traffic_bytes_total{direction="written"}`) > 0
	}, harness.Patience, harness.Tick)
	harness.Execute(t, db.PrimaryURL, `UPDATE vendors SET name = name || '!'`)
	require.Eventually(t, func() bool { return figure(t, server, `souk_cache_feed_tags_total`) > 0 }, harness.Patience, harness.Tick)
	require.Less(t, figure(t, server, `souk_cache_heard_age_seconds`), 1.0)

	harness.Execute(t, db.PrimaryURL, `DROP PUBLICATION souk_cache`)
	server.AwaitLog(t, `"msg":"caches out","reason":"the publication souk_cache is missing: run souk migrate up"`)
	require.Zero(t, figure(t, server, `souk_cache_trusted`))
	require.Zero(t, figure(t, server, `souk_cache_follower_leads`))
	require.Greater(t, figure(t, server, `souk_cache_heard_age_seconds`), 1.0)
	require.Equal(t, 1, strings.Count(server.Log.String(), `"msg":"caches out"`), "each change is said once")
	require.Equal(t, 1, strings.Count(server.Log.String(), `"msg":"caches in use"`))
}

// TestCachesOffAreSaidSo starts a server without caches.
func TestCachesOffAreSaidSo(t *testing.T) {
	t.Parallel()
	server := harness.Start(t, shop.New(t), production)
	require.Contains(t, server.Log.String(), `"msg":"caches off"`)
	require.EqualValues(t, -1, figure(t, server, `souk_cache_trusted`), "an alert on it would have nothing to say")
}

// TestARedisThatIsGoneIsSaidSo cuts the way to Redis, and restores it.
func TestARedisThatIsGoneIsSaidSo(t *testing.T) {
	t.Parallel()
	db := shop.New(t)
	relay := dbtest.NewRelay(t, db.RedisURL)
	server := harness.Start(t, db, harness.WithCaches(t, db), production, func(s *harness.Setup) { s.Config.RedisURL = relay.URL })
	server.AwaitCaches(t)
	relay.Cut()
	require.Eventually(t, func() bool { // until the caches are out, what is not in memory is asked of Redis
		server.Query(t, `{ vendor(slug: "`+uuid.NewString()+`") { name } }`, nil)
		return strings.Contains(server.Log.String(), `"msg":"redis left out of caches"`)
	}, harness.Patience, harness.Tick)
	require.Zero(t, figure(t, server, `souk_cache_redis_up`))
	require.Positive(t, figure(t, server, `souk_cache_redis_failures_total{call="get"}`))
	server.AwaitLog(t, `"msg":"caches out","reason":"what carries changes cannot be reached: `)

	relay.Restore(t)
	server.AwaitLog(t, `"msg":"redis in use for caches again"`)
	require.Eventually(t, func() bool { return strings.Count(server.Log.String(), `"msg":"caches in use"`) == 2 }, harness.Patience, harness.Tick)
	require.EqualValues(t, 1, figure(t, server, `souk_cache_redis_up`))
	require.Equal(t, 1, strings.Count(server.Log.String(), `"msg":"caches out"`))
}
