package store

import (
	"context"
	"fmt"
	"os"
	"slices"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"souk/internal/auth"
	"souk/internal/dbtest"
	"souk/internal/devstack"
	"souk/internal/jobs"
	"souk/migrations"
)

// BenchmarkEnqueue makes changes with a job and without one, in turn, so that both meet the
// same noise, and compares their medians. A change of one row is the least that a change can
// be, and has no job today; that of a vendor of 1,000 products has. The database is in memory,
// or waits for its disk as in production.
func BenchmarkEnqueue(b *testing.B) {
	for _, place := range []struct {
		name string
		open func(testing.TB) string
	}{
		{"in memory", func(t testing.TB) string { return dbtest.New(t).PrimaryURL }},
		{"on disk", onDisk},
	} {
		for _, products := range []int{0, 1000} {
			b.Run(fmt.Sprintf("%s/vendor of %d products", place.name, products), func(b *testing.B) {
				benchmarkEnqueue(b, place.open(b), products)
			})
		}
	}
}

// onDisk is a database whose commits are on disk when they are answered.
func onDisk(t testing.TB) string {
	t.Helper()
	dir, err := os.MkdirTemp("", "souk-bench-")
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, os.RemoveAll(dir)) })
	stack, err := devstack.Start(t.Context(), devstack.Options{Dir: dir, WithoutReplica: true})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, stack.Stop(context.Background())) })
	url := stack.Env()["DATABASE_URL"]
	require.NoError(t, migrations.Up(t.Context(), url))
	return url
}

func benchmarkEnqueue(b *testing.B, url string, products int) {
	s, pool, vendor := openWithVendor(b, Config{PrimaryURL: url})
	_, err := pool.Exec(b.Context(), `INSERT INTO products (id, slug, title, vendor_id) SELECT gen_random_uuid(), 'p-' || i, 'P', $1 FROM generate_series(1, $2::int) AS i`, vendor, products)
	require.NoError(b, err)
	took := map[bool][]time.Duration{}
	n := 0
	for b.Loop() {
		for range 2 {
			n++
			with := n/2%2 == 0 // without, with, with, without: neither always follows the other
			began := time.Now()
			renameWith(b, s, vendor, n, with)
			took[with] = append(took[with], time.Since(began))
		}
		if products > 0 {
			b.StopTimer()
			_, err := pool.Exec(b.Context(), `TRUNCATE stale_products`)
			require.NoError(b, err)
			b.StartTimer()
		}
	}
	without, with := median(took[false]), median(took[true])
	b.ReportMetric(without, "ms-without")
	b.ReportMetric(with, "ms-with")
	b.ReportMetric(100*(with-without)/without, "%-added")
}

// renameWith changes the vendor's name, with a job or without one.
func renameWith(b *testing.B, s *Store, vendor VendorID, n int, with bool) {
	writer := s.Writer(s.Reader(View{}, 0), Origin{By: auth.Principal{Kind: auth.Staff, ID: uuid.New()}, Action: "vendorUpdate"})
	require.NoError(b, writer.inTx(b.Context(), func(tx *Tx) error {
		if err := tx.updateVendor(b.Context(), VendorPatch{ID: vendor, Name: Patch[*string]{Set: true, Value: new(fmt.Sprint("Loom ", n))}}); err != nil {
			return err
		}
		tx.pending.jobs = nil
		if with {
			tx.pending.jobs = append(tx.pending.jobs, jobs.NewProductsRefresh(uuid.New(), 1000))
		}
		return nil
	}))
}

// median is in milliseconds.
func median(all []time.Duration) float64 {
	slices.Sort(all)
	return float64(all[len(all)/2]) / float64(time.Millisecond)
}
