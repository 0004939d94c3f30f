package command_test

import (
	"io/fs"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"souk/internal/auth/token"
	"souk/internal/command"
)

func TestKeysAreMadeOnceAndRotated(t *testing.T) {
	file := filepath.Join(t.TempDir(), "keys.json")
	read := func() string {
		info, err := os.Stat(file)
		require.NoError(t, err)
		require.Equal(t, fs.FileMode(0o600), info.Mode().Perm(), "nobody else reads it")
		data, err := os.ReadFile(file)
		require.NoError(t, err)
		keys, err := token.Parse(data)
		require.NoError(t, err)
		return string(keys.PublicJWKS())
	}
	require.NoError(t, (&command.KeysNew{File: file}).Run(t.Context()))
	first := read()

	require.ErrorIs(t, (&command.KeysNew{File: file}).Run(t.Context()), fs.ErrExist)
	require.NoError(t, command.EnsureKeys(file))
	require.Equal(t, first, read(), "keys in use are kept")

	require.NoError(t, (&command.KeysRotate{File: file, Keep: 1}).Run(t.Context()))
	second := read()
	require.NotEqual(t, first, second)
	require.Contains(t, second, first[len(`{"keys":[`):len(first)-len(`]}`)], "the old key goes on verifying")

	left, err := os.ReadDir(filepath.Dir(file))
	require.NoError(t, err)
	require.Len(t, left, 1, "nothing lies about")
}
