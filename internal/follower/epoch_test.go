package follower_test

import (
	"bytes"
	"log/slog"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"souk/internal/changefeed"
	"souk/internal/coherence"
	"souk/internal/dbtest"
	"souk/internal/follower"
)

func TestLeaderGoesOnWithTheEpochOrBeginsOne(t *testing.T) {
	db := dbtest.New(t)
	conn := connect(t, db.PrimaryURL)
	feed := changefeed.NewLocal()
	heard := listen(t, feed)
	slot := follower.SlotName(db.Name)
	var nonce uint64
	restart := func(t *testing.T, meanwhile func()) *leader {
		l := &leader{}
		stop := run(t, follower.Options{URL: db.PrimaryURL, Feed: feed, Observe: l.observer()})
		nonce++
		heard.round(t, feed, coherence.Nonce{Instance: 1, Number: nonce})
		stop()
		meanwhile()
		return l
	}
	sql := func(statement string) func() { return func() { execute(t, conn, statement) } }
	steps := []struct {
		name      string
		meanwhile func() // after the leader has ended
		want      string // why the next leader begins an epoch; empty: it goes on
	}{
		{"first", func() {}, "the feed is empty"},
		{"nothing", func() {}, ""},
		{"a change of rows", sql(`UPDATE shop SET name = 'x'`), ""},
		{"the mark is gone", sql(`DELETE FROM cache_life`), "the database was restored from its log, or promoted"},
		{"another mark", sql(`UPDATE cache_epoch SET id = gen_random_uuid()`), "the database has another epoch than the feed"},
		{"no mark at all", sql(`DELETE FROM cache_epoch`), "the database has another epoch than the feed"},
		{"the slot is gone", func() { require.NoError(t, follower.Drop(t.Context(), db.PrimaryURL, slot)) }, "the replication slot is new"},
		{"a table is rewritten", sql(`ALTER TABLE vendors ALTER COLUMN created_at TYPE text`), "the server was restarted, or published tables were changed"},
		{"a table is made again", sql(`DROP TABLE option_labels; CREATE TABLE option_labels (key text PRIMARY KEY);
			ALTER PUBLICATION souk_cache ADD TABLE option_labels`), "the server was restarted, or published tables were changed"},
		{"a table leaves and comes back", sql(`ALTER PUBLICATION souk_cache DROP TABLE images; UPDATE images SET url = '';
			ALTER PUBLICATION souk_cache ADD TABLE images`), "the server was restarted, or published tables were changed"},
		{
			"a column is made again", sql(`ALTER TABLE images DROP COLUMN alt_text; ALTER TABLE images ADD COLUMN alt_text text DEFAULT 'x'`),
			"the server was restarted, or published tables were changed",
		},
		{"an identity changes", sql(`ALTER TABLE images REPLICA IDENTITY DEFAULT`), "the server was restarted, or published tables were changed"},
	}
	restart(t, steps[0].meanwhile)
	for _, step := range steps[1:] {
		t.Run(step.name, func(t *testing.T) {
			step.meanwhile()
			begun := len(heard.epochs())
			l := restart(t, func() {})
			if step.want == "" {
				require.Empty(t, l.reasons())
				require.Len(t, heard.epochs(), begun)
				return
			}
			require.Equal(t, []string{step.want}, l.reasons())
			require.Len(t, heard.epochs(), begun+1)
		})
	}
	requireChain(t, heard.all())
}

// TestFenceIsLookedAtWhileTheLeaderRuns changes tables under a leader. No nonce that is set
// after the change comes back in the old epoch.
func TestFenceIsLookedAtWhileTheLeaderRuns(t *testing.T) {
	s := follow(t)
	for n, sql := range []string{
		`ALTER TABLE vendors ALTER COLUMN created_at TYPE text`,
		`TRUNCATE option_labels`,
		`VACUUM FULL shop`,
		`ALTER PUBLICATION souk_cache DROP TABLE images`,
	} {
		old := s.heard.epochs()[n]
		execute(t, s.conn, sql)
		at := s.settle(t) - 1
		require.NotEqual(t, old, s.heard.all()[at].Epoch, sql)
		s.heard.waitEpochs(t, n+2)
	}
	requireChain(t, s.heard.all())
}

// logs is a log that a test looks at.
type logs struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (l *logs) Write(b []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.Write(b)
}

func (l *logs) count(part string) int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return strings.Count(l.text.String(), part)
}

func TestNewSlotWaitsForAPreparedTransaction(t *testing.T) {
	db := dbtest.New(t)
	conn := connect(t, db.PrimaryURL)
	execute(t, conn, `BEGIN`)
	execute(t, conn, `UPDATE shop SET name = 'x'`)
	execute(t, conn, `PREPARE TRANSACTION '`+db.Name+`'`)
	feed, said := changefeed.NewLocal(), &logs{}
	heard := listen(t, feed)
	run(t, follower.Options{URL: db.PrimaryURL, Feed: feed, Log: slog.New(slog.NewTextHandler(said, nil))})
	require.Eventually(t, func() bool { return said.count("the replication slot waits for them") == 1 }, patience, tick)
	require.Empty(t, heard.all())
	execute(t, conn, `COMMIT PREPARED '`+db.Name+`'`)
	heard.waitEpochs(t, 1)
}

func TestWhoCannotLeadSaysWhyOnce(t *testing.T) {
	db := dbtest.New(t)
	conn := connect(t, db.PrimaryURL)
	execute(t, conn, `CREATE ROLE "`+db.Name+`" LOGIN`)
	t.Cleanup(func() { execute(t, conn, `DROP OWNED BY "`+db.Name+`"; DROP ROLE "`+db.Name+`"`) })
	execute(t, conn, `GRANT ALL ON ALL TABLES IN SCHEMA public TO "`+db.Name+`"`)
	feed, said := changefeed.NewLocal(), &logs{}
	heard := listen(t, feed)
	asUser := strings.Replace(db.PrimaryURL, "://souk", "://"+db.Name, 1)
	require.NotEqual(t, db.PrimaryURL, asUser)
	l := &leader{}
	run(t, follower.Options{URL: asUser, Feed: feed, Log: slog.New(slog.NewTextHandler(said, nil)), Observe: l.observer()})
	require.Eventually(t, func() bool { return len(l.troubles()) == 1 }, patience, tick)
	require.Contains(t, l.troubles()[0], "the user needs REPLICATION")
	execute(t, conn, `ALTER ROLE "`+db.Name+`" REPLICATION`)
	heard.waitEpochs(t, 1)
	require.Equal(t, 1, said.count("cannot be followed"))
}

func TestMissingMigrationIsNamed(t *testing.T) {
	db := dbtest.New(t)
	execute(t, connect(t, db.PrimaryURL), `DROP PUBLICATION souk_cache`)
	l := &leader{}
	run(t, follower.Options{URL: db.PrimaryURL, Feed: changefeed.NewLocal(), Observe: l.observer()})
	require.Eventually(t, func() bool { return len(l.troubles()) == 1 }, patience, tick)
	require.Contains(t, l.troubles()[0], "run souk migrate up")
}

func TestStandbyIsNamed(t *testing.T) {
	db := dbtest.New(t)
	l := &leader{}
	run(t, follower.Options{URL: db.ReplicaURL, Feed: changefeed.NewLocal(), Observe: l.observer()})
	require.Eventually(t, func() bool { return len(l.troubles()) == 1 }, patience, tick)
	require.Contains(t, l.troubles()[0], "it must be the primary's")
}
