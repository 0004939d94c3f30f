package store

import (
	"context"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"

	"souk/internal/dbtest"
)

// trips counts round trips with several statements.
type trips struct{ batches, alone atomic.Int64 }

func (c *trips) TraceQueryStart(ctx context.Context, _ *pgx.Conn, _ pgx.TraceQueryStartData) context.Context {
	return ctx
}
func (c *trips) TraceQueryEnd(context.Context, *pgx.Conn, pgx.TraceQueryEndData) {}
func (c *trips) TraceBatchStart(ctx context.Context, _ *pgx.Conn, data pgx.TraceBatchStartData) context.Context {
	if data.Batch.Len() > 1 {
		c.batches.Add(1)
	} else {
		c.alone.Add(1)
	}
	return ctx
}
func (c *trips) TraceBatchQuery(context.Context, *pgx.Conn, pgx.TraceBatchQueryData) {}
func (c *trips) TraceBatchEnd(context.Context, *pgx.Conn, pgx.TraceBatchEndData)     {}

func TestReadsShareARoundTrip(t *testing.T) {
	db, counted := dbtest.New(t), &trips{}
	s, err := Open(t.Context(), Config{PrimaryURL: db.PrimaryURL, Tracer: func(string) pgx.QueryTracer { return counted }})
	require.NoError(t, err)
	t.Cleanup(s.Close)
	number := func(ctx context.Context, r *Reader, statement string) (n int, err error) {
		err = r.query(ctx, "-- name: Number\n"+statement, pgx.StrictNamedArgs{}, func(rows pgx.Rows) error {
			n, err = pgx.CollectExactlyOneRow(rows, pgx.RowTo[int])
			return err
		})
		return n, err
	}
	for name, tc := range map[string]struct {
		statements     []string // of the reads; "" sends none
		want           []int    // 0 for one that fails
		batches, alone int64
	}{
		"all of them":               {[]string{"SELECT 1", "SELECT 2", "SELECT 3"}, []int{1, 2, 3}, 1, 0},
		"one that sends nothing":    {[]string{"SELECT 1", "", "SELECT 3"}, []int{1, 0, 3}, 1, 0},
		"one that sends another":    {[]string{"SELECT 1", "SELECT 2;SELECT 20"}, []int{1, 20}, 1, 1},
		"none but one":              {[]string{"", "SELECT 2"}, []int{0, 2}, 0, 1},
		"one of many that fails":    {[]string{"SELECT 1", "SELECT 2", "SELECT 1/0", "SELECT 4", "SELECT 5", "SELECT 6"}, []int{1, 2, 0, 4, 5, 6}, -1, -1},
		"only ones that fail":       {[]string{"SELECT 1/0", "SELECT 1/0"}, []int{0, 0}, 1, 1},
		"a single read has no trip": {[]string{"SELECT 7"}, []int{7}, 0, 1},
	} {
		t.Run(name, func(t *testing.T) {
			counted.batches.Store(0)
			counted.alone.Store(0)
			got := make([]int, len(tc.statements))
			s.Reader(View{}, 0).Together(t.Context(), len(got), true, func(r *Reader, i int) {
				for statement := range strings.SplitSeq(tc.statements[i], ";") {
					if statement == "" {
						continue
					}
					n, err := number(t.Context(), r, statement)
					require.Equal(t, statement == "SELECT 1/0", err != nil, "%v", err)
					got[i] = n
				}
			})
			require.Equal(t, tc.want, got)
			if tc.batches < 0 { // those after it are sent together again, which depends on the order in which they joined
				require.LessOrEqual(t, counted.batches.Load()+counted.alone.Load(), int64(2))
				return
			}
			require.Equal(t, tc.batches, counted.batches.Load())
			require.Equal(t, tc.alone, counted.alone.Load())
		})
	}
}
