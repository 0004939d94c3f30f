package coherence

import (
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"souk/test/harness"
)

// stampede has thousands ask for one product that nobody has asked for before.
func stampede(t *testing.T, s *system) {
	needsFollower(t)
	const clients = 2_000
	harness.Execute(t, s.Primary, `UPDATE products SET title = 'Hot' WHERE slug = 'enamel-mug'`)
	for _, replica := range s.replicas {
		harness.WaitReplayed(t, replica, harness.Position(t, s.Primary))
	}
	s.trusted(t)
	served := func() (n int) {
		for _, url := range append([]string{s.Primary}, s.replicas[:]...) {
			n += harness.Reads(t, url)
		}
		return n
	}
	client := &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: clients}, Timeout: time.Minute}
	defer client.CloseIdleConnections()
	before := served()
	start := make(chan struct{})
	var wrong sync.Map
	var asking sync.WaitGroup
	for n := range clients {
		asking.Go(func() {
			<-start
			a, err := post(t.Context(), client, s.instances[n%len(s.instances)].URL, "", "", `{ product(slug: "enamel-mug") { title } }`)
			if err != nil || !strings.Contains(string(a.raw), "Hot") {
				wrong.Store(n, err)
			}
		})
	}
	close(start)
	asking.Wait()
	wrong.Range(func(_, err any) bool { t.Error("a wrong answer:", err); return true })
	reads := served() - before
	t.Log(clients, "clients,", reads, "database reads")
	require.LessOrEqual(t, reads, len(s.instances), "one for each instance")
}
