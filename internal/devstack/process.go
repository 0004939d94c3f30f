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

// stopTimeout is the time after which a stopping server is killed. A fast
// shutdown of Postgres writes a checkpoint, which takes seconds after a large
// import.
const stopTimeout = 30 * time.Second

// toolGrace is how long a tool has to end after an interrupt.
const toolGrace = 10 * time.Second

// spawner starts processes from one operating-system thread. On Linux a child
// can request a signal for its parent's death, but "parent" is the thread that
// forked it. If Go ended that thread, the server would be stopped at random.
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

// process is a child in its own process group, so that only we receive a Ctrl-C
// from the terminal, and servers end after the program that uses them.
type process struct {
	name  string
	cmd   *exec.Cmd
	asked atomic.Bool   // we requested its end
	done  chan struct{} // closed when it has ended
	err   error         // how it ended; read after done
}

// start runs cmd, which gets the signal onDeath when this process dies.
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

// fork starts cmd from the permanent thread.
func (s *spawner) fork(cmd *exec.Cmd, onDeath syscall.Signal) error {
	if cmd.SysProcAttr == nil {
		cmd.SysProcAttr = &syscall.SysProcAttr{}
	}
	dieWithParent(cmd.SysProcAttr, onDeath)
	started := make(chan error, 1)
	s.requests <- func() { started <- cmd.Start() }
	return <-started
}

// run runs a tool to its end, and returns its output in the error if it failed.
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
		// Interrupt first: initdb cleans up, and a killed package manager
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

// stop sends the signals in turn until the process has ended: the next one when
// the previous one took too long, and the last one, which must be SIGKILL, when
// ctx ends.
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

// watch logs an unexpected end. Without it, a server that the machine killed
// shows up only as unexplained connection errors.
func (p *process) watch(log *slog.Logger, logFile string) {
	go func() {
		<-p.done
		if !p.asked.Load() {
			log.Warn("a server ended unexpectedly", "server", p.name, "error", errText(p.err), "see", logFile)
		}
	}()
}

func errText(err error) string {
	if err == nil {
		return "none"
	}
	return err.Error()
}

// logFile opens a server's log and keeps the log of the previous run.
func logFile(path string) (*os.File, error) {
	if err := os.Rename(path, path+".1"); err != nil && !errors.Is(err, os.ErrNotExist) {
		return nil, err
	}
	return os.OpenFile(path, os.O_CREATE|os.O_WRONLY|os.O_APPEND, 0o644)
}

// complaint is the last line of a log that says why the server ended.
func complaint(path string) string {
	content, err := os.ReadFile(path)
	if err != nil {
		return err.Error()
	}
	last := "no output"
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
