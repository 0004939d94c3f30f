package limit

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func newLocal(t *testing.T, maxKeys int, now *time.Time) *Limiter {
	t.Helper()
	l, err := New(Config{Salt: []byte(strings.Repeat("s", 16)), MaxKeys: maxKeys, Now: func() time.Time { return *now }})
	require.NoError(t, err)
	return l
}

func TestMemoryIsBounded(t *testing.T) {
	t.Parallel()
	const maxKeys = 1000

	t.Run("and a flood of fresh keys leaves those near their limit", func(t *testing.T) {
		now := time.Now()
		l := newLocal(t, maxKeys, &now)
		for range 5 {
			allowed, _ := l.Take(t.Context(), "victim", 5, time.Hour)
			require.True(t, allowed)
		}
		for i := range 50 * maxKeys {
			l.Take(t.Context(), fmt.Sprint(i), 5, time.Hour)
			require.LessOrEqual(t, len(l.local.entries), maxKeys)
		}
		require.Len(t, l.local.entries, maxKeys)
		allowed, _ := l.Take(t.Context(), "victim", 5, time.Hour)
		require.False(t, allowed)
	})

	t.Run("and what has ended is forgotten before the room is taken", func(t *testing.T) {
		now := time.Now()
		l := newLocal(t, maxKeys, &now)
		most := 0
		for i := range 20 * maxKeys {
			now = now.Add(time.Second)
			l.Take(t.Context(), fmt.Sprint(i), 5, time.Minute)
			most = max(most, len(l.local.entries))
		}
		// 60 keys are within their window at any time.
		require.Less(t, most, 200)
	})

	t.Run("even to one", func(t *testing.T) {
		now := time.Now()
		l := newLocal(t, 1, &now)
		for i := range 10 {
			allowed, _ := l.Take(t.Context(), fmt.Sprint(i), 1, time.Hour)
			require.True(t, allowed)
			allowed, _ = l.Take(t.Context(), fmt.Sprint(i), 1, time.Hour)
			require.False(t, allowed)
			require.Len(t, l.local.entries, 1)
		}
	})
}

func TestBreakerLetsOnePassEachSecond(t *testing.T) {
	t.Parallel()
	var b breaker
	now := time.Now()
	require.True(t, b.try(now))
	require.False(t, b.succeeded())
	require.True(t, b.failed(now), "an outage begins")
	require.False(t, b.failed(now), "and does not begin again")
	passed := 0
	for range 1000 { // ten seconds
		now = now.Add(10 * time.Millisecond)
		if b.try(now) {
			passed++
			b.failed(now)
		}
	}
	require.Equal(t, 10, passed)
	require.True(t, b.succeeded(), "it ends")
	require.True(t, b.try(now))
	require.True(t, b.try(now))
}
