package coherence

import (
	"testing"
	"time"

	"github.com/redis/go-redis/v9"
	"github.com/stretchr/testify/require"

	"souk/test/harness"
)

func replayPausedOnOne(t *testing.T, s *system)  { replayPaused(t, s, s.replicas[1:]) }
func replayPausedOnBoth(t *testing.T, s *system) { replayPaused(t, s, s.replicas[:]) }

// replayPaused has replicas fall behind while nothing is in Redis.
func replayPaused(t *testing.T, s *system, replicas []string) {
	s.during(t, terms{LateWrites: true}, func(l *load) {
		for _, replica := range replicas {
			harness.PauseReplay(t, replica)
		}
		hold(t, time.Second, 3*time.Second, 15*time.Second)
		s.emptyRedis(t)
		hold(t, time.Second, 3*time.Second, 15*time.Second)
		for _, replica := range replicas {
			harness.Execute(t, replica, `SELECT pg_wal_replay_resume()`)
		}
	})
	for _, replica := range replicas {
		harness.WaitReplayed(t, replica, harness.Position(t, s.Primary))
	}
}

// redisClient is a connection that no fault of an instance's relay concerns.
func (s *system) redisClient(t testing.TB) *redis.Client {
	t.Helper()
	options, err := redis.ParseURL(s.Redis)
	require.NoError(t, err)
	client := redis.NewClient(options)
	t.Cleanup(func() { _ = client.Close() })
	return client
}

func (s *system) emptyRedis(t testing.TB) {
	t.Helper()
	require.NoError(t, s.redisClient(t).FlushAll(t.Context()).Err())
}

// lateAnswers has an instance get what it reads so late that writes pass meanwhile: it must not
// keep that.
func lateAnswers(t *testing.T, s *system) {
	s.during(t, terms{LateWrites: true}, func(l *load) {
		for _, relay := range s.instances[1].databases {
			relay.Slow(chosen(100*time.Millisecond, 200*time.Millisecond, 300*time.Millisecond))
		}
		hold(t, 3*time.Second, 8*time.Second, time.Minute)
		for _, relay := range s.instances[1].databases {
			relay.Slow(0)
		}
	})
}
