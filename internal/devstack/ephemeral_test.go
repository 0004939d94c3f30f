package devstack_test

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"souk/internal/devstack"
)

// TestAnEphemeralStackLeavesAFolderAsItWas runs a command in a stack for each state
// that a folder may be in, and looks at what is there afterwards.
func TestAnEphemeralStackLeavesAFolderAsItWas(t *testing.T) {
	run := func(t *testing.T, dir string, argv ...string) error {
		t.Helper()
		code, err := devstack.Exec(t.Context(), devstack.Options{Dir: dir, Ephemeral: true, WithoutReplica: true}, argv)
		require.Zero(t, code)
		require.Empty(t, servers(t, dir))
		return err
	}
	t.Run("a new one is gone, with the folders that led to it", func(t *testing.T) {
		outer := filepath.Dir(folder(t))
		dir := filepath.Join(outer, "a", "b", "c")
		require.NoError(t, run(t, dir, "test", "-d", dir))
		require.Empty(t, names(t, outer))
	})
	t.Run("an empty one is empty", func(t *testing.T) {
		dir := filepath.Dir(folder(t))
		require.NoError(t, run(t, dir, "test", "-f", filepath.Join(dir, "env")))
		require.Empty(t, names(t, dir))
	})
	t.Run("one with content is refused and stays", func(t *testing.T) {
		dir := filepath.Dir(folder(t))
		kept := filepath.Join(dir, "data")
		require.NoError(t, os.WriteFile(kept, []byte("mine"), 0o600))
		err := run(t, dir, "false")
		require.ErrorContains(t, err, dir+" is not empty")
		require.ErrorContains(t, err, "name a new or an empty folder")
		require.Equal(t, []string{"data"}, names(t, dir))
	})
	t.Run("one whose databases' files are elsewhere is gone with them", func(t *testing.T) {
		if os.Geteuid() != 0 {
			t.Skip("only root lends another user to Postgres")
		}
		closed := filepath.Join(t.TempDir(), "closed")
		require.NoError(t, os.Mkdir(closed, 0o700))
		before, err := filepath.Glob("/var/tmp/souk-*")
		require.NoError(t, err)
		dir := filepath.Join(closed, "stack")
		require.NoError(t, run(t, dir, "test", "-L", filepath.Join(dir, "data")))
		require.Empty(t, names(t, closed))
		after, err := filepath.Glob("/var/tmp/souk-*")
		require.NoError(t, err)
		require.Subset(t, before, after)
	})
	t.Run("what the command puts there stays", func(t *testing.T) {
		dir := folder(t)
		require.NoError(t, run(t, dir, "touch", filepath.Join(dir, "dump.sql")))
		require.Equal(t, []string{"dump.sql"}, names(t, dir))
	})
}

// names lists what a folder holds.
func names(t *testing.T, dir string) []string {
	t.Helper()
	entries, err := os.ReadDir(dir)
	require.NoError(t, err)
	var list []string
	for _, entry := range entries {
		list = append(list, entry.Name())
	}
	return list
}
