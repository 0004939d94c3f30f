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

// BenchmarkEnqueue makes a change of one row, as staff do, with a job and without one.
func BenchmarkEnqueue(b *testing.B) {
	for _, with := range []bool{false, true} {
		b.Run(map[bool]string{false: "without a job", true: "with a job"}[with], func(b *testing.B) {
			s, _, vendor := openForJobs(b)
			writer := s.Writer(s.Reader(View{}, 0), Origin{By: auth.Principal{Kind: auth.Staff, ID: uuid.New()}, Action: "vendorUpdate"})
			batch := uuid.New()
			n := 0
			for b.Loop() {
				n++
				require.NoError(b, writer.inTx(b.Context(), func(tx *Tx) error {
					if with {
						tx.pending.jobs = append(tx.pending.jobs, jobs.NewProductsRefresh(batch, 7))
					}
					return tx.updateVendor(b.Context(), VendorPatch{ID: vendor, Slug: Patch[*string]{Set: true, Value: new(fmt.Sprint("loom-", n))}})
				}))
			}
		})
	}
}
