package graphiql

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"time"
)

// ErrNoNode means that this machine has no npm, so GraphiQL cannot be bundled.
// The API works without it.
var ErrNoNode = errors.New("npm not found: install Node.js 18 or newer to get GraphiQL")

// maxOutput is how much of a failed build's output an error contains: its end,
// where npm and esbuild say what went wrong.
const maxOutput = 2000

// Build bundles GraphiQL into Dir/dist, unless the bundle is current. It takes
// 10 to 40 s and needs the npm registry. The page can be served meanwhile: it
// says that it is being built, and shows a failure.
func (p *Page) Build(ctx context.Context) error {
	p.building.Lock()
	defer p.building.Unlock()
	if p.options.Dir == "" {
		if _, _, built := p.bundle(); built {
			return nil
		}
		return errors.New("this binary contains no bundle, and this folder is not a source checkout: build with make graphiql build")
	}
	if current, err := upToDate(p.options.Dir); err != nil || current {
		return err
	}
	if !hasNode() {
		return ErrNoNode
	}
	p.setBuildState(true, nil)
	start := time.Now()
	err := runAll(ctx, p.options.Dir, []string{"npm", "ci"}, []string{"npm", "run", "build"})
	p.setBuildState(false, err)
	if err != nil {
		return fmt.Errorf("build GraphiQL: %w", err)
	}
	p.logger().InfoContext(ctx, "graphiql built", slog.Duration("took", time.Since(start).Round(time.Millisecond)))
	return nil
}

func runAll(ctx context.Context, dir string, commands ...[]string) error {
	for _, c := range commands {
		cmd := exec.CommandContext(ctx, c[0], c[1:]...)
		cmd.Dir = dir
		// npm starts further processes. In a process group they all end with
		// it; otherwise an interrupted build would go on writing into dist/.
		cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
		cmd.Cancel = func() error { return syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) }
		cmd.WaitDelay = time.Second
		output, err := cmd.CombinedOutput()
		if ctx.Err() != nil {
			return ctx.Err()
		}
		if err != nil {
			output = output[max(0, len(output)-maxOutput):]
			return fmt.Errorf("%s: %w\n%s", strings.Join(c, " "), err, output)
		}
	}
	return nil
}

// upToDate reports whether dist/ was built from the current sources.
func upToDate(dir string) (bool, error) {
	sum, err := sourceHash(dir)
	if err != nil {
		return false, fmt.Errorf("read GraphiQL's sources: %w", err)
	}
	m, ok := readManifest(os.DirFS(filepath.Join(dir, "dist")))
	return ok && m.Sources == sum, nil
}

// sourceHash is the hash of everything that determines the bundle. build.mjs
// computes the same hash and stores it in the manifest.
func sourceHash(dir string) (string, error) {
	entries, err := os.ReadDir(filepath.Join(dir, "src"))
	if err != nil {
		return "", err
	}
	names := []string{"build.mjs", "package-lock.json", "package.json"}
	for _, entry := range entries {
		names = append(names, "src/"+entry.Name())
	}
	slices.Sort(names)
	sum := sha256.New()
	for _, name := range names {
		text, err := os.ReadFile(filepath.Join(dir, filepath.FromSlash(name)))
		if err != nil {
			return "", err
		}
		fmt.Fprintf(sum, "%s\x00%s\x00", name, text)
	}
	return hex.EncodeToString(sum.Sum(nil)), nil
}

func hasNode() bool {
	_, err := exec.LookPath("npm")
	return err == nil
}

func (p *Page) setBuildState(running bool, failure error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.running, p.failure = running, failure
}

func (p *Page) buildState() (running, noNode bool, failure string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.failure != nil {
		failure = p.failure.Error()
	}
	return p.running, !hasNode(), failure
}

func (p *Page) logger() *slog.Logger {
	if p.options.Log == nil {
		return slog.New(slog.DiscardHandler)
	}
	return p.options.Log
}
