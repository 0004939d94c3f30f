package caches

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"souk/internal/cache"
	"souk/internal/coherence"
	"souk/internal/dbtest"
	"souk/test/harness"
	"souk/test/shop"
)

// always compares each value from caches with the primary.
func always(s *harness.Setup) {
	s.Config.CacheSampleOneIn, s.Config.CacheSamplesPerSecond = 1, 1000
}

func samples(t *testing.T, server *harness.Server, outcome string) float64 {
	t.Helper()
	return figure(t, server, `souk_cache_samples_total{outcome="`+outcome+`"}`)
}

// asked is a query with its variables.
type asked struct {
	query     string
	variables map[string]any
}

// shoppersQueries are those of the goldens that nobody has to sign in for.
func shoppersQueries(t *testing.T) (queries []asked) {
	t.Helper()
	files, err := filepath.Glob("../goldens/*.graphql")
	require.NoError(t, err)
	for _, file := range files {
		text, err := os.ReadFile(file)
		require.NoError(t, err)
		q := asked{query: string(text)}
		if strings.Contains(q.query, "# as:") || strings.Contains(q.query, "mutation") {
			continue
		}
		if text, err := os.ReadFile(strings.TrimSuffix(file, ".graphql") + ".json"); err == nil {
			require.NoError(t, json.Unmarshal(text, &q.variables))
		}
		queries = append(queries, q)
	}
	require.Greater(t, len(queries), 15)
	return queries
}

// TestTheSamplerFindsNothing compares what two servers have in memory and in Redis with the primary:
// first all that the goldens ask for, which nobody changes, and then what is changed all the time.
func TestTheSamplerFindsNothing(t *testing.T) {
	t.Parallel()
	db := shop.New(t)
	caching := harness.WithCaches(t, db)
	var servers []*harness.Server
	for range 2 {
		server := harness.Start(t, db, caching, always)
		for _, outcome := range cache.SampleOutcomes() {
			require.Zero(t, samples(t, server, outcome))
		}
		servers = append(servers, server)
	}
	queries := shoppersQueries(t)
	for _, server := range servers {
		server.AwaitCaches(t)
		require.Eventually(t, func() bool {
			for _, q := range queries {
				server.Do(t, q.query, q.variables)
			}
			return samples(t, server, cache.SampleSame) > 200
		}, harness.Patience, harness.Tick)
		for _, outcome := range []string{cache.SampleDiffered, cache.SampleChanged, cache.SampleLate, cache.SampleFailed} {
			require.Zero(t, samples(t, server, outcome), outcome)
		}
	}
	began := time.Now()
	require.Eventually(t, func() bool {
		renameVendors(t, db)
		for range 20 {
			servers[0].Do(t, loom, nil)
		}
		return time.Since(began) > 2*coherence.TrustFor && samples(t, servers[0], cache.SampleDiffered) > 0
	}, harness.Patience, harness.Tick)
	require.Zero(t, samples(t, servers[0], cache.SampleLate))
	require.NotContains(t, servers[0].Log.String(), "cached value is too old")
	require.Positive(t, figure(t, servers[0], `souk_cache_sample_lag_seconds_count`))
}

const loom = `{ vendor(slug: "loom") { name } }`

func renameVendors(t *testing.T, db *dbtest.DB) {
	harness.Execute(t, db.PrimaryURL, `UPDATE vendors SET name = split_part(name, ' #', 1) || ' #' || clock_timestamp()`)
}

// TestTheSamplerFindsATableThatIsNotPublished takes a table out of what the log tells, and changes
// it.
func TestTheSamplerFindsATableThatIsNotPublished(t *testing.T) {
	t.Parallel()
	db := shop.New(t)
	server := harness.Start(t, db, harness.WithCaches(t, db), always, production)
	server.AwaitCaches(t)
	harness.Execute(t, db.PrimaryURL, `ALTER PUBLICATION souk_cache DROP TABLE vendors`)
	require.Eventually(t, func() bool {
		return figure(t, server, `souk_cache_epochs_total{reason="the server was restarted, or published tables were changed"}`) == 1
	}, harness.Patience, harness.Tick)
	require.Eventually(t, func() bool {
		server.Do(t, loom, nil)
		return samples(t, server, cache.SampleSame) > 10
	}, harness.Patience, harness.Tick)
	renameVendors(t, db)
	require.Eventually(t, func() bool {
		server.Do(t, loom, nil)
		return samples(t, server, cache.SampleLate) > 0
	}, harness.Patience, harness.Tick)
	require.Regexp(t, `"level":"ERROR","msg":"cached value is too old","read":"VendorBySlug","key":"loom","lasted_ms":1\d\d\d`, server.Log.String())
}
