package graphiql

import (
	"context"
	"io/fs"
	"os"
	"os/exec"
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
	dir, bundle := sources(t), t.TempDir()
	fakeNPM(t, `echo "$@" >> calls
		[ "$1" = ci ] || echo "{\"sources\":\"$(cat version)\",\"script\":\"a.js\",\"style\":\"a.css\"}" > "$4/manifest.json"`)
	p := New(Options{Sources: dir, Dir: bundle})
	build := func() string {
		t.Helper()
		hash, err := sourceHash(os.DirFS(dir))
		require.NoError(t, err)
		writeFile(t, dir, "version", hash)
		writeFile(t, dir, "calls", "")
		require.NoError(t, p.Build(t.Context()))
		calls, err := os.ReadFile(filepath.Join(dir, "calls"))
		require.NoError(t, err)
		return string(calls)
	}
	whole := "ci\nrun build -- " + bundle + "\n"
	require.Equal(t, whole, build())
	require.Empty(t, build(), "the second time there is nothing to do")
	writeFile(t, dir, "src/main.jsx", "changed")
	require.Contains(t, get(p, "/").Body.String(), "another version")
	require.Equal(t, whole, build())
	require.Contains(t, get(p, "/").Body.String(), AssetPath+"a.js")
	writeFile(t, bundle, "manifest.json", "{")
	require.Equal(t, whole, build(), "a damaged bundle is built again")
}

func TestBuildSaysWhyItFailed(t *testing.T) {
	t.Run("with npm's words", func(t *testing.T) {
		p := New(Options{Sources: sources(t), Dir: t.TempDir()})
		fakeNPM(t, "echo 'ENOTFOUND registry.npmjs.org' >&2; exit 1")
		require.ErrorContains(t, p.Build(t.Context()), "ENOTFOUND registry.npmjs.org")
		require.Contains(t, get(p, "/").Body.String(), "ENOTFOUND registry.npmjs.org")
	})
	t.Run("without Node.js", func(t *testing.T) {
		p := New(Options{Sources: sources(t), Dir: t.TempDir()})
		t.Setenv("PATH", t.TempDir())
		require.ErrorIs(t, p.Build(t.Context()), ErrNoNode)
	})
	t.Run("without sources", func(t *testing.T) {
		require.ErrorContains(t, New(Options{Sources: t.TempDir(), Dir: t.TempDir()}).Build(t.Context()), "GraphiQL's sources")
	})
	t.Run("without a checkout", func(t *testing.T) {
		err := New(Options{Dir: t.TempDir()}).Build(t.Context())
		require.ErrorIs(t, err, fs.ErrNotExist)
		require.ErrorContains(t, err, "SOUK_GRAPHIQL_DIR")
	})
}

func TestBuildEndsWithItsContextAndTakesItsProcessesAlong(t *testing.T) {
	dir, bundle := sources(t), t.TempDir()
	// The inner shell stands for the processes that npm starts. It holds the
	// pipe, so Build could not return while it lives, but for WaitDelay.
	fakeNPM(t, `sh -c 'echo $$ > inner; exec sleep 600' & wait`)
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- New(Options{Sources: dir, Dir: bundle}).Build(ctx) }()

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

func TestTheTwoSidesAgreeOnTheSourcesHash(t *testing.T) {
	node, err := exec.LookPath("node")
	if err != nil {
		t.Skip("Node.js is not installed")
	}
	printed, err := exec.Command(node, "sources.mjs").Output()
	require.NoError(t, err)
	want := strings.TrimSpace(string(printed))
	onDisk, err := sourceHash(os.DirFS("."))
	require.NoError(t, err)
	require.Equal(t, want, onDisk, "sources.mjs and sourceHash differ")
	require.Equal(t, want, New(Options{}).hash, "the binary's hash is of other files")
}
