package coherence

import (
	"bufio"
	"flag"
	"io"
	"net/http"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"souk/internal/auth"
	"souk/internal/config"
	"souk/internal/dbtest"
	"souk/test/harness"
	"souk/test/shop"
)

var (
	soak     = flag.Bool("soak", false, "read millions of times, and keep each fault for longer")
	seed     = flag.Uint64("seed", 0, "choose as a run did that printed it; 0: a new one")
	uncached = flag.Bool("uncached", false, "switch the caches off: what the checker then finds is the harness's own fault")
)

const (
	// bound is what the API declares; see coherence.TrustFor.
	bound = time.Second
	// slack is for what passes between the times that are noted and those that count: a client
	// hears of a commit later than it was made, on a machine that does other work as well.
	slack = 100 * time.Millisecond
	// replicaLag is how far behind a replica may be that is read; what is not kept in the
	// caches can be as old.
	replicaLag = 500 * time.Millisecond
	// cacheBytes is more than all goods need.
	cacheBytes = 64 << 20
)

// system is a primary with two replicas and a Redis of its own, and the instances.
type system struct {
	*harness.Cluster
	replicas  [2]string
	instances []*instance
	shop      *goods
	keys      config.Secret
	unknown   *bool // what a row has left, as it was given up
	asked     *askers
	cleanup   testing.TB // of the outermost test, which the rows share
}

// askers counts the reads of all rows by who asked, interleaved at random.
type askers struct{ shoppers, customers, staff atomic.Int64 }

func (a *askers) count(q question) {
	switch {
	case q.view == Staff:
		a.staff.Add(1)
	case q.customer > 0:
		a.customers.Add(1)
	default:
		a.shoppers.Add(1)
	}
}

// instance is a server with relays to what it needs.
type instance struct {
	*harness.Server
	name       string
	redis, log *dbtest.Relay
	databases  []*dbtest.Relay   // the primary, and the replicas
	frozen     atomic.Bool       // do not wait for it
	staff      string            // credentials
	customers  map[string]string // by key
}

// startSystem starts everything.
func startSystem(t *testing.T) *system {
	t.Helper()
	s := &system{Cluster: harness.StartCluster(t), keys: harness.Keys(t), cleanup: t, unknown: new(bool), asked: new(askers)}
	shop.Fill(t, s.Primary)
	s.shop = stock(t, s.Primary)
	harness.Execute(t, s.Primary, `CREATE EXTENSION IF NOT EXISTS pg_stat_statements`)
	s.replicas = [2]string{s.Replica, s.AddReplica(t)}
	for _, replica := range s.replicas {
		harness.WaitReplayed(t, replica, harness.Position(t, s.Primary))
	}
	for _, name := range []string{"a", "b"} {
		s.instances = append(s.instances, s.startInstance(name))
	}
	return s
}

// startInstance starts a server beside those that run.
func (s *system) startInstance(name string) *instance {
	t := s.cleanup
	t.Helper()
	i := &instance{name: name, redis: dbtest.NewRelay(t, s.Redis), log: dbtest.NewRelay(t, s.Primary)}
	var urls []string
	for _, url := range append([]string{s.Primary}, s.replicas[:]...) {
		relay := dbtest.NewRelay(t, url)
		i.databases, urls = append(i.databases, relay), append(urls, relay.URL)
	}
	i.Server = harness.Start(t, &dbtest.DB{PrimaryURL: urls[0]}, func(setup *harness.Setup) {
		c := &setup.Config
		c.ReplicaURLs, c.MaxReplicaLag, c.RedisURL, c.Keys = urls[1:], replicaLag, i.redis.URL, s.keys
		if !*uncached {
			c.CacheBytes, c.ReplicationURL = cacheBytes, i.log.URL
		}
	})
	i.staff = i.As(t, auth.Principal{Kind: auth.Staff, Permissions: []auth.Permission{auth.CatalogueWrite, auth.CatalogueRead}}).Credential()
	i.customers = map[string]string{}
	for _, key := range s.shop.customers {
		i.customers[key.String()] = i.As(t, auth.Principal{Kind: auth.Customer, ID: key}).Credential()
	}
	return i
}

// at is an instance with the same accounts at another address.
func (i *instance) at(name, url string) *instance {
	server := *i.Server
	server.URL = url
	return &instance{Server: &server, name: name, redis: i.redis, log: i.log, databases: i.databases, staff: i.staff, customers: i.customers}
}

// hits is how many keys the caches of an instance have answered.
func (i *instance) hits(t testing.TB) (n float64) {
	t.Helper()
	return i.keysThat(t, "hit_")
}

// keysThat is how many keys the caches of an instance were asked for to which something happened:
// the beginning of a result of package cache.
func (i *instance) keysThat(t testing.TB, happened string) float64 {
	t.Helper()
	response, err := http.Get(i.OpsURL + "/metrics")
	require.NoError(t, err)
	defer response.Body.Close()
	return sumOf(t, response.Body, "souk_cache_keys_total", `result="`+happened)
}

// sumOf adds the samples of a metric whose labels contain something.
func sumOf(t testing.TB, metrics io.Reader, name, label string) (sum float64) {
	t.Helper()
	for lines := bufio.NewScanner(metrics); lines.Scan(); {
		line := lines.Text()
		if !strings.HasPrefix(line, name) || !strings.Contains(line, label) {
			continue
		}
		value, err := strconv.ParseFloat(line[strings.LastIndexByte(line, ' ')+1:], 64)
		require.NoError(t, err)
		sum += value
	}
	return sum
}

// hits is how many keys the caches of all instances have answered.
func (s *system) hits(t testing.TB) (n float64) {
	t.Helper()
	for _, i := range s.instances {
		n += i.hits(t)
	}
	return n
}

// full reports whether the long rows run. They take minutes, and what they measure needs the
// machine for themselves: see "make test-coherence".
func full() bool { return dbtest.Full() && !raceDetector }

// chosen is one of three lengths: of make test, make check and make soak.
func chosen[N int | int64 | time.Duration](inTest, inCheck, inSoak N) N {
	switch {
	case *soak:
		return inSoak
	case full():
		return inCheck
	}
	return inTest
}

// hold waits while a fault lasts.
func hold(t testing.TB, inTest, inCheck, inSoak time.Duration) {
	t.Helper()
	select {
	case <-t.Context().Done():
	case <-time.After(chosen(inTest, inCheck, inSoak)):
	}
}
