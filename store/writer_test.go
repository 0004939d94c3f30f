package store

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"

	"souk/internal/auth"
	"souk/internal/dbtest"
	"souk/internal/fault"
)

const patience = 20 * time.Second

// counter is a table that shows how many times a change was made.
const counter = `
CREATE TABLE counters (name text PRIMARY KEY, n int NOT NULL);
INSERT INTO counters VALUES ('a', 0), ('b', 0)`

func execute(t testing.TB, url, sql string) {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), url)
	require.NoError(t, err)
	defer func() { _ = conn.Close(t.Context()) }()
	_, err = conn.Exec(t.Context(), sql)
	require.NoError(t, err)
}

func number(t testing.TB, url, sql string) (n int) {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), url)
	require.NoError(t, err)
	defer func() { _ = conn.Close(t.Context()) }()
	require.NoError(t, conn.QueryRow(t.Context(), sql).Scan(&n))
	return n
}

func counted(t testing.TB, url, name string) int {
	t.Helper()
	return number(t, url, `SELECT n FROM counters WHERE name = '`+name+`'`)
}

func openStore(t testing.TB, url string) *Store {
	t.Helper()
	s, err := Open(context.Background(), Config{PrimaryURL: url})
	require.NoError(t, err)
	t.Cleanup(s.Close)
	return s
}

// newShop returns an empty shop with counters.
func newShop(t testing.TB) (*dbtest.DB, *Store) {
	t.Helper()
	db := dbtest.New(t)
	execute(t, db.PrimaryURL, counter)
	return db, openStore(t, db.PrimaryURL)
}

var someone = auth.Principal{Kind: auth.Customer, ID: uuid.Max}

func (s *Store) writerFor(by auth.Principal, key, input string) *Writer {
	return s.Writer(s.Reader(View{}, 0), Origin{By: by, Action: "count", Key: key, Input: func() any { return input }})
}

// count increments a counter and returns its new value.
func (tx *Tx) count(ctx context.Context, name string) (int, error) {
	type counter struct{ N int }
	row, err := oneRow[counter](ctx, tx, `-- name: Count
UPDATE counters
SET n = n + 1
WHERE name = @name
RETURNING n`, args{"name": name})
	if err != nil {
		return 0, err
	}
	return row.N, nil
}

func countOnce(ctx context.Context, w *Writer) (int, error) {
	return idempotent(ctx, w, nil, func(tx *Tx) (int, error) { return tx.count(ctx, "a") })
}

func TestAConflictIsRetried(t *testing.T) {
	db, s := newShop(t)
	for _, state := range []string{"40001", "40P01"} {
		t.Run(state+" is never shown", func(t *testing.T) {
			runs := 0
			err := s.writerFor(someone, "", "").inTx(t.Context(), func(tx *Tx) error {
				if _, err := tx.count(t.Context(), "a"); err != nil {
					return err
				}
				if runs++; runs < 4 {
					_, err := tx.exec(t.Context(), `DO $$ BEGIN RAISE SQLSTATE '`+state+`'; END $$`, nil)
					return err
				}
				return nil
			})
			require.NoError(t, err)
			require.Equal(t, 4, runs)
		})
	}
	require.Equal(t, 2, counted(t, db.PrimaryURL, "a"))
	t.Run("a conflict in every attempt is returned", func(t *testing.T) {
		err := s.writerFor(someone, "", "").inTx(t.Context(), func(tx *Tx) error {
			_, err := tx.exec(t.Context(), `DO $$ BEGIN RAISE SQLSTATE '40001'; END $$`, nil)
			return err
		})
		require.True(t, fault.Is(err, fault.CodeConflict), "%v", err)
	})
	t.Run("two that lock in opposite order both succeed", func(t *testing.T) {
		var met, done sync.WaitGroup
		met.Add(2)
		for _, order := range [][]string{{"a", "b"}, {"b", "a"}} {
			done.Go(func() {
				var first sync.Once
				require.NoError(t, s.writerFor(someone, "", "").inTx(t.Context(), func(tx *Tx) error {
					if _, err := tx.count(t.Context(), order[0]); err != nil {
						return err
					}
					first.Do(func() { met.Done(); met.Wait() })
					_, err := tx.count(t.Context(), order[1])
					return err
				}))
			})
		}
		done.Wait()
		require.Equal(t, 4, counted(t, db.PrimaryURL, "a"))
		require.Equal(t, 2, counted(t, db.PrimaryURL, "b"))
	})
}

// TestALostCommitIsCountedOnce loses the connection during the COMMIT of a change
// whose effect would show if it were made twice.
func TestALostCommitIsCountedOnce(t *testing.T) {
	db, _ := newShop(t)
	proxy := dbtest.NewProxy(t, db.PrimaryURL)
	s := openStore(t, proxy.URL)
	for i, cut := range []dbtest.Cut{dbtest.BeforeCommit, dbtest.BeforeCommitUnnoticed, dbtest.AfterCommit} {
		t.Run(fmt.Sprint("cut ", cut), func(t *testing.T) {
			reached := proxy.Arm(cut)
			w := s.writerFor(someone, "", "")
			n, err := countOnce(t.Context(), w)
			require.NoError(t, err)
			<-reached
			require.Equal(t, i+1, n)
			require.Equal(t, i+1, counted(t, db.PrimaryURL, "a"))
			require.NotZero(t, w.reader.Written())
			require.NotEqual(t, maxLSN, w.reader.Written())
		})
	}
	t.Run("many that are lost at once", func(t *testing.T) {
		reached := proxy.Arm(dbtest.HoldCommit)
		before := counted(t, db.PrimaryURL, "a")
		many := int(4 * s.primary.pool.Config().MaxConns)
		var done sync.WaitGroup
		began := time.Now()
		for range many {
			done.Go(func() {
				_, err := countOnce(t.Context(), s.writerFor(someone, "", ""))
				require.NoError(t, err)
			})
		}
		<-reached
		proxy.Refuse(true)
		proxy.Drop()
		proxy.Refuse(false)
		done.Wait()
		require.Equal(t, before+many, counted(t, db.PrimaryURL, "a"))
		require.Less(t, time.Since(began), resolveTimeout)
	})
	require.Eventually(t, func() bool { return s.primary.pool.Stat().AcquiredConns() == 0 }, patience, time.Millisecond)
}

func TestItemsAreIndependent(t *testing.T) {
	db, s := newShop(t)
	item := func(tx *Tx, name string) (int, error) {
		if name == "early" { // before any statement
			return 0, fault.Reject(fault.ReasonInvalid, "name", "no")
		}
		n, err := tx.count(t.Context(), strings.TrimPrefix(name, "late "))
		tx.changed(SubjectProduct, uuid.Nil, nil, changesProducts(ProductID(uuid.NewSHA1(uuid.Nil, []byte(name)))))
		if err == nil && strings.HasPrefix(name, "late ") {
			return n, fault.Reject(fault.ReasonInvalid, "name", "no")
		}
		return n, err
	}
	nothing := func(*Tx) error { return nil }
	items := []string{"early", "a", "late a", "early", "late b", "b", "a"}
	t.Run("those that are refused change nothing", func(t *testing.T) {
		got, err := bulkEach(t.Context(), s.writerFor(someone, "k", ""), Bulk[string]{Items: items, ErrorPolicy: SkipFailed}, nothing, item)
		require.NoError(t, err)
		require.Equal(t, []int{0, 1, 0, 0, 0, 1, 2}, values(got))
		require.Equal(t, []string{"items", "2", "name"}, got[2].Problems[0].Field)
		require.Equal(t, 2, counted(t, db.PrimaryURL, "a"))
		require.Equal(t, 1, counted(t, db.PrimaryURL, "b"))
		again, err := bulkEach(t.Context(), s.writerFor(someone, "k", ""), Bulk[string]{Items: items, ErrorPolicy: SkipFailed}, nothing, item)
		require.NoError(t, err)
		require.Equal(t, got, again)
	})
	t.Run("all or nothing", func(t *testing.T) {
		got, err := bulkEach(t.Context(), s.writerFor(someone, "", ""), Bulk[string]{Items: items, ErrorPolicy: AllOrNothing}, nothing, item)
		require.NoError(t, err)
		require.Equal(t, make([]int, len(items)), values(got))
		require.Equal(t, 2, counted(t, db.PrimaryURL, "a"))
	})
	t.Run("a statement that fails is undone with its item", func(t *testing.T) {
		err := s.writerFor(someone, "", "").inTx(t.Context(), func(tx *Tx) error {
			failed := tx.try(t.Context(), func() error {
				_, err := tx.exec(t.Context(), `SELECT 1/0`, nil)
				tx.changed(SubjectProduct, uuid.Max, nil, changesProducts(ProductID(uuid.Max)))
				return err
			})
			require.Equal(t, "22012", sqlState(failed))
			require.Empty(t, tx.pending)
			_, err := tx.count(t.Context(), "b")
			return err
		})
		require.NoError(t, err)
		require.Equal(t, 2, counted(t, db.PrimaryURL, "b"))
	})
}

func TestANestedTryIsUndoneWithItsOuterTry(t *testing.T) {
	db, s := newShop(t)
	require.NoError(t, s.writerFor(someone, "", "").inTx(t.Context(), func(tx *Tx) error {
		err := tx.try(t.Context(), func() error {
			_, err := tx.count(t.Context(), "a")
			require.NoError(t, err)
			require.ErrorIs(t, tx.try(t.Context(), func() error {
				_, err := tx.count(t.Context(), "b")
				require.NoError(t, err)
				return errOwn
			}), errOwn)
			return errOwn
		})
		require.ErrorIs(t, err, errOwn)
		return nil
	}))
	require.Zero(t, counted(t, db.PrimaryURL, "a"), "the outer try changed it before the inner one")
	require.Zero(t, counted(t, db.PrimaryURL, "b"))
}

// TestADeadlineIsNoLostConnection lets a request time out during its second attempt.
// The other connections of the pool must stay open.
func TestADeadlineIsNoLostConnection(t *testing.T) {
	_, s := newShop(t)
	beside, err := s.primary.pool.Acquire(t.Context())
	require.NoError(t, err)
	pid := beside.Conn().PgConn().PID()
	ctx, cancel := context.WithTimeout(t.Context(), 500*time.Millisecond)
	defer cancel()
	runs := 0
	err = s.writerFor(someone, "", "").inTx(ctx, func(tx *Tx) error {
		if runs++; runs == 1 {
			_, err := tx.exec(ctx, `DO $$ BEGIN RAISE SQLSTATE '40001'; END $$`, nil)
			return err
		}
		_, err := tx.exec(ctx, `SELECT pg_sleep(60)`, nil)
		return err
	})
	require.Equal(t, 2, runs)
	require.ErrorIs(t, err, context.DeadlineExceeded)
	_, named := errors.AsType[*fault.Error](err)
	require.False(t, named, "the request's time-out is not the database's: %v", err)
	beside.Release()
	require.Eventually(t, func() bool { return s.primary.pool.Stat().AcquiredConns() == 0 }, patience, time.Millisecond)
	var idle []uint32
	for _, conn := range s.primary.pool.AcquireAllIdle(t.Context()) {
		idle = append(idle, conn.Conn().PgConn().PID())
		conn.Release()
	}
	require.Contains(t, idle, pid)
}

func values(outcomes []Outcome[int]) []int {
	list := make([]int, len(outcomes))
	for i, o := range outcomes {
		if o.Value != nil {
			list[i] = *o.Value
		}
	}
	return list
}

func TestACancelledChangeLeavesNothing(t *testing.T) {
	db, s := newShop(t)
	for name, when := range map[string]func(ctx context.Context, leave func(), tx *Tx) error{
		"before its first statement": func(_ context.Context, leave func(), _ *Tx) error { leave(); return nil },
		"after its last statement": func(ctx context.Context, leave func(), tx *Tx) error {
			_, err := tx.count(ctx, "a")
			leave()
			return err
		},
		"during a statement": func(ctx context.Context, leave func(), tx *Tx) error {
			_, err := tx.count(ctx, "a")
			require.NoError(t, err)
			time.AfterFunc(10*time.Millisecond, leave)
			_, err = tx.exec(ctx, `SELECT pg_sleep(60)`, nil)
			return err
		},
	} {
		t.Run(name, func(t *testing.T) {
			ctx, leave := context.WithCancel(t.Context())
			err := s.writerFor(someone, "", "").inTx(ctx, func(tx *Tx) error { return when(ctx, leave, tx) })
			require.ErrorIs(t, err, context.Canceled)
			require.Zero(t, counted(t, db.PrimaryURL, "a"))
			_, err = countOnce(t.Context(), s.writerFor(someone, "", ""))
			require.NoError(t, err, "nothing is locked")
			execute(t, db.PrimaryURL, `UPDATE counters SET n = 0`)
			require.Eventually(t, func() bool { // a broken connection is closed in the background
				return s.primary.pool.Stat().AcquiredConns() == 0
			}, 10*time.Second, time.Millisecond)
		})
	}
}

func TestAnErrorOfTheChangeIsNotRepeated(t *testing.T) {
	_, s := newShop(t)
	runs := 0
	err := s.writerFor(someone, "", "").inTx(t.Context(), func(*Tx) error { runs++; return errOwn })
	require.ErrorIs(t, err, errOwn)
	require.Equal(t, 1, runs)
	t.Run("a failed statement commits nothing, even if its error is ignored", func(t *testing.T) {
		err := s.writerFor(someone, "", "").inTx(t.Context(), func(tx *Tx) error {
			_, _ = tx.exec(t.Context(), `SELECT 1/0`, nil)
			return nil
		})
		require.Error(t, err)
	})
}

func TestAChangeUnderAProductRaisesItsVersion(t *testing.T) {
	db, s := newShop(t)
	execute(t, db.PrimaryURL, `
INSERT INTO products (id, slug, title) VALUES ('01900000-0000-7000-8000-000000000001', 'shirt', 'Shirt'), ('01900000-0000-7000-8000-000000000002', 'mug', 'Mug');
INSERT INTO variants (id, product_id, position, currency, price_minor)
SELECT gen_random_uuid(), id, 1, 'EUR', 1000 FROM products;
SELECT refresh_products(array_agg(id)) FROM products`)
	shirt := ProductID(uuid.MustParse("01900000-0000-7000-8000-000000000001"))
	versions := func() [2]int {
		const of = `SELECT version::int FROM products WHERE slug = `
		return [2]int{number(t, db.PrimaryURL, of+`'shirt'`), number(t, db.PrimaryURL, of+`'mug'`)}
	}
	for name, change := range map[string]string{
		"a price":                                `UPDATE variants SET price_minor = price_minor + 1 WHERE product_id = @id`,
		"a column from which nothing is derived": `UPDATE variants SET barcode = 'x' WHERE product_id = @id`,
		"an image":                               `INSERT INTO images (id, product_id, position, url) VALUES (gen_random_uuid(), @id, 1, '/x.svg')`,
		"an option":                              `INSERT INTO product_options (product_id, position, name, option_values) VALUES (@id, 1, 'Color', '{Red}')`,
		"a review":                               `INSERT INTO reviews (id, product_id, rating) VALUES (gen_random_uuid(), @id, 5)`,
		"a deleted variant":                      `DELETE FROM variants WHERE product_id = @id`,
	} {
		t.Run(name, func(t *testing.T) {
			before := versions()
			require.NoError(t, s.writerFor(someone, "", "").inTx(t.Context(), func(tx *Tx) error {
				tx.changed(SubjectProduct, shirt, nil, changesProducts(shirt))
				_, err := tx.exec(t.Context(), change, args{"id": shirt})
				return err
			}))
			require.Greater(t, versions()[0], before[0])
			require.Equal(t, before[1], versions()[1], "the version of the other product is unchanged")
		})
	}
}
