package follower_test

import (
	"context"
	"log/slog"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"souk/internal/changefeed"
	"souk/internal/coherence"
	"souk/internal/dbtest"
	"souk/internal/follower"
	"souk/internal/redis"
)

// takeover is how long there may be no leader.
const takeover = 3 * time.Second

// leader is a follower that can be killed and frozen. It reaches the servers through relays.
type leader struct {
	stop            func()
	postgres, redis *dbtest.Relay

	mu     sync.Mutex
	leads  bool
	epochs []string // why each began
	unable []string
}

func (l *leader) isLeading() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.leads
}

func (l *leader) reasons() []string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return slices.Clone(l.epochs)
}

func (l *leader) troubles() []string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return slices.Clone(l.unable)
}

func (l *leader) observer() follower.Observer {
	return follower.Observer{
		Leads: func(yes bool) {
			l.mu.Lock()
			defer l.mu.Unlock()
			l.leads = yes
		},
		Epoch: func(reason string) {
			l.mu.Lock()
			defer l.mu.Unlock()
			l.epochs = append(l.epochs, reason)
		},
		Unable: func(reason string) {
			l.mu.Lock()
			defer l.mu.Unlock()
			l.unable = append(l.unable, reason)
		},
	}
}

// several are followers of one database over one Redis.
type several struct {
	*dbtest.DB
	feed  *changefeed.Redis // to look at
	heard *heard
	nonce uint64
}

func newSeveral(t *testing.T) *several {
	t.Helper()
	s := &several{DB: dbtest.New(t)}
	if s.RedisURL == "" {
		t.Skip("no Redis on this machine")
	}
	s.feed = s.over(t, s.RedisURL)
	s.heard = listen(t, s.feed)
	return s
}

func (s *several) over(t *testing.T, url string) *changefeed.Redis {
	t.Helper()
	client, err := redis.Open(url)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, client.Close()) })
	return changefeed.NewRedis(client, s.Name)
}

func (s *several) start(t *testing.T) *leader {
	t.Helper()
	l := &leader{postgres: dbtest.NewRelay(t, s.PrimaryURL), redis: dbtest.NewRelay(t, s.RedisURL)}
	l.stop = run(t, follower.Options{
		URL: l.postgres.URL, Feed: s.over(t, l.redis.URL), Observe: l.observer(), Log: slog.New(slog.DiscardHandler),
	})
	return l
}

// proven waits until a nonce that is set now comes back, and returns how long that took.
func (s *several) proven(t *testing.T) time.Duration {
	t.Helper()
	s.nonce++
	began := time.Now()
	s.heard.round(t, s.feed, coherence.Nonce{Instance: 1, Number: s.nonce})
	return time.Since(began)
}

func TestAnotherTakesOver(t *testing.T) {
	faults := []struct {
		name  string
		fault func(*leader)
		heal  func(*leader)
	}{
		{"when the leader is killed", func(l *leader) { l.stop() }, func(*leader) {}},
		{"when it is frozen", func(l *leader) { l.postgres.Freeze(); l.redis.Freeze() }, func(l *leader) { l.postgres.Thaw(); l.redis.Thaw() }},
		{"when it is cut off from Postgres", func(l *leader) { l.postgres.Cut() }, func(*leader) {}},
		{"when it hears nothing of Postgres", func(l *leader) { l.postgres.Freeze() }, func(l *leader) { l.postgres.Thaw() }},
		{"when it is cut off from Redis", func(l *leader) { l.redis.Cut() }, func(*leader) {}},
		{"when it hears nothing of Redis", func(l *leader) { l.redis.Freeze() }, func(l *leader) { l.redis.Thaw() }},
	}
	for _, f := range faults {
		t.Run(f.name, func(t *testing.T) {
			s := newSeveral(t)
			first := s.start(t)
			s.proven(t)
			second := s.start(t)
			require.True(t, first.isLeading())
			conn := connect(t, s.PrimaryURL)
			execute(t, conn, `UPDATE shop SET name = 'before'`)
			f.fault(first)
			execute(t, conn, `INSERT INTO vendors (id, slug, name) VALUES (gen_random_uuid(), 'after', 'After')`)
			took := s.proven(t)
			t.Log("a nonce came back after", took)
			require.Less(t, took, takeover)
			require.True(t, second.isLeading())
			f.heal(first)
			for range 5 {
				s.proven(t)
			}
			requireChain(t, s.heard.all())
			require.Len(t, s.heard.epochs(), 1, "the epoch goes on")
			for _, tags := range []string{"shop", "vendor-slug:after"} {
				require.True(t, slices.ContainsFunc(s.heard.commits(0), func(c coherence.Commit) bool {
					return slices.Contains(c.Tags, tagsOf(tags)[0])
				}), tags)
			}
		})
	}
}

// TestRedisThatIsDeadForAWhile has commits in the meantime: they are heard afterwards.
func TestRedisThatIsDeadForAWhile(t *testing.T) {
	s := newSeveral(t)
	l := s.start(t)
	s.proven(t)
	conn := connect(t, s.PrimaryURL)
	l.redis.Freeze()
	execute(t, conn, `DO $$ BEGIN FOR i IN 1..2000 LOOP
		INSERT INTO vendors (id, slug, name) VALUES (gen_random_uuid(), 'v' || i, i::text); COMMIT; END LOOP; END $$`)
	require.Eventually(t, func() bool { return len(l.troubles()) > 0 }, patience, tick)
	require.Contains(t, l.troubles()[0], "the feed cannot be reached")
	l.redis.Thaw()
	s.proven(t)
	requireChain(t, s.heard.all())
	require.Len(t, s.heard.epochs(), 1)
	heard := map[coherence.Tag]bool{}
	for _, c := range s.heard.commits(0) {
		for _, tag := range c.Tags {
			heard[tag] = true
		}
	}
	require.True(t, heard[coherence.TagOf("vendor-slug", "v1")])
	require.True(t, heard[coherence.TagOf("vendor-slug", "v2000")])
}

func TestStreamThatIsEmptiedGoesOn(t *testing.T) {
	s := newSeveral(t)
	s.start(t)
	s.proven(t)
	client, err := redis.Open(s.RedisURL)
	require.NoError(t, err)
	defer func() { require.NoError(t, client.Close()) }()
	require.NoError(t, client.Delete(context.Background(), s.Name+":changes"))
	s.proven(t)
	require.Len(t, s.heard.epochs(), 1)
}
