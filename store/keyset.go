package store

import (
	"strconv"
	"strings"

	"github.com/jackc/pgx/v5"
)

// PageRequest asks for up to Limit rows of a list, after the position After and
// before the position Before. Backward takes the last rows of that range instead of
// the first ones. The rows are in the order of the list in both cases.
type PageRequest struct {
	Order         Order
	Limit         int
	Backward      bool
	After, Before Position
	// NoPositions leaves out the positions of the items.
	NoPositions bool
}

// Position is the position of a row in an ordered list: its sort values and its ID,
// as Postgres formats them. nil means no bound.
type Position []string

// Order is a total order of a list. Its last key is the ID. All keys have the same
// direction, so one row comparison finds the position of a cursor, and one index
// serves both directions.
type Order struct {
	name string
	keys []sortKey // the last one is the ID
	desc bool
}

// sortKey is an expression that is never NULL, with its Postgres type.
type sortKey struct{ expr, typ string }

// Name identifies the order. A cursor is valid only in the order that made it.
func (o Order) Name() string { return o.name }

// PositionLen returns the number of values in a Position of this order.
func (o Order) PositionLen() int { return len(o.keys) }

// position returns the expression that selects the Position of a row.
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

// orderBy returns the ORDER BY list. reversed is for a page that is read backward.
func (o Order) orderBy(reversed bool) string {
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

// cursorCondition returns the condition that restricts rows to those between the
// page's cursors, and adds the values of the cursors to args.
func (o Order) cursorCondition(p PageRequest, args pgx.StrictNamedArgs) string {
	after, before := ">", "<"
	if o.desc {
		after, before = before, after
	}
	return o.boundCondition("after", after, p.After, args) + o.boundCondition("before", before, p.Before, args)
}

func (o Order) boundCondition(name, operator string, at Position, args pgx.StrictNamedArgs) string {
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
