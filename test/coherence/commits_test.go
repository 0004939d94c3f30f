package coherence

import (
	"context"
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"souk/test/harness"
)

// set changes a setting of the primary, until unset is called.
func (l *load) set(name, value string) (unset func()) {
	l.t.Helper()
	harness.Execute(l.t, l.Primary, fmt.Sprintf(`ALTER SYSTEM SET %s = '%s'`, name, value))
	harness.Execute(l.t, l.Primary, `SELECT pg_reload_conf()`)
	return func() {
		harness.Execute(l.t, l.Primary, `ALTER SYSTEM RESET `+name)
		harness.Execute(l.t, l.Primary, `SELECT pg_reload_conf()`)
	}
}

// bySQL writes one of the goods in a way of its own. run gets what a plain write would run.
func (l *load) bySQL(t *testing.T, r *rand.Rand, way string, run func(ctx context.Context, s *session, sql string) error) {
	t.Helper()
	c := l.shop.cells[r.IntN(len(l.shop.cells))]
	c.mu.Lock()
	defer c.mu.Unlock()
	c.n++
	a := c.ways[len(c.ways)-1](c.n)
	a.way += ", " + way
	s := &session{url: l.Primary}
	defer s.close()
	var err error
	l.change(t.Context(), c, a, l.instances[0], func(ctx context.Context) error {
		err = run(ctx, s, a.sql)
		return err
	})
	require.NoError(t, err)
}

// stuckCommits has commits in the log that the primary does not show yet, as it waits for a
// standby that does not exist.
func stuckCommits(t *testing.T, s *system) {
	s.during(t, terms{LateWrites: true}, func(l *load) {
		for range chosen(1, 4, 30) {
			unset := l.set("synchronous_standby_names", "nobody")
			hold(t, 2*time.Second, 2*time.Second, 2*time.Second)
			unset()
			l.more(2_000)
		}
	})
}

func asynchronousCommits(t *testing.T, s *system) {
	s.during(t, terms{}, func(l *load) {
		unset := l.set("synchronous_commit", "off")
		hold(t, 2*time.Second, 5*time.Second, time.Minute)
		unset()
	})
}

// unusualCommits are visible later than they are prepared, or have parts that were undone.
func unusualCommits(t *testing.T, s *system) {
	s.during(t, terms{}, func(l *load) {
		r := rand.New(rand.NewPCG(l.seed, 99))
		for n := range chosen(10, 50, 1000) {
			l.bySQL(t, r, "in two phases", func(ctx context.Context, s *session, sql string) error {
				name := fmt.Sprintf("'chaos-%d'", n)
				if err := s.exec(ctx, "BEGIN; "+sql+"; PREPARE TRANSACTION "+name); err != nil {
					return err
				}
				l.more(20)
				return s.exec(ctx, "COMMIT PREPARED "+name)
			})
			l.bySQL(t, r, "with savepoints", func(ctx context.Context, s *session, sql string) error {
				return s.exec(ctx, "BEGIN; SAVEPOINT a; DELETE FROM product_listings; ROLLBACK TO a; SAVEPOINT b; "+sql+"; RELEASE b; COMMIT")
			})
		}
	})
}

// openTransaction has a change that is committed long after it was made, as that of an import.
func openTransaction(t *testing.T, s *system) {
	s.during(t, terms{FailedWrites: true}, func(l *load) { // others may wait for its locks for too long
		l.bySQL(t, rand.New(rand.NewPCG(l.seed, 99)), "kept open", func(ctx context.Context, s *session, sql string) error {
			if err := s.exec(ctx, "BEGIN; "+sql); err != nil {
				return err
			}
			hold(t, 10*time.Second, 10*time.Second, 30*time.Second)
			return s.exec(ctx, "COMMIT")
		})
	})
}
