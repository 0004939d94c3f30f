package remote_test

import (
	"context"
	"fmt"
	"net"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	toxiproxy "github.com/Shopify/toxiproxy/v2"
	"github.com/redis/go-redis/v9"
	"github.com/rs/zerolog"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"souk/internal/cache/remote"
)

func TestMain(m *testing.M) {
	// A slicer of toxiproxy v2.12.0 whose connection has ended waits for ever.
	goleak.VerifyTestMain(m, goleak.IgnoreAnyFunction("github.com/Shopify/toxiproxy/v2/toxics.(*SlicerToxic).Pipe"))
}

// server is a Redis of a test's own, which it may freeze and fill.
type server struct {
	address string
	process *os.Process
	*redis.Client
}

// start starts a Redis with further arguments. It ends with the test.
func start(t testing.TB, args ...string) *server {
	t.Helper()
	program, err := exec.LookPath("redis-server")
	if err != nil && os.Getenv("CI") == "" {
		t.Skip(err)
	}
	require.NoError(t, err)
	free, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	port := free.Addr().(*net.TCPAddr).Port
	require.NoError(t, free.Close())
	command := exec.Command(program, append([]string{
		"--bind", "127.0.0.1", "--port", strconv.Itoa(port), "--dir", t.TempDir(), "--save", "", "--appendonly", "no",
	}, args...)...)
	require.NoError(t, command.Start())
	s := &server{address: "127.0.0.1:" + strconv.Itoa(port), process: command.Process}
	s.Client = redis.NewClient(&redis.Options{Addr: s.address})
	t.Cleanup(func() {
		_ = s.Close()
		_ = command.Process.Kill() // also ends a frozen one
		_ = command.Wait()
	})
	eventually(t, func() bool { return s.Ping(context.Background()).Err() == nil })
	return s
}

func (s *server) freeze(t testing.TB) { require.NoError(t, s.process.Signal(syscall.SIGSTOP)) }
func (s *server) thaw(t testing.TB)   { require.NoError(t, s.process.Signal(syscall.SIGCONT)) }

// behind returns a proxy in front of the server.
func (s *server) behind(t testing.TB) *toxiproxy.Proxy {
	t.Helper()
	api := toxiproxy.NewServer(toxiproxy.NewMetricsContainer(nil), zerolog.Nop())
	proxy := toxiproxy.NewProxy(api, "redis", "127.0.0.1:0", s.address)
	require.NoError(t, proxy.Start())
	t.Cleanup(proxy.Stop)
	return proxy
}

// poison makes a proxy misbehave.
func poison(t testing.TB, proxy *toxiproxy.Proxy, toxic string) {
	t.Helper()
	_, err := proxy.Toxics.AddToxicJson(strings.NewReader(toxic))
	require.NoError(t, err)
}

// witness counts what the hooks of a tier tell.
type witness struct {
	hits, misses, dropped, read, written atomic.Int64
	out                                  atomic.Bool
	outages                              atomic.Int64

	mu     sync.Mutex
	failed map[string]error
}

func (w *witness) config() remote.Config {
	add := func(to *atomic.Int64) func(int) { return func(n int) { to.Add(int64(n)) } }
	return remote.Config{Retry: 50 * time.Millisecond, Hooks: remote.Hooks{
		Hits: add(&w.hits), Misses: add(&w.misses), Dropped: add(&w.dropped), Read: add(&w.read), Written: add(&w.written),
		LeftOut: func(out bool) {
			if w.out.Swap(out) == out {
				panic("told twice")
			}
			if out {
				w.outages.Add(1)
			}
		},
		Failed: func(call string, err error) {
			w.mu.Lock()
			defer w.mu.Unlock()
			if w.failed == nil {
				w.failed = map[string]error{}
			}
			w.failed[call] = err
		},
	}}
}

func (w *witness) failure(call string) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.failed[call]
}

func open(t testing.TB, address string, c remote.Config) *remote.Tier {
	t.Helper()
	tier, err := remote.Open("redis://"+address, c)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, tier.Close()) })
	return tier
}

func eventually(t testing.TB, condition func() bool) {
	t.Helper()
	require.Eventually(t, condition, 10*time.Second, time.Millisecond)
}

// put writes a value and waits until it is there.
func put(t testing.TB, tier *remote.Tier, key, value string) {
	t.Helper()
	eventually(t, func() bool {
		tier.Put(key, []byte(value), time.Minute)
		return get(t, tier, key) == value
	})
}

// get returns the value of a key, "-" for a miss.
func get(t testing.TB, tier *remote.Tier, key string) string {
	t.Helper()
	values := tier.GetMany(t.Context(), []string{key})
	require.Len(t, values, 1)
	if values[0] == nil {
		return "-"
	}
	return string(values[0])
}

func keys(n int) []string {
	all := make([]string, n)
	for i := range all {
		all[i] = fmt.Sprintf("key:%d", i)
	}
	return all
}
