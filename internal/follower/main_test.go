package follower_test

import (
	"context"
	"log/slog"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"souk/internal/changefeed"
	"souk/internal/coherence"
	"souk/internal/dbtest"
	"souk/internal/follower"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const (
	patience = 20 * time.Second
	tick     = 5 * time.Millisecond
)

// run starts a follower, and returns what stops it and waits until it has ended.
func run(t testing.TB, o follower.Options) (stop func()) {
	t.Helper()
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	ctx, cancel := context.WithCancel(context.Background())
	var running sync.WaitGroup
	running.Go(func() {
		if err := follower.Run(ctx, o); err != nil {
			t.Error(err)
		}
	})
	stop = func() { cancel(); running.Wait() }
	t.Cleanup(stop)
	return stop
}

// heard is what has come over a feed, in its order.
type heard struct {
	mu       sync.Mutex
	messages []coherence.Message
	times    []time.Time
}

// listen hears a feed until the test ends.
func listen(t testing.TB, feed changefeed.Feed) *heard {
	t.Helper()
	h := &heard{}
	ctx, cancel := context.WithCancel(context.Background())
	var running sync.WaitGroup
	running.Go(func() {
		for ctx.Err() == nil {
			_ = feed.Follow(ctx, h.take)
		}
	})
	t.Cleanup(func() { cancel(); running.Wait() })
	return h
}

func (h *heard) take(m coherence.Message) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.messages = append(h.messages, m)
	h.times = append(h.times, time.Now())
}

func (h *heard) all() []coherence.Message {
	h.mu.Lock()
	defer h.mu.Unlock()
	return slices.Clone(h.messages)
}

// wait waits for a message, and returns its place.
func (h *heard) wait(t testing.TB, what string, is func(coherence.Message) bool) int {
	t.Helper()
	place := -1
	require.Eventually(t, func() bool {
		place = slices.IndexFunc(h.all(), is)
		return place >= 0
	}, patience, tick, what)
	return place
}

// epochs returns the epochs that have begun.
func (h *heard) epochs() (begun []coherence.Epoch) {
	for _, m := range h.all() {
		if m.Begins {
			begun = append(begun, m.Epoch)
		}
	}
	return begun
}

// waitEpochs waits until so many epochs have begun.
func (h *heard) waitEpochs(t testing.TB, n int) []coherence.Epoch {
	t.Helper()
	require.Eventually(t, func() bool { return len(h.epochs()) >= n }, patience, tick, "%d epochs", n)
	require.Len(t, h.epochs(), n)
	return h.epochs()
}

// round sets a nonce and waits until it comes back. All that was committed before has then been
// heard.
func (h *heard) round(t testing.TB, feed changefeed.Feed, n coherence.Nonce) int {
	t.Helper()
	require.NoError(t, feed.SetNonce(context.Background(), n))
	return h.wait(t, "a nonce", func(m coherence.Message) bool { return slices.Contains(m.Nonces, n) })
}

// commits returns the commits of the messages from a place on.
func (h *heard) commits(from int) (all []coherence.Commit) {
	for _, m := range h.all()[from:] {
		all = append(all, m.Commits...)
	}
	return all
}

func connect(t testing.TB, url string) *pgx.Conn {
	t.Helper()
	conn, err := pgx.Connect(context.Background(), url)
	require.NoError(t, err)
	t.Cleanup(func() { _ = conn.Close(context.Background()) })
	return conn
}

func execute(t testing.TB, conn *pgx.Conn, sql string, args ...any) {
	t.Helper()
	_, err := conn.Exec(context.Background(), sql, args...)
	require.NoError(t, err, sql)
}

// shop is a database that is followed.
type shop struct {
	*dbtest.DB
	feed   *changefeed.Local
	heard  *heard
	conn   *pgx.Conn
	nonces uint64
}

func follow(t testing.TB) *shop {
	t.Helper()
	db := dbtest.New(t)
	s := &shop{DB: db, feed: changefeed.NewLocal(), conn: connect(t, db.PrimaryURL)}
	s.heard = listen(t, s.feed)
	run(t, follower.Options{URL: db.PrimaryURL, Feed: s.feed})
	s.heard.waitEpochs(t, 1)
	return s
}

// settle waits until all that was committed has been heard, and returns how many messages there
// are.
func (s *shop) settle(t testing.TB) int {
	t.Helper()
	s.nonces++
	return s.heard.round(t, s.feed, coherence.Nonce{Instance: 1, Number: s.nonces}) + 1
}
