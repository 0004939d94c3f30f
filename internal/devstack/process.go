package devstack

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"os/exec"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"time"
)

// stopTimeout bounds a stop after which a server is killed. A fast shutdown of
// Postgres writes a checkpoint, which after a large import takes seconds.
const stopTimeout = 30 * time.Second

// toolGrace is how long a tool has to end after it was interrupted.
const toolGrace = 10 * time.Second

// spawner starts processes from one operating-system thread. On Linux a child
// can ask for a signal when its parent dies, but "parent" is the thread that
// forked it: with a thread that Go may end, a server would be stopped at random.
type spawner struct {
	requests chan func()
	ended    chan struct{}
	once     sync.Once
}

func newSpawner() *spawner {
	s := &spawner{requests: make(chan func()), ended: make(chan struct{})}
	go func() {
		defer close(s.ended)
		runtime.LockOSThread()
		defer runtime.UnlockOSThread()
		for request := range s.requests {
			request()
		}
	}()
	return s
}

func (s *spawner) close() {
	s.once.Do(func() { close(s.requests) })
	<-s.ended
}

// process is a child with a process group of its own, so that Ctrl-C in the
// terminal reaches us alone and servers end after the program that uses them.
type process struct {
	name  string
	cmd   *exec.Cmd
	asked atomic.Bool   // we asked it to end
	done  chan struct{} // closed when it has ended
	err   error         // how it ended; read after done
}

// start runs cmd, which gets the signal onDeath when we die.
func (s *spawner) start(name string, cmd *exec.Cmd, onDeath syscall.Signal) (*process, error) {
	if cmd.SysProcAttr == nil {
		cmd.SysProcAttr = &syscall.SysProcAttr{}
	}
	cmd.SysProcAttr.Setpgid = true
	if err := s.fork(cmd, onDeath); err != nil {
		return nil, fmt.Errorf("start %s: %w", name, err)
	}
	p := &process{name: name, cmd: cmd, done: make(chan struct{})}
	go func() {
		p.err = cmd.Wait()
		close(p.done)
	}()
	return p, nil
}

// fork starts cmd from the lasting thread.
func (s *spawner) fork(cmd *exec.Cmd, onDeath syscall.Signal) error {
	if cmd.SysProcAttr == nil {
		cmd.SysProcAttr = &syscall.SysProcAttr{}
	}
	dieWithParent(cmd.SysProcAttr, onDeath)
	started := make(chan error, 1)
	s.requests <- func() { started <- cmd.Start() }
	return <-started
}

// run runs a tool to its end and returns what it said if it failed.
func (s *spawner) run(ctx context.Context, cmd *exec.Cmd) error {
	var said strings.Builder
	cmd.Stdout, cmd.Stderr = &said, &said
	name := cmd.Args[0]
	p, err := s.start(name, cmd, syscall.SIGKILL)
	if err != nil {
		return err
	}
	select {
	case <-p.done:
	case <-ctx.Done():
		// Politely first: initdb cleans up, and a package manager that is killed
		// leaves packages half installed.
		_ = syscall.Kill(-cmd.Process.Pid, syscall.SIGINT)
		select {
		case <-p.done:
		case <-time.After(toolGrace):
			_ = syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL)
			<-p.done
		}
		return ctx.Err()
	}
	if p.err != nil {
		return fmt.Errorf("%s: %w: %s", strings.Join(cmd.Args, " "), p.err, strings.TrimSpace(said.String()))
	}
	return nil
}

func (p *process) running() bool {
	if p == nil {
		return false
	}
	select {
	case <-p.done:
		return false
	default:
		return true
	}
}

// stop sends the signals in turn until the process has ended: the next when the
// one before took too long, and when ctx ends the last, which must be SIGKILL.
func (p *process) stop(ctx context.Context, signals ...patience) {
	if p == nil {
		return
	}
	p.asked.Store(true)
	for _, s := range signals {
		_ = p.cmd.Process.Signal(s.signal)
		select {
		case <-p.done:
			return
		case <-time.After(s.wait):
		case <-ctx.Done():
		}
	}
	<-p.done
}

// patience is a signal and how long to wait for its effect.
type patience struct {
	signal syscall.Signal
	wait   time.Duration
}

// watch logs an end that nobody asked for: without it, a server that was killed
// by the machine shows up as unexplained connection errors.
func (p *process) watch(log *slog.Logger, logFile string) {
	go func() {
		<-p.done
		if !p.asked.Load() {
			log.Warn("a server ended by itself", "server", p.name, "error", errText(p.err), "see", logFile)
		}
	}()
}

func errText(err error) string {
	if err == nil {
		return "none"
	}
	return err.Error()
}

// logFile opens the log of a server and keeps the one of the run before.
func logFile(path string) (*os.File, error) {
	if err := os.Rename(path, path+".1"); err != nil && !errors.Is(err, os.ErrNotExist) {
		return nil, err
	}
	return os.OpenFile(path, os.O_CREATE|os.O_WRONLY|os.O_APPEND, 0o644)
}

// complaint is the last line of a log that says why its server ended.
func complaint(path string) string {
	content, err := os.ReadFile(path)
	if err != nil {
		return err.Error()
	}
	last := "it said nothing"
	for line := range strings.Lines(string(content)) {
		line = strings.TrimSpace(line)
		if line == "" || strings.Contains(line, "shut down") {
			continue
		}
		last = line
		if strings.Contains(line, "FATAL") || strings.Contains(line, "PANIC") {
			return line
		}
	}
	return last
}
