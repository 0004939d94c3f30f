package devstack_test

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"souk/internal/devstack"
)

func TestExecGivesTheCommandTheAddressesAndReturnsItsCode(t *testing.T) {
	dir := folder(t)
	out := filepath.Join(filepath.Dir(dir), "env")
	code, err := devstack.Exec(t.Context(), devstack.Options{Dir: dir, Ephemeral: true},
		[]string{"sh", "-c", `env > "$1"; exit 7`, "sh", out})
	require.NoError(t, err)
	require.Equal(t, 7, code)
	env, err := os.ReadFile(out)
	require.NoError(t, err)
	for _, name := range []string{
		"DATABASE_URL", "DATABASE_REPLICA_URLS", "REDIS_URL",
		devstack.TestDatabaseVariable, devstack.TestReplicaVariable, devstack.TestRedisVariable,
	} {
		require.Regexp(t, `(?m)^`+name+`=\w+://`, string(env))
	}
	require.Empty(t, servers(t, dir))
}

func TestExecForwardsSignals(t *testing.T) {
	dir := folder(t)
	ready := filepath.Join(filepath.Dir(dir), "ready")
	type result struct {
		code int
		err  error
	}
	ended := make(chan result, 1)
	go func() {
		code, err := devstack.Exec(context.Background(), devstack.Options{Dir: dir, Ephemeral: true, WithoutReplica: true},
			[]string{"sh", "-c", `trap 'exit 9' TERM; touch "$1"; while :; do sleep 0.05; done`, "sh", ready})
		ended <- result{code, err}
	}()
	require.Eventually(t, func() bool { _, err := os.Stat(ready); return err == nil }, 30*time.Second, 10*time.Millisecond)
	require.NoError(t, syscall.Kill(os.Getpid(), syscall.SIGTERM))
	got := <-ended
	require.NoError(t, got.err)
	require.Equal(t, 9, got.code)
	require.Empty(t, servers(t, dir))
}

func TestExecReportsACommandThatDoesNotExist(t *testing.T) {
	_, err := devstack.Exec(t.Context(), devstack.Options{Ephemeral: true, WithoutReplica: true}, []string{"/no/such/command"})
	require.ErrorIs(t, err, os.ErrNotExist)
	require.NotContains(t, strings.TrimSpace(err.Error()), "\n")
}
