package plans

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"
)

const (
	// bigTable is how many rows a table must have for a scan of all of them to
	// be a fault.
	bigTable = 1_000
	// scanPerKey is how many rows of a table for each key asked for make a scan
	// cheaper than the lookups: a hundred vendors out of some thousand.
	scanPerKey = 20
	// sortGroup is how far an incremental sort reads beyond the page: it takes
	// rows with equal leading keys, at least 32 of them, at a time.
	sortGroup = 32
	// maxBuffersPerRow is what a row of a plain listing may cost: an index entry,
	// the row behind it, and a descent through each index on the way.
	maxBuffersPerRow = 50
)

// planRule is what a statement may do.
type planRule struct {
	// scans allows reading whole tables: what is asked for is about all of them.
	scans bool
	// keys is how many single rows are asked for; 0: other things are.
	keys int
	// sorted is how many rows may be sorted; negative: any number.
	sorted int
	// buffersPer is how many rows or parents the buffers are shared by; 0: they
	// are not bounded. The rows that came back count if they are more.
	buffersPer int
	// buffers bounds them all; 0: no bound.
	buffers int
}

// tableSizes are the numbers of rows of the tables, as the planner knows them.
type tableSizes map[string]float64

func readTableSizes(ctx context.Context, conn *pgx.Conn) (tableSizes, error) {
	rows, err := conn.Query(ctx, `SELECT relname, reltuples FROM pg_class WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace`)
	if err != nil {
		return nil, err
	}
	sizes := tableSizes{}
	var name string
	var n float64
	_, err = pgx.ForEachRow(rows, []any{&name, &n}, func() error {
		sizes[name] = n
		return nil
	})
	return sizes, err
}

// faults lists what a plan does against the rule.
func (r planRule) faults(p plan, sizes tableSizes) []string {
	var faults []string
	p.Root.each(func(n planNode) {
		if n.Type == "Seq Scan" && sizes[n.Relation] > float64(max(bigTable, scanPerKey*r.keys)) && !r.scans {
			faults = append(faults, fmt.Sprintf("scans all %.0f rows of %s", sizes[n.Relation], n.Relation))
		}
		if bound := r.sortable(n); bound >= 0 {
			if rows := n.Plans[0].Rows * n.Plans[0].Loops; rows > bound {
				faults = append(faults, fmt.Sprintf("sorts %.0f rows, %.0f are the most", rows, bound))
			}
		}
	})
	if r.buffersPer > 0 {
		per := max(float64(r.buffersPer), p.Root.Rows)
		if each := float64(p.buffers()) / per; each > maxBuffersPerRow {
			faults = append(faults, fmt.Sprintf("reads %d buffers for %.0f rows: %.0f each", p.buffers(), p.Root.Rows, each))
		}
	}
	if r.buffers > 0 && p.buffers() > r.buffers {
		faults = append(faults, fmt.Sprintf("reads %d buffers, %d are the most", p.buffers(), r.buffers))
	}
	return faults
}

// sortable is how many rows the node may sort; negative: it does not sort, or
// may sort any number.
func (r planRule) sortable(n planNode) float64 {
	switch {
	case r.sorted < 0:
		return -1
	case n.Type == "Sort":
		return float64(r.sorted)
	case n.Type == "Incremental Sort":
		return float64(r.sorted) + sortGroup*n.Loops
	}
	return -1
}
