package cache

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"souk/internal/coherence"
	"souk/loaders"
	"souk/store"
)

// sampled are what a sampler told.
type sampled struct {
	mu  sync.Mutex
	all []Sampled
}

func (s *sampled) tell(one Sampled) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.all = append(s.all, one)
}

func (s *sampled) of(outcome string) (found []Sampled) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, one := range s.all {
		if one.Outcome == outcome {
			found = append(found, one)
		}
	}
	return found
}

// newSampledRig returns a cache whose hits are all compared, and what its sampler told.
func newSampledRig(t *testing.T, change func(*Options)) (*rig, *sampled) {
	t.Helper()
	told := &sampled{}
	r := newRig(t, func(o *Options) {
		o.Sampling = Sampling{OneIn: 1, PerSecond: 1000, Tell: told.tell}
		if change != nil {
			change(o)
		}
	})
	ctx, stop := context.WithCancel(context.Background())
	var running sync.WaitGroup
	running.Go(func() { r.Sample(ctx) })
	t.Cleanup(func() { stop(); running.Wait() })
	return r, told
}

// TestAValueThatStaysOldIsReported follows a log that tells of no change: the clock goes on to
// trust, and the cache to use what is wrong.
func TestAValueThatStaysOldIsReported(t *testing.T) {
	t.Parallel()
	r, told := newSampledRig(t, nil)
	require.Equal(t, "1 n 0", r.name(t, 1))
	require.Equal(t, "1 n 0", r.name(t, 1))
	require.Eventually(t, func() bool { return len(told.of(SampleSame)) == 1 }, 10*time.Second, time.Millisecond)
	r.sql(t, `UPDATE vendors SET name = replace(name, 'n 0', 'n 1')`)
	require.Equal(t, "1 n 0", r.name(t, 1))
	require.Eventually(t, func() bool {
		r.follow(t, false)
		return len(told.of(SampleLate)) == 1
	}, 10*time.Second, 50*time.Millisecond)
	late := told.of(SampleLate)[0]
	require.Equal(t, "VendorsByIDs", late.Read)
	require.Equal(t, "00000000-0000-7000-8000-000000000001", late.Key)
	require.GreaterOrEqual(t, late.Lasted, coherence.TrustFor)
	require.Empty(t, told.of(SampleDiffered))
}

// TestAValueThatTheCacheHearsOfIsNotLate tells of a change after the sampler has seen it.
func TestAValueThatTheCacheHearsOfIsNotLate(t *testing.T) {
	t.Parallel()
	for name, hear := range map[string]func(r *rig){
		"it is told":                   func(r *rig) { r.follow(t, false, vendorTag(1)) },
		"the caches are out meanwhile": func(r *rig) { r.Clock.Distrust() },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			held := make(chan struct{})
			r, told := newSampledRig(t, nil)
			require.Equal(t, "1 n 0", r.name(t, 1))
			r.sql(t, `UPDATE vendors SET name = replace(name, 'n 0', 'n 1')`)
			db := r.database(store.View{})
			ctx := loaders.With(t.Context(), loaders.New(r.Source(db, 0, func() Database {
				primary := r.database(store.View{}, (*store.Reader).OnPrimary)
				primary.Source = telling{primary.Source, held}
				return primary
			}), nil))
			found, err := loaders.Vendor.Load(ctx, vendor(1))
			require.NoError(t, err)
			require.Equal(t, "1 n 0", found.Name)
			<-held // the primary has shown the new value
			hear(r)
			require.Eventually(t, func() bool { return len(told.of(SampleDiffered))+len(told.of(SampleChanged)) == 1 }, 10*time.Second, time.Millisecond)
			require.Empty(t, told.of(SampleLate))
		})
	}
}

// telling closes a channel when a read is done.
type telling struct {
	next loaders.Source
	done chan struct{}
}

func (s telling) Read(ctx context.Context, reads []loaders.Read, last bool) {
	s.next.Read(ctx, reads, last)
	close(s.done)
}

// TestUnderWritesNothingIsLate compares for a few bounds while vendors change all the time.
func TestUnderWritesNothingIsLate(t *testing.T) {
	t.Parallel()
	r, told := newSampledRig(t, nil)
	ctx, stop := context.WithCancel(t.Context())
	var readers sync.WaitGroup
	for range 4 {
		readers.Go(func() {
			for n := byte(1); ctx.Err() == nil; n = n%9 + 1 {
				_, err := loaders.Vendor.Load(r.response(t, store.View{}), vendor(n))
				if err != nil {
					t.Error(err)
					return
				}
			}
		})
	}
	began := time.Now()
	for i := 0; time.Since(began) < 3*coherence.TrustFor || len(told.of(SampleDiffered)) == 0; i++ {
		n := byte(i%9 + 1)
		r.sql(t, fmt.Sprintf(`UPDATE vendors SET name = '%d n %d' WHERE slug = 'v%d'`, n, i, n))
		r.follow(t, false, vendorTag(n))
		require.Less(t, time.Since(began), 30*time.Second)
	}
	stop()
	readers.Wait()
	require.Empty(t, told.of(SampleLate))
	require.NotEmpty(t, told.of(SampleSame))
	for _, one := range told.of(SampleDiffered) {
		require.Less(t, one.Lasted, coherence.TrustFor)
	}
}

// TestWhatThePrimaryDoesNotSayIsNoDifference asks a primary that fails.
func TestWhatThePrimaryDoesNotSayIsNoDifference(t *testing.T) {
	t.Parallel()
	r, told := newSampledRig(t, nil)
	require.Equal(t, "1 n 0", r.name(t, 1))
	db := r.database(store.View{})
	ctx := loaders.With(t.Context(), loaders.New(r.Source(db, 0, func() Database {
		return Database{db.Reader, failing{context.DeadlineExceeded}}
	}), nil))
	_, err := loaders.Vendor.Load(ctx, vendor(1))
	require.NoError(t, err)
	require.Eventually(t, func() bool { return len(told.of(SampleFailed)) == 1 }, 10*time.Second, time.Millisecond)
}

// TestSamplesAreBounded offers hits without end.
func TestSamplesAreBounded(t *testing.T) {
	t.Parallel()
	s := newSampler(Sampling{OneIn: 1000, PerSecond: 5})
	picked, places := 0, map[int]bool{}
	for range 100_000 {
		if place, ok := s.pick(10); ok {
			picked++
			places[place] = true
			require.Less(t, place, 10)
		}
	}
	require.InDelta(t, 1000, picked, 250, "one key in a thousand")
	require.Len(t, places, 10)
	admitted := 0
	for range 100_000 {
		if s.admits() {
			admitted++
		}
	}
	require.LessOrEqual(t, admitted, 1+int(5*time.Since(s.began).Seconds()))
	require.Nil(t, newSampler(Sampling{PerSecond: 5}))
	_, ok := (*sampler)(nil).pick(10)
	require.False(t, ok)
}

// BenchmarkPick is what a read with hits pays for the sampler.
func BenchmarkPick(b *testing.B) {
	s := newSampler(Sampling{OneIn: 1000, PerSecond: 5})
	for b.Loop() {
		if _, ok := s.pick(10); ok {
			s.admits()
		}
	}
}

// TestEachPlaceCanBeSampled has hits on both sides of a miss.
func TestEachPlaceCanBeSampled(t *testing.T) {
	t.Parallel()
	r, told := newSampledRig(t, nil)
	for _, n := range []byte{1, 3, 5} {
		r.name(t, n)
	}
	keys := func() map[string]bool {
		seen := map[string]bool{}
		for _, one := range told.of(SampleSame) {
			seen[strings.TrimPrefix(one.Key, "00000000-0000-7000-8000-00000000000")] = true
		}
		return seen
	}
	require.Eventually(t, func() bool {
		r.follow(t, false)
		ids := []store.VendorID{vendor(1), {15: 99}, vendor(3), vendor(5)}
		_, err := loaders.Vendor.LoadMany(r.response(t, store.View{}), ids)
		require.NoError(t, err)
		seen := keys()
		return seen["1"] && seen["3"] && seen["5"]
	}, 10*time.Second, 5*time.Millisecond)
}
