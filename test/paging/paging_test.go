package paging

import (
	"context"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"

	"souk/internal/dbtest"
	"souk/internal/importer"
	"souk/test/catalogue"
	"souk/test/harness"
)

// pagingSeed makes the sizes of pages. Any number will do; a failure names the
// list, so the same number finds it again.
const pagingSeed = 20260301

func openPagingShop(t *testing.T, db *dbtest.DB, words string, change ...func(*harness.Setup)) pagingShop {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), db.PrimaryURL)
	require.NoError(t, err)
	t.Cleanup(func() { _ = conn.Close(context.Background()) })
	shop := pagingShop{db: db, conn: conn, server: harness.Start(t, db, change...), words: words}
	shop.server.As(t, manager) // who is in the lists of staff and roles from now on
	return shop
}

// TestPagesMakeUpTheList walks every connection of the schema, in every order,
// from both ends, and compares the pages with one SELECT.
//
// The cut has three lists of each connection, of which one is filtered: it leaves
// out other orders and filters, and the real shop.
func TestPagesMakeUpTheList(t *testing.T) {
	t.Parallel()
	t.Run("of a generated shop", func(t *testing.T) {
		shop := openPagingShop(t, catalogue.New(t, 1000), "folding armchiar")
		lists := shop.lists(t)
		for _, field := range connectionFields(t, shop.server) {
			require.True(t, slices.ContainsFunc(lists, func(l pagedList) bool { return l.field == field.name }), "no list of %s", field.name)
		}
		walkEveryList(t, shop, cutLists(lists), 1)
	})
	t.Run("of a real shop", func(t *testing.T) {
		if !dbtest.Full() {
			t.Skip("is walked in a full run")
		}
		files := realProducts(t)
		db := dbtest.Named(t, "shopify files", func(ctx context.Context, url string) error {
			_, err := importer.Run(ctx, importer.Options{DatabaseURL: url, Format: importer.FormatShopifyProducts, Currency: "USD", Paths: []string{files}})
			return err
		})
		shop := openPagingShop(t, db, "bike")
		walkEveryList(t, shop, unfiltered(shop.lists(t)), 60)
	})
}

// realProducts is a folder of product files that shops have exported, or skips
// the test.
func realProducts(t *testing.T) string {
	t.Helper()
	folder := os.Getenv("SOUK_TEST_DATA")
	if folder == "" {
		folder = filepath.Join("..", "..", "..", "shared", "data")
	}
	files := filepath.Join(folder, "shopify")
	if _, err := os.Stat(files); err != nil {
		t.Skipf("there are no shops' exports in %s; name their folder in SOUK_TEST_DATA", files)
	}
	return files
}

// cutLists are two plain lists and a filtered one of each connection, or in a full
// run all.
func cutLists(lists []pagedList) []pagedList {
	plain := dbtest.FirstOfEach(2, func(l pagedList) string { return l.field })
	filtered := dbtest.FirstOfEach(1, func(l pagedList) string { return l.field })
	return dbtest.Sample(lists, func(l pagedList) bool {
		if l.filtered {
			return filtered(l)
		}
		return plain(l)
	})
}

// unfiltered leaves out the lists with a filter, where the time is better spent
// on other things.
func unfiltered(lists []pagedList) []pagedList {
	return slices.DeleteFunc(lists, func(l pagedList) bool { return l.filtered })
}

// walkEveryList walks the lists in pages of random sizes from the least up to a
// hundred.
func walkEveryList(t *testing.T, shop pagingShop, lists []pagedList, least int) {
	t.Helper()
	rows, requests := 0, 0
	for _, list := range lists {
		t.Run(list.String(), func(t *testing.T) {
			random := rand.New(rand.NewPCG(pagingSeed, 0))
			size := func() int { return least + random.IntN(101-least) }
			expected := shop.expected(t, list)
			forward := list.walkPages(t, shop.server, false, size, nil)
			require.NoError(t, checkPages(expected, forward, false), "forward")
			backward := list.walkPages(t, shop.server, true, size, nil)
			require.NoError(t, checkPages(expected, backward, true), "backward")
			require.Equal(t, cursorsOf(forward), cursorsOf(backward), "a row has one cursor, whichever way it is reached")
			checkStretches(t, shop, list, expected, cursorsOf(forward), random)
			rows += len(expected)
			requests += len(forward) + len(backward)
		})
	}
	t.Logf("%d lists, %d rows in %d pages", len(lists), rows, requests)
}

// checkStretches reads pages between two cursors.
func checkStretches(t *testing.T, shop pagingShop, list pagedList, expected []string, cursors map[string]string, random *rand.Rand) {
	t.Helper()
	if len(expected) < 2 {
		return
	}
	for range 4 {
		from, to := random.IntN(len(expected)), random.IntN(len(expected))
		from, to = min(from, to), max(from, to)
		n := 1 + random.IntN(100)
		between := expected[min(from+1, to):to]
		variables := map[string]any{"after": cursors[expected[from]], "before": cursors[expected[to]], "first": n}
		p := list.page(t, shop.server, variables)
		require.Equal(t, between[:min(n, len(between))], append([]string{}, p.ids...), "the first %d between rows %d and %d", n, from, to)
		require.True(t, p.hasNext, "row %d follows", to)
		require.True(t, p.hasPrevious, "row %d precedes", from)

		delete(variables, "first")
		variables["last"] = n
		p = list.page(t, shop.server, variables)
		require.Equal(t, between[max(0, len(between)-n):], append([]string{}, p.ids...), "the last %d between rows %d and %d", n, from, to)
		require.True(t, p.hasNext, "row %d follows", to)
		require.True(t, p.hasPrevious, "row %d precedes", from)
	}
}

// TestCheckerOfPagesFails shows that a wrong list or wrong pages are noticed.
func TestCheckerOfPagesFails(t *testing.T) {
	shop := openPagingShop(t, catalogue.New(t, 1000), "folding")
	var list pagedList
	for _, l := range shop.lists(t) {
		if l.String() == "Query.products PRICE ASC" {
			list = l
		}
	}
	expected := shop.expected(t, list)
	pages := list.walkPages(t, shop.server, false, func() int { return 100 }, nil)
	require.NoError(t, checkPages(expected, pages, false))

	for name, orderBy := range map[string]string{
		"without the id":            "p.currency NULLS LAST, p.price_min_minor NULLS LAST, md5(p.id::text)",
		"with absent values first":  "p.currency NULLS FIRST, p.price_min_minor NULLS FIRST, p.id",
		"with the id the other way": "p.currency NULLS LAST, p.price_min_minor NULLS LAST, p.id DESC",
	} {
		wrong := list
		wrong.statement = "SELECT p.id FROM products p WHERE p.status = 'ACTIVE' ORDER BY " + orderBy
		require.Error(t, checkPages(shop.expected(t, wrong), pages, false), name)
	}
	for name, spoil := range map[string]func(p []pageOf) []pageOf{
		"a repeated row": func(p []pageOf) []pageOf {
			p[1].ids = append([]string{p[0].ids[99]}, p[1].ids...)
			p[1].cursors = append([]string{p[0].cursors[99]}, p[1].cursors...)
			p[1].start = p[1].cursors[0]
			return p
		},
		"a skipped row": func(p []pageOf) []pageOf {
			p[1].ids, p[1].cursors = slices.Delete(p[1].ids, 5, 6), slices.Delete(p[1].cursors, 5, 6)
			return p
		},
		"two rows swapped": func(p []pageOf) []pageOf {
			p[1].ids[5], p[1].ids[6] = p[1].ids[6], p[1].ids[5]
			return p
		},
		"a page left out":    func(p []pageOf) []pageOf { return slices.Delete(p, 2, 3) },
		"a wrong count":      func(p []pageOf) []pageOf { p[3].total++; return p },
		"a wrong endCursor":  func(p []pageOf) []pageOf { p[3].end = p[3].start; return p },
		"no end to the list": func(p []pageOf) []pageOf { p[len(p)-1].hasNext = true; return p },
	} {
		require.Error(t, checkPages(expected, spoil(clonePages(pages)), false), name)
	}
}

func clonePages(pages []pageOf) []pageOf {
	clones := slices.Clone(pages)
	for i := range clones {
		clones[i].ids, clones[i].cursors = slices.Clone(clones[i].ids), slices.Clone(clones[i].cursors)
	}
	return clones
}
