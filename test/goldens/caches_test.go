package goldens

import (
	"encoding/json"
	"io"
	"net/http"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"souk/internal/auth"
	"souk/test/harness"
)

// TestCachesHaveTheGoldens runs each query three times, and then on an instance that was started
// later: what is read from the databases, from memory and from Redis is the same. All who ask
// share a Redis, so nobody may get what another one sees.
func TestCachesHaveTheGoldens(t *testing.T) {
	t.Parallel()
	db := wholeGoldenShop(t)
	hits, began := map[string]bool{}, time.Now()
	for range 2 {
		servers := map[string]*harness.Server{}
		for _, file := range goldenQueries(t) {
			name := strings.TrimSuffix(file, ".graphql")
			query, variables := readQuery(t, name)
			who := asker(query)
			if strings.Contains("\n"+query, "\nmutation") || strings.Contains(who, string(auth.StaffManage)) {
				continue
			}
			if servers[who] == nil {
				servers[who] = harness.Start(t, db, append(as(who), func(s *harness.Setup) { s.Config.CacheBytes = 16 << 20 })...)
				require.Eventually(t, servers[who].App.CachesInUse, harness.Patience, harness.Tick)
			}
			var want golden
			text, err := os.ReadFile(name + ".golden.json")
			require.NoError(t, err)
			require.NoError(t, json.Unmarshal(text, &want))
			for range 3 {
				answer := servers[who].Do(t, query, variables)
				require.Equal(t, dataOf(t, want.Answer), dataOf(t, masked(answer.Raw, began)), name)
			}
		}
		for _, server := range servers {
			noteHits(t, server, hits)
		}
	}
	require.Equal(t, map[string]bool{"hit_memory": true, "hit_redis": true}, hits)
}

// noteHits notes which tiers have answered.
func noteHits(t *testing.T, server *harness.Server, hits map[string]bool) {
	t.Helper()
	response, err := http.Get(server.OpsURL + "/metrics")
	require.NoError(t, err)
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	require.NoError(t, err)
	for line := range strings.Lines(string(text)) {
		for _, tier := range []string{"hit_memory", "hit_redis"} {
			if strings.HasPrefix(line, "souk_cache_keys_total") && strings.Contains(line, tier) && !strings.HasSuffix(line, " 0\n") {
				hits[tier] = true
			}
		}
	}
}
