package store

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/stretchr/testify/require"

	"souk/internal/dbtest"
	"souk/internal/jobs"
)

// openForJobs opens a store on a database with one vendor.
func openForJobs(t testing.TB) (*Store, *pgxpool.Pool, VendorID) {
	t.Helper()
	return openWithVendor(t, Config{PrimaryURL: dbtest.New(t).PrimaryURL})
}

func openWithVendor(t testing.TB, cfg Config) (*Store, *pgxpool.Pool, VendorID) {
	t.Helper()
	s, err := Open(t.Context(), cfg)
	require.NoError(t, err)
	t.Cleanup(s.Close)
	vendor := VendorID(uuid.MustParse("01900000-0000-7000-8000-000000000001"))
	_, err = s.primary.pool.Exec(t.Context(), `INSERT INTO vendors (id, slug, name) VALUES ($1, 'loom', 'Loom')`, vendor)
	require.NoError(t, err)
	return s, s.primary.pool, vendor
}

// TestAJobCostsNoRoundTrip counts the round trips of a transaction with a job, also those that
// pgx makes by itself, and looks for what River needs: the job, and a notice for the workers.
func TestAJobCostsNoRoundTrip(t *testing.T) {
	db := dbtest.New(t)
	proxy := dbtest.NewProxy(t, db.PrimaryURL)
	s, pool, vendor := openWithVendor(t, Config{PrimaryURL: proxy.URL, MaxConns: 1})
	writer := s.Writer(s.Reader(View{}, 0), Origin{})
	listener, err := pgx.Connect(t.Context(), db.PrimaryURL)
	require.NoError(t, err)
	defer func() { _ = listener.Close(context.WithoutCancel(t.Context())) }()
	_, err = listener.Exec(t.Context(), `LISTEN "public.river_insert"`)
	require.NoError(t, err)
	var ours, onTheWire [2]int // without a job, and with one
	for n := range 4 {         // twice: the first time, pgx prepares the statements
		with := n % 2
		require.NoError(t, writer.inTx(t.Context(), func(tx *Tx) error {
			defer func() { ours[with] = tx.roundTrips + 1 }()
			if with == 1 {
				tx.pending.jobs = append(tx.pending.jobs, jobs.NewProductsRefresh(uuid.New(), 7))
			}
			return tx.updateVendor(t.Context(), VendorPatch{ID: vendor, Slug: Patch[*string]{Set: true, Value: new(fmt.Sprint("loom-", n))}})
		}))
		onTheWire[with] = proxy.RoundTrips()
	}
	require.Equal(t, ours[0], ours[1])
	require.Equal(t, ours, onTheWire)
	var found string
	require.NoError(t, pool.QueryRow(t.Context(), `SELECT string_agg(concat_ws(' ', kind, queue, state, args ->> 'total'), ', ') FROM river_job`).Scan(&found))
	require.Equal(t, "products_refresh products_refresh available 7, products_refresh products_refresh available 7", found)
	waiting, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	notice, err := listener.WaitForNotification(waiting)
	require.NoError(t, err)
	require.JSONEq(t, `{"queue": "products_refresh"}`, notice.Payload)
}
