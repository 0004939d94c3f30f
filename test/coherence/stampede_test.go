package coherence

import (
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"souk/internal/cache"
	"souk/test/harness"
)

// stampede has thousands ask at once for one product that has changed, so that no cache has it.
func stampede(t *testing.T, s *system) {
	needsFollower(t)
	const clients = 2_000
	client := &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: clients}, Timeout: time.Minute}
	defer client.CloseIdleConnections()
	var counts []int
	for n := range chosen(1, 5, 50) {
		title := fmt.Sprint("Hot ", n)
		start := make(chan struct{})
		wrong := make(chan string, clients)
		var connecting, asking sync.WaitGroup
		connecting.Add(clients)
		for n := range clients {
			asking.Go(func() {
				url := s.instances[n%len(s.instances)].URL
				_, err := post(t.Context(), client, url, "", "", `{ __typename }`)
				connecting.Done()
				if err != nil {
					wrong <- err.Error()
				}
				<-start
				a, err := post(t.Context(), client, url, "", "", `{ product(slug: "enamel-mug") { title } }`)
				if err != nil || !strings.Contains(string(a.raw), title) {
					wrong <- fmt.Sprint("a wrong answer: ", a, err)
				}
			})
		}
		connecting.Wait()
		harness.Execute(t, s.Primary, fmt.Sprintf(`UPDATE products SET title = '%s' WHERE slug = 'enamel-mug'`, title))
		for _, replica := range s.replicas {
			harness.WaitReplayed(t, replica, harness.Position(t, s.Primary))
		}
		s.trusted(t)
		before, results := s.served(t), s.results(t)
		close(start)
		asking.Wait()
		close(wrong)
		for text := range wrong {
			require.Fail(t, text)
		}
		reads, after := s.served(t)-before, s.results(t)
		for result := range after {
			after[result] -= results[result]
		}
		t.Log(clients, "clients,", reads, "database reads; keys:", after)
		if after["bypass"] == 0 { // else the machine was too busy to hear of the log for a second
			counts = append(counts, reads)
			require.LessOrEqual(t, reads, 2*len(s.instances), "what changes meanwhile is read once more")
		}
	}
	if len(counts) > 0 {
		slices.Sort(counts)
		require.LessOrEqual(t, counts[len(counts)/2], len(s.instances), "one for each instance")
	}
}

// served is how often the databases have looked for a product by its slug.
func (s *system) served(t *testing.T) (n int) {
	t.Helper()
	for _, url := range append([]string{s.Primary}, s.replicas[:]...) {
		calls, err := strconv.Atoi(harness.Text(t, url, `
SELECT coalesce(sum(calls), 0)::text
FROM pg_stat_statements
WHERE query LIKE '-- name: ProductBySlug%'`))
		require.NoError(t, err)
		n += calls
	}
	return n
}

// results is how many keys the instances' caches were asked for, by what became of them.
func (s *system) results(t *testing.T) map[string]float64 {
	t.Helper()
	counted := map[string]float64{}
	for _, result := range cache.Results() {
		for _, i := range s.instances {
			counted[result] += i.keysThat(t, result)
		}
	}
	return counted
}
