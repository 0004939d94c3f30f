package devstack

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"syscall"
	"time"
)

// Proxy is an nginx or a Varnish in front of a server, for tests.
type Proxy struct {
	// URL is its address.
	URL string

	dir     string
	spawner *spawner
	proc    *process
}

// ErrNoProxy means that a proxy is not installed on this machine.
var ErrNoProxy = errors.New("the proxy is not installed; on Debian: apt-get install nginx varnish varnish-modules")

// proxyStart bounds a start: Varnish compiles its configuration with a C compiler.
const proxyStart = 30 * time.Second

// StartNginx starts nginx with a configuration, which is made for a port of the loopback address
// and a folder that nginx can write to. ctx bounds only the start.
func StartNginx(ctx context.Context, config func(port int, dir string) string) (*Proxy, error) {
	return startProxy(ctx, "nginx", "nginx.conf", config, func(_ int, dir, file string) []string {
		return []string{"-c", file, "-e", filepath.Join(dir, "log"), "-g", "daemon off; pid " + filepath.Join(dir, "pid") + ";"}
	})
}

// StartVarnish is StartNginx for Varnish, which has its port from the command line.
func StartVarnish(ctx context.Context, vcl string) (*Proxy, error) {
	return startProxy(ctx, "varnishd", "souk.vcl", func(int, string) string { return vcl }, func(port int, dir, file string) []string {
		return []string{
			"-F", "-n", filepath.Join(dir, "work"), "-a", net.JoinHostPort("127.0.0.1", strconv.Itoa(port)),
			"-f", file, "-s", "malloc,64m", "-T", "none",
		}
	})
}

func startProxy(ctx context.Context, name, file string, config func(int, string) string, args func(port int, dir, file string) []string) (*Proxy, error) {
	program, err := findProgram(name)
	if err != nil {
		return nil, err
	}
	dir, err := TemporaryDir("souk-proxy-")
	if err != nil {
		return nil, err
	}
	p := &Proxy{dir: dir, spawner: newSpawner()}
	const attempts = 3
	for range attempts { // another program may take the port before the proxy does
		if err = p.start(ctx, program, filepath.Join(dir, file), config, args); !errors.Is(err, errPortTaken) {
			break
		}
	}
	if err != nil {
		return nil, errors.Join(fmt.Errorf("start %s: %w", name, err), p.Stop(ctx))
	}
	return p, nil
}

func (p *Proxy) start(ctx context.Context, program, file string, config func(int, string) string, args func(int, string, string) []string) error {
	who, err := chooseAccount(p.dir)
	if err != nil {
		return err
	}
	if credential := who.credential(); credential != nil {
		if err := os.Chown(p.dir, int(credential.Uid), int(credential.Gid)); err != nil {
			return err
		}
	}
	port, err := freePort()
	if err != nil {
		return err
	}
	if err := os.WriteFile(file, []byte(config(port, p.dir)), 0o644); err != nil {
		return err
	}
	logPath := filepath.Join(p.dir, "output")
	log, err := logFile(logPath)
	if err != nil {
		return err
	}
	defer func() { _ = log.Close() }()
	cmd := exec.Command(program, args(port, p.dir, file)...)
	cmd.Stdout, cmd.Stderr, cmd.Dir, cmd.Env = log, log, p.dir, serverEnv()
	cmd.SysProcAttr = &syscall.SysProcAttr{Credential: who.credential()}
	if p.proc, err = p.spawner.start(filepath.Base(program), cmd, syscall.SIGTERM); err != nil {
		return err
	}
	address := net.JoinHostPort("127.0.0.1", strconv.Itoa(port))
	p.URL = "http://" + address
	return waitUntil(ctx, proxyStart, "the proxy to listen", func() (bool, error) {
		if !p.proc.running() {
			return false, exitError(filepath.Base(program), logPath)
		}
		conn, err := net.Dial("tcp", address)
		if err == nil {
			_ = conn.Close()
		}
		return err == nil, nil
	})
}

// Stop ends the proxy and removes its files.
func (p *Proxy) Stop(ctx context.Context) error {
	p.proc.stop(ctx, patience{syscall.SIGTERM, 5 * time.Second}, patience{syscall.SIGKILL, 0})
	p.spawner.close()
	return os.RemoveAll(p.dir)
}

// findProgram returns a program, or ErrNoProxy. Debian's are not in everybody's PATH.
func findProgram(name string) (string, error) {
	for _, candidate := range []string{name, "/usr/sbin/" + name} {
		if path, err := exec.LookPath(candidate); err == nil {
			return path, nil
		}
	}
	return "", fmt.Errorf("%s: %w", name, ErrNoProxy)
}
