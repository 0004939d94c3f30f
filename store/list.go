package store

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
)

// countBound is the length up to which the rows of a list are counted: 10,000 index
// entries take about 2 ms.
const countBound = 10_000

// Page is a part of a list. It also says whether the list has rows before and after
// it.
type Page[T any] struct {
	Items       []*T
	Positions   []Position // of each item; nil if they are left out
	HasNext     bool
	HasPrevious bool
}

// Count is the length of a list. It is exact up to 10,000 and the planner's estimate
// above that.
type Count struct {
	N         int
	Estimated bool
}

// list is an ordered list that belongs to a parent, such as the reviews of a product.
// One statement reads the pages of many parents: a lateral join that scans an index
// for each parent and stops after the page. A list without a parent is read with
// noParent, which its conditions do not use.
//
// from and where are constant fragments, in which `parent.id` is the key of
// the parent. Values are passed as args.
type list struct {
	name      string // the statement's name
	from      string // the tables for the columns and where
	countFrom string // the tables for where alone, if fewer; used to count
	where     string
	args      pgx.StrictNamedArgs
	varied    bool // the number of rows that where leaves differs much: see query
}

// and adds a condition with one argument to the list.
func (l *list) and(condition, name string, value any) {
	l.where += " AND " + condition
	l.args[name] = value
}

// noParent is passed as the only parent of a list that has no parent.
var noParent = []uuid.UUID{uuid.Nil}

// only returns the only item of a result that was read for noParent.
func only[T any](all []T, err error) (T, error) {
	if err != nil {
		var none T
		return none, err
	}
	return all[0], nil
}

// pages returns the page of each parent, in the order of parents. A lateral join is a
// nested loop, so the rows of each parent arrive in the order of the subquery.
func pages[T any, K ~[16]byte](ctx context.Context, r *Reader, columns *columns[T], l list, parents []K, p PageRequest) ([]Page[T], error) {
	args := maps.Clone(l.args)
	if args == nil {
		args = pgx.StrictNamedArgs{}
	}
	args["parents"] = keysOf(parents)
	args["limit"] = p.Limit + 1
	what := columns.choose(r.selects)
	position := p.Order.position()
	if p.NoPositions {
		position = "NULL"
	}
	statement := `-- name: ` + l.name + `
SELECT parent.ordinal, page.*
FROM unnest(@parents::uuid[]) WITH ORDINALITY AS parent (id, ordinal)
CROSS JOIN LATERAL (
  SELECT ` + position + ` AS position, ` + what.sql + `
  FROM ` + l.from + `
  WHERE ` + l.where + p.Order.cursorCondition(p, args) + `
  ORDER BY ` + p.Order.orderBy(p.Backward) + `
  LIMIT @limit
) AS page`
	var result []Page[T]
	err := r.run(ctx, &query{statement: statement, args: args, varied: l.varied, collect: func(found pgx.Rows) (err error) {
		result, err = what.pages(found, len(parents))
		return err
	}})
	if err != nil {
		return nil, cursorFault(err, p)
	}
	for i := range result {
		result[i].trim(p)
	}
	return result, nil
}

// pages decodes the rows of n lists. Two columns come before the others: the number of
// the list, from 1 on, and the position.
func (c *chosen[T]) pages(found pgx.Rows, n int) ([]Page[T], error) {
	if err := c.check(found.FieldDescriptions()[2:]); err != nil {
		return nil, err
	}
	result := make([]Page[T], n)
	for found.Next() {
		values := found.RawValues()
		var ordinal int
		if err := asInt(&ordinal, values[0]); err != nil {
			return nil, err
		}
		item, err := c.scan(values[2:])
		if err != nil {
			return nil, err
		}
		page := &result[ordinal-1]
		page.Items = append(page.Items, item)
		if values[1] == nil { // nobody asks
			continue
		}
		var position Position
		if err := asTexts(&position, values[1]); err != nil {
			return nil, err
		}
		page.Positions = append(page.Positions, position)
	}
	return result, found.Err()
}

// trim removes the extra row that was read to see whether the list continues, and
// reverses a page that was read backward. Beyond a cursor there is at least one row:
// the one that the cursor was made from.
func (s *Page[T]) trim(p PageRequest) {
	more := len(s.Items) > p.Limit
	if more {
		s.Items = s.Items[:p.Limit]
		s.Positions = s.Positions[:min(p.Limit, len(s.Positions))]
	}
	if p.Backward {
		slices.Reverse(s.Items)
		slices.Reverse(s.Positions)
		s.HasPrevious, s.HasNext = more || p.After != nil, p.Before != nil
		return
	}
	s.HasNext, s.HasPrevious = more || p.Before != nil, p.After != nil
}

// counts returns the length of each parent's list, in the order of parents. If some
// lists are longer than countBound, one more round trip estimates all of those.
func counts[K ~[16]byte](ctx context.Context, r *Reader, l list, parents []K) ([]Count, error) {
	from := l.countFrom
	if from == "" {
		from = l.from
	}
	args := maps.Clone(l.args)
	if args == nil {
		args = pgx.StrictNamedArgs{}
	}
	args["parents"] = keysOf(parents)
	args["bound"] = countBound + 1
	statement := `-- name: ` + strings.Replace(l.name, "List", "Count", 1) + `
SELECT counted.n
FROM unnest(@parents::uuid[]) WITH ORDINALITY AS parent (id, ordinal)
CROSS JOIN LATERAL (
  SELECT count(*)::int AS n
  FROM (SELECT FROM ` + from + ` WHERE ` + l.where + ` LIMIT @bound) AS bounded
) AS counted
ORDER BY parent.ordinal`
	var lengths []int
	err := r.run(ctx, &query{statement: statement, args: args, varied: l.varied, collect: func(rows pgx.Rows) (err error) {
		lengths, err = pgx.CollectRows(rows, pgx.RowTo[int])
		return err
	}})
	if err != nil {
		return nil, err
	}
	result := make([]Count, len(lengths))
	var long []int
	for i, n := range lengths {
		result[i] = Count{N: n}
		if n > countBound {
			long = append(long, i)
		}
	}
	if len(long) == 0 {
		return result, nil
	}
	delete(args, "bound")
	return result, r.estimate(ctx, l.name, from, l.where, args, uuids(parents), long, result)
}

// estimate replaces the counts at the indexes long by the planner's estimates, in one
// round trip.
func (r *Reader) estimate(ctx context.Context, name, from, where string, args pgx.StrictNamedArgs,
	parents []uuid.UUID, long []int, result []Count,
) error {
	statement := `-- name: ` + strings.Replace(name, "List", "Estimate", 1) + `
EXPLAIN (FORMAT JSON)
SELECT FROM ` + from + ` WHERE ` + strings.NewReplacer("parent.id", "@parent::uuid", "parent.ordinal", "@ordinal").Replace(where)
	delete(args, "parents")
	queries := make([]*query, len(long))
	for n, i := range long {
		own := maps.Clone(args)
		if strings.Contains(where, "parent.id") {
			own["parent"] = parents[i]
		}
		if strings.Contains(where, "parent.ordinal") {
			own["ordinal"] = i + 1
		}
		queries[n] = &query{statement: statement, args: own, collect: func(found pgx.Rows) error {
			plan, err := pgx.CollectExactlyOneRow(found, pgx.RowTo[[]byte])
			if err != nil {
				return err
			}
			rows, err := plannedRows(plan)
			result[i] = Count{N: max(rows, countBound+1), Estimated: true}
			return err
		}}
	}
	if err := r.send(ctx, queries, false); err != nil {
		return fmt.Errorf("estimate %s: %w", name, err)
	}
	return nil
}

func plannedRows(plan []byte) (int, error) {
	var parsed []struct {
		Plan struct {
			Rows float64 `json:"Plan Rows"`
		} `json:"Plan"`
	}
	if err := json.Unmarshal(plan, &parsed); err != nil || len(parsed) == 0 {
		return 0, errors.New("read plan: not the JSON that EXPLAIN writes")
	}
	return int(parsed[0].Plan.Rows), nil
}

func uuids[K ~[16]byte](keys []K) []uuid.UUID {
	ids := make([]uuid.UUID, len(keys))
	for i, k := range keys {
		ids[i] = uuid.UUID(k)
	}
	return ids
}
