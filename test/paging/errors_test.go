package paging

import (
	"fmt"
	"maps"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"souk/test/catalogue"
	"souk/test/harness"
)

// advice is what a message about a wrong argument must hold: what to do instead.
var advice = regexp.MustCompile(`ask for|Give .first. or .last.|take it unchanged from|omit it`)

// refused asserts that a list answers with what to do, at its own place.
func refused(t *testing.T, server *harness.Server, list pagedList, variables map[string]any, wanted string) {
	t.Helper()
	answer := server.As(t, list.by).Do(t, list.query(), variables)
	path := []any{"list"}
	if list.parent != "" {
		path = []any{"parent", "list"}
	}
	about := fmt.Sprintf("%s with %v: %s", list, variables, answer.Raw)
	require.Equal(t, http.StatusOK, answer.Status, about)
	require.Len(t, answer.Errors, 1, about)
	require.Equal(t, "BAD_USER_INPUT", answer.Errors[0].Extensions["code"], about)
	require.Equal(t, path, answer.Errors[0].Path, about)
	require.Regexp(t, advice, answer.Errors[0].Message, about)
	require.Contains(t, answer.Errors[0].Message, wanted, about)
}

// TestWrongPagingIsRefused gives every connection of the schema, in every order,
// wrong sizes and cursors. The cut has three lists of each connection.
func TestWrongPagingIsRefused(t *testing.T) {
	t.Parallel()
	shop := openPagingShop(t, catalogue.New(t, 1000), "folding")
	lists := shop.lists(t)
	foreign := map[string]string{} // a cursor of each list, by its field and order
	for _, list := range lists {
		if p := list.page(t, shop.server, map[string]any{"first": 1}); len(p.cursors) > 0 {
			foreign[listIdentity(list)] = p.cursors[0]
		}
	}
	require.Greater(t, len(foreign), 20)
	for _, list := range cutLists(lists) {
		t.Run(list.String(), func(t *testing.T) {
			for _, n := range []int{-1, 101, -2147483648, 2147483647} {
				refused(t, shop.server, list, map[string]any{"first": n}, fmt.Sprintf("`first` is %d", n))
				refused(t, shop.server, list, map[string]any{"last": n}, fmt.Sprintf("`last` is %d", n))
			}
			refused(t, shop.server, list, map[string]any{"first": 2, "last": 2}, "`first` or `last`")
			wrong := []string{" ", "x", "not a cursor", "AQ", strings.Repeat("A", 10_000), globalID(list.field, [16]byte{1})}
			wrong = append(wrong, foreignTo(list, foreign)...)
			for _, cursor := range wrong {
				refused(t, shop.server, list, map[string]any{"first": 2, "after": cursor}, "`after` is ")
				refused(t, shop.server, list, map[string]any{"last": 2, "before": cursor}, "`before` is ")
			}
		})
	}
}

// TestAPageOfNothingIsAPage gives every connection of the schema a size of 0 and empty
// cursors.
func TestAPageOfNothingIsAPage(t *testing.T) {
	t.Parallel()
	shop := openPagingShop(t, catalogue.New(t, 100), "nothing")
	for _, list := range cutLists(shop.lists(t)) {
		t.Run(list.String(), func(t *testing.T) {
			page := func(variables map[string]any) pageOf { return list.page(t, shop.server, variables) }
			all := page(map[string]any{"first": 2})
			require.Equal(t, pageOf{hasNext: all.total > 0, total: all.total}, page(map[string]any{"first": 0}))
			require.Equal(t, pageOf{hasPrevious: all.total > 0, total: all.total}, page(map[string]any{"last": 0}))
			require.Equal(t, all, page(map[string]any{"first": 2, "after": "", "before": ""}))
			if len(all.cursors) == 2 {
				require.Equal(t, pageOf{hasNext: true, hasPrevious: true, total: all.total}, page(map[string]any{"first": 0, "after": all.cursors[0]}))
			}
		})
	}
}

// foreignTo are cursors of other lists: of all of the same field, and of some that
// differ from list to list.
func foreignTo(list pagedList, foreign map[string]string) []string {
	var cursors []string
	for i, identity := range slices.Sorted(maps.Keys(foreign)) {
		sameField := strings.HasPrefix(identity, list.field+" ")
		if identity != listIdentity(list) && (sameField || (i+len(list.String()))%4 == 0) {
			cursors = append(cursors, foreign[identity])
		}
	}
	return cursors
}

// listIdentity is what a cursor is bound to: the field, the order and the search.
func listIdentity(l pagedList) string {
	order := "default"
	if _, after, found := strings.Cut(l.args, "orderBy: {field: "); found {
		order = strings.TrimSuffix(after, "}")
	}
	_, field := cutField(l.field)
	switch {
	case l.field == "Query.customers":
		return l.field + " " + l.args
	case order != "default":
	case strings.Contains(l.args, "search"):
		order = "BEST_MATCH, direction: DESC"
	case field == "products" || field == "reviews":
		order = "NEWEST, direction: DESC"
	}
	return l.field + strings.Repeat(" found", strings.Count(l.args, "search")) + " by " + order
}

// TestDamagedCursorsAreRefused changes each letter of a cursor in turn, leaves
// letters out and adds some.
func TestDamagedCursorsAreRefused(t *testing.T) {
	shop := openPagingShop(t, catalogue.New(t, 1000), "folding")
	const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
	for _, list := range shop.lists(t) {
		if s := list.String(); s != "Query.products PRICE ASC" && s != "Product.variants " {
			continue
		}
		t.Run(list.String(), func(t *testing.T) {
			cursor := list.page(t, shop.server, map[string]any{"first": 20}).end.(string)
			for i := range cursor {
				value := strings.IndexByte(alphabet, cursor[i])
				for bit := range 6 {
					damaged := cursor[:i] + string(alphabet[value^1<<bit]) + cursor[i+1:]
					refused(t, shop.server, list, map[string]any{"after": damaged}, "`after` is not a cursor")
				}
				if i > 0 { // an empty cursor is none
					refused(t, shop.server, list, map[string]any{"after": cursor[:i]}, "`after` is not a cursor")
				}
				refused(t, shop.server, list, map[string]any{"after": cursor[:i] + "A" + cursor[i:]}, "`after` is not a cursor")
			}
			for _, damaged := range []string{cursor + "=", cursor + "==", cursor + cursor, " " + cursor, cursor + " ", strings.ToLower(cursor), cursor + "\x00"} {
				refused(t, shop.server, list, map[string]any{"after": damaged}, "`after` is not a cursor")
			}
		})
	}
}

// TestCursorOfAnotherSearchIsRefused: what one search ranks first another may not
// find at all.
func TestCursorOfAnotherSearchIsRefused(t *testing.T) {
	shop := openPagingShop(t, catalogue.New(t, 1000), "folding")
	search := func(words string) pagedList {
		return pagedList{field: "Query.products", name: words, args: fmt.Sprintf("search: %q", words)}
	}
	folding := search("folding").page(t, shop.server, map[string]any{"first": 3})
	require.True(t, folding.hasNext)
	refused(t, shop.server, search("heavy"), map[string]any{"first": 3, "after": folding.end}, "another list or another order")
	refused(t, shop.server, pagedList{field: "Query.products"}, map[string]any{"first": 3, "after": folding.end}, "another list or another order")
}

// TestWrongPagingBelowListsIsRefused: each object of a list says what is wrong,
// at its own place, and the rest of the answer stands.
func TestWrongPagingBelowListsIsRefused(t *testing.T) {
	shop := openPagingShop(t, catalogue.New(t, 1000), "folding")
	for argument, message := range map[string]string{
		"first: -1": "`first` is -1", "last: 101": "`last` is 101", "first: 1, last: 1": "`first` or `last`", `after: "x"`: "`after` is not a cursor",
	} {
		answer := shop.server.Do(t, `{ products(first: 3) { nodes { title reviews(`+argument+`) { nodes { id } } } } }`, nil)
		require.Equal(t, http.StatusOK, answer.Status)
		require.NotEmpty(t, answer.Errors, "%s", argument)
		for _, e := range answer.Errors {
			require.Equal(t, "BAD_USER_INPUT", e.Extensions["code"], "%s: %s", argument, answer.Raw)
			require.Contains(t, e.Message, message)
			require.Equal(t, []any{"products", "nodes", e.Path[2], "reviews"}, e.Path)
		}
	}
}
