package limit_test

import (
	"bytes"
	"context"
	"fmt"
	"log/slog"
	"net"
	"os"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	goredis "github.com/redis/go-redis/v9"
	"github.com/stretchr/testify/require"

	"souk/internal/dbtest"
	"souk/internal/limit"
	"souk/internal/redis"
)

const (
	account = "login:mira.stone@example.com"
	salt    = "a salt of the deployment"
)

// redisLog is what go-redis logs in this process.
type redisLog struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (l *redisLog) Printf(_ context.Context, format string, v ...any) {
	l.mu.Lock()
	defer l.mu.Unlock()
	fmt.Fprintf(&l.text, format+"\n", v...)
}

func TestMain(m *testing.M) {
	var log redisLog
	goredis.SetLogger(&log)
	code := m.Run()
	if strings.Contains(log.text.String(), "mira") || strings.Contains(log.text.String(), "souk:limit") {
		fmt.Fprintln(os.Stderr, "go-redis logged a key:", log.text.String())
		code = 1
	}
	os.Exit(code)
}

// clock is a clock that stands still until it is told.
type clock struct{ nanoseconds atomic.Int64 }

func newClock() *clock {
	c := &clock{}
	c.nanoseconds.Store(time.Now().UnixNano())
	return c
}

func (c *clock) Now() time.Time { return time.Unix(0, c.nanoseconds.Load()) }

func (c *clock) advance(d time.Duration) { c.nanoseconds.Add(int64(d)) }

func newClient(t testing.TB, url string) *redis.Client {
	t.Helper()
	client, err := redis.Open(url)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, client.Close()) })
	return client
}

// newObserver looks at what is in Redis.
func newObserver(t testing.TB, url string) *goredis.Client {
	t.Helper()
	options, err := goredis.ParseURL(url)
	require.NoError(t, err)
	client := goredis.NewClient(options)
	t.Cleanup(func() { require.NoError(t, client.Close()) })
	return client
}

func newLimiter(t testing.TB, config limit.Config) *limit.Limiter {
	t.Helper()
	if config.Salt == nil {
		config.Salt = []byte(salt)
	}
	l, err := limit.New(config)
	require.NoError(t, err)
	return l
}

// realRedis waits longer than a limiter should, for a machine that is busy with
// other tests.
func realRedis(t testing.TB) limit.Config {
	t.Helper()
	config, _ := observedRedis(t)
	return config
}

// observedRedis is realRedis with a look at what is in it.
func observedRedis(t testing.TB) (limit.Config, *goredis.Client) {
	t.Helper()
	url := dbtest.New(t).RedisURL
	return limit.Config{Redis: newClient(t, url), Timeout: 10 * time.Second}, newObserver(t, url)
}

func TestLimiter(t *testing.T) {
	t.Parallel()
	for name, config := range map[string]func(testing.TB) limit.Config{
		"in Redis":       realRedis,
		"in the process": func(testing.TB) limit.Config { return limit.Config{} },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			l := newLimiter(t, config(t))

			t.Run("allows as many as the limit and says when to come back", func(t *testing.T) {
				for range 3 {
					allowed, after := l.Take(t.Context(), account, 3, time.Hour)
					require.True(t, allowed)
					require.Zero(t, after)
				}
				for range 3 {
					allowed, after := l.Take(t.Context(), account, 3, time.Hour)
					require.False(t, allowed)
					require.InDelta(t, time.Hour, after, float64(time.Minute))
				}
			})

			t.Run("counts each key by itself", func(t *testing.T) {
				allowed, _ := l.Take(t.Context(), account+"2", 3, time.Hour)
				require.True(t, allowed)
			})

			t.Run("forgets a key that is reset", func(t *testing.T) {
				l.Reset(t.Context(), account)
				allowed, _ := l.Take(t.Context(), account, 3, time.Hour)
				require.True(t, allowed)
			})

			t.Run("begins again when the window has ended", func(t *testing.T) {
				take := func() bool {
					allowed, _ := l.Take(t.Context(), "short", 1, 300*time.Millisecond)
					return allowed
				}
				require.True(t, take())
				require.False(t, take())
				require.Eventually(t, take, 5*time.Second, 10*time.Millisecond)
				require.False(t, take())
			})

			t.Run("allows nothing when the limit is none", func(t *testing.T) {
				for _, none := range []int{0, -1} {
					allowed, after := l.Take(t.Context(), "none", none, time.Minute)
					require.False(t, allowed)
					require.Equal(t, time.Minute, after)
				}
			})

			t.Run("counts at once what comes at once", func(t *testing.T) {
				var allowed atomic.Int64
				var wg sync.WaitGroup
				for range 100 {
					wg.Go(func() {
						if ok, _ := l.Take(context.Background(), "crowd", 10, time.Hour); ok {
							allowed.Add(1)
						}
					})
				}
				wg.Wait()
				require.EqualValues(t, 10, allowed.Load())
			})
		})
	}
}

func TestRedis(t *testing.T) {
	t.Parallel()
	config, observer := observedRedis(t)
	one, two := newLimiter(t, config), newLimiter(t, config)

	t.Run("counts for all instances", func(t *testing.T) {
		allowed, _ := one.Take(t.Context(), account, 2, time.Hour)
		require.True(t, allowed)
		allowed, _ = two.Take(t.Context(), account, 2, time.Hour)
		require.True(t, allowed)
		allowed, _ = one.Take(t.Context(), account, 2, time.Hour)
		require.False(t, allowed)
		two.Reset(t.Context(), account)
		allowed, _ = one.Take(t.Context(), account, 2, time.Hour)
		require.True(t, allowed)
	})

	t.Run("holds no key as it is, and none for ever", func(t *testing.T) {
		keys := observer.Keys(t.Context(), "*").Val()
		require.Len(t, keys, 1)
		require.Regexp(t, `^souk:limit:[0-9a-f]{64}$`, keys[0])
		require.InDelta(t, time.Hour, observer.PTTL(t.Context(), keys[0]).Val(), float64(time.Minute))
		config.Salt = []byte("the salt of another deployment")
		newLimiter(t, config).Take(t.Context(), account, 2, time.Hour)
		require.Len(t, observer.Keys(t.Context(), "*").Val(), 2)
	})

	t.Run("locks nobody out for ever by a key that lost its expiry", func(t *testing.T) {
		for _, key := range observer.Keys(t.Context(), "*").Val() {
			require.NoError(t, observer.Set(t.Context(), key, 1000, 0).Err())
		}
		allowed, _ := one.Take(t.Context(), account, 2, time.Hour)
		require.True(t, allowed)
	})

	t.Run("is not blamed for a caller who has gone", func(t *testing.T) {
		gone, cancel := context.WithCancel(t.Context())
		cancel()
		for range 2 {
			allowed, _ := one.Take(gone, "gone", 2, time.Hour)
			require.True(t, allowed)
		}
		allowed, _ := one.Take(gone, "gone", 2, time.Hour)
		require.False(t, allowed, "the process counted it")
		before := observer.DBSize(t.Context()).Val()
		one.Take(t.Context(), "there", 2, time.Hour)
		require.Equal(t, before+1, observer.DBSize(t.Context()).Val(), "Redis is still asked")
	})
}

func TestConfigIsChecked(t *testing.T) {
	t.Parallel()
	for _, bad := range []limit.Config{
		{},
		{Salt: []byte("short")},
		{Salt: []byte(salt), Timeout: -1},
		{Salt: []byte(salt), MaxKeys: -1},
	} {
		_, err := limit.New(bad)
		require.Error(t, err)
	}
}

// requireLimited takes more than is allowed and counts.
func requireLimited(t *testing.T, l *limit.Limiter, key string) {
	t.Helper()
	allowed := 0
	for range 100 {
		if ok, _ := l.Take(t.Context(), key, 5, time.Hour); ok {
			allowed++
		}
	}
	require.Equal(t, 5, allowed)
}

func TestDeadRedis(t *testing.T) {
	t.Parallel()

	t.Run("that is killed leaves the limits on, and counts again when it is back", func(t *testing.T) {
		t.Parallel()
		url := dbtest.New(t).RedisURL
		link := dbtest.NewRelay(t, url)
		clock := newClock()
		var log bytes.Buffer
		direct := newObserver(t, url)
		l := newLimiter(t, limit.Config{
			Redis: newClient(t, link.URL), Now: clock.Now, Timeout: 10 * time.Second,
			Logger: slog.New(slog.NewTextHandler(&log, nil)),
		})
		size := func() int64 { return direct.DBSize(t.Context()).Val() }
		requireLimited(t, l, "before")
		require.EqualValues(t, 1, size())

		link.Cut()
		requireLimited(t, l, account)
		clock.advance(time.Second)
		requireLimited(t, l, account+"2")
		require.EqualValues(t, 1, size())
		require.Equal(t, 1, strings.Count(log.String(), "each process counts its own"))
		require.NotContains(t, log.String(), "mira")

		link.Restore(t)
		clock.advance(time.Second)
		requireLimited(t, l, "after")
		require.EqualValues(t, 2, size())
		require.Equal(t, 1, strings.Count(log.String(), "counts attempts again"))
	})

	t.Run("that does not answer costs one timeout a second", func(t *testing.T) {
		t.Parallel()
		silent, err := net.Listen("tcp", "127.0.0.1:0")
		require.NoError(t, err)
		t.Cleanup(func() { require.NoError(t, silent.Close()) })
		clock := newClock()
		l := newLimiter(t, limit.Config{Redis: newClient(t, "redis://"+silent.Addr().String()), Now: clock.Now})
		for second := range 3 {
			begun := time.Now()
			requireLimited(t, l, fmt.Sprint(account, second))
			took := time.Since(begun)
			require.Greater(t, took, 45*time.Millisecond, "it was asked")
			require.Less(t, took, 500*time.Millisecond, "once")
			clock.advance(time.Second)
		}
	})

	t.Run("that answers nonsense leaves the limits on", func(t *testing.T) {
		t.Parallel()
		config, observer := observedRedis(t)
		l := newLimiter(t, config)
		l.Take(t.Context(), account, 5, time.Hour)
		key := observer.Keys(t.Context(), "*").Val()[0]
		require.NoError(t, observer.Del(t.Context(), key).Err())
		require.NoError(t, observer.LPush(t.Context(), key, "x").Err())
		requireLimited(t, l, account)
	})

	t.Run("does not hold up Reset", func(t *testing.T) {
		t.Parallel()
		l := newLimiter(t, limit.Config{Redis: newClient(t, "redis://127.0.0.1:1")})
		requireLimited(t, l, account)
		l.Reset(t.Context(), account)
		requireLimited(t, l, account)
	})
}

func BenchmarkTake(b *testing.B) {
	for name, config := range map[string]func(testing.TB) limit.Config{
		"Redis":   realRedis,
		"process": func(testing.TB) limit.Config { return limit.Config{} },
	} {
		b.Run(name, func(b *testing.B) {
			l := newLimiter(b, config(b))
			for b.Loop() {
				l.Take(b.Context(), account, 1<<30, time.Hour)
			}
		})
	}
}
