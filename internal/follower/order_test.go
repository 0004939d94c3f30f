package follower_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"sync"
	"testing"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"souk/internal/changefeed"
	"souk/internal/coherence"
	"souk/internal/dbtest"
	"souk/internal/follower"
)

// requireChain checks that messages say what happened without a gap and in order. A message may
// repeat what was said before.
func requireChain(t testing.TB, messages []coherence.Message) {
	t.Helper()
	var at coherence.Position
	var epoch coherence.Epoch
	for _, m := range messages {
		if m.Begins {
			epoch, at = m.Epoch, m.To
		}
		require.Equal(t, epoch, m.Epoch)
		require.LessOrEqual(t, m.From, at, "a gap")
		require.LessOrEqual(t, m.From, m.To)
		last := m.From
		for _, c := range m.Commits {
			require.Greater(t, c.To, last, "commits in the order of the log")
			require.LessOrEqual(t, c.To, m.To)
			require.LessOrEqual(t, c.XID, m.High)
			last = c.To
		}
		at = max(at, m.To)
	}
}

// TestWhatANonceFollowsIsHeardBeforeIt commits and sets a nonce after each commit, from several
// sides at once, also with commits that the server flushes later.
func TestWhatANonceFollowsIsHeardBeforeIt(t *testing.T) {
	s := follow(t)
	const writers, rounds = 4, 15
	var writing sync.WaitGroup
	for writer := range uint64(writers) {
		conn := connect(t, s.PrimaryURL)
		writing.Go(func() {
			for round := range uint64(rounds) {
				id := uuid.New()
				execute(t, conn, `SELECT set_config('synchronous_commit', $1, false)`, []string{"on", "off", "local"}[rand.IntN(3)])
				execute(t, conn, `INSERT INTO vendors (id, slug, name) VALUES ($1, $2, $2)`, id, id.String())
				at := s.heard.round(t, s.feed, coherence.Nonce{Instance: 100 + writer, Number: round + 1})
				var known bool
				for _, m := range s.heard.all()[:at+1] {
					for _, c := range m.Commits {
						known = known || slices.Contains(c.Tags, coherence.TagOf("vendor", string(id[:])))
					}
				}
				if !known {
					t.Errorf("a commit was heard after the nonce that was set after it")
				}
			}
		})
	}
	writing.Wait()
	requireChain(t, s.heard.all())
}

// TestEachCommitIsHeardOnceWithItsNumberAndPlace compares what is heard with what the server says
// of each transaction.
func TestEachCommitIsHeardOnceWithItsNumberAndPlace(t *testing.T) {
	s := follow(t)
	type written struct {
		xid           uint64
		before, after coherence.Position
	}
	byTags := map[[2]coherence.Tag]written{} // one alone may be another's as well
	for i := range 50 {
		id := uuid.New()
		w := written{before: position(t, s)}
		require.NoError(t, s.conn.QueryRow(t.Context(), `
			INSERT INTO vendors (id, slug, name)
			VALUES ($1, $2, $2)
			RETURNING pg_current_xact_id()::text::bigint`, id, fmt.Sprint("v", i)).Scan(&w.xid))
		w.after = position(t, s)
		byTags[[2]coherence.Tag{coherence.TagOf("vendor", string(id[:])), coherence.TagOf("vendor-slug", fmt.Sprint("v", i))}] = w
	}
	s.settle(t)
	found := 0
	for _, c := range s.heard.commits(0) {
		for tags, w := range byTags {
			if slices.Contains(c.Tags, tags[0]) && slices.Contains(c.Tags, tags[1]) {
				found++
				require.Equal(t, w.xid, c.XID)
				require.Greater(t, c.To, w.before)
				require.LessOrEqual(t, c.To, w.after)
			}
		}
	}
	require.Equal(t, len(byTags), found)
	requireChain(t, s.heard.all())
}

func position(t testing.TB, s *shop) (p coherence.Position) {
	t.Helper()
	require.NoError(t, s.conn.QueryRow(context.Background(),
		`SELECT pg_wal_lsn_diff(pg_current_wal_insert_lsn(), '0/0')::bigint`).Scan(&p))
	return p
}

// TestBeginningIsBlindUpToTheHighestNumber holds up the transaction that begins an epoch while
// another, with a higher number, commits: the log has it before the beginning, so nobody hears of it.
func TestBeginningIsBlindUpToTheHighestNumber(t *testing.T) {
	db := dbtest.New(t)
	feed := changefeed.NewLocal()
	heard := listen(t, feed)
	stop := run(t, follower.Options{URL: db.PrimaryURL, Feed: feed})
	heard.waitEpochs(t, 1)
	stop()
	holder, writer := connect(t, db.PrimaryURL), connect(t, db.PrimaryURL)
	execute(t, writer, `DELETE FROM cache_life`)
	execute(t, holder, `BEGIN; SELECT FROM cache_epoch FOR UPDATE`)
	run(t, follower.Options{URL: db.PrimaryURL, Feed: feed})
	require.Eventually(t, func() bool {
		var waits bool
		require.NoError(t, writer.QueryRow(t.Context(), `SELECT EXISTS (SELECT FROM pg_stat_activity
			WHERE datname = current_database() AND wait_event_type = 'Lock' AND query LIKE '%BeginEpoch%' AND pid <> pg_backend_pid())`).Scan(&waits))
		return waits
	}, patience, tick)
	var xid uint64
	require.NoError(t, writer.QueryRow(t.Context(), `UPDATE shop SET name = 'x' RETURNING pg_current_xact_id()::text::bigint`).Scan(&xid))
	execute(t, holder, `COMMIT`)
	heard.waitEpochs(t, 2)
	begins := heard.all()[heard.wait(t, "the beginning", func(m coherence.Message) bool { return m.Epoch == heard.epochs()[1] })]
	require.True(t, begins.Begins)
	require.GreaterOrEqual(t, begins.Blind, xid)
	require.Empty(t, begins.Commits)

	var epoch, life uuid.UUID
	require.NoError(t, writer.QueryRow(t.Context(), `SELECT e.id, l.id FROM cache_epoch e, cache_life l`).Scan(&epoch, &life))
	require.Equal(t, begins.Epoch, coherence.Epoch(epoch))
	require.Equal(t, epoch, life)
}

func TestBeatsSayWhatThePrimaryShows(t *testing.T) {
	s := follow(t)
	execute(t, s.conn, `UPDATE shop SET name = 'x'`)
	var xid uint64
	require.NoError(t, s.conn.QueryRow(t.Context(), `SELECT xmin::text::bigint FROM shop`).Scan(&xid))
	s.heard.wait(t, "a snapshot that shows the commit", func(m coherence.Message) bool {
		return m.Shown != nil && m.Shown.Min > xid
	})
}

func TestFollowerNeedsAnAddress(t *testing.T) {
	err := follower.Run(t.Context(), follower.Options{URL: "postgres://user:secret@host:x/db"})
	require.Error(t, err)
	require.NotContains(t, err.Error(), "secret")
}
