package graphiql

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func writeFile(t *testing.T, dir, name, text string) {
	t.Helper()
	path := filepath.Join(dir, filepath.FromSlash(name))
	require.NoError(t, os.MkdirAll(filepath.Dir(path), 0o755))
	require.NoError(t, os.WriteFile(path, []byte(text), 0o755))
}

// fakeNPM puts a script in npm's place, for what the real one does seldom. The
// real build runs before the browser test.
func fakeNPM(t *testing.T, script string) {
	t.Helper()
	bin := t.TempDir()
	writeFile(t, bin, "npm", "#!/bin/sh\n"+script+"\n")
	t.Setenv("PATH", bin+":/usr/bin:/bin")
}

func sources(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	for _, name := range []string{"build.mjs", "package.json", "package-lock.json", "src/main.jsx"} {
		writeFile(t, dir, name, name)
	}
	return dir
}

func TestBuildSkipsWhatIsCurrent(t *testing.T) {
	dir := sources(t)
	sum, err := sourceHash(dir)
	require.NoError(t, err)
	fakeNPM(t, `echo "$@" >> calls; [ "$1" = ci ] || echo '{"sources":"`+sum+`","script":"a.js"}' > dist/manifest.json`)
	require.NoError(t, os.Mkdir(filepath.Join(dir, "dist"), 0o755))
	p := New(Options{Dir: dir})

	require.NoError(t, p.Build(t.Context()))
	require.NoError(t, p.Build(t.Context()))
	calls, err := os.ReadFile(filepath.Join(dir, "calls"))
	require.NoError(t, err)
	require.Equal(t, "ci\nrun build\n", string(calls), "the second time there is nothing to do")

	writeFile(t, dir, "src/main.jsx", "changed")
	current, err := upToDate(dir)
	require.NoError(t, err)
	require.False(t, current)
}

func TestBuildSaysWhyItFailed(t *testing.T) {
	t.Run("with npm's words", func(t *testing.T) {
		p := New(Options{Dir: sources(t)})
		fakeNPM(t, "echo 'ENOTFOUND registry.npmjs.org' >&2; exit 1")
		require.ErrorContains(t, p.Build(t.Context()), "ENOTFOUND registry.npmjs.org")
		p.inBinary = os.DirFS(t.TempDir())
		require.Contains(t, get(p, "/").Body.String(), "ENOTFOUND registry.npmjs.org")
	})
	t.Run("without Node.js", func(t *testing.T) {
		p := New(Options{Dir: sources(t)})
		t.Setenv("PATH", t.TempDir())
		require.ErrorIs(t, p.Build(t.Context()), ErrNoNode)
	})
	t.Run("without sources", func(t *testing.T) {
		require.ErrorContains(t, New(Options{Dir: t.TempDir()}).Build(t.Context()), "GraphiQL's sources")
	})
}

func TestBuildEndsWithItsContextAndTakesItsProcessesAlong(t *testing.T) {
	dir := sources(t)
	// The inner shell stands for the processes that npm starts. It holds the
	// pipe, so Build could not return while it lives, but for WaitDelay.
	fakeNPM(t, `sh -c 'echo $$ > inner; exec sleep 600' & wait`)
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- New(Options{Dir: dir}).Build(ctx) }()

	var inner []byte
	require.Eventually(t, func() bool {
		inner, _ = os.ReadFile(filepath.Join(dir, "inner"))
		return len(inner) > 1
	}, 5*time.Second, 2*time.Millisecond)
	cancel()
	require.ErrorIs(t, <-done, context.Canceled)
	require.Eventually(t, func() bool { return !alive(string(inner)) }, 5*time.Second, 2*time.Millisecond)
}

// alive says whether the process runs; a zombie that waits for its new parent
// does not.
func alive(pid string) bool {
	state, err := os.ReadFile(filepath.Join("/proc", pid[:len(pid)-1], "stat"))
	return err == nil && !strings.Contains(string(state), ") Z ")
}

func TestTheTwoSidesAgreeOnTheSourcesSum(t *testing.T) {
	m, ok := readManifest(os.DirFS("dist"))
	if !ok {
		t.Skip("GraphiQL is not built: run `make graphiql`")
	}
	sum, err := sourceHash(".")
	require.NoError(t, err)
	require.Equal(t, sum, m.Sources, "the bundle is stale, or build.mjs and build.go differ: run `make graphiql`")
}
