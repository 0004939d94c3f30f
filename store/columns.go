package store

import (
	"fmt"
	"slices"
	"strings"
	"sync"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
)

// columns say how the rows of a noun, or of a statement of its own kind, are read: one line
// for each column.
type columns[T any] struct {
	object  string // the name of the noun in the schema; "" for other rows
	list    []column[T]
	choices sync.Map // choice → *chosen[T]
}

// column is an expression of SQL, and where its value goes.
type column[T any] struct {
	sql string
	// scan decodes a value in the format of Postgres' protocol; nil is NULL.
	scan func(row *T, value []byte) error
	oids []uint32 // of the types that scan decodes
	// object and field are the only field of the schema that needs the column; "": the
	// column is always read.
	object, field string
}

// columnsOf makes the columns of a noun, at most as many as a choice has bits.
func columnsOf[T any](object string, list ...column[T]) *columns[T] {
	if len(list) > 64 {
		panic(object + " has more than 64 columns")
	}
	for i := range list {
		if list[i].object == "" {
			list[i].object = object
		}
	}
	return &columns[T]{object: object, list: list}
}

// col is a column that is never NULL.
func col[T, V any](sql string, decode decoder[V], to func(*T) *V) column[T] {
	return column[T]{sql: sql, oids: oidsOf[V](), scan: func(row *T, value []byte) error {
		if value == nil {
			return errNull
		}
		return decode(to(row), value)
	}}
}

// maybe is a column that can be NULL, which is a nil pointer.
func maybe[T, V any](sql string, decode decoder[V], to func(*T) **V) column[T] {
	return column[T]{sql: sql, oids: oidsOf[V](), scan: func(row *T, value []byte) error {
		if value == nil {
			*to(row) = nil
			return nil
		}
		v := new(V)
		*to(row) = v
		return decode(v, value)
	}}
}

// embedded makes columns of those of a struct that is embedded in a row.
func embedded[T, P any](part *columns[P], of func(*T) *P) []column[T] {
	list := make([]column[T], len(part.list))
	for i, c := range part.list {
		list[i] = column[T]{sql: c.sql, oids: c.oids, scan: func(row *T, value []byte) error { return c.scan(of(row), value) }}
	}
	return list
}

// onlyFor makes a column that is left out unless a response selects the field: one of the
// noun, or "Object.field". Each combination is a statement of its own to Postgres, so this
// is for what is long or costs much to decode.
func onlyFor[T any](field string, c column[T]) column[T] {
	if object, of, found := strings.Cut(field, "."); found {
		c.object, c.field = object, of
	} else {
		c.field = field
	}
	return c
}

// Selection says what a response selects.
type Selection interface {
	// Has reports whether a field of an object type is selected.
	Has(object, field string) bool
}

// choice are the columns that a response needs, one bit for each.
type choice uint64

// chosen are the columns that a response needs.
type chosen[T any] struct {
	sql  string
	list []column[T]
}

// all is every column.
func (c *columns[T]) all() *chosen[T] { return c.choose(nil) }

// sql is every column, for writers, which read whole rows.
func (c *columns[T]) sql() string { return c.all().sql }

// needed returns the columns for a selection. nil selects everything.
func (c *columns[T]) needed(s Selection) choice {
	var needed choice
	for i := range c.list {
		if of := &c.list[i]; of.field == "" || s == nil || s.Has(of.object, of.field) {
			needed |= 1 << i
		}
	}
	return needed
}

// choose returns the columns for a selection. nil selects everything.
func (c *columns[T]) choose(s Selection) *chosen[T] {
	needed := c.needed(s)
	known, ok := c.choices.Load(needed)
	if !ok {
		known, _ = c.choices.LoadOrStore(needed, c.only(needed))
	}
	return known.(*chosen[T])
}

func (c *columns[T]) only(needed choice) *chosen[T] {
	made := &chosen[T]{}
	for i, column := range c.list {
		if needed&(1<<i) != 0 {
			made.list = append(made.list, column)
		}
	}
	made.sql = strings.Join(mapSlice(made.list, func(c column[T]) string { return c.sql }), ", ")
	return made
}

// check returns an error if the columns of a result have other types.
func (c *chosen[T]) check(found []pgconn.FieldDescription) error {
	if len(found) != len(c.list) {
		return fmt.Errorf("%d columns, expected %d", len(found), len(c.list))
	}
	for i, f := range found {
		if !slices.Contains(c.list[i].oids, f.DataTypeOID) || f.Format != formatOf(f.DataTypeOID) {
			return fmt.Errorf("cannot scan column %s: a type with OID %d in format %d", c.list[i].sql, f.DataTypeOID, f.Format)
		}
	}
	return nil
}

// scan decodes a row.
func (c *chosen[T]) scan(values [][]byte) (*T, error) {
	row := new(T)
	for i := range c.list {
		if err := c.list[i].scan(row, values[i]); err != nil {
			return nil, fmt.Errorf("scan column %s: %w", c.list[i].sql, err)
		}
	}
	return row, nil
}

// rows decodes all rows of a result that has only these columns.
func (c *chosen[T]) rows(found pgx.Rows) ([]*T, error) {
	if err := c.check(found.FieldDescriptions()); err != nil {
		return nil, err
	}
	var items []*T
	for found.Next() {
		item, err := c.scan(found.RawValues())
		if err != nil {
			return nil, err
		}
		items = append(items, item)
	}
	return items, found.Err()
}
