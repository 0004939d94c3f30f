package relay

import (
	"context"

	"souk/store"
)

// Connection is a page of a list in the form that Relay asks for. Its edges and
// nodes are the same objects.
type Connection[T any] struct {
	list  List
	slice store.Slice[T]
	count func(context.Context) (store.Count, error)
}

// Edge is an item of a list with its place.
type Edge[T any] struct {
	// Cursor is the item's place in this list.
	Cursor string
	// Node is the item.
	Node *T
}

// PageInfo says where a page lies in its list.
type PageInfo struct {
	HasNextPage     bool
	HasPreviousPage bool
	StartCursor     *string
	EndCursor       *string
}

// Connect makes the connections of one field's parents. count returns the length
// of every parent's list; it is called once, when the first of them is asked for
// its length.
func Connect[T any](list List, slices []store.Slice[T], count Counts) []*Connection[T] {
	connections := make([]*Connection[T], len(slices))
	for i, slice := range slices {
		connections[i] = &Connection[T]{list: list, slice: slice, count: func(ctx context.Context) (store.Count, error) {
			all, err := count(ctx)
			if err != nil {
				return store.Count{}, err
			}
			return all[i], nil
		}}
	}
	return connections
}

// Delivers yields the page's items.
func (c *Connection[T]) Delivers(yield func(any)) {
	for _, item := range c.slice.Items {
		yield(item)
	}
}

// Nodes are the page's items.
func (c *Connection[T]) Nodes() []*T {
	if c.slice.Items == nil {
		return []*T{}
	}
	return c.slice.Items
}

// Edges are the page's items with their cursors.
func (c *Connection[T]) Edges() []*Edge[T] {
	edges := make([]*Edge[T], len(c.slice.Items))
	for i, item := range c.slice.Items {
		edges[i] = &Edge[T]{Cursor: cursorOf(c.list.Name, c.slice.Positions[i]), Node: item}
	}
	return edges
}

// PageInfo says where the page lies in its list.
func (c *Connection[T]) PageInfo() *PageInfo {
	info := &PageInfo{HasNextPage: c.slice.HasNext, HasPreviousPage: c.slice.HasPrevious}
	if n := len(c.slice.Positions); n > 0 {
		start := cursorOf(c.list.Name, c.slice.Positions[0])
		end := cursorOf(c.list.Name, c.slice.Positions[n-1])
		info.StartCursor, info.EndCursor = &start, &end
	}
	return info
}

// TotalCount is the length of the whole list.
func (c *Connection[T]) TotalCount(ctx context.Context) (int, error) {
	count, err := c.count(ctx)
	return count.N, err
}

// TotalCountPrecision says whether TotalCount is exact.
func (c *Connection[T]) TotalCountPrecision(ctx context.Context) (CountPrecision, error) {
	count, err := c.count(ctx)
	if count.Estimated {
		return Estimated, err
	}
	return Exact, err
}

// CountPrecision says how far a count can be relied on.
type CountPrecision string

// The precisions of a count.
const (
	Exact     CountPrecision = "EXACT"
	Estimated CountPrecision = "ESTIMATED"
)
