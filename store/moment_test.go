package store

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"

	"souk/internal/auth"
	"souk/internal/dbtest"
)

// momentShop is a store with one connection to each server, and a table.
type momentShop struct {
	*Store
	db *dbtest.DB
}

func newMomentShop(t *testing.T) *momentShop {
	db := dbtest.New(t)
	m := &momentShop{db: db}
	m.change(t, `CREATE TABLE moments (n int NOT NULL); INSERT INTO moments VALUES (1)`)
	s, err := Open(t.Context(), Config{PrimaryURL: db.PrimaryURL, ReplicaURLs: []string{db.ReplicaURL}, MaxConns: 1})
	require.NoError(t, err)
	t.Cleanup(s.Close)
	m.Store = s
	require.Eventually(t, func() bool { return s.Replicas()[0].Fit }, 10*time.Second, time.Millisecond)
	return m
}

// change runs statements on the primary, and waits until the replica has them.
func (m *momentShop) change(t *testing.T, sql string) {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), m.db.PrimaryURL)
	require.NoError(t, err)
	defer conn.Close(t.Context())
	_, err = conn.Exec(t.Context(), sql)
	require.NoError(t, err)
	require.NoError(t, m.db.WaitReplica(t.Context()))
}

// look returns the number in the table, or an error.
func look(ctx context.Context, r *Reader, statement string) (n int, err error) {
	err = r.query(ctx, "-- name: Look\n"+statement, pgx.StrictNamedArgs{}, func(rows pgx.Rows) (err error) {
		n, err = pgx.CollectExactlyOneRow(rows, pgx.RowTo[int])
		return err
	})
	return n, err
}

const lookStatement = "SELECT n FROM moments"

// held is the number of connections that are in use.
func (m *momentShop) held() (n int) {
	for _, pool := range m.Pools() {
		n += int(pool.Stat().AcquiredConns())
	}
	return n
}

func TestAResponseShowsOneMoment(t *testing.T) {
	t.Parallel()
	m := newMomentShop(t)
	for _, primary := range []bool{false, true} {
		for _, oneMoment := range []bool{false, true} {
			t.Run(fmt.Sprintf("primary %t, one moment %t", primary, oneMoment), func(t *testing.T) {
				m.change(t, `UPDATE moments SET n = 1`)
				r := m.Reader(View{}, 0)
				if primary {
					r.OnPrimary()
				}
				if oneMoment {
					r.OneMoment()
				}
				var seen []int
				together := func(last bool) {
					got := make([]int, 2)
					r.Together(t.Context(), 2, last, func(r *Reader, i int) {
						var err error
						got[i], err = look(t.Context(), r, lookStatement)
						require.NoError(t, err)
					})
					seen = append(seen, got...)
				}
				together(false)
				m.change(t, `UPDATE moments SET n = 2`)
				alone, err := look(t.Context(), r, lookStatement)
				require.NoError(t, err)
				seen = append(seen, alone)
				together(true)
				if oneMoment {
					require.Equal(t, []int{1, 1, 1, 1, 1}, seen)
				} else {
					require.Equal(t, []int{1, 1, 2, 2, 2}, seen)
				}
				require.Zero(t, m.held(), "the last round trip gives the connection back")
				r.End()
			})
		}
	}
}

// TestTheEndOfAMomentGivesTheConnectionBack has all ways in which a response ends.
func TestTheEndOfAMomentGivesTheConnectionBack(t *testing.T) {
	t.Parallel()
	m := newMomentShop(t)
	for name, do := range map[string]func(t *testing.T, r *Reader){
		"it reads nothing": func(*testing.T, *Reader) {},
		"its last read is not known to be the last": func(t *testing.T, r *Reader) {
			_, err := look(t.Context(), r, lookStatement)
			require.NoError(t, err)
			require.Equal(t, 1, m.held())
		},
		"a statement fails, and another one follows": func(t *testing.T, r *Reader) {
			_, err := look(t.Context(), r, lookStatement)
			require.NoError(t, err)
			_, err = look(t.Context(), r, "SELECT 1/0")
			require.Error(t, err)
			n, err := look(t.Context(), r, lookStatement)
			require.NoError(t, err)
			require.Equal(t, 2, n)
		},
		"the client leaves": func(t *testing.T, r *Reader) {
			_, err := look(t.Context(), r, lookStatement)
			require.NoError(t, err)
			ctx, leave := context.WithTimeout(t.Context(), 20*time.Millisecond)
			defer leave()
			_, err = look(ctx, r, "SELECT 1 FROM pg_sleep(10)")
			require.ErrorIs(t, err, context.DeadlineExceeded)
		},
		"it changes something": func(t *testing.T, r *Reader) {
			r.OnPrimary() // whose only connection the change needs
			_, err := look(t.Context(), r, lookStatement)
			require.NoError(t, err)
			_, err = m.Writer(r, Origin{By: auth.Principal{Kind: auth.Anonymous}, Action: "test"}).CreateVendor(t.Context(), NewVendor{Name: t.Name()})
			require.NoError(t, err)
			n, err := look(t.Context(), r, "SELECT count(*)::int FROM vendors WHERE name = '"+t.Name()+"'")
			require.NoError(t, err)
			require.Equal(t, 1, n, "what was changed")
		},
	} {
		t.Run(name, func(t *testing.T) {
			m.change(t, `UPDATE moments SET n = 2`)
			r := m.Reader(View{}, 0)
			r.OneMoment()
			do(t, r)
			r.End()
			require.Eventually(t, func() bool { return m.held() == 0 }, 10*time.Second, time.Millisecond)
			n, err := look(t.Context(), m.Reader(View{}, 0), lookStatement)
			require.NoError(t, err)
			require.Equal(t, 2, n)
		})
	}
}

// TestAPanicGivesTheConnectionBack has a collector panic, in a read that is alone and in one
// of two, which must not wait for ever.
func TestAPanicGivesTheConnectionBack(t *testing.T) {
	t.Parallel()
	m := newMomentShop(t)
	panics := func(r *Reader) (recovered any) {
		defer func() { recovered = recover() }()
		_ = r.query(t.Context(), "-- name: Look\n"+lookStatement, pgx.StrictNamedArgs{}, func(pgx.Rows) error { panic("a collector") })
		return nil
	}
	for _, n := range []int{1, 2} {
		r := m.Reader(View{}, 0)
		r.OneMoment()
		seen := make([]any, n)
		r.Together(t.Context(), n, false, func(r *Reader, i int) {
			if i == 0 {
				seen[0] = panics(r)
				return
			}
			defer func() { seen[i] = recover() }() // it may be the one that sends the statements of both
			_, err := look(t.Context(), r, lookStatement)
			require.NoError(t, err)
		})
		require.Equal(t, "a collector", seen[0])
		r.End()
		require.Eventually(t, func() bool { return m.held() == 0 }, 10*time.Second, time.Millisecond)
	}
}

// TestAReadThatIsTheVictimOfADeadlockIsRepeated has a change of two tables that waits for a read
// which waits for it. The read is the first to wait, so Postgres ends that one.
func TestAReadThatIsTheVictimOfADeadlockIsRepeated(t *testing.T) {
	t.Parallel()
	m := newMomentShop(t)
	m.change(t, `CREATE TABLE others (n int NOT NULL); INSERT INTO others VALUES (2)`)
	change, err := pgx.Connect(t.Context(), m.db.PrimaryURL)
	require.NoError(t, err)
	defer change.Close(context.Background())
	_, err = change.Exec(t.Context(), `SET deadlock_timeout = '1min'; BEGIN; LOCK TABLE others`)
	require.NoError(t, err)
	r := m.Reader(View{}, 0)
	r.OnPrimary()
	r.OneMoment()
	_, err = look(t.Context(), r, lookStatement)
	require.NoError(t, err)
	locked := make(chan error, 1)
	go func() {
		_, err := change.Exec(context.Background(), `LOCK TABLE moments; COMMIT`)
		locked <- err
	}()
	n, err := look(t.Context(), r, "SELECT n FROM others")
	require.NoError(t, err)
	require.Equal(t, 2, n)
	require.NoError(t, <-locked)
	r.End()
}
