package writes

import (
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"souk/internal/auth"
	"souk/store"
	"souk/test/harness"
	"souk/test/shop"
)

func TestVendorWrites(t *testing.T) {
	db := shop.New(t)
	server, pool := harness.Start(t, db, harness.AsStaff(auth.CatalogueWrite)), poolOf(t, db.PrimaryURL)
	const shown = `vendor { id name slug version }`

	input := map[string]any{"name": "Söder & Co", "idempotencyKey": "v1"}
	made := applied(t, server, "vendorCreate", shown, input)["vendor"]
	require.Equal(t, "soder-and-co", harness.At(made, "slug"))
	require.Equal(t, made, applied(t, server, "vendorCreate", shown, input)["vendor"], "once under one key")
	id := harness.At(made, "id").(string)
	got := applied(t, server, "vendorUpdate", shown, map[string]any{"id": id, "slug": "soder", "expectedVersion": 1})["vendor"]
	require.Equal(t, map[string]any{"id": id, "name": "Söder & Co", "slug": "soder", "version": 2.0}, got)

	applied(t, server, "vendorUpdate", shown, map[string]any{"id": shop.LoomID, "name": "Webstuhl"})
	require.NoError(t, db.WaitReplica(t.Context()))
	found := server.Query(t, `{ products(search: "webstuhl") { nodes { slug } } }`, nil).At("products", "nodes")
	require.Len(t, found, 2, "the products that are on sale are found by the new name at once")
	requireDerived(t, pool)

	require.Equal(t, id, applied(t, server, "vendorDelete", `deletedVendorId`, map[string]any{"id": id})["deletedVendorId"])
	require.Equal(t, []string{"VENDOR name: - > Söder & Co, slug: - > soder-and-co"}, auditOf(t, pool, "vendorCreate"))
	require.Equal(t, []string{"VENDOR slug: soder-and-co > soder", "VENDOR name: Loom & Thread > Webstuhl"}, auditOf(t, pool, "vendorUpdate"))
	require.Equal(t, []string{"VENDOR name: Söder & Co > -, slug: soder > -"}, auditOf(t, pool, "vendorDelete"))

	nobody := shop.ID[store.VendorID]("499")
	for name, tc := range map[string]struct {
		mutation string
		input    map[string]any
		want     []string
	}{
		"a name in other letters":  {"vendorCreate", map[string]any{"name": "ECLAIR lumiere"}, []string{"TAKEN at input.name"}},
		"no name":                  {"vendorCreate", map[string]any{"name": " "}, []string{"REQUIRED at input.name"}},
		"a long name":              {"vendorCreate", map[string]any{"name": strings.Repeat("x", 256)}, []string{"TOO_LONG at input.name"}},
		"a slug that is taken":     {"vendorCreate", map[string]any{"name": "New", "slug": "loom"}, []string{"TAKEN at input.slug"}},
		"a slug with a slash":      {"vendorCreate", map[string]any{"name": "New", "slug": "a/b"}, []string{"INVALID at input.slug"}},
		"renaming to another's":    {"vendorUpdate", map[string]any{"id": shop.LoomID, "name": "éclair lumière"}, []string{"TAKEN at input.name"}},
		"another's slug":           {"vendorUpdate", map[string]any{"id": shop.LoomID, "slug": "eclair"}, []string{"TAKEN at input.slug"}},
		"null":                     {"vendorUpdate", map[string]any{"id": shop.LoomID, "name": nil, "slug": nil}, []string{"REQUIRED at input.name", "REQUIRED at input.slug"}},
		"an old version":           {"vendorUpdate", map[string]any{"id": shop.LoomID, "name": "X", "expectedVersion": 1}, []string{"VERSION_CONFLICT at input.expectedVersion"}},
		"nobody":                   {"vendorUpdate", map[string]any{"id": nobody, "name": "X"}, []string{"NOT_FOUND at input.id"}},
		"deleting nobody":          {"vendorDelete", map[string]any{"id": nobody}, []string{"NOT_FOUND at input.id"}},
		"deleting what is named":   {"vendorDelete", map[string]any{"id": shop.LoomID}, []string{"IN_USE at input.id"}},
		"deleting what is changed": {"vendorDelete", map[string]any{"id": shop.LoomID, "expectedVersion": 1}, []string{"VERSION_CONFLICT at input.expectedVersion"}},
	} {
		t.Run(name, func(t *testing.T) {
			require.Equal(t, tc.want, refusals(sendInput(t, server, tc.mutation, `__typename`, tc.input)))
		})
	}
}

func TestOneVendorOfANameIsMadeByMany(t *testing.T) {
	db := shop.New(t)
	server, pool := harness.Start(t, db, harness.AsStaff(auth.CatalogueWrite)), poolOf(t, db.PrimaryURL)
	results := make([][]string, 20)
	var work sync.WaitGroup
	for i := range results {
		work.Go(func() {
			results[i] = refusals(sendInput(t, server, "vendorCreate", `vendor { id }`, map[string]any{"name": "Rush"}))
		})
	}
	work.Wait()
	made := 0
	for _, faults := range results {
		if len(faults) == 0 {
			made++
			continue
		}
		require.Equal(t, []string{"TAKEN at input.name"}, faults)
	}
	require.Equal(t, 1, made)
	require.Equal(t, 1, valueOf[int](t, pool, `SELECT count(*) FROM vendors WHERE name = 'Rush'`))
}
