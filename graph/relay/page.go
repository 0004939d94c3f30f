package relay

import (
	"context"

	"souk/graph/executor"
	"souk/internal/fault"
	"souk/store"
)

const (
	// DefaultPageSize is the page length when the query gives none.
	DefaultPageSize = 20
	// MaxPageSize keeps one request from reading the whole shop.
	MaxPageSize = 100
)

// Args are a connection field's paging arguments as they came. A page of 0 items
// still says whether there are more. An empty cursor is none: Apollo's relayStylePagination
// sends one for a page whose cursors were not selected.
type Args struct {
	First  *int
	After  *string
	Last   *int
	Before *string
}

// List identifies a list. Its cursors carry its name and order, and are valid
// for no other list.
type List struct {
	// Name identifies the list. A list that depends on more than its parent and
	// the order, such as a search, includes that in its name.
	Name  string
	Order store.Order
}

func (l List) key() string { return l.Name + " " + l.Order.Name() }

// selectsCursors reports whether the connection that ctx resolves has a cursor in it.
func selectsCursors(ctx context.Context) bool {
	return executor.Below(ctx, "edges", "cursor") || executor.Below(ctx, "pageInfo", "startCursor") || executor.Below(ctx, "pageInfo", "endCursor")
}

// Request checks the arguments and returns what to read for the connection that ctx
// resolves.
func (a Args) Request(ctx context.Context, list List) (store.PageRequest, error) {
	request := store.PageRequest{Order: list.Order, Limit: DefaultPageSize, NoPositions: !selectsCursors(ctx)}
	switch {
	case a.First != nil && a.Last != nil:
		return request, fault.Invalid("give `first` or `last`, not both: `first` pages forward, `last` backward")
	case a.First != nil:
		request.Limit = *a.First
		if err := checkSize("first", *a.First); err != nil {
			return request, err
		}
	case a.Last != nil:
		request.Limit, request.Backward = *a.Last, true
		if err := checkSize("last", *a.Last); err != nil {
			return request, err
		}
	}
	var err error
	if a.After != nil && *a.After != "" {
		if request.After, err = parseCursor("after", *a.After, list.key(), list.Order.PositionLen()); err != nil {
			return request, err
		}
	}
	if a.Before != nil && *a.Before != "" {
		request.Before, err = parseCursor("before", *a.Before, list.key(), list.Order.PositionLen())
	}
	return request, err
}

func checkSize(argument string, n int) error {
	switch {
	case n < 0:
		return fault.Invalid("`%s` is %d; ask for 0 to %d items", argument, n, MaxPageSize)
	case n > MaxPageSize:
		return fault.Invalid("`%s` is %d; ask for at most %d items and page on with the cursors of `pageInfo`", argument, n, MaxPageSize)
	}
	return nil
}
