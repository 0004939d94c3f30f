package nplusone

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"souk/internal/auth"
	"souk/internal/dbtest"
	"souk/test/harness"
)

type obj = map[string]any

// listOfChanges is a mutation whose payload lists objects.
type listOfChanges struct {
	mutation, list string
	// input is one for n items.
	input func(n int) obj
	// perItem is how many statements that change something, or look at what is to
	// be changed, an item may take: each item's locks and rows are its own.
	perItem int
}

// TestPayloadsOfManyItemsReadAsOne sends lists of 1, 10 and 100 changes and asks
// for everything that three levels below the results show: the statements that
// read it are the same. What the changes themselves take is logged.
func TestPayloadsOfManyItemsReadAsOne(t *testing.T) {
	t.Parallel()
	db := dbtest.Named(t, "chains", fillChains)
	server := harness.Start(t, db, harness.AsStaff(auth.AllPermissions()...), harness.WithoutLimits)
	counter := harness.CountStatements(t, db)
	walk := newWalk(t, server)
	mutations := bulkMutations(t, server, walk)
	tested := make([]string, len(mutations))
	for i, m := range mutations {
		tested[i] = m.mutation + "." + m.list
		t.Run(m.mutation, func(t *testing.T) { comparePayloads(t, server, counter, walk, m) })
	}
	require.ElementsMatch(t, listPayloads(walk), tested, "mutations whose payloads list objects")
}

func comparePayloads(t *testing.T, server *harness.Server, counter *harness.Statements, walk *walk, m listOfChanges) {
	t.Helper()
	kind := strings.ToUpper(m.mutation[:1]) + m.mutation[1:]
	query := fmt.Sprintf("mutation ($input: %sInput!) { %s(input: $input) { userErrors { code message field } %s { %s } } }",
		kind, m.mutation, m.list, walk.below(walk.payloadItem(m), 3))
	var reads map[string]int
	writes := map[int]int{}
	for _, n := range parents {
		input := m.input(n)
		counter.Lap(t)
		answer := server.Query(t, query, map[string]any{"input": input})
		calls := counter.Lap(t)
		require.Empty(t, answer.At(m.mutation, "userErrors"))
		items, _ := answer.At(m.mutation, m.list).([]any)
		require.Len(t, items, n)
		maps.DeleteFunc(calls, func(name string, count int) bool {
			if isRead(name) {
				return false
			}
			writes[n] += count
			return true
		})
		if reads == nil {
			reads = calls
			require.NotEmpty(t, reads)
		}
		require.Equal(t, sorted(reads), sorted(calls), "1 item and %d items", n)
	}
	each := float64(writes[100]-writes[10]) / 90
	t.Logf("%d statements read; %d, %d and %d write: %.2f an item", len(reads), writes[1], writes[10], writes[100], each)
	require.LessOrEqual(t, each, float64(m.perItem))
}

// isRead tells whether a statement is one of the reader's.
func isRead(name string) bool {
	for _, prefix := range []string{"List", "Count", "Estimate"} {
		if strings.HasPrefix(name, prefix) && name != "CountAddressesOfCustomer" {
			return true
		}
	}
	return slices.Contains(harness.ReaderMethods(), name)
}

// listPayloads are the mutations whose payload lists objects, with the list.
func listPayloads(w *walk) []string {
	var found []string
	for _, m := range w.types["Mutation"].fields {
		for _, f := range w.objects(m.returns) {
			if f.list && f.name != "userErrors" {
				found = append(found, m.name+"."+f.name)
			}
		}
	}
	return found
}

func (w *walk) payloadItem(m listOfChanges) string {
	return w.field(w.field("Mutation", m.mutation).returns, m.list).returns
}

// below selects everything of a type so many objects deep, two of each list.
func (w *walk) below(name string, depth int) string {
	fields := append([]string{"__typename"}, w.scalars(name)...)
	for _, f := range w.objects(name) {
		switch {
		case depth == 0 || w.types[f.returns].kind == "INTERFACE":
		case strings.HasSuffix(f.returns, "Connection"):
			fields = append(fields, f.name+"(first: 2) { totalCount nodes { "+w.below(w.element(f.returns), depth-1)+" } }")
		default:
			fields = append(fields, f.name+" { "+w.below(f.returns, depth-1)+" }")
		}
	}
	return strings.Join(fields, " ")
}

// bulkMutations are the mutations with lists. Each is sent with n items, for each n
// with other values.
func bulkMutations(t *testing.T, server *harness.Server, w *walk) []listOfChanges {
	t.Helper()
	items := func(n int, item func(i int) obj) obj {
		list := make([]obj, n)
		for i := range list {
			list[i] = item(i)
		}
		return obj{"items": list}
	}
	products := func(i int) obj { return obj{"id": w.nodes["Product"][i]} }
	made := func(n int) (ids []string) {
		input := items(n, func(i int) obj { return obj{"title": fmt.Sprintf("To delete %d %d", n, i)} })
		answer := server.Query(t, `mutation ($input: ProductBulkCreateInput!) { productBulkCreate(input: $input) { results { product { id } } } }`, map[string]any{"input": input})
		for i := range n {
			ids = append(ids, answer.At("productBulkCreate", "results", i, "product", "id").(string))
		}
		return ids
	}
	// A product shows others that are on sale: there are as many before each list.
	onSale := func(n, drafts int) obj {
		send := func(mutation string, n int) {
			server.Query(t, fmt.Sprintf(`mutation ($input: ProductBulk%[1]sInput!) { productBulk%[1]s(input: $input) { userErrors { message } } }`, mutation),
				map[string]any{"input": items(n, products)})
		}
		send("Publish", 100)
		if drafts > 0 {
			send("Unpublish", drafts)
		}
		return items(n, products)
	}
	variants, _ := server.Query(t, `{ product(slug: "hub") { variants(first: 100) { nodes { id } } } }`, nil).At("product", "variants", "nodes").([]any)
	return []listOfChanges{
		{"productBulkCreate", "results", func(n int) obj {
			return items(n, func(i int) obj {
				return obj{
					"title": fmt.Sprintf("New %d %d", n, i), "vendorId": w.nodes["Vendor"][i], "categoryIds": w.nodes["Category"][i : i+1],
					"images": []obj{{"url": "/a"}}, "variants": []obj{{"sku": fmt.Sprintf("n-%d-%d", n, i)}},
				}
			})
		}, 9},
		{"productBulkUpdate", "results", func(n int) obj {
			return items(n, func(i int) obj { return obj{"id": w.nodes["Product"][i], "title": fmt.Sprintf("Title %d", n)} })
		}, 3},
		{"productBulkUnpublish", "results", func(n int) obj { return onSale(n, 0) }, 3},
		{"productBulkPublish", "results", func(n int) obj { return onSale(n, n) }, 3},
		{"productBulkDelete", "results", func(n int) obj {
			ids := made(n)
			return items(n, func(i int) obj { return obj{"id": ids[i]} })
		}, 3},
		{"reviewBulkModerate", "results", func(n int) obj {
			status := map[int]string{1: "REJECTED", 10: "PUBLISHED", 100: "REJECTED"}[n]
			return items(n, func(i int) obj { return obj{"id": w.nodes["Review"][i], "status": status} })
		}, 6},
		{"inventoryBulkAdjust", "results", func(n int) obj {
			return items(n, func(i int) obj {
				return obj{"variantId": w.nodes["ProductVariant"][i], "locationId": w.nodes["Location"][0], "delta": n}
			})
		}, 4},
		{"inventoryBulkSet", "results", func(n int) obj {
			return items(n, func(i int) obj {
				return obj{"variantId": w.nodes["ProductVariant"][i], "locationId": w.nodes["Location"][0], "quantity": 1000 + n}
			})
		}, 4},
		{"documentsPush", "results", func(n int) obj {
			return items(n, func(i int) obj { return obj{"text": fmt.Sprintf("query P%dn%d { shop { id } }", n, i)} })
		}, 2},
		{"imagesAdd", "images", func(n int) obj {
			list := make([]obj, n)
			for i := range list {
				list[i] = obj{"url": fmt.Sprintf("/new-%d-%d", n, i)}
			}
			return obj{"productId": w.nodes["Product"][0], "images": list}
		}, 2},
		{"productVariantsUpsert", "results", func(n int) obj {
			list := make([]obj, n)
			for i := range list {
				list[i] = obj{"id": harness.At(variants[i], "id"), "sku": fmt.Sprintf("up-%d-%d", n, i)}
			}
			return obj{"productId": harness.At(server.Query(t, `{ product(slug: "hub") { id } }`, nil).Data, "product", "id"), "variants": list}
		}, 2},
	}
}
