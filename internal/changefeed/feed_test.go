package changefeed_test

import (
	"context"
	"math/rand/v2"
	"slices"
	"sync"
	"testing"
	"time"

	goredis "github.com/redis/go-redis/v9"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"souk/internal/changefeed"
	"souk/internal/coherence"
	"souk/internal/dbtest"
	"souk/internal/redis"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const (
	patience = 20 * time.Second
	tick     = 5 * time.Millisecond
)

// message returns one with everything that a message can have.
func message(r *rand.Rand) coherence.Message {
	m := coherence.Message{
		To: coherence.Position(r.Uint64()), High: r.Uint64(), Fence: r.Uint64(), Begins: r.IntN(2) == 0,
	}
	m.From = m.To - coherence.Position(r.Uint64N(1<<40))
	for i := range m.Epoch {
		m.Epoch[i] = byte(r.Uint32())
	}
	if m.Begins {
		m.Blind = r.Uint64()
	}
	if r.IntN(2) == 0 {
		m.Shown = &coherence.Snapshot{Min: r.Uint64N(1 << 40)}
		m.Shown.Max = m.Shown.Min + r.Uint64N(100)
		for range r.IntN(4) {
			m.Shown.Running = append(m.Shown.Running, m.Shown.Min+r.Uint64N(100))
		}
	}
	for range r.IntN(4) {
		c := coherence.Commit{XID: r.Uint64(), To: coherence.Position(r.Uint64())}
		for range r.IntN(600) {
			c.Tags = append(c.Tags, coherence.Tag(r.Uint32N(1<<20)))
		}
		m.Commits = append(m.Commits, c)
	}
	for range r.IntN(4) {
		m.Nonces = append(m.Nonces, coherence.Nonce{Instance: r.Uint64(), Number: r.Uint64()})
	}
	return m
}

func TestCodec(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	t.Run("what is encoded is decoded", func(t *testing.T) {
		for range 1000 {
			m := message(r)
			decoded, err := changefeed.Decode(changefeed.Encode(m))
			require.NoError(t, err)
			require.Equal(t, m, decoded)
		}
	})
	t.Run("damage is an error", func(t *testing.T) {
		b := changefeed.Encode(message(r))
		for i := range b {
			damaged := slices.Clone(b)
			damaged[i] ^= 1 << r.IntN(8)
			_, err := changefeed.Decode(damaged)
			require.ErrorIs(t, err, changefeed.ErrMessage)
			_, err = changefeed.Decode(b[:i])
			require.ErrorIs(t, err, changefeed.ErrMessage)
		}
	})
	t.Run("a beat is small", func(t *testing.T) {
		m := coherence.Message{
			From: 1 << 40, To: 1<<40 + 200, High: 1 << 31, Shown: &coherence.Snapshot{Min: 1 << 31, Max: 1 << 31},
			Nonces: []coherence.Nonce{{Instance: 1 << 62, Number: 1000}},
		}
		require.Less(t, len(changefeed.Encode(m)), 80)
	})
}

// feeds are the kinds of feeds, empty. again is what another process sees of it.
func feeds(t *testing.T, run func(t *testing.T, feed, again changefeed.Feed)) {
	t.Run("local", func(t *testing.T) {
		feed := changefeed.NewLocal()
		run(t, feed, feed)
	})
	t.Run("redis", func(t *testing.T) {
		db := dbtest.New(t)
		if db.RedisURL == "" {
			t.Skip("no Redis on this machine")
		}
		run(t, overRedis(t, db.RedisURL, db.Name), overRedis(t, db.RedisURL, db.Name))
	})
}

func overRedis(t *testing.T, url, prefix string) *changefeed.Redis {
	t.Helper()
	client, err := redis.Open(url)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, client.Close()) })
	return changefeed.NewRedis(client, prefix)
}

// follower keeps what it takes.
type follower struct {
	mu    sync.Mutex
	taken []coherence.Message
}

func follow(t *testing.T, feed changefeed.Feed) *follower {
	t.Helper()
	f := &follower{}
	ctx, cancel := context.WithCancel(context.Background())
	var running sync.WaitGroup
	running.Go(func() {
		for ctx.Err() == nil {
			_ = feed.Follow(ctx, func(m coherence.Message) {
				f.mu.Lock()
				defer f.mu.Unlock()
				f.taken = append(f.taken, m)
			})
		}
	})
	t.Cleanup(func() { cancel(); running.Wait() })
	return f
}

func (f *follower) positions() (all []coherence.Position) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, m := range f.taken {
		all = append(all, m.To)
	}
	return all
}

func (f *follower) waitFor(t *testing.T, to coherence.Position) {
	t.Helper()
	require.Eventually(t, func() bool { return slices.Contains(f.positions(), to) }, patience, tick)
}

func at(to coherence.Position) coherence.Message { return coherence.Message{From: to - 1, To: to} }

func TestFeedCarriesMessages(t *testing.T) {
	feeds(t, func(t *testing.T, feed, again changefeed.Feed) {
		_, ok, err := feed.Last(t.Context())
		require.NoError(t, err)
		require.False(t, ok)
		early := follow(t, again)
		for to := range coherence.Position(10) {
			require.NoError(t, feed.Publish(t.Context(), at(to+1)))
		}
		late := follow(t, again)
		require.NoError(t, feed.Publish(t.Context(), at(11)))
		early.waitFor(t, 11)
		late.waitFor(t, 11)
		want := []coherence.Position{1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11}
		require.Equal(t, want, early.positions())
		require.Equal(t, want, late.positions(), "who comes late gets what is kept")
		last, ok, err := again.Last(t.Context())
		require.NoError(t, err)
		require.True(t, ok)
		require.Equal(t, at(11), last)
	})
}

func TestFeedCarriesNonces(t *testing.T) {
	feeds(t, func(t *testing.T, feed, again changefeed.Feed) {
		set := []coherence.Nonce{{Instance: 1 << 63, Number: 2}, {Instance: 7, Number: 1 << 63}}
		require.NoError(t, feed.SetNonce(t.Context(), coherence.Nonce{Instance: 7, Number: 1}))
		for _, n := range set {
			require.NoError(t, feed.SetNonce(t.Context(), n))
		}
		found, err := again.Nonces(t.Context())
		require.NoError(t, err)
		require.ElementsMatch(t, set, found)
	})
}

func TestLocalKeepsTheNewest(t *testing.T) {
	feed := changefeed.NewLocal()
	for to := range coherence.Position(5000) {
		require.NoError(t, feed.Publish(t.Context(), at(to+1)))
	}
	f := follow(t, feed)
	f.waitFor(t, 5000)
	require.Len(t, f.positions(), 1000)
}

// TestStreamThatBeginsAnew removes the stream, and lets another with older IDs take its place,
// as after a fail-over to a server whose clock is behind.
func TestStreamThatBeginsAnew(t *testing.T) {
	db := dbtest.New(t)
	if db.RedisURL == "" {
		t.Skip("no Redis on this machine")
	}
	feed := overRedis(t, db.RedisURL, db.Name)
	options, err := goredis.ParseURL(db.RedisURL)
	require.NoError(t, err)
	client := goredis.NewClient(options)
	defer func() { require.NoError(t, client.Close()) }()

	f := follow(t, feed)
	require.NoError(t, feed.Publish(t.Context(), at(1)))
	f.waitFor(t, 1)
	require.NoError(t, client.FlushDB(t.Context()).Err())
	time.Sleep(2 * time.Millisecond) // in the same one, the new stream would give the same ID again
	require.NoError(t, feed.Publish(t.Context(), at(2)))
	f.waitFor(t, 2)

	require.NoError(t, client.FlushDB(t.Context()).Err())
	require.NoError(t, client.XAdd(t.Context(), &goredis.XAddArgs{
		Stream: db.Name + ":changes", ID: "5-1", Values: []any{"m", changefeed.Encode(at(3))},
	}).Err())
	f.waitFor(t, 3)
	require.NoError(t, client.XAdd(t.Context(), &goredis.XAddArgs{
		Stream: db.Name + ":changes", Values: []any{"m", "of another version"},
	}).Err())
	_, ok, err := feed.Last(t.Context())
	require.NoError(t, err)
	require.False(t, ok, "what is not understood counts as none")
	require.NoError(t, feed.Publish(t.Context(), at(4)))
	f.waitFor(t, 4)
}

func TestRedisThatIsGoneEndsEachCallInTime(t *testing.T) {
	db := dbtest.New(t)
	if db.RedisURL == "" {
		t.Skip("no Redis on this machine")
	}
	relay := dbtest.NewRelay(t, db.RedisURL)
	feed := overRedis(t, relay.URL, db.Name)
	require.NoError(t, feed.Publish(t.Context(), at(1)))
	relay.Cut()
	began := time.Now()
	require.Error(t, feed.Publish(t.Context(), at(2)))
	_, _, err := feed.Last(t.Context())
	require.Error(t, err)
	require.Error(t, feed.SetNonce(t.Context(), coherence.Nonce{}))
	_, err = feed.Nonces(t.Context())
	require.Error(t, err)
	require.Error(t, feed.Follow(t.Context(), func(coherence.Message) {}))
	require.Less(t, time.Since(began), 5*time.Second)
	relay.Restore(t)
	// The client may wait a second with the next dial.
	require.Eventually(t, func() bool { return feed.Publish(t.Context(), at(3)) == nil }, patience, tick)
}
