package dbtest_test

import (
	"context"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/redis/go-redis/v9"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"souk/internal/dbtest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func connect(t *testing.T, url string) *pgx.Conn {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), url)
	require.NoError(t, err)
	t.Cleanup(func() { _ = conn.Close(context.Background()) })
	return conn
}

func number(t *testing.T, url, sql string) int {
	t.Helper()
	var n int
	require.NoError(t, connect(t, url).QueryRow(t.Context(), sql).Scan(&n))
	return n
}

func execute(t *testing.T, url, sql string) {
	t.Helper()
	_, err := connect(t, url).Exec(t.Context(), sql)
	require.NoError(t, err)
}

func TestDatabasesAreMigratedAndApart(t *testing.T) {
	a, b := dbtest.New(t), dbtest.New(t)
	require.NotEqual(t, a.PrimaryURL, b.PrimaryURL)
	require.Positive(t, number(t, a.PrimaryURL, `SELECT count(*) FROM goose_db_version`))
	execute(t, a.PrimaryURL, `CREATE TABLE mine AS SELECT 1 AS n`)
	require.NoError(t, a.WaitReplica(t.Context()))
	require.Equal(t, 1, number(t, a.ReplicaURL, `SELECT n FROM mine`))
	require.Equal(t, 0, number(t, b.PrimaryURL, `SELECT count(*) FROM pg_tables WHERE tablename = 'mine'`))
}

func TestDatabaseIsDroppedWithTheTest(t *testing.T) {
	outer := t
	var inner *dbtest.DB
	t.Run("inner", func(t *testing.T) {
		inner = dbtest.New(t)
		// A connection that the inner test leaves open does not keep it.
		conn, err := pgx.Connect(t.Context(), inner.PrimaryURL)
		require.NoError(t, err)
		outer.Cleanup(func() { _ = conn.Close(context.Background()) })
	})
	_, err := pgx.Connect(t.Context(), inner.PrimaryURL)
	require.ErrorContains(t, err, "does not exist")
}

func TestNamedTemplateIsMadeOnce(t *testing.T) {
	made := filepath.Join(t.TempDir(), "made")
	prepare := func(ctx context.Context, url string) error {
		file, err := os.OpenFile(made, os.O_CREATE|os.O_EXCL, 0o600)
		if err != nil {
			return err
		}
		_ = file.Close()
		conn, err := pgx.Connect(ctx, url)
		if err != nil {
			return err
		}
		defer func() { _ = conn.Close(ctx) }()
		_, err = conn.Exec(ctx, `CREATE TABLE big AS SELECT i, md5(i::text) FROM generate_series(1, 100000) i`)
		return err
	}
	name := t.Name() + filepath.Dir(made) // a stack that is kept has those of earlier runs
	for range 2 {
		db := dbtest.Named(t, name, prepare)
		require.Equal(t, 100000, number(t, db.ReplicaURL, `SELECT count(*) FROM big`))
		require.Equal(t, 100000, number(t, db.PrimaryURL, `SELECT reltuples::int FROM pg_class WHERE relname = 'big'`))
	}
}

func TestPausedReplicaStandsStill(t *testing.T) {
	db := dbtest.New(t)
	execute(t, db.PrimaryURL, `CREATE TABLE counted AS SELECT 1 AS n`)
	resume := db.PauseReplica(t)
	execute(t, db.PrimaryURL, `UPDATE counted SET n = 2`)
	ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
	defer cancel()
	require.ErrorIs(t, db.WaitReplica(ctx), context.DeadlineExceeded)
	require.Equal(t, 1, number(t, db.ReplicaURL, `SELECT n FROM counted`))
	resume()
	require.NoError(t, db.WaitReplica(t.Context()))
	require.Equal(t, 2, number(t, db.ReplicaURL, `SELECT n FROM counted`))
}

func TestForgottenPauseEnds(t *testing.T) {
	db := dbtest.New(t)
	execute(t, db.ReplicaURL, `SELECT pg_wal_replay_pause()`)
	execute(t, db.PrimaryURL, `CREATE TABLE late AS SELECT 1 AS n`)
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	require.NoError(t, db.WaitReplica(ctx))
	require.Equal(t, 1, number(t, db.ReplicaURL, `SELECT n FROM late`))
}

func TestSampleIsWholeInAFullRunAlone(t *testing.T) {
	words := []string{"ant", "ape", "asp", "bat", "bee", "cat"}
	sample := func() []string {
		return dbtest.Sample(words, dbtest.FirstOfEach(2, func(word string) string { return word[:1] }))
	}
	t.Setenv(dbtest.FullVariable, "")
	require.Equal(t, []string{"ant", "ape", "bat", "bee", "cat"}, sample())
	t.Setenv(dbtest.FullVariable, "1")
	require.Equal(t, words, sample())
}

func TestRedisDatabasesAreApart(t *testing.T) {
	a, b := dbtest.New(t), dbtest.New(t)
	if a.RedisURL == "" {
		t.Skip("no Redis on this machine")
	}
	require.NotEqual(t, a.RedisURL, b.RedisURL)
	options, err := redis.ParseURL(a.RedisURL)
	require.NoError(t, err)
	client := redis.NewClient(options)
	defer func() { require.NoError(t, client.Close()) }()
	require.NoError(t, client.Set(t.Context(), "key", "value", 0).Err())

	options, err = redis.ParseURL(b.RedisURL)
	require.NoError(t, err)
	other := redis.NewClient(options)
	defer func() { require.NoError(t, other.Close()) }()
	require.ErrorIs(t, other.Get(t.Context(), "key").Err(), redis.Nil)
}

func TestParallelTestsShareOneTemplate(t *testing.T) {
	for range 8 {
		t.Run("clone", func(t *testing.T) {
			t.Parallel()
			db := dbtest.New(t)
			require.Positive(t, number(t, db.PrimaryURL, `SELECT count(*) FROM goose_db_version`))
		})
	}
}
