package proxies

import (
	"maps"
	"math/rand/v2"
	"net/http"
	"slices"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/require"

	"souk/internal/auth"
	"souk/store"
	"souk/test/harness"
	"souk/test/shop"
)

// personal are queries of which some depend on who asks, in all ways that there are: by a rule,
// by what the caller can see, and by who the caller is.
var personal = []string{
	listing,
	`{ viewer { customer { id displayName email } staff { id } permissions reviews { nodes { title status } } } }`,
	`{ shop { name } viewer { customer { displayName } } }`,
	`{ product(slug: "secret-draft") { title } }`,
	`{ node(id: "` + shop.DraftID + `") { ... on Product { title } } }`,
	`{ nodes(ids: ["` + shop.DraftID + `", "` + shop.ID[store.CustomerID]("701") + `", "` + shop.ShirtID + `", "` + shop.ID[store.ReviewID]("604") + `"]) { __typename id } }`,
	`{ node(id: "` + shop.ID[store.CustomerID]("701") + `") { ... on Customer { displayName email } } }`,
	`{ customers { nodes { displayName email } } }`,
	`{ product(slug: "linen-shirt") { reviews { nodes { title status } } } }`,
	`{ product(slug: "linen-shirt") { variants { nodes { sku cost { amount } } } } }`,
	`{ products(filter: {status: DRAFT}) { nodes { title } } }`,
	`{ product(slug: "linen-shirt") { title reviews { nodes { title author { displayName } } } } }`,
}

// requests is how many are sent to each proxy: each of the queries by each caller several times
// after each other.
const requests = 2000

// TestNobodyGetsWhatIsAnothers sends the requests of several people in any order, and compares
// each answer with what the server itself answers to the same person.
func TestNobodyGetsWhatIsAnothers(t *testing.T) {
	t.Parallel()
	proxies := maps.Clone(kinds)
	// nginx does not leave out what has a credential, unless it is told to: with these lines
	// removed, it has nothing to go by but what the server says.
	proxies["nginx by the headers alone"] = func(t testing.TB, s *harness.Server) string {
		return nginx(t, s, func(text string) string {
			text = replace(t, text, "proxy_cache_bypass $http_authorization $http_souk_consistency;", "")
			text = replace(t, text, "proxy_no_cache $http_authorization $http_souk_consistency;", "")
			return replace(t, text, "proxy_cache_lock on;", "")
		})
	}
	for name, run := range proxies {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			server := origin(t, shop.New(t), shortly) // so that pages are also fetched again
			callers := callersOf(t, server)
			want := make([]map[string]page, len(callers))
			direct := newClient(t, server.URL)
			for i, headers := range callers {
				want[i] = map[string]page{}
				for _, query := range personal {
					want[i][query] = direct.get(t, query, headers...)
				}
			}
			requireDifferences(t, want)
			proxy := newClient(t, run(t, server))
			var sending sync.WaitGroup
			var cached atomic.Int64
			for worker := range 4 {
				sending.Go(func() {
					random := rand.New(rand.NewPCG(uint64(worker), 13))
					for range requests / 4 {
						who, query := random.IntN(len(callers)), personal[random.IntN(len(personal))]
						headers := slices.Clone(callers[who])
						anonymous := want[0][query].header.Get("ETag")
						if random.IntN(4) == 0 && anonymous != "" { // somebody who was not signed in before
							headers = append(headers, "If-None-Match", anonymous)
						}
						got := proxy.get(t, query, headers...)
						if got.cached() {
							cached.Add(1)
						}
						if got.status == http.StatusNotModified && who == 0 {
							continue
						}
						if got.body != want[who][query].body {
							t.Errorf("caller %d asks for %s\nand gets %s\nin place of %s", who, query, got.body, want[who][query].body)
							return
						}
					}
				})
			}
			sending.Wait()
			require.Greater(t, cached.Load(), int64(requests/20), "the proxy keeps what it can")
		})
	}
}

// callersOf are the headers of several people: nobody first.
func callersOf(t *testing.T, server *harness.Server) [][]string {
	t.Helper()
	callers := [][]string{nil}
	for _, p := range []auth.Principal{
		{Kind: auth.Customer, ID: shop.Key("701")},
		{Kind: auth.Customer, ID: shop.Key("702")},
		{Kind: auth.Staff, Permissions: auth.Permissions{auth.CatalogueRead, auth.CustomersRead, auth.ReviewsModerate}},
		{Kind: auth.APIKey, Permissions: auth.Permissions{auth.CatalogueRead}},
	} {
		callers = append(callers, []string{"Authorization", "Bearer " + server.As(t, p).Credential()})
	}
	return callers
}

// requireDifferences checks that a mistake would show: most queries have another answer for
// somebody than for nobody, and of those some may be kept.
func requireDifferences(t *testing.T, want []map[string]page) {
	t.Helper()
	different, kept := 0, 0
	for _, query := range personal {
		nobody := want[0][query]
		if slices.ContainsFunc(want[1:], func(of map[string]page) bool { return of[query].body != nobody.body }) {
			different++
			if nobody.header.Get("ETag") != "" {
				kept++
			}
		}
		for _, of := range want[1:] {
			require.Equal(t, "private, no-store", of[query].header.Get("Cache-Control"), query)
		}
	}
	require.GreaterOrEqual(t, different, 9)
	require.GreaterOrEqual(t, kept, 3, "what is kept for nobody is another thing for staff")
}
