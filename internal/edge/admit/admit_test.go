package admit

import (
	"context"
	"fmt"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
)

func newAdmitter(t testing.TB, o Options) *Admitter {
	t.Helper()
	a, err := New(o)
	require.NoError(t, err)
	return a
}

// fill starts operations until none can start at once.
func fill(t testing.TB, a *Admitter, c Caller) (releases []Release) {
	t.Helper()
	for a.Stat().InFlight < a.Stat().Limit {
		release, err := a.Admit(t.Context(), c)
		require.NoError(t, err)
		releases = append(releases, release)
	}
	return releases
}

func TestOptions(t *testing.T) {
	t.Parallel()
	for _, o := range []Options{{MaxConcurrency: -1}, {MaxWait: -1}, {StartAt: -1}} {
		_, err := New(o)
		require.Error(t, err)
	}
	t.Run("the limit is never above the concurrency", func(t *testing.T) {
		require.Equal(t, 3, newAdmitter(t, Options{MaxConcurrency: 3, StartAt: 100}).Stat().Limit)
	})
	t.Run("no concurrency switches admission off", func(t *testing.T) {
		a := newAdmitter(t, Options{})
		for range 10_000 {
			_, err := a.Admit(t.Context(), Caller{Network: "192.0.2.1"})
			require.NoError(t, err)
		}
		require.Zero(t, a.Stat().Limit)
	})
}

func TestAWaitHasABound(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		a := newAdmitter(t, Options{MaxConcurrency: 4})
		releases := fill(t, a, Caller{Network: "192.0.2.1"})
		time.Sleep(burst)
		a.limit.latency = time.Hour
		begun := time.Now()
		_, err := a.Admit(t.Context(), Caller{Network: "192.0.2.2"})
		var overloaded *Overloaded
		require.ErrorAs(t, err, &overloaded)
		require.Equal(t, WaitedTooLong, overloaded.Reason)
		require.Equal(t, defaultMaxWait, time.Since(begun))
		require.GreaterOrEqual(t, overloaded.RetryAfter, time.Second)
		require.Less(t, overloaded.RetryAfter, 3*time.Second)
		require.EqualValues(t, 1, a.Stat().Refused[WaitedTooLong])
		for _, release := range releases {
			release(true)
		}
		require.Empty(t, a.accounts)
	})
}

// TestABurstIsNoOverload sends 200 operations of 20 ms at once to a server that had
// nothing to do, where eight run at a time: all are served, in half a second.
func TestABurstIsNoOverload(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := simulate(t, true)
		for range 150 {
			s.running.Go(func() { s.request(Caller{Network: "192.0.2.1"}) })
		}
		s.running.Wait()
		require.Empty(t, s.refusals)
		require.Len(t, s.answers, 150)
		require.Less(t, s.now(), 600*time.Millisecond)
	})
}

func TestAWaiterWhoLeaves(t *testing.T) {
	t.Parallel()
	t.Run("frees its place in the queue", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			a := newAdmitter(t, Options{MaxConcurrency: 4})
			fill(t, a, Caller{Network: "192.0.2.1"})
			ctx, cancel := context.WithCancel(t.Context())
			time.AfterFunc(time.Millisecond, cancel)
			_, err := a.Admit(ctx, Caller{Network: "192.0.2.2"})
			require.ErrorIs(t, err, context.Canceled)
			require.Zero(t, a.Stat().Waiting)
			require.Len(t, a.accounts, 1)
		})
	})
	t.Run("gives back the place that it got in the same moment", func(t *testing.T) {
		a := newAdmitter(t, Options{MaxConcurrency: 4})
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		a.mu.Lock()
		w := &waiter{account: a.account("192.0.2.2"), answer: make(chan Reason, 1)}
		a.start(w.account, time.Now())
		a.mu.Unlock()
		time.AfterFunc(10*time.Millisecond, func() { w.answer <- granted })
		_, err := a.await(ctx, w, time.Hour)
		require.ErrorIs(t, err, context.Canceled)
		require.Zero(t, a.Stat().InFlight)
		require.Empty(t, a.accounts)
	})
}

func TestAFullQueueRefusesAtOnceWhoRanksLast(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		a := newAdmitter(t, Options{MaxConcurrency: 4})
		fill(t, a, Caller{Network: "192.0.2.1"})
		time.Sleep(burst)
		a.limit.latency = time.Hour
		reasons := make(chan error, minQueue)
		for range minQueue {
			go func() {
				_, err := a.Admit(t.Context(), Caller{Network: "192.0.2.1"})
				reasons <- err
			}()
		}
		synctest.Wait()
		begun := time.Now()
		_, err := a.Admit(t.Context(), Caller{Network: "192.0.2.1"})
		var overloaded *Overloaded
		require.ErrorAs(t, err, &overloaded)
		require.Equal(t, QueueFull, overloaded.Reason)
		require.Zero(t, time.Since(begun))

		go func() { _, _ = a.Admit(t.Context(), Caller{Network: "192.0.2.2"}) }()
		require.ErrorAs(t, <-reasons, &overloaded)
		require.Equal(t, Displaced, overloaded.Reason, "an address with more than its share gives way to another")
		for range minQueue - 1 {
			<-reasons
		}
		time.Sleep(defaultMaxWait) // also the last waits no longer
		synctest.Wait()
		require.Zero(t, a.Stat().Waiting)
	})
}

// TestManyGoroutines looks for races and for places that get lost.
func TestManyGoroutines(t *testing.T) {
	t.Parallel()
	a := newAdmitter(t, Options{MaxConcurrency: 6, MaxWait: time.Millisecond})
	var running atomic.Int64
	var all sync.WaitGroup
	for i := range 64 {
		all.Go(func() {
			random := rand.New(rand.NewPCG(1, uint64(i)))
			for range 300 {
				ctx, cancel := context.WithTimeout(t.Context(), time.Duration(random.IntN(2000))*time.Microsecond)
				c := Caller{Network: fmt.Sprintf("192.0.2.%d", random.IntN(8)), Priority: Priority(random.IntN(3))}
				if release, err := a.Admit(ctx, c); err == nil {
					if running.Add(1) > 6 {
						t.Error("more run than the limit allows")
					}
					if random.IntN(4) == 0 {
						<-ctx.Done()
					}
					running.Add(-1)
					release(random.IntN(9) > 0)
				}
				cancel()
			}
		})
	}
	all.Wait()
	s := a.Stat()
	require.Zero(t, s.InFlight)
	require.Zero(t, s.Waiting)
	require.Positive(t, s.Admitted)
	require.Empty(t, a.accounts)
}

func BenchmarkAdmit(b *testing.B) {
	b.Run("with room", func(b *testing.B) {
		a := newAdmitter(b, Options{MaxConcurrency: 256})
		b.ReportAllocs()
		for b.Loop() {
			release, err := a.Admit(b.Context(), Caller{Network: "192.0.2.1"})
			if err != nil {
				b.Fatal(err)
			}
			release(true)
		}
	})
	b.Run("refused, limit 256", func(b *testing.B) {
		a := newAdmitter(b, Options{MaxConcurrency: 256, StartAt: 256})
		fill(b, a, Caller{Network: "192.0.2.1"})
		who := a.account("192.0.2.1")
		for range 128 {
			a.queue = append(a.queue, &waiter{account: who, answer: make(chan Reason, 1)})
			who.waiting++
		}
		b.ReportAllocs()
		for b.Loop() {
			if _, err := a.Admit(b.Context(), Caller{Network: "192.0.2.1"}); err == nil {
				b.Fatal("admitted")
			}
		}
	})
}
