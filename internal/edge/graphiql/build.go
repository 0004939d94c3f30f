package graphiql

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"os/exec"
	"path/filepath"
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

// Build bundles GraphiQL into Dir, unless the bundle there is current. It takes
// 10 to 40 s and needs the npm registry. The page can be served meanwhile: it
// says that it is being built, and shows a failure.
func (p *Page) Build(ctx context.Context) error {
	p.building.Lock()
	defer p.building.Unlock()
	_, err := p.bundle()
	if err == nil {
		return nil
	}
	if p.options.Sources == "" {
		return fmt.Errorf("%s: %w; run make graphiql in a checkout of this version and copy bin/graphiql there, "+
			"or set SOUK_GRAPHIQL_DIR to its folder", p.options.Dir, err)
	}
	if _, err := os.Stat(filepath.Join(p.options.Sources, "package.json")); err != nil {
		return fmt.Errorf("read GraphiQL's sources: %w", err)
	}
	if !hasNode() {
		return ErrNoNode
	}
	target, err := filepath.Abs(p.options.Dir)
	if err != nil {
		return err
	}
	p.setBuildState(true, nil)
	start := time.Now()
	err = runAll(ctx, p.options.Sources, []string{"npm", "ci"}, []string{"npm", "run", "build", "--", target})
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
		// it; otherwise an interrupted build would go on writing the bundle.
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
