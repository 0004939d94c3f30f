package relay

import (
	"souk/internal/fault"
	"souk/store"
)

const (
	// DefaultPageSize is the length of a page whose length was not asked for.
	DefaultPageSize = 20
	// MaxPageSize keeps one request from reading the whole shop.
	MaxPageSize = 100
)

// Args are a connection field's paging arguments as they came.
type Args struct {
	First  *int
	After  *string
	Last   *int
	Before *string
}

// List is the list that a page is of: its name and order, which its cursors
// carry, and the number of values in a position.
type List struct {
	Name   string
	Values int
}

// ListOf names a list in an order. A list that depends on more than its parent
// and the order, such as a search, adds that to its name.
func ListOf(name string, order store.Order) List {
	return List{Name: name + " " + order.Name(), Values: order.Len()}
}

// Page checks the arguments and returns what to read.
func (a Args) Page(list List) (store.Page, error) {
	page := store.Page{Limit: DefaultPageSize}
	switch {
	case a.First != nil && a.Last != nil:
		return page, fault.Invalid("give first or last, not both: first pages forward, last pages backward")
	case a.First != nil:
		page.Limit = *a.First
		if err := checkSize("first", *a.First); err != nil {
			return page, err
		}
	case a.Last != nil:
		page.Limit, page.Backward = *a.Last, true
		if err := checkSize("last", *a.Last); err != nil {
			return page, err
		}
	}
	var err error
	if a.After != nil {
		if page.After, err = parseCursor("after", *a.After, list.Name, list.Values); err != nil {
			return page, err
		}
	}
	if a.Before != nil {
		page.Before, err = parseCursor("before", *a.Before, list.Name, list.Values)
	}
	return page, err
}

func checkSize(argument string, n int) error {
	switch {
	case n < 1:
		return fault.Invalid("%s is %d; ask for 1 to %d items", argument, n, MaxPageSize)
	case n > MaxPageSize:
		return fault.Invalid("%s is %d; ask for at most %d items and page on with pageInfo's cursors", argument, n, MaxPageSize)
	}
	return nil
}
