package coherence

import (
	"regexp"
	"strconv"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"souk/test/harness"
)

// cutOffFromRedis has an instance hear nothing of changes, and know it.
func cutOffFromRedis(t *testing.T, s *system) {
	s.during(t, terms{LateWrites: true}, func(l *load) {
		s.instances[0].redis.Cut()
		hold(t, 4*time.Second, 8*time.Second, 20*time.Second)
		s.instances[0].redis.Restore(s.cleanup)
	})
	s.trusted(t)
}

// silentRedis has an instance hear nothing of changes, and not know it.
func silentRedis(t *testing.T, s *system) {
	s.during(t, terms{LateWrites: true}, func(l *load) {
		s.instances[0].redis.Freeze()
		hold(t, 4*time.Second, 8*time.Second, 20*time.Second)
		s.instances[0].redis.Thaw()
	})
	s.trusted(t)
}

// trusted waits until the caches of each instance are in use again.
func (s *system) trusted(t *testing.T) {
	t.Helper()
	if *uncached {
		return
	}
	for _, i := range s.instances {
		before := i.hits(t)
		require.Eventually(t, func() bool {
			i.Query(t, `{ product(slug: "plain-0") { title } }`, nil)
			return i.hits(t) > before
		}, harness.Patience, harness.Tick, "the caches of %s stay out of use", i.name)
	}
}

// redisPID is the process of Redis.
func (s *system) redisPID(t *testing.T) int {
	t.Helper()
	info, err := s.redisClient(t).Info(t.Context(), "server").Result()
	require.NoError(t, err)
	pid, err := strconv.Atoi(regexp.MustCompile(`process_id:(\d+)`).FindStringSubmatch(info)[1])
	require.NoError(t, err)
	return pid
}

func redisKilled(t *testing.T, s *system) {
	s.during(t, terms{LateWrites: true}, func(l *load) {
		require.NoError(t, syscall.Kill(s.redisPID(t), syscall.SIGKILL))
		hold(t, 2*time.Second, 4*time.Second, 20*time.Second)
		require.NoError(t, s.Stack.StartRedis(t.Context()))
		require.NoError(t, s.redisClient(t).Ping(t.Context()).Err())
	})
	s.trusted(t)
}

func redisFrozen(t *testing.T, s *system) {
	pid := s.redisPID(t)
	s.during(t, terms{LateWrites: true}, func(l *load) {
		require.NoError(t, syscall.Kill(pid, syscall.SIGSTOP))
		defer func() { require.NoError(t, syscall.Kill(pid, syscall.SIGCONT)) }()
		hold(t, 2*time.Second, 5*time.Second, 10*time.Second)
	})
	s.trusted(t)
}

func redisSlow(t *testing.T, s *system) {
	s.during(t, terms{LateWrites: true}, func(l *load) {
		for _, i := range s.instances {
			i.redis.Slow(5 * time.Second)
		}
		hold(t, 3*time.Second, 8*time.Second, 30*time.Second)
		for _, i := range s.instances {
			i.redis.Slow(0)
		}
	})
	s.trusted(t)
}

// redisFull has Redis refuse every write.
func redisFull(t *testing.T, s *system) {
	client := s.redisClient(t)
	before, err := client.ConfigGet(t.Context(), "maxmemory*").Result()
	require.NoError(t, err)
	set := func(values map[string]string) {
		for _, name := range []string{"maxmemory", "maxmemory-policy"} {
			require.NoError(t, client.ConfigSet(t.Context(), name, values[name]).Err())
		}
	}
	s.during(t, terms{LateWrites: true}, func(l *load) {
		set(map[string]string{"maxmemory": "1", "maxmemory-policy": "noeviction"})
		hold(t, 2*time.Second, 4*time.Second, 20*time.Second)
		set(before)
	})
	s.trusted(t)
}

func redisEmptied(t *testing.T, s *system) {
	s.during(t, terms{LateWrites: true}, func(l *load) {
		for range chosen(5, 20, 200) {
			s.emptyRedis(t)
			l.more(200)
		}
	})
	s.trusted(t)
}
