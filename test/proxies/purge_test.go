package proxies

import (
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"souk/graph/relay"
	"souk/internal/auth"
	"souk/store"
	"souk/test/harness"
	"souk/test/shop"
)

// pages are what a shop shows. Each shows the shirt or not.
var pages = map[string]struct {
	query string
	shirt bool
}{
	"the shirt":                   {`{ product(slug: "linen-shirt") { title variants { nodes { price { amount } } } reviews { nodes { author { displayName } } } } }`, true},
	"the shirt by a former slug":  {`{ product(slug: "flax-shirt") { title } }`, true},
	"the shirt by its ID":         {`{ node(id: "` + shop.ShirtID + `") { ... on Product { title } } }`, true},
	"a listing":                   {listing, true},
	"its vendor's products":       {`{ vendor(slug: "loom") { name products { nodes { title } } } }`, true},
	"its category":                {`{ category(slug: "shirts") { products { nodes { title vendor { name } } } } }`, true},
	"a search":                    {`{ products(search: "shirt") { nodes { title } } }`, true},
	"a variant by its SKU":        {`{ productVariant(sku: "LS-W-S") { title price { amount } product { title } } }`, true},
	"another product":             {`{ product(slug: "desk-lamp") { title variants { nodes { price { amount } } } } }`, false},
	"another vendor's products":   {`{ vendor(slug: "eclair") { products { nodes { title } } } }`, false},
	"the vendor alone":            {`{ vendor(slug: "loom") { name } }`, false},
	"the tree of categories":      {`{ categories { nodes { name children { nodes { name } } } } }`, false},
	"the shop":                    {`{ shop { name } }`, false},
	"a product that is not there": {`{ product(slug: "nothing") { title } }`, false},
}

// TestPurgingATagDropsThePagesThatShowIt changes a product, and drops its tag.
func TestPurgingATagDropsThePagesThatShowIt(t *testing.T) {
	t.Parallel()
	db := shop.New(t)
	server := origin(t, db)
	direct, proxy := newClient(t, server.URL), newClient(t, varnish(t, server, asDeployed))
	tag := "product:" + shop.ShirtID
	before := map[string]string{}
	for name, page := range pages {
		got := proxy.get(t, page.query)
		require.NotContains(t, got.body, `"errors"`, name)
		require.True(t, proxy.get(t, page.query).cached(), "%s: %s", name, got.body)
		tags := tagsOf(t, direct, page.query)
		require.Equal(t, page.shirt, slices.Contains(tags, tag), "%s: %s %s", name, got.body, tags)
		require.Equal(t, page.shirt, strings.Contains(got.body, "Linen Shirt") || name == "a variant by its SKU", name)
		require.Equal(t, "all", tags[0])
		before[name] = got.body
	}

	staff := server.As(t, auth.Principal{Kind: auth.Staff, Permissions: auth.Permissions{auth.CatalogueWrite}})
	changed := proxy.send(t, http.MethodPost, "/graphql",
		`{"query":"mutation { productUpdate(input: {id: \"`+shop.ShirtID+`\", title: \"Cotton Shirt\"}) { product { title } userErrors { message } } }"}`,
		"Content-Type", "application/json", "Authorization", "Bearer "+staff.Credential())
	require.Contains(t, changed.body, `"title":"Cotton Shirt"`)
	require.True(t, proxy.get(t, pages["the shirt"].query).cached(), "until its tag is dropped, the old page is there")

	purged := proxy.send(t, "PURGE", "/graphql", "", "xkey", tag+" many")
	require.Equal(t, http.StatusOK, purged.status)
	require.Contains(t, purged.body, "Dropped ")
	for name, page := range pages {
		got := proxy.get(t, page.query)
		require.Equal(t, !page.shirt, got.cached(), name)
		if page.shirt {
			require.NotContains(t, got.body, "Linen Shirt", name)
		} else {
			require.Equal(t, before[name], got.body)
		}
	}

	// A new product comes into lists: the lists are dropped, and who looked for it.
	harness.Execute(t, db.PrimaryURL, `UPDATE products SET slug = 'nothing' WHERE slug = 'mystery-rug'`)
	proxy.send(t, "PURGE", "/graphql", "", "xkey", "products")
	require.Contains(t, proxy.get(t, pages["a product that is not there"].query).body, "Mystery Rug")
	require.True(t, proxy.get(t, pages["the shop"].query).cached())
	proxy.send(t, "PURGE", "/graphql", "", "xkey", "all")
	require.False(t, proxy.get(t, pages["the shop"].query).cached())
}

// TestTagsDoNotDependOnTheCaches compares the tags of a server that keeps what it reads with
// those of one that does not, several times, so that the second has them from its memory.
func TestTagsDoNotDependOnTheCaches(t *testing.T) {
	t.Parallel()
	db := shop.New(t)
	plain, keeping := origin(t, db), origin(t, db, harness.WithCaches(t, db))
	keeping.AwaitCaches(t)
	for name, page := range pages {
		want := tagsOf(t, newClient(t, plain.URL), page.query)
		require.NotEmpty(t, want, name)
		for range 3 {
			require.Equal(t, want, tagsOf(t, newClient(t, keeping.URL), page.query), name)
		}
	}
}

func TestNobodyElseCanPurge(t *testing.T) {
	t.Parallel()
	outside := newClient(t, varnish(t, origin(t, shop.New(t)), func(text string) string {
		return replace(t, text, `  "127.0.0.1";`, `  "192.0.2.1";`)
	}))
	outside.get(t, listing)
	require.Equal(t, http.StatusForbidden, outside.send(t, "PURGE", "/graphql", "", "xkey", "all").status)
	require.True(t, outside.get(t, listing).cached())
}

// TestNobodyPurgesThroughAnotherProxy sends a request as a TLS terminator does that is on the same
// machine: with the address of its client in a header.
func TestNobodyPurgesThroughAnotherProxy(t *testing.T) {
	t.Parallel()
	proxy := newClient(t, varnish(t, origin(t, shop.New(t)), asDeployed))
	proxy.get(t, listing)
	got := proxy.send(t, "PURGE", "/graphql", "", "xkey", "all", "X-Forwarded-For", "192.0.2.1")
	require.Equal(t, http.StatusForbidden, got.status)
	require.True(t, proxy.get(t, listing).cached())
	require.Equal(t, http.StatusOK, proxy.send(t, "PURGE", "/graphql", "", "xkey", "all").status)
}

// TestTheTagsOfALargePageFit has so many objects on a page that one name stands for them.
func TestTheTagsOfALargePageFit(t *testing.T) {
	t.Parallel()
	server := origin(t, shop.New(t), func(s *harness.Setup) { s.Config.HTTPCacheTagBytes = 128 })
	proxy := newClient(t, varnish(t, server, asDeployed))
	got := newClient(t, server.URL).get(t, listing)
	require.Equal(t, "all products many", strings.Join(tagsOf(t, newClient(t, server.URL), listing), " "))
	require.Equal(t, "all,products,many", got.header.Get("Cache-Tag"))
	proxy.get(t, listing)
	require.True(t, proxy.get(t, listing).cached())
	proxy.send(t, "PURGE", "/graphql", "", "xkey", "product:"+shop.ShirtID+" many")
	require.False(t, proxy.get(t, listing).cached())
}

// TestTagsFitInWhatNginxReadsByDefault has as many tags as fit into a header of the default length,
// and an nginx that keeps nothing and has no larger buffers.
func TestTagsFitInWhatNginxReadsByDefault(t *testing.T) {
	t.Parallel()
	server := origin(t, shop.New(t))
	proxy := newClient(t, nginx(t, server, func(text string) string {
		for _, line := range []string{"proxy_cache souk;", "proxy_buffer_size 16k;", "proxy_buffers 8 16k;"} {
			text = replace(t, text, line, "")
		}
		return text
	}))
	ids := make([]string, 36) // that nothing has: a page without a product shows it when there is one
	for i := range ids {
		ids[i] = `"` + relay.ID(store.ProductID(uuid.New())) + `"`
	}
	query := `{ nodes(ids: [` + strings.Join(ids, ",") + `]) { id } }`
	length := len(newClient(t, server.URL).get(t, query).header.Get("Surrogate-Key"))
	require.Greater(t, length, 1100)
	require.LessOrEqual(t, length, 1200)
	require.Equal(t, http.StatusOK, proxy.get(t, query).status)
}
