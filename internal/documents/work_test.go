package documents

import (
	"context"
	"errors"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"souk/internal/door"
)

// failing is a store whose writes fail while broken is set.
type failing struct {
	Store
	clients []Client

	mu         sync.Mutex
	broken     error
	recorded   []Count
	registered int
	trimmed    chan string
}

func (s *failing) Record(_ context.Context, counts []Count) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.broken != nil {
		return s.broken
	}
	s.recorded = append(s.recorded, counts...)
	return nil
}

func (s *failing) Register(context.Context, Registration) error {
	s.registered++
	return nil
}

func (s *failing) TrimOwner(_ context.Context, owner string, _ int64) error {
	s.trimmed <- owner
	return s.broken
}

func (s *failing) Clients(context.Context, int) ([]Client, error) { return s.clients, nil }

// TestUsesThatWereNotWritten are written later, together with those since.
func TestUsesThatWereNotWritten(t *testing.T) {
	s := &failing{broken: errors.New("connection refused")}
	library := New(Options{Mode: Prefer, Store: s})
	use := func(trusted bool) {
		library.Use(Use{Key: door.KeyOf("{ a }"), Client: Client{"web", "1"}, Trusted: trusted, Cost: 3, Took: time.Millisecond}, Found{Named: true})
	}
	use(true)
	use(false)
	library.record(t.Context())
	use(true)
	s.broken = nil
	library.record(t.Context())
	require.Len(t, s.recorded, 2, "before it was pushed, and after")
	before, after := s.recorded[0], s.recorded[1]
	require.Equal(t, []any{false, int64(1), int64(3)}, []any{before.Trusted, before.Uses, before.Cost})
	require.Equal(t, []any{true, int64(2), int64(6)}, []any{after.Trusted, after.Uses, after.Cost})
	sum := int64(0)
	for _, n := range after.Latencies {
		sum += n
	}
	require.Equal(t, int64(2), sum)
	require.Zero(t, library.UsesLost())
}

// TestAStopDuringARecord lets it end: its context is not that of the library.
func TestAStopDuringARecord(t *testing.T) {
	s := &failing{}
	library := New(Options{Mode: Prefer, Store: stopped{s}})
	library.Use(Use{Key: door.KeyOf("{ a }")}, Found{Named: true})
	ctx, stop := context.WithCancel(t.Context())
	stop()
	library.recordWhole(ctx)
	require.Len(t, s.recorded, 1)
}

// stopped refuses what is cancelled, as pgx does.
type stopped struct{ *failing }

func (s stopped) Record(ctx context.Context, counts []Count) error {
	if ctx.Err() != nil {
		return ctx.Err()
	}
	return s.failing.Record(ctx, counts)
}

// TestMadeUpClientsTakeNoPlaceOfKnownOnes has more of them than are told apart.
func TestMadeUpClientsTakeNoPlaceOfKnownOnes(t *testing.T) {
	known := Client{"web", "1"}
	s := &failing{clients: []Client{known}}
	library := New(Options{Mode: Prefer, Store: s})
	library.knowClients(t.Context())
	for i := range maxClients + 10 {
		library.Use(Use{Client: Client{"made up", string(rune('一' + i))}}, Found{Named: true})
	}
	library.Use(Use{Client: known}, Found{Named: true})
	library.record(t.Context())
	require.Len(t, s.recorded, maxClients+1, "of which one is all others")
	require.True(t, slices.ContainsFunc(s.recorded, func(c Count) bool { return c.Client == known }))
}

// TestATextIsRegisteredAgain after a while, as it may have been removed from the table.
func TestATextIsRegisteredAgain(t *testing.T) {
	s := &failing{}
	library := New(Options{Mode: APQ, Store: s, MemoryBytes: 1 << 20, TableBytes: 1 << 20, OwnerBytes: 1 << 20})
	const text = "{ a }"
	found, err := library.Find(t.Context(), Reference{ID: HashOf(text), Automatic: true}, text, false)
	require.NoError(t, err)
	require.True(t, found.Register)
	for range 3 {
		library.Register(t.Context(), "app", door.KeyOf(text), text)
	}
	require.Equal(t, 1, s.registered)
	library.again.since = library.again.since.Add(-registerAgain)
	found, err = library.Find(t.Context(), Reference{ID: HashOf(text), Automatic: true}, text, false)
	require.NoError(t, err)
	require.True(t, found.Register, "also when it is in memory")
	library.Register(t.Context(), "app", door.KeyOf(text), text)
	require.Equal(t, 2, s.registered)
}

// TestAFailedTrim is not a failed registration: nobody's request waits for it.
func TestAFailedTrim(t *testing.T) {
	s := &failing{broken: errors.New("connection refused"), trimmed: make(chan string, 1)}
	library := New(Options{Mode: APQ, Store: s, MemoryBytes: 1 << 20, TableBytes: 1 << 20, OwnerBytes: 1 << 10})
	library.Register(t.Context(), "app", door.KeyOf("{ a }"), "{ a }")
	require.Equal(t, int64(1), library.Counts()[Registered])
	require.Empty(t, s.trimmed)
	<-library.quota.due
	library.trimDue(t.Context())
	require.Equal(t, "app", <-s.trimmed)
}
