package cache

import (
	"context"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"souk/internal/cache/remote"
	"souk/loaders"
	"souk/store"
)

// shared gives a rig the Redis of its database.
func shared(t *testing.T, o *Options, url string) {
	t.Helper()
	if url == "" {
		t.Skip("no Redis on this machine")
	}
	tier, err := remote.Open(url, remote.Config{})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, tier.Close()) })
	o.Remote, o.Prefix = tier, "test"
}

// TestInstancesDoNotReadTheSameTogether has two instances miss a value at once that both had until
// it changed.
func TestInstancesDoNotReadTheSameTogether(t *testing.T) {
	t.Parallel()
	r := newRig(t, nil)
	first := r.Options
	shared(t, &first, r.db.RedisURL)
	second := first
	shared(t, &second, r.db.RedisURL)
	instances := []*Cache{New(first), New(second)}
	name := func(c *Cache) string {
		db := r.database(store.View{}, (*store.Reader).OnPrimary)
		found, err := loaders.Vendor.Load(loaders.With(t.Context(), loaders.New(c.Source(db, 0, nil), nil)), vendor(1))
		require.NoError(t, err)
		return found.Name
	}
	const changes = 30
	for n := range changes {
		r.sql(t, fmt.Sprintf(`UPDATE vendors SET name = 'n %d' WHERE id = '%s'`, n, "00000000-0000-7000-8000-000000000001"))
		r.follow(t, false, vendorTag(1))
		var both sync.WaitGroup
		for _, c := range instances {
			both.Go(func() { require.Equal(t, fmt.Sprint("n ", n), name(c)) })
		}
		both.Wait()
		time.Sleep(leaseTTL + 10*time.Millisecond) // the next change is as rare as that
	}
	require.NotZero(t, r.told[Leased])
	require.Less(t, int(r.reads.Load()), 2*changes)
	t.Logf("%d changes, %d reads, %d values that came from the other instance", changes, r.reads.Load(), r.told[Leased])
}

// TestALeaseOfADeadInstanceIsNotWaitedForLong takes the lease and does not read.
func TestALeaseOfADeadInstanceIsNotWaitedForLong(t *testing.T) {
	t.Parallel()
	var tier Remote
	r := newRig(t, nil)
	o := r.Options
	shared(t, &o, r.db.RedisURL)
	tier = o.Remote
	r.Cache = New(o)
	require.Equal(t, "1 n 0", r.name(t, 1))
	at := ""
	for k := range r.hotKeys(t, 1) {
		at = r.remoteKey(k)
	}
	require.Equal(t, []bool{true}, tier.Lease(t.Context(), []string{at}, time.Minute))
	require.Equal(t, []bool{false}, tier.Lease(t.Context(), []string{at}, time.Minute))
	r.sql(t, `UPDATE vendors SET name = '1 n 1' WHERE name = '1 n 0'`)
	require.NoError(t, r.db.WaitReplica(t.Context()))
	r.follow(t, false, vendorTag(1))
	began := time.Now()
	require.Equal(t, "1 n 1", r.name(t, 1))
	require.GreaterOrEqual(t, time.Since(began), leaseWait)
}

// hotKeys returns the keys of a vendor's value that the cache has counted hits of.
func (r *rig) hotKeys(t *testing.T, n byte) map[key]*hotValue {
	t.Helper()
	r.Open = func(*store.Reader) Database { return r.database(store.View{}) }
	for len(r.ahead.known) == 0 {
		r.name(t, n)
	}
	return r.ahead.known
}

// TestHotValuesAreReadAheadOfTheNextRequest changes a value that is asked for all the time, and one
// that is not.
func TestHotValuesAreReadAheadOfTheNextRequest(t *testing.T) {
	t.Parallel()
	r := newRig(t, nil)
	r.Open = func(*store.Reader) Database { return r.database(store.View{}, (*store.Reader).OnPrimary) }
	ctx, stop := context.WithCancel(t.Context())
	var running sync.WaitGroup
	running.Go(func() { r.RefreshAhead(ctx) })
	defer running.Wait()
	defer stop()
	require.Equal(t, "2 n 0", r.name(t, 2))
	for range 40 * aheadOneIn * aheadHot {
		require.Equal(t, "1 n 0", r.name(t, 1))
	}
	before := r.reads.Load()
	r.sql(t, `UPDATE vendors SET name = replace(name, 'n 0', 'n 1')`)
	r.follow(t, false, vendorTag(1), vendorTag(2))
	told := func() int {
		r.mu.Lock()
		defer r.mu.Unlock()
		return r.told[Ahead]
	}
	require.Eventually(t, func() bool {
		r.follow(t, false) // or nothing is trusted after a second
		return told() == 1
	}, 10*time.Second, time.Millisecond)
	require.Eventually(t, func() bool { return r.reads.Load() == before+1 }, 10*time.Second, time.Millisecond)
	require.Equal(t, "1 n 1", r.name(t, 1))
	require.Equal(t, before+1, r.reads.Load(), "nobody had to wait")
	require.Equal(t, "2 n 1", r.name(t, 2))
	require.Equal(t, before+2, r.reads.Load())
}
