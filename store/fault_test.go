package store

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/stretchr/testify/require"

	"souk/internal/fault"
)

// notInTime is what pgx returns from a connection that nobody answers on.
func notInTime(t *testing.T, ctx context.Context, connectTimeout time.Duration) error {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	defer listener.Close()
	config, err := pgx.ParseConfig("postgres://nobody@" + listener.Addr().String() + "/none?sslmode=disable")
	require.NoError(t, err)
	config.ConnectTimeout = connectTimeout
	_, err = pgx.ConnectConfig(ctx, config)
	require.Error(t, err)
	return err
}

// TestAFailureSaysWhatRanOut has each way in which time runs out, and what looks like
// it, as reads and as writes tell it.
func TestAFailureSaysWhatRanOut(t *testing.T) {
	state := func(code string) error {
		return fmt.Errorf("ListProducts: %w", &pgconn.PgError{Code: code, Message: "secret"})
	}
	const (
		request     = "SOUK_REQUEST_TIMEOUT"
		nothing     = "nothing was saved"
		unreachable = "does not answer"
	)
	slow := notInTime(t, t.Context(), 20*time.Millisecond)
	require.ErrorIs(t, slow, context.DeadlineExceeded, "a time-out to connect looks like a request's")
	var network net.Error
	require.ErrorAs(t, context.DeadlineExceeded, &network, "a request's time-out looks like the network's")

	for name, tc := range map[string]struct {
		err         error
		code        fault.Code // of both
		read, write string     // a part of the words
		writeCode   fault.Code // if another one
	}{
		"the request's deadline":             {err: context.DeadlineExceeded, code: fault.CodeTimeout, read: request, write: nothing},
		"the request's deadline, wrapped":    {err: fmt.Errorf("ListProducts: %w", context.DeadlineExceeded), code: fault.CodeTimeout, read: request, write: request},
		"the same behind a closed socket":    {err: fmt.Errorf("%w: %w", context.DeadlineExceeded, net.ErrClosed), code: fault.CodeTimeout, read: request, write: request},
		"statement_timeout":                  {err: state("57014"), code: fault.CodeTimeout, read: "(statement_timeout)", write: "(statement_timeout)"},
		"lock_timeout":                       {err: state("55P03"), code: fault.CodeTimeout, read: "(lock_timeout)", write: "(lock_timeout); nothing was saved", writeCode: fault.CodeConflict},
		"idle_in_transaction_session_time":   {err: state("25P03"), code: fault.CodeTimeout, read: "idle_in_transaction_session_timeout", write: "idle_in_transaction_session_timeout"},
		"transaction_timeout":                {err: state("25P04"), code: fault.CodeTimeout, read: "transaction_timeout", write: "transaction_timeout"},
		"too many connections":               {err: state("53300"), code: fault.CodeUnavailable, read: "no more connections", write: "no more connections"},
		"a server that shuts down":           {err: state("57P01"), code: fault.CodeUnavailable, read: unreachable, write: unreachable},
		"a server that refuses":              {err: &net.OpError{Op: "dial", Err: errors.New("connection refused")}, code: fault.CodeUnavailable, read: unreachable, write: unreachable},
		"a server that ends the connection":  {err: io.ErrUnexpectedEOF, code: fault.CodeUnavailable, read: unreachable, write: unreachable},
		"a network that is slow":             {err: &net.OpError{Op: "read", Err: os.ErrDeadlineExceeded}, code: fault.CodeUnavailable, read: unreachable, write: unreachable},
		"a connection that takes too long":   {err: slow, code: fault.CodeUnavailable, read: unreachable, write: unreachable},
		"a commit that was not answered":     {err: &aborted{context.DeadlineExceeded}, code: fault.CodeUnavailable, read: unreachable, write: unreachable},
		"a commit of which nobody knows":     {err: fmt.Errorf("%w: %w", errInDoubt, context.DeadlineExceeded), code: fault.CodeUnavailable, write: "not known whether"},
		"a fault that has its words already": {err: fault.Unavailable(context.DeadlineExceeded, "all connections"), code: fault.CodeUnavailable, read: "all connections", write: "all connections"},
	} {
		t.Run(name, func(t *testing.T) {
			check := func(err error, code fault.Code, words string) {
				t.Helper()
				f, ok := errors.AsType[*fault.Error](err)
				require.True(t, ok, "%v has no words", err)
				require.Equal(t, code, f.Code)
				require.Contains(t, f.Message, words)
				require.NotContains(t, f.Message, "secret")
				if words != unreachable {
					require.NotContains(t, f.Message, unreachable)
				}
			}
			if tc.read != "" {
				check(readFault(tc.err), tc.code, tc.read)
			}
			if tc.writeCode == "" {
				tc.writeCode = tc.code
			}
			check(writeFault(tc.err), tc.writeCode, tc.write)
		})
	}
	t.Run("a client that left has no words", func(t *testing.T) {
		for _, err := range []error{context.Canceled, fmt.Errorf("%w: %w", context.Canceled, net.ErrClosed)} {
			require.Equal(t, err, readFault(err))
			require.Equal(t, err, writeFault(err))
			require.Equal(t, fault.CodeInternal, fault.CodeOf(err), "the edge asks the context")
		}
	})
	t.Run("nothing is nothing", func(t *testing.T) {
		require.NoError(t, readFault(nil))
		require.NoError(t, writeFault(nil))
	})
}
