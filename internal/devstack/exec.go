package devstack

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// The names under which tests find the stack; see package dbtest.
const (
	TestDatabaseVariable = "SOUK_TEST_DATABASE_URL"
	TestReplicaVariable  = "SOUK_TEST_REPLICA_URL"
	TestRedisVariable    = "SOUK_TEST_REDIS_URL"
)

// childGrace is how long the command can take to end after ctx has ended.
const childGrace = 20 * time.Second

// Exec runs a command inside a stack that lives as long as the command does.
// The command's environment has the stack's addresses, under the names that the
// server reads and those that tests read. It gets our standard streams and our
// signals. Exec returns its exit code: 128 plus the signal's number if a signal
// killed it, as in a shell. The error is about the stack or the start only.
//
// Exec handles SIGINT, SIGTERM and SIGHUP itself, so ctx should not end with
// them: the command would get them twice.
func Exec(ctx context.Context, o Options, argv []string) (exitCode int, err error) {
	if len(argv) == 0 {
		return 0, errors.New("no command to run")
	}
	signals := make(chan os.Signal, 8)
	signal.Notify(signals, unix.SIGINT, unix.SIGTERM, unix.SIGHUP)
	defer signal.Stop(signals)

	stack, err := startInterruptibly(ctx, o, signals)
	if err != nil {
		return 0, err
	}
	defer func() {
		stopCtx, cancel := context.WithTimeout(context.WithoutCancel(ctx), stopTimeout)
		defer cancel()
		err = errors.Join(err, stack.Stop(stopCtx))
	}()
	return stack.exec(ctx, argv, signals)
}

// startInterruptibly cancels the start at the first signal.
func startInterruptibly(ctx context.Context, o Options, signals <-chan os.Signal) (*Stack, error) {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	started := make(chan struct{})
	watched := make(chan struct{})
	go func() {
		defer close(watched)
		select {
		case got := <-signals:
			cancel(fmt.Errorf("interrupted by %s", got))
		case <-started:
		}
	}()
	stack, err := Start(ctx, o)
	close(started)
	<-watched
	if cause := context.Cause(ctx); cause != nil {
		if stack != nil {
			err = stack.Stop(context.WithoutCancel(ctx))
		}
		return nil, errors.Join(cause, err)
	}
	return stack, err
}

func (s *Stack) exec(ctx context.Context, argv []string, signals <-chan os.Signal) (int, error) {
	cmd := exec.Command(argv[0], argv[1:]...)
	cmd.Stdin, cmd.Stdout, cmd.Stderr = os.Stdin, os.Stdout, os.Stderr
	cmd.Env = append(os.Environ(), s.testEnv()...)
	// The command stays in our process group; otherwise it could not read from
	// the terminal.
	if err := s.spawner.fork(cmd, unix.SIGTERM); err != nil {
		return 0, err
	}
	ended := make(chan error, 1)
	go func() { ended <- cmd.Wait() }()
	cancelled := ctx.Done()
	var kill <-chan time.Time
	for {
		select {
		case err := <-ended:
			return exitCode(err)
		case got := <-signals:
			if !sentToAll(got) {
				_ = cmd.Process.Signal(got)
			}
		case <-cancelled:
			cancelled = nil
			kill = time.After(childGrace)
			_ = cmd.Process.Signal(unix.SIGTERM)
		case <-kill:
			_ = cmd.Process.Kill()
		}
	}
}

// testEnv replaces addresses from the environment, so that a server that does
// not run is not found under an old address.
func (s *Stack) testEnv() []string {
	env := s.Env()
	var list []string
	for ours, tests := range map[string]string{
		"DATABASE_URL":          TestDatabaseVariable,
		"DATABASE_REPLICA_URLS": TestReplicaVariable,
		"REDIS_URL":             TestRedisVariable,
	} {
		list = append(list, ours+"="+env[ours], tests+"="+env[ours])
	}
	return list
}

// sentToAll reports whether a Ctrl-C was typed at our terminal. The kernel then
// sent it to the command as well, and many programs take a second one as "stop
// immediately".
func sentToAll(got os.Signal) bool {
	if got != unix.SIGINT {
		return false
	}
	foreground, err := unix.IoctlGetInt(int(os.Stdin.Fd()), unix.TIOCGPGRP)
	return err == nil && foreground == unix.Getpgrp()
}

func exitCode(err error) (int, error) {
	var exit *exec.ExitError
	if !errors.As(err, &exit) {
		return 0, err
	}
	if status, ok := exit.Sys().(syscall.WaitStatus); ok && status.Signaled() {
		return 128 + int(status.Signal()), nil
	}
	return exit.ExitCode(), nil
}
