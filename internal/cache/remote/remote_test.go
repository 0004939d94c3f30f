package remote_test

import (
	"bytes"
	"context"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"
	"github.com/stretchr/testify/require"

	"souk/internal/cache/codec"
	"souk/internal/cache/remote"
)

func TestValuesComeInTheOrderOfKeys(t *testing.T) {
	var w witness
	s := start(t)
	tier := open(t, s.address, w.config())
	put(t, tier, "a", "1")
	put(t, tier, "b", "22")
	put(t, tier, "empty", "")
	require.NoError(t, s.LPush(t.Context(), "list", "x").Err())
	w.hits.Store(0)
	w.misses.Store(0)
	w.read.Store(0)
	values := tier.GetMany(t.Context(), []string{"b", "none", "a", "list", "empty", "b"})
	require.Equal(t, [][]byte{[]byte("22"), nil, []byte("1"), nil, {}, []byte("22")}, values)
	require.EqualValues(t, 4, w.hits.Load())
	require.EqualValues(t, 2, w.misses.Load())
	require.EqualValues(t, 5, w.read.Load())
	require.GreaterOrEqual(t, w.written.Load(), int64(len("a1b22empty")))
	require.Empty(t, tier.GetMany(t.Context(), nil))
	require.NoError(t, w.failure("get"))
}

func TestLivesAreShortenedDifferently(t *testing.T) {
	s := start(t)
	tier := open(t, s.address, remote.Config{})
	all := keys(200)
	for _, key := range all {
		tier.Put(key, []byte("x"), 1000*time.Second)
	}
	eventually(t, func() bool { return s.DBSize(context.Background()).Val() == 200 })
	lives := map[time.Duration]bool{}
	for _, key := range all {
		life := s.PTTL(t.Context(), key).Val()
		require.LessOrEqual(t, life, 1000*time.Second)
		require.Greater(t, life, 890*time.Second)
		lives[life.Truncate(10*time.Second)] = true
	}
	require.Greater(t, len(lives), 7)
}

func TestFlushedRedisHasMisses(t *testing.T) {
	var w witness
	s := start(t)
	tier := open(t, s.address, w.config())
	put(t, tier, "a", "1")
	require.NoError(t, s.FlushAll(t.Context()).Err())
	require.Equal(t, "-", get(t, tier, "a"))
	put(t, tier, "a", "2")
	require.Zero(t, w.outages.Load())
}

func TestFullRedisStillAnswers(t *testing.T) {
	var w witness
	s := start(t, "--maxmemory", "4mb", "--maxmemory-policy", "noeviction")
	tier := open(t, s.address, w.config())
	put(t, tier, "a", "1")
	large := bytes.Repeat([]byte("x"), 100_000)
	for _, key := range keys(100) {
		tier.Put(key, large, time.Minute)
	}
	eventually(t, func() bool { return w.dropped.Load()+w.written.Load()/int64(len(large)) >= 100 })
	require.ErrorContains(t, w.failure("set"), "OOM")
	require.Greater(t, w.dropped.Load(), int64(50))
	require.Equal(t, "1", get(t, tier, "a"))
	require.Zero(t, w.outages.Load(), "Redis is left out though it responds")
}

func TestDamagedValueIsNoticedByItsReader(t *testing.T) {
	s := start(t)
	tier := open(t, s.address, remote.Config{})
	c, err := codec.Of[[]string]()
	require.NoError(t, err)
	put(t, tier, "a", string(c.Append(nil, []string{"some", "texts"})))
	value, err := c.Decode(tier.GetMany(t.Context(), []string{"a"})[0])
	require.NoError(t, err)
	require.Equal(t, []string{"some", "texts"}, value)
	require.NoError(t, s.SetRange(t.Context(), "a", 4, "?").Err())
	_, err = c.Decode(tier.GetMany(t.Context(), []string{"a"})[0])
	require.ErrorIs(t, err, codec.ErrDamaged)
}

func TestCallerWhoHasGoneIsNoFailure(t *testing.T) {
	var w witness
	s := start(t)
	tier := open(t, s.address, w.config())
	gone, cancel := context.WithCancel(t.Context())
	cancel()
	for range 100 {
		require.Equal(t, [][]byte{nil}, tier.GetMany(gone, []string{"a"}))
	}
	require.NoError(t, w.failure("get"))
	require.Zero(t, w.outages.Load())
}

func TestClusterGetsKeysOfAllSlots(t *testing.T) {
	var w witness
	s := start(t, "--cluster-enabled", "yes")
	require.NoError(t, s.ClusterAddSlotsRange(t.Context(), 0, 16383).Err())
	eventually(t, func() bool { return s.Set(context.Background(), "list", "x", 0).Err() == nil })
	require.NoError(t, s.Del(t.Context(), "list").Err())
	require.NoError(t, s.LPush(t.Context(), "list", "x").Err())
	tier := remote.New(redis.NewClusterClient(&redis.ClusterOptions{
		Addrs: []string{s.address}, ContextTimeoutEnabled: true, MaxRedirects: -1,
	}), w.config())
	t.Cleanup(func() { require.NoError(t, tier.Close()) })
	all := keys(50)
	for i, key := range all {
		put(t, tier, key, key[:4+i%2])
	}
	values := tier.GetMany(t.Context(), append([]string{"none", "list"}, all...))
	require.Equal(t, [][]byte{nil, nil}, values[:2])
	for i := range all {
		require.Equal(t, all[i][:4+i%2], string(values[2+i]))
	}
	require.NoError(t, w.failure("get"))
}

func TestCloseWritesWhatWaits(t *testing.T) {
	var w witness
	s := start(t)
	tier := open(t, s.address, w.config())
	for _, key := range keys(3000) {
		tier.Put(key, []byte("x"), time.Minute)
	}
	require.NoError(t, tier.Close())
	require.EqualValues(t, 3000, s.DBSize(t.Context()).Val())
	require.NoError(t, tier.Close())
	tier.Put("late", []byte("x"), time.Minute)
	require.EqualValues(t, 1, w.dropped.Load())
	require.Equal(t, "-", get(t, tier, "key:1"))
}

func TestBadURLDoesNotShowThePassword(t *testing.T) {
	_, err := remote.Open("redis://user:secret@host:port", remote.Config{})
	require.Error(t, err)
	require.NotContains(t, err.Error(), "secret")
}

func BenchmarkTier(b *testing.B) {
	s := start(b)
	tier := open(b, s.address, remote.Config{Timeout: time.Second})
	all := keys(50)
	for _, key := range all {
		put(b, tier, key, string(bytes.Repeat([]byte("x"), 500)))
	}
	for name, wanted := range map[string][]string{"get 1": all[:1], "get 50": all} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				tier.GetMany(b.Context(), wanted)
			}
		})
	}
	b.Run("get 50 by a pipeline, for comparison", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			pipeline := s.Pipeline()
			for _, key := range all {
				pipeline.Get(b.Context(), key)
			}
			_, _ = pipeline.Exec(b.Context())
		}
	})
	b.Run("put, mostly into a full queue", func(b *testing.B) {
		b.ReportAllocs()
		value := bytes.Repeat([]byte("x"), 500)
		for b.Loop() {
			tier.Put("key", value, time.Minute)
		}
	})
}
