package relay

import (
	"context"

	"souk/store"
)

// Connection is a page of a list, in Relay's form. Its edges and nodes are the
// same objects.
type Connection[T any] struct {
	list  List
	page  store.Page[T]
	count func(context.Context) (store.Count, error)
}

// ProductConnection is a page of products; facets are counted over its listing
// and filter.
type ProductConnection struct {
	*Connection[store.Product]
	Listing store.Listing
	Filter  store.ProductFilter
}

// Edge is an item of a list and its position.
type Edge[T any] struct {
	// Cursor is the item's position in this list.
	Cursor string
	// Node is the item.
	Node *T
}

// PageInfo says whether there are more pages, with the cursors to request them.
type PageInfo struct {
	HasNextPage     bool
	HasPreviousPage bool
	StartCursor     *string
	EndCursor       *string
}

// Connect makes the connections of one field's parents. count returns the
// length of every parent's list. It is called once, when the first length is
// requested.
func Connect[T any](list List, pages []store.Page[T], count Counts) []*Connection[T] {
	connections := make([]*Connection[T], len(pages))
	for i, page := range pages {
		connections[i] = &Connection[T]{list: list, page: page, count: func(ctx context.Context) (store.Count, error) {
			all, err := count(ctx)
			if err != nil {
				return store.Count{}, err
			}
			return all[i], nil
		}}
	}
	return connections
}

// Nodes are the page's items.
func (c *Connection[T]) Nodes() []*T {
	if c.page.Items == nil {
		return []*T{}
	}
	return c.page.Items
}

// Edges are the page's items with their cursors.
func (c *Connection[T]) Edges() []*Edge[T] {
	edges := make([]*Edge[T], len(c.page.Items))
	for i, item := range c.page.Items {
		edges[i] = &Edge[T]{Node: item}
	}
	for i, position := range c.page.Positions { // none if nobody asks for a cursor
		edges[i].Cursor = cursorOf(c.list.key(), position)
	}
	return edges
}

// PageInfo says whether there are more pages, with the cursors to request them.
func (c *Connection[T]) PageInfo() *PageInfo {
	info := &PageInfo{HasNextPage: c.page.HasNext, HasPreviousPage: c.page.HasPrevious}
	if n := len(c.page.Positions); n > 0 {
		start := cursorOf(c.list.key(), c.page.Positions[0])
		end := cursorOf(c.list.key(), c.page.Positions[n-1])
		info.StartCursor, info.EndCursor = &start, &end
	}
	return info
}

// TotalCount is the length of the whole list.
func (c *Connection[T]) TotalCount(ctx context.Context) (int, error) {
	count, err := c.count(ctx)
	return count.N, err
}

// TotalCountPrecision says whether TotalCount is exact or an estimate.
func (c *Connection[T]) TotalCountPrecision(ctx context.Context) (CountPrecision, error) {
	count, err := c.count(ctx)
	if count.Estimated {
		return Estimated, err
	}
	return Exact, err
}

// CountPrecision is how precise a count is.
type CountPrecision string

// The precisions of a count.
const (
	Exact     CountPrecision = "EXACT"
	Estimated CountPrecision = "ESTIMATED"
)
