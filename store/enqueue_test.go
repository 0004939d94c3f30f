package store

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/stretchr/testify/require"

	"souk/internal/auth"
	"souk/internal/dbtest"
	"souk/internal/jobs"
)

// openForJobs opens a store on a database with one vendor.
func openForJobs(t testing.TB) (*Store, *pgxpool.Pool, VendorID) {
	t.Helper()
	db := dbtest.New(t)
	s, err := Open(t.Context(), Config{PrimaryURL: db.PrimaryURL})
	require.NoError(t, err)
	t.Cleanup(s.Close)
	vendor := VendorID(uuid.MustParse("01900000-0000-7000-8000-000000000001"))
	_, err = s.primary.pool.Exec(t.Context(), `INSERT INTO vendors (id, slug, name) VALUES ($1, 'loom', 'Loom')`, vendor)
	require.NoError(t, err)
	return s, s.primary.pool, vendor
}

// TestAJobCostsNoRoundTrip counts the round trips of a transaction with a job, and looks
// for what River needs: the job, and a notice for the workers.
func TestAJobCostsNoRoundTrip(t *testing.T) {
	s, pool, vendor := openForJobs(t)
	writer := s.Writer(s.Reader(View{}, 0), Origin{})
	trips := map[bool]int{}
	listener, err := pool.Acquire(t.Context())
	require.NoError(t, err)
	defer listener.Release()
	_, err = listener.Exec(t.Context(), `LISTEN "public.river_insert"`)
	require.NoError(t, err)
	for _, with := range []bool{false, true} {
		var sent *Tx
		require.NoError(t, writer.inTx(t.Context(), func(tx *Tx) error {
			sent = tx
			if with {
				tx.pending.jobs = append(tx.pending.jobs, jobs.NewProductsRefresh(uuid.New(), 7))
			}
			return tx.updateVendor(t.Context(), VendorPatch{ID: vendor, Slug: Patch[*string]{Set: true, Value: new(fmt.Sprint("loom-", with))}})
		}))
		trips[with] = sent.roundTrips
	}
	require.Equal(t, trips[false], trips[true])
	var found string
	require.NoError(t, pool.QueryRow(t.Context(), `SELECT kind || ' ' || queue || ' ' || state || ' ' || (args ->> 'total') FROM river_job`).Scan(&found))
	require.Equal(t, "products_refresh products_refresh available 7", found)
	waiting, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	notice, err := listener.Conn().WaitForNotification(waiting)
	require.NoError(t, err)
	require.JSONEq(t, `{"queue": "products_refresh"}`, notice.Payload)
}

// BenchmarkEnqueue makes changes with a job and without one: of one row, which is the least
// that a change can be and has no job today, and of a vendor of 1,000 products, which has.
func BenchmarkEnqueue(b *testing.B) {
	for _, products := range []int{0, 1000} {
		for _, with := range []bool{false, true} {
			b.Run(fmt.Sprintf("vendor of %d products/job=%t", products, with), func(b *testing.B) { benchmarkEnqueue(b, products, with) })
		}
	}
}

func benchmarkEnqueue(b *testing.B, products int, with bool) {
	s, pool, vendor := openForJobs(b)
	_, err := pool.Exec(b.Context(), `INSERT INTO products (id, slug, title, vendor_id) SELECT gen_random_uuid(), 'p-' || i, 'P', $1 FROM generate_series(1, $2::int) AS i`, vendor, products)
	require.NoError(b, err)
	writer := s.Writer(s.Reader(View{}, 0), Origin{By: auth.Principal{Kind: auth.Staff, ID: uuid.New()}, Action: "vendorUpdate"})
	batch, n := uuid.New(), 0
	for b.Loop() {
		n++
		require.NoError(b, writer.inTx(b.Context(), func(tx *Tx) error {
			if err := tx.updateVendor(b.Context(), VendorPatch{ID: vendor, Name: Patch[*string]{Set: true, Value: new(fmt.Sprint("Loom ", n))}}); err != nil {
				return err
			}
			tx.pending.jobs = nil
			if with {
				tx.pending.jobs = append(tx.pending.jobs, jobs.NewProductsRefresh(batch, products))
			}
			return nil
		}))
	}
}
