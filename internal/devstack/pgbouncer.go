package devstack

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// Pooler is a PgBouncer in front of databases of a stack, for tests.
type Pooler struct {
	port    int
	dir     string
	spawner *spawner
	proc    *process
}

// ErrNoPgBouncer means that PgBouncer is not installed on this machine.
var ErrNoPgBouncer = errors.New("PgBouncer is not installed; on Debian: apt-get install pgbouncer")

// FindPgBouncer returns the program, or ErrNoPgBouncer. Debian's is not in everybody's PATH.
func FindPgBouncer() (string, error) {
	for _, name := range []string{"pgbouncer", "/usr/sbin/pgbouncer"} {
		if path, err := exec.LookPath(name); err == nil {
			return path, nil
		}
	}
	return "", ErrNoPgBouncer
}

// PoolerOptions configure a PgBouncer.
type PoolerOptions struct {
	// Databases are the addresses of the databases, by the names that it offers them by.
	Databases map[string]string
	// Connection has settings of each database, such as connect_query='…'.
	Connection string
	// Settings are lines of the section [pgbouncer].
	Settings string
}

// StartPooler starts a PgBouncer. It takes every user, and listens on the loopback address.
// ctx bounds only the start.
func StartPooler(ctx context.Context, o PoolerOptions) (*Pooler, error) {
	program, err := FindPgBouncer()
	if err != nil {
		return nil, err
	}
	p := &Pooler{spawner: newSpawner()}
	const attempts = 3
	for range attempts { // another program may take the port before PgBouncer does
		if err = p.start(ctx, program, o); !errors.Is(err, errPortTaken) {
			break
		}
	}
	if err != nil {
		return nil, errors.Join(fmt.Errorf("start PgBouncer: %w", err), p.Stop(ctx))
	}
	return p, nil
}

func (p *Pooler) start(ctx context.Context, program string, o PoolerOptions) error {
	if err := p.makeDir(); err != nil {
		return err
	}
	// PgBouncer refuses to run as root, as Postgres does.
	who, err := chooseAccount(p.dir)
	if err != nil {
		return err
	}
	if p.port, err = freePort(); err != nil {
		return err
	}
	config, err := o.config(p.port)
	if err != nil {
		return err
	}
	file := filepath.Join(p.dir, "pgbouncer.ini")
	if err := os.WriteFile(file, []byte(config), 0o644); err != nil {
		return err
	}
	logPath := filepath.Join(p.dir, "log")
	log, err := logFile(logPath)
	if err != nil {
		return err
	}
	defer func() { _ = log.Close() }()
	cmd := exec.Command(program, file)
	cmd.Stdout, cmd.Stderr, cmd.Dir, cmd.Env = log, log, p.dir, serverEnv()
	cmd.SysProcAttr = &syscall.SysProcAttr{Credential: who.credential()}
	if p.proc, err = p.spawner.start("pgbouncer", cmd, syscall.SIGKILL); err != nil {
		return err
	}
	return waitUntil(ctx, 10*time.Second, "PgBouncer to listen", func() (bool, error) {
		if !p.proc.running() {
			return false, exitError("pgbouncer", logPath)
		}
		conn, err := net.Dial("tcp", net.JoinHostPort("127.0.0.1", strconv.Itoa(p.port)))
		if err == nil {
			_ = conn.Close()
		}
		return err == nil, nil
	})
}

func (p *Pooler) makeDir() (err error) {
	if p.dir == "" {
		p.dir, err = TemporaryDir("souk-pooler-")
	}
	return err
}

// config returns PgBouncer's configuration.
func (o PoolerOptions) config(port int) (string, error) {
	var config strings.Builder
	config.WriteString("[databases]\n")
	for name, address := range o.Databases {
		u, err := url.Parse(address)
		if err != nil {
			return "", err
		}
		fmt.Fprintf(&config, "%s = host=%s port=%s dbname=%s user=%s %s\n",
			name, u.Hostname(), u.Port(), strings.TrimPrefix(u.Path, "/"), u.User.Username(), o.Connection)
	}
	fmt.Fprintf(&config, "[pgbouncer]\nlisten_addr = 127.0.0.1\nlisten_port = %d\nunix_socket_dir =\nauth_type = any\n%s\n", port, o.Settings)
	return config.String(), nil
}

// URL is the address of a database through PgBouncer.
func (p *Pooler) URL(name string) string { return databaseURL(p.port, name) }

// Stop ends PgBouncer and removes its files.
func (p *Pooler) Stop(ctx context.Context) error {
	p.proc.stop(ctx, patience{syscall.SIGTERM, 2 * time.Second}, patience{syscall.SIGKILL, 0})
	p.spawner.close()
	return os.RemoveAll(p.dir)
}

// freePort returns a port that no program listens at.
func freePort() (int, error) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return 0, err
	}
	return listener.Addr().(*net.TCPAddr).Port, listener.Close()
}
