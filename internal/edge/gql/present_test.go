package gql_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/99designs/gqlgen/graphql"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/stretchr/testify/require"
	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/gqlerror"

	"souk/internal/documents"
	"souk/internal/door"
	"souk/internal/edge/gql"
	"souk/internal/fault"
	"souk/internal/telemetry"
)

// secret is what a driver says and a shopper must never read.
var secret = &pgconn.PgError{Code: "42P01", Message: `relation "products" does not exist`, Hint: "SELECT * FROM products"}

func TestPresentError(t *testing.T) {
	expired, cancel := context.WithDeadline(context.Background(), time.Now().Add(-time.Second))
	defer cancel()
	left, leave := context.WithCancel(context.Background())
	leave()

	path := ast.Path{ast.PathName("products"), ast.PathIndex(2), ast.PathName("title")}
	coded := func(code string, path ast.Path, format string, args ...any) *gqlerror.Error {
		e := gqlerror.ErrorPathf(path, format, args...)
		e.Extensions = map[string]any{"code": code}
		return e
	}

	for name, tc := range map[string]struct {
		ctx     context.Context
		err     error
		code    string
		message string // a part of it
		path    string
		logged  string // the level, "" for nothing
	}{
		"a fault gives its message and code": {
			err: fault.Invalid("the number must be 0 to 100"), code: "BAD_USER_INPUT", message: "The number must be 0 to 100.",
		},
		"a wrapped fault with a path keeps both": {
			err:  gqlerror.WrapPath(path, fmt.Errorf("list products: %w", fault.NotFound("No such product."))),
			code: "NOT_FOUND", message: "No such product.", path: "products[2].title",
		},
		"an unavailable store is told without its cause, which is logged": {
			err:  fault.Unavailable(secret, "The shop is being repaired. Try again in a minute."),
			code: "UNAVAILABLE", message: "The shop is being repaired.", logged: "WARN",
		},
		"an internal fault without words gets the usual ones": {
			err: fault.Wrap(secret, fault.CodeInternal, ""), code: "INTERNAL", message: "quote request ID req-1", logged: "ERROR",
		},
		"a syntax error keeps gqlparser's message": {
			err: coded("GRAPHQL_PARSE_FAILED", nil, "Expected Name, found }"), code: "GRAPHQL_PARSE_FAILED", message: "Expected Name, found }",
		},
		"a validation error keeps gqlparser's message": {
			err:  coded("GRAPHQL_VALIDATION_FAILED", nil, `Cannot query field "prize" on type "Product".`),
			code: "GRAPHQL_VALIDATION_FAILED", message: `Cannot query field "prize"`,
		},
		"a variable that does not fit is the user's input": {
			err:  coded("GRAPHQL_VALIDATION_FAILED", ast.Path{ast.PathName("variable"), ast.PathName("first")}, "cannot use string as Int"),
			code: "BAD_USER_INPUT", message: "Variable `$first`: cannot use string as Int", path: "variable.first",
		},
		"a refusal names its limit": {
			err:  gqlerror.WrapIfUnwrapped(&door.Refusal{Code: door.TooDeep, Message: "too deep", Limit: 25, Asked: 26}),
			code: "TOO_DEEP", message: "Too deep.",
		},
		"a long name is cut": {
			err:  coded("GRAPHQL_VALIDATION_FAILED", nil, `Cannot query field "%s" on type "Product".`, strings.Repeat("a", 41)),
			code: "GRAPHQL_VALIDATION_FAILED", message: `Cannot query field "` + strings.Repeat("a", 40) + `…" on type "Product".`,
		},
		"a key that is no name is left out": {
			err:  coded("GRAPHQL_VALIDATION_FAILED", ast.Path{ast.PathName("variable"), ast.PathName("f"), ast.PathName("hunter2 !"), ast.PathName(strings.Repeat("b", 41))}, "unknown field"),
			code: "BAD_USER_INPUT", message: "Variable `$f.…." + strings.Repeat("b", 40) + "…`: unknown field.", path: "variable.f.…." + strings.Repeat("b", 40) + "…",
		},
		"a number that is too large is the user's input": {
			err:  gqlerror.WrapPath(path, overflow(t)),
			code: "BAD_USER_INPUT", message: "overflows signed 32-bit integer", path: "products[2].title",
		},
		"introspection that is off says where the schema is": {
			err: errors.New("introspection disabled"), code: "FORBIDDEN", message: "does not describe its schema",
		},
		"a deadline is a timeout": {
			ctx: expired, err: fmt.Errorf("list products: %w", secret), code: "TIMEOUT", message: "Request less", logged: "WARN",
		},
		"a client that left is quiet": {
			ctx: left, err: fmt.Errorf("list products: %w", context.Canceled), code: "UNAVAILABLE", message: "cancelled",
		},
		"a driver's error is internal": {
			err:  gqlerror.WrapPath(path, fmt.Errorf("list products: %w", secret)),
			code: "INTERNAL", message: "quote request ID req-1", path: "products[2].title", logged: "ERROR",
		},
		"gqlgen's complaint about our null is internal": {
			err:  gqlerror.ErrorPathf(path, "must not be null"),
			code: "INTERNAL", message: "quote request ID req-1", path: "products[2].title", logged: "ERROR",
		},
		"a panic is internal": {
			err: gql.Recover(context.Background(), "index out of range [3]"), code: "INTERNAL", message: "quote request ID", logged: "ERROR",
		},
	} {
		t.Run(name, func(t *testing.T) {
			ctx, log := newLog(tc.ctx)
			got := gql.PresentError(ctx, log.logger, tc.err)

			require.Equal(t, tc.code, got.Extensions["code"])
			require.Contains(t, got.Message, tc.message)
			require.Equal(t, tc.path, got.Path.String())

			answer, err := json.Marshal(got)
			require.NoError(t, err)
			for _, leak := range []string{"SELECT", "relation", "42P01", "hunter2", "index out of range", "list products"} {
				require.NotContains(t, string(answer), leak)
			}
			if tc.logged == "" {
				require.NotContains(t, log.String(), "level=WARN")
				require.NotContains(t, log.String(), "level=ERROR")
				return
			}
			require.Contains(t, log.String(), "level="+tc.logged)
			require.Contains(t, log.String(), "request_id=req-1")
			require.Equal(t, "req-1", got.Extensions["requestId"])
		})
	}
}

func TestPresentErrorLogsOneCauseOncePerRequest(t *testing.T) {
	ctx, log := newLog(t.Context())
	shared := fmt.Errorf("load variants: %w", secret)
	for i := range 100 {
		got := gql.PresentError(ctx, log.logger, gqlerror.WrapPath(ast.Path{ast.PathIndex(i)}, shared))
		require.Equal(t, fmt.Sprintf("[%d]", i), got.Path.String(), "errors of one batch must not share what we build")
	}
	require.Equal(t, 1, strings.Count(log.String(), "internal error"))

	_ = gql.PresentError(ctx, log.logger, errors.New("another cause"))
	require.Equal(t, 2, strings.Count(log.String(), "internal error"))

	next := telemetry.WithRequestID(context.Background(), "req-2")
	_ = gql.PresentError(next, log.logger, shared)
	require.Equal(t, 3, strings.Count(log.String(), "internal error"), "the next request reports it again")
}

func TestPresentErrorLogsAPanicWithItsStack(t *testing.T) {
	ctx, log := newLog(t.Context())
	_ = gql.PresentError(ctx, log.logger, gql.Recover(ctx, errors.New("nil map")))
	require.Contains(t, log.String(), "panic: nil map")
	require.Contains(t, log.String(), "present_test.go")
}

// TestAMessageOfAProtocolStaysExact keeps a message without a full stop: urql compares
// it, and would never send the document.
func TestAMessageOfAProtocolStaysExact(t *testing.T) {
	ctx, log := newLog(t.Context())
	miss := &documents.Refusal{Code: documents.NotFound, Message: "PersistedQueryNotFound"}
	got, err := json.Marshal(gql.PresentError(ctx, log.logger, miss))
	require.NoError(t, err)
	require.Equal(t, `{"message":"PersistedQueryNotFound","extensions":{"code":"PERSISTED_QUERY_NOT_FOUND"}}`, string(got))
}

func overflow(t *testing.T) error {
	t.Helper()
	_, err := graphql.UnmarshalInt32(int64(1) << 40)
	require.Error(t, err)
	return err
}

type testLog struct {
	bytes.Buffer
	logger *slog.Logger
}

func newLog(ctx context.Context) (context.Context, *testLog) {
	if ctx == nil { // a case that does not care
		ctx = context.Background()
	}
	ctx = telemetry.WithRequestID(ctx, "req-1")
	log := &testLog{}
	log.logger = slog.New(telemetry.Correlate(slog.NewTextHandler(&log.Buffer, &slog.HandlerOptions{Level: slog.LevelDebug})))
	return ctx, log
}
