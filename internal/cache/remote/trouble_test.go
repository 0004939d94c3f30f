package remote_test

import (
	"context"
	"net"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"
	"github.com/stretchr/testify/require"

	"souk/internal/cache/remote"
)

const (
	// usualCall is how long a call may take while Redis is in trouble: the time-out of 30 ms and
	// what a busy machine adds to most. longestCall is for the one that it adds most to.
	usualCall   = 50 * time.Millisecond
	longestCall = 250 * time.Millisecond
	// leftOutCall is far below what asking Redis would take.
	leftOutCall = 200 * time.Microsecond
	// longestTrouble is how long Redis may be in trouble before it is left out.
	longestTrouble = time.Second
)

// trouble is something that happens to a Redis behind a proxy.
type trouble struct {
	name  string
	begin func(t *testing.T) (address string, do, undo func())
}

func troubles() []trouble {
	proxied := func(toxic string) func(t *testing.T) (string, func(), func()) {
		return func(t *testing.T) (string, func(), func()) {
			proxy := start(t).behind(t)
			return proxy.Listen, func() { poison(t, proxy, toxic) }, func() { proxy.Toxics.ResetToxics(context.Background()) }
		}
	}
	return []trouble{
		{name: "frozen", begin: func(t *testing.T) (string, func(), func()) {
			s := start(t)
			return s.address, func() { s.freeze(t) }, func() { s.thaw(t) }
		}},
		{name: "cut", begin: func(t *testing.T) (string, func(), func()) {
			proxy := start(t).behind(t)
			return proxy.Listen, proxy.Stop, func() { require.NoError(t, proxy.Start()) }
		}},
		{name: "slow", begin: proxied(`{"name": "t", "type": "latency", "attributes": {"latency": 200}}`)},
		{name: "black hole", begin: proxied(`{"name": "t", "type": "timeout", "attributes": {"timeout": 0}}`)},
		{name: "requests are lost", begin: proxied(`{"name": "t", "type": "timeout", "stream": "upstream", "attributes": {"timeout": 0}}`)},
		{name: "a trickle", begin: proxied(`{"name": "t", "type": "slicer", "attributes": {"average_size": 1, "delay": 20000}}`)},
		{name: "resets", begin: proxied(`{"name": "t", "type": "reset_peer", "attributes": {"timeout": 0}}`)},
	}
}

// call gets a key and checks how long that took.
func call(t *testing.T, tier *remote.Tier) (value string) {
	t.Helper()
	began := time.Now()
	value = get(t, tier, "a")
	if took := time.Since(began); took > longestCall {
		t.Errorf("a call took %v", took)
	}
	return value
}

func TestRedisInTroubleIsLeftOut(t *testing.T) {
	for _, trouble := range troubles() {
		t.Run(trouble.name, func(t *testing.T) {
			var w witness
			address, do, undo := trouble.begin(t)
			tier := open(t, address, w.config())
			put(t, tier, "a", "1")
			do()
			began := time.Now()
			var each []time.Duration
			for !w.out.Load() && time.Since(began) < 5*time.Second {
				last := time.Now()
				call(t, tier)
				each = append(each, time.Since(last))
			}
			took := time.Since(began)
			require.Less(t, took, longestTrouble)
			slices.Sort(each)
			require.Less(t, each[len(each)/2], usualCall)
			require.Error(t, w.failure("get"))

			// Probes go on all the time.
			const calls = 10_000
			began = time.Now()
			for range calls {
				require.Equal(t, [][]byte{nil}, tier.GetMany(t.Context(), []string{"a"}))
				tier.Put("b", nil, time.Minute)
				require.Less(t, time.Since(began), calls*leftOutCall)
			}
			perCall := time.Since(began) / calls
			t.Logf("left out after %v; then a get and a put take %v", took, perCall)
			require.Less(t, perCall, leftOutCall)
			eventually(t, func() bool { return w.failure("probe") != nil })

			undo()
			eventually(t, func() bool { return call(t, tier) == "1" })
			require.False(t, w.out.Load())
			put(t, tier, "a", "2")
		})
	}
}

// TestFewCallsOpenItInTime calls three times a second.
func TestFewCallsOpenItInTime(t *testing.T) {
	var w witness
	s := start(t)
	tier := open(t, s.address, w.config())
	put(t, tier, "a", "1")
	s.freeze(t)
	began := time.Now()
	for tick := time.Tick(300 * time.Millisecond); !w.out.Load() && time.Since(began) < 5*time.Second; <-tick {
		call(t, tier)
	}
	require.Less(t, time.Since(began), longestTrouble)
	s.thaw(t)
}

func TestDialThatNeverEndsIsBounded(t *testing.T) {
	var w witness
	tier := remote.New(redis.NewClient(&redis.Options{
		Addr: "127.0.0.1:1", ContextTimeoutEnabled: true, MaxRetries: -1, DialerRetries: 1, DialTimeout: time.Second,
		Dialer: func(ctx context.Context, _, _ string) (net.Conn, error) {
			<-ctx.Done()
			return nil, ctx.Err()
		},
	}), w.config())
	began := time.Now()
	for !w.out.Load() && time.Since(began) < 5*time.Second {
		require.Equal(t, "-", call(t, tier))
	}
	require.Less(t, time.Since(began), longestTrouble)
	require.NoError(t, tier.Close())
}

func TestShortTroubleIsForgotten(t *testing.T) {
	var w witness
	s := start(t)
	tier := open(t, s.address, w.config())
	put(t, tier, "a", "1")
	for range 3 {
		s.freeze(t)
		call(t, tier)
		s.thaw(t)
		for range 20 {
			eventually(t, func() bool { return get(t, tier, "a") == "1" })
		}
	}
	require.Zero(t, w.outages.Load())
}

func TestPutNeverWaits(t *testing.T) {
	var w witness
	s := start(t)
	c := w.config()
	c.QueueItems, c.QueueBytes, c.FlushTimeout = 100, 50_000, 100*time.Millisecond
	tier := open(t, s.address, c)
	tier.Put("a", []byte("1"), time.Minute)
	eventually(t, func() bool { return w.written.Load() > 0 })
	s.freeze(t)
	w.written.Store(0)
	const puts, size = 20_000, 1000
	began := time.Now()
	for range puts {
		tier.Put("b", make([]byte, size-1), time.Minute)
	}
	took := time.Since(began)
	require.Less(t, took, puts*leftOutCall)
	require.Greater(t, w.dropped.Load(), int64(puts-1000))
	began = time.Now()
	require.NoError(t, tier.Close())
	require.Less(t, time.Since(began), c.FlushTimeout+longestCall)
	require.EqualValues(t, puts, w.dropped.Load()+w.written.Load()/size, "some values are neither written nor dropped")
}

func TestCloseDuringTroubleIsShort(t *testing.T) {
	s := start(t)
	tier := open(t, s.address, remote.Config{Timeout: 10 * time.Second})
	put(t, tier, "a", "1")
	s.freeze(t)
	for _, key := range keys(1000) {
		tier.Put(key, []byte("x"), time.Minute)
	}
	began := time.Now()
	require.NoError(t, tier.Close())
	require.Less(t, time.Since(began), time.Second)
}

// TestManyCallersDuringTroubles is for the race detector as well.
func TestManyCallersDuringTroubles(t *testing.T) {
	var w witness
	proxy := start(t).behind(t)
	tier := open(t, proxy.Listen, w.config())
	put(t, tier, "a", "1")
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	var callers sync.WaitGroup
	for range 16 {
		callers.Go(func() {
			for ctx.Err() == nil {
				switch value := get(t, tier, "a"); value {
				case "1", "-":
				default:
					t.Errorf("a wrong value: %q", value)
				}
				tier.Put("a", []byte("1"), time.Minute)
			}
		})
	}
	for range 5 {
		outages := w.outages.Load()
		proxy.Stop()
		eventually(t, func() bool { return w.outages.Load() > outages && w.out.Load() })
		require.NoError(t, proxy.Start())
		hits := w.hits.Load()
		eventually(t, func() bool { return !w.out.Load() && w.hits.Load() > hits })
	}
	stop()
	callers.Wait()
}

func BenchmarkLeftOut(b *testing.B) {
	var w witness
	c := w.config()
	c.Retry = time.Hour
	tier := open(b, "127.0.0.1:1", c)
	eventually(b, func() bool { return get(b, tier, "a") == "-" && w.out.Load() })
	wanted := keys(10)
	b.ReportAllocs()
	for b.Loop() {
		tier.GetMany(b.Context(), wanted)
	}
}
