package store

import (
	"strconv"
	"strings"

	"github.com/jackc/pgx/v5"
)

// PageRequest asks for up to Limit rows of a list in an order, after the row at
// After and before the one at Before. Backward takes them from the end of that
// stretch; they come in the list's order all the same.
type PageRequest struct {
	Order         Order
	Limit         int
	Backward      bool
	After, Before Position
}

// Position is a row's place in an ordered list: its sort values and its id as
// Postgres writes them. nil: no bound.
type Position []string

// Order is a total order of a list. It ends in the id, and all its keys run the
// same way, so that one row comparison finds the place of a cursor and one index
// serves both directions.
type Order struct {
	name string
	keys []sortKey // the id is the last one
	desc bool
}

// sortKey is an expression that is never NULL, and its Postgres type.
type sortKey struct{ expr, typ string }

// Name identifies the order. A cursor is good only in the order that made it.
func (o Order) Name() string { return o.name }

// PositionLen is the number of values in a Position of this order.
func (o Order) PositionLen() int { return len(o.keys) }

// position selects the row's Position.
func (o Order) position() string {
	var b strings.Builder
	b.WriteString("ARRAY[")
	for i, k := range o.keys {
		if i > 0 {
			b.WriteString(", ")
		}
		b.WriteString("(" + k.expr + ")::text")
	}
	b.WriteString("]")
	return b.String()
}

// by is the ORDER BY list, reversed for a page that is read from the end.
func (o Order) by(reversed bool) string {
	direction := " ASC"
	if o.desc != reversed {
		direction = " DESC"
	}
	terms := make([]string, len(o.keys))
	for i, k := range o.keys {
		terms[i] = k.expr + direction
	}
	return strings.Join(terms, ", ")
}

// within is the condition that keeps a row between the page's cursors; it adds
// their values to args.
func (o Order) within(p PageRequest, args pgx.StrictNamedArgs) string {
	after, before := ">", "<"
	if o.desc {
		after, before = before, after
	}
	return o.bound("after", after, p.After, args) + o.bound("before", before, p.Before, args)
}

func (o Order) bound(name, operator string, at Position, args pgx.StrictNamedArgs) string {
	if at == nil {
		return ""
	}
	keys := make([]string, len(o.keys))
	values := make([]string, len(o.keys))
	for i, k := range o.keys {
		arg := name + strconv.Itoa(i)
		args[arg] = at[i]
		keys[i] = k.expr
		values[i] = "(@" + arg + "::text)::" + k.typ
	}
	return "\n    AND (" + strings.Join(keys, ", ") + ") " + operator + " (" + strings.Join(values, ", ") + ")"
}
