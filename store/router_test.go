package store

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/stretchr/testify/require"

	"souk/internal/fault"
)

// routed is a router with pools that are never opened. The test decides what a read
// does on each of them.
type routed struct {
	*router
	fallbacks []string
	asked     []string
}

func newRouted(fit ...bool) *routed {
	r := &routed{}
	var replicas []*server
	for i, ok := range fit {
		replica := &server{name: fmt.Sprintf("replica-%d", i+1), pool: new(pgxpool.Pool)}
		replica.fit.Store(ok)
		replica.probed.Store(int64(sinceStart()))
		if !ok {
			replica.lag.Store(-1)
		}
		replicas = append(replicas, replica)
	}
	r.router = newRouter(Config{
		Log:        slog.New(slog.DiscardHandler),
		OnFallback: func(_ context.Context, reason string) { r.fallbacks = append(r.fallbacks, reason) },
	}, &server{name: "primary", pool: new(pgxpool.Pool)}, replicas)
	return r
}

// run reads once. answers has the error of each server; a server without an entry
// succeeds.
func (r *routed) run(ctx context.Context, answers map[string]error) error {
	r.asked, r.fallbacks = nil, nil
	reader := &Reader{response: &response{router: r.router}}
	return reader.read(ctx, func(_ context.Context, s *server) error {
		r.asked = append(r.asked, s.name)
		return answers[s.name]
	})
}

// TestAProbeGrowsOld has a replica that was fit when it was probed last: before this process was
// frozen, for instance.
func TestAProbeGrowsOld(t *testing.T) {
	r := newRouted(true)
	require.NoError(t, r.run(t.Context(), nil))
	require.Equal(t, []string{"replica-1"}, r.asked)
	r.replicas[0].probed.Add(-int64(staleProbe))
	require.NoError(t, r.run(t.Context(), nil))
	require.Equal(t, []string{"primary"}, r.asked)
	require.Equal(t, []string{noneFit}, r.fallbacks)
}

var (
	conflict = &pgconn.PgError{Code: "40001", Message: "canceling statement due to conflict with recovery"}
	shutdown = &pgconn.PgError{Code: "57P01", Message: "terminating connection due to administrator command"}
	missing  = &pgconn.PgError{Code: "42P01", Message: `relation "reviews" does not exist`}
)

func TestReadsUseTheFitReplicasInTurn(t *testing.T) {
	r := newRouted(true, false, true)
	count := map[string]int{}
	for range 60 {
		require.NoError(t, r.run(t.Context(), nil))
		count[r.asked[0]]++
		require.Empty(t, r.fallbacks)
	}
	require.Zero(t, count["primary"])
	require.Zero(t, count["replica-2"])
	require.GreaterOrEqual(t, count["replica-1"], 20)
	require.GreaterOrEqual(t, count["replica-3"], 20)
}

func TestReadsWithoutAFitReplicaGoToThePrimary(t *testing.T) {
	r := newRouted(false)
	require.NoError(t, r.run(t.Context(), nil))
	require.Equal(t, []string{"primary"}, r.asked)
	require.Equal(t, []string{"none_fit"}, r.fallbacks)

	r = newRouted()
	require.NoError(t, r.run(t.Context(), nil))
	require.Equal(t, []string{"primary"}, r.asked)
	require.Empty(t, r.fallbacks, "no replica is configured")
}

func TestAReadThatAReplicaFailsIsRepeatedOnThePrimary(t *testing.T) {
	for name, tc := range map[string]struct {
		err    error
		reason string
		fit    bool // whether the replica is still fit afterwards
	}{
		"a recovery conflict":                {conflict, "recovery_conflict", true},
		"a deadlock with replay":             {&pgconn.PgError{Code: "40P01"}, "recovery_conflict", true},
		"a schema that it does not have yet": {missing, "behind_schema", true},
		"a shutdown":                         {fmt.Errorf("read: %w", shutdown), "unreachable", false},
		"a start":                            {&pgconn.PgError{Code: "57P03"}, "unreachable", false},
		"a lost connection":                  {fmt.Errorf("receive message: %w", io.ErrUnexpectedEOF), "unreachable", false},
		"a refused connection":               {&net.OpError{Op: "dial", Err: errors.New("connection refused")}, "unreachable", false},
		"too many connections":               {&pgconn.PgError{Code: "53300"}, "unreachable", false},
		"a connect that is slow":             {context.DeadlineExceeded, "unreachable", false},
		"a connection that broke":            {&pgconn.PgError{Code: "08006"}, "unreachable", false},
	} {
		t.Run(name, func(t *testing.T) {
			r := newRouted(true)
			require.NoError(t, r.run(t.Context(), map[string]error{"replica-1": tc.err}))
			require.Equal(t, []string{"replica-1", "primary"}, r.asked)
			require.Equal(t, []string{tc.reason}, r.fallbacks)
			require.Equal(t, tc.fit, r.replicas[0].fit.Load())
		})
	}
}

func TestAReadThatFailsItselfIsNotRepeated(t *testing.T) {
	for name, err := range map[string]error{
		"no row":         pgx.ErrNoRows,
		"two rows":       pgx.ErrTooManyRows,
		"a timeout":      &pgconn.PgError{Code: "57014"},
		"a client's own": errors.New("extended protocol limited to 65535 parameters"),
		"a scan":         pgx.ScanArgError{Err: errors.New("cannot scan")},
	} {
		t.Run(name, func(t *testing.T) {
			r := newRouted(true)
			require.ErrorIs(t, r.run(t.Context(), map[string]error{"replica-1": err}), err)
			require.Equal(t, []string{"replica-1"}, r.asked)
			require.True(t, r.replicas[0].fit.Load())
		})
	}
}

func TestAReadWhoseCallerLeftIsNotRepeated(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	r := newRouted(true)
	require.ErrorIs(t, r.run(ctx, map[string]error{"replica-1": context.Canceled}), context.Canceled)
	require.Equal(t, []string{"replica-1"}, r.asked)
	require.True(t, r.replicas[0].fit.Load(), "the caller left; the replica did not fail")
}

func TestALaggingReplicaServesReadsWithoutThePrimary(t *testing.T) {
	r := newRouted(false, false)
	r.replicas[1].lag.Store(int64(DefaultMaxReplicaLag * 100)) // it still answers
	require.NoError(t, r.run(t.Context(), map[string]error{"primary": shutdown}))
	require.Equal(t, []string{"primary", "replica-2"}, r.asked)

	require.ErrorIs(t, r.run(t.Context(), map[string]error{"primary": missing}), missing)
	require.Equal(t, []string{"primary"}, r.asked, "the primary answered, so no other server is asked")
}

func TestARefusedValueIsNotQuoted(t *testing.T) {
	refused := &pgconn.PgError{Code: "22P02", Message: `invalid input syntax for type uuid: "4711"`}
	err := newRouted(true).run(t.Context(), map[string]error{"replica-1": refused})
	require.NotContains(t, err.Error(), "4711")
	require.Contains(t, err.Error(), "SQLSTATE 22P02")
	require.ErrorIs(t, err, refused)

	nul := &pgconn.PgError{Code: "22021", Message: `invalid byte sequence for encoding "UTF8": 0x00`}
	err = newRouted(true).run(t.Context(), map[string]error{"replica-1": nul})
	require.True(t, fault.Is(err, fault.CodeBadUserInput))
}
