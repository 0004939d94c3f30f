package coherence

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"

	"souk/store"
)

// together locks all cells with one of the names and gives them the same next number.
func (g *goods) together(names ...string) (cells []*cell, n int, unlock func()) {
	for _, c := range g.cells {
		if slices.Contains(names, c.name) {
			c.mu.Lock()
			cells = append(cells, c)
			n = max(n, c.n)
		}
	}
	for _, c := range cells {
		c.n = n + 2 - n%2 // even: what comes and goes is as it was at the beginning
	}
	n += 2 - n%2
	return cells, n, func() {
		for _, c := range cells {
			c.beginning = c.ways[len(c.ways)-1](n).changes
			c.mu.Unlock()
		}
	}
}

// left is what cells are after their writes with a number.
func left(cells []*cell, n int) (all []Change) {
	for _, c := range cells {
		all = append(all, c.ways[len(c.ways)-1](n).changes...)
	}
	return all
}

// whole makes one write of several cells, which must be locked.
func (l *load) whole(t *testing.T, way string, changes []Change, run func(context.Context, *session) error) {
	t.Helper()
	var err error
	l.change(t.Context(), &cell{}, action{way: way, sql: way, changes: changes}, l.instances[0], func(ctx context.Context) error {
		s := &session{url: l.Primary}
		defer s.close()
		err = run(ctx, s)
		return err
	})
	require.NoError(t, err)
}

// tableRewritten changes all images without a change of a row in the log.
func tableRewritten(t *testing.T, s *system) {
	s.during(t, terms{LateWrites: true}, func(l *load) {
		for range chosen(1, 5, 50) {
			cells, n, unlock := s.shop.together("image")
			after := left(cells, n)
			l.whole(t, "ALTER TABLE images", append(emptied(after), after...), func(ctx context.Context, s *session) error {
				return s.exec(ctx, fmt.Sprintf(`ALTER TABLE images ALTER COLUMN alt_text TYPE text USING '%s'`, named(n)))
			})
			unlock()
			l.more(5_000)
		}
	})
}

// emptied are states with nothing. A rewritten table is empty to who reads it with a snapshot from
// before, as "Caveats" of Postgres' chapter on concurrency says.
func emptied(changes []Change) (all []Change) {
	for _, c := range changes {
		all = append(all, Change{Key: c.Key})
	}
	return all
}

// tableTruncated removes all reviews and copies some of them back.
func tableTruncated(t *testing.T, s *system) {
	s.during(t, terms{LateWrites: true}, func(l *load) {
		for range chosen(1, 3, 20) {
			cells, n, unlock := s.shop.together("review", "author", "newest review")
			back := left(cells, n)
			l.whole(t, "TRUNCATE reviews", withoutReviews(back), func(ctx context.Context, s *session) error {
				// The summaries are derived, whenever somebody changes something of the product.
				return s.exec(ctx, `TRUNCATE reviews; SELECT refresh_products(array_agg(id)) FROM products WHERE slug LIKE 'reviewed-%'`)
			})
			l.more(10_000)
			l.whole(t, "COPY reviews", back, func(ctx context.Context, s *session) error {
				if err := s.exec(ctx, ""); err != nil { // connects
					return err
				}
				return copyReviews(ctx, s.conn, n)
			})
			unlock()
			l.more(5_000)
		}
	})
}

// withoutReviews is what is left of states when there are no reviews.
func withoutReviews(changes []Change) (after []Change) {
	for _, c := range changes {
		switch {
		case strings.HasSuffix(c.Key, ".reviewSummary.count"), strings.HasSuffix(c.Key, ".totalCount"):
			after = append(after, Change{c.Key, State{Value: "0"}})
		default:
			after = append(after, Change{Key: c.Key})
		}
	}
	return after
}

func copyReviews(ctx context.Context, conn *pgx.Conn, n int) error {
	columns := []string{"id", "product_id", "customer_id", "rating", "title", "body", "status"}
	var rows [][]any
	for i := range plainProducts {
		rows = append(rows, []any{[16]byte(key(kindReview, i)), [16]byte(key(kindPlain, i)), [16]byte(key(kindCustomer, i%authors)), int16(4), named(n), "", "PUBLISHED"})
	}
	for i := range reviewedProducts {
		rows = append(rows, []any{[16]byte(key(kindBase, i)), [16]byte(key(kindReviewed, i)), [16]byte(key(kindCustomer, 0)), int16(4), "base", "", "PUBLISHED"})
	}
	for i := range authors {
		rows = append(rows, []any{[16]byte(key(kindPrivate, i)), [16]byte(key(kindFiled, 0)), [16]byte(key(kindCustomer, i)), int16(1), "", private(1 + i), "PENDING"})
	}
	tx, err := conn.Begin(ctx)
	if err != nil {
		return err
	}
	defer func() { _ = tx.Rollback(ctx) }()
	if _, err := tx.CopyFrom(ctx, pgx.Identifier{"reviews"}, columns, pgx.CopyFromRows(rows)); err != nil {
		return err
	}
	for i := range authors {
		if _, err := tx.Exec(ctx, `UPDATE customers SET display_name = $1 WHERE id = $2`, named(n), key(kindCustomer, i)); err != nil {
			return err
		}
	}
	for i := range reviewedProducts {
		if _, err := tx.Exec(ctx, `SELECT refresh_products(ARRAY[$1::uuid])`, store.ProductID(key(kindReviewed, i))); err != nil {
			return err
		}
	}
	return tx.Commit(ctx)
}
