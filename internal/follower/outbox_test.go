package follower_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"

	"souk/internal/changefeed"
	"souk/internal/coherence"
	"souk/internal/dbtest"
	"souk/internal/follower"
)

// followOutbox is follow on a database with an outbox.
func followOutbox(t testing.TB) *shop {
	t.Helper()
	db := dbtest.New(t)
	s := &shop{DB: db, feed: changefeed.NewLocal(), conn: connect(t, db.PrimaryURL)}
	require.NoError(t, follower.EnableOutbox(t.Context(), s.conn))
	s.heard = listen(t, s.feed)
	run(t, follower.Options{URL: db.PrimaryURL, Feed: s.feed})
	s.heard.waitEpochs(t, 1)
	return s
}

// TestTheOutboxMovesTheTagsOfEachChange: at least those that the log does, and no whole table
// where the log names rows.
func TestTheOutboxMovesTheTagsOfEachChange(t *testing.T) {
	s := followOutbox(t)
	from := s.settle(t)
	for _, step := range tagSteps {
		t.Run(step.name, func(t *testing.T) {
			execute(t, s.conn, step.on(s.Name))
			moved := map[coherence.Tag]bool{}
			next := s.settle(t)
			for _, c := range s.heard.commits(from) {
				for _, tag := range c.Tags {
					moved[tag] = true
				}
			}
			from = next
			if strings.Contains(step.tags, "table:") {
				require.Contains(t, moved, tagsOf(step.tags)[0])
				return
			}
			for _, tag := range tagsOf(step.tags) {
				require.Contains(t, moved, tag)
				delete(moved, tag)
			}
			for _, tag := range tagsOf("slug:a slug:a2 listing-set:0") { // it has old values that the log lacks, and does not compare them
				delete(moved, tag)
			}
			require.Empty(t, moved)
		})
	}
}

// TestATransactionThatStaysOpenHoldsTheOutboxUp: what it commits later may have a place in the log
// before others', so nothing after its beginning counts as all that there is.
func TestATransactionThatStaysOpenHoldsTheOutboxUp(t *testing.T) {
	s := followOutbox(t)
	open, err := connect(t, s.PrimaryURL).Begin(t.Context())
	require.NoError(t, err)
	_, err = open.Exec(t.Context(), `UPDATE shop SET name = 'later'`)
	require.NoError(t, err)
	at := position(t, s)
	from := s.settle(t)
	execute(t, s.conn, `INSERT INTO vendors (id, slug, name) VALUES (gen_random_uuid(), 'v', 'V')`)
	next := s.settle(t)
	require.NotEmpty(t, s.heard.commits(from)[0].Tags, "another's change is told")
	require.Less(t, s.heard.all()[next-1].Fenced, at)
	require.NoError(t, open.Commit(t.Context()))
	s.settle(t)
	last := s.heard.all()
	require.Greater(t, last[len(last)-1].Fenced, at)
	require.Contains(t, tagsIn(s.heard.commits(next)), coherence.TagOf("shop", ""))
}

func tagsIn(commits []coherence.Commit) (tags []coherence.Tag) {
	for _, c := range commits {
		tags = append(tags, c.Tags...)
	}
	return tags
}

// TestAnotherLeadsTheOutbox ends the leader, by its process and by its connection.
func TestAnotherLeadsTheOutbox(t *testing.T) {
	db := dbtest.New(t)
	conn := connect(t, db.PrimaryURL)
	require.NoError(t, follower.EnableOutbox(t.Context(), conn))
	feed := changefeed.NewLocal()
	heard := listen(t, feed)
	stop := run(t, follower.Options{URL: db.PrimaryURL, Feed: feed})
	heard.waitEpochs(t, 1)
	run(t, follower.Options{URL: db.PrimaryURL, Feed: feed})
	stop()
	began := time.Now()
	heard.round(t, feed, coherence.Nonce{Instance: 1, Number: 1})
	require.Less(t, time.Since(began), 3*time.Second)
	execute(t, conn, `SELECT pg_terminate_backend(pid) FROM pg_locks WHERE locktype = 'advisory' AND pid <> pg_backend_pid()
		AND database = (SELECT oid FROM pg_database WHERE datname = current_database())`)
	heard.round(t, feed, coherence.Nonce{Instance: 1, Number: 2})
	require.Len(t, heard.epochs(), 1, "nothing was lost")
}

// TestTheOutboxIsTurnedOnAndOff while a follower runs. Each turn begins an epoch.
func TestTheOutboxIsTurnedOnAndOff(t *testing.T) {
	s := follow(t)
	vendor := func() coherence.Tag {
		id := uuid.New()
		execute(t, s.conn, `INSERT INTO vendors (id, slug, name) VALUES ($1, $2, $2)`, id, id.String())
		return coherence.TagOf("vendor", string(id[:]))
	}
	for n, turn := range []func(context.Context, *pgx.Conn) error{follower.EnableOutbox, follower.DisableOutbox, follower.EnableOutbox} {
		require.NoError(t, turn(t.Context(), s.conn))
		s.heard.waitEpochs(t, n+2)
		from := s.settle(t)
		tag := vendor()
		s.settle(t)
		require.Contains(t, tagsIn(s.heard.commits(from)), tag)
		slot, err := follower.InspectSlot(t.Context(), s.conn, follower.SlotName(s.Name))
		require.NoError(t, err)
		require.Equal(t, n == 1, slot.Exists)
	}
}

// TestAnOutboxThatMissedSomethingBeginsAnEpoch turns triggers off and on under a leader.
func TestAnOutboxThatMissedSomethingBeginsAnEpoch(t *testing.T) {
	s := followOutbox(t)
	for n, sql := range []string{
		`BEGIN; ALTER TABLE vendors DISABLE TRIGGER cache_outbox_update; UPDATE vendors SET name = 'x';
		 ALTER TABLE vendors ENABLE ALWAYS TRIGGER cache_outbox_update; COMMIT`,
		`ALTER TABLE vendors ALTER COLUMN created_at TYPE text`,
		`CREATE OR REPLACE FUNCTION note_cached_change() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END'`,
	} {
		execute(t, s.conn, sql)
		s.heard.waitEpochs(t, n+2)
	}
	execute(t, s.conn, `DROP TRIGGER cache_outbox_insert ON vendors`)
	state, err := follower.InspectOutbox(t.Context(), s.conn)
	require.NoError(t, err)
	require.Equal(t, follower.OutboxState{On: true, Missing: []string{"vendors"}}, state)
}
