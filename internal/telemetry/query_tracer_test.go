package telemetry_test

import (
	"context"
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"

	"souk/internal/devstack"
	"souk/internal/explain"
	"souk/internal/telemetry"
)

func TestStatementName(t *testing.T) {
	for sql, want := range map[string]string{
		"-- name: ListProducts\nSELECT 1":                    "ListProducts",
		"\n\t-- name: ListProducts\nSELECT 1":                "ListProducts",
		"-- name: ListProducts :many\r\nSELECT 1":            "ListProducts",
		"-- name: ListProducts":                              "ListProducts",
		"-- name: \nSELECT 1":                                "unnamed",
		"-- name: " + strings.Repeat("a", 65) + "\nSELECT 1": "unnamed",
		"-- ListProducts\nSELECT 1":                          "unnamed",
		"SELECT 1 -- name: ListProducts":                     "unnamed",
		"begin isolation level serializable":                 "begin",
		"COMMIT":                                             "commit",
		"rollback to savepoint sp_1":                         "rollback",
		"":                                                   "unnamed",
	} {
		require.Equal(t, want, telemetry.StatementName(sql), sql)
	}
}

func BenchmarkStatementName(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		telemetry.StatementName("-- name: ListProducts\nSELECT id, slug FROM products")
	}
}

// openPool connects to the tests' Postgres, where nothing but temporary tables
// is made, so it needs no database of its own.
func openPool(t *testing.T, reports *telemetry.Telemetry) *pgxpool.Pool {
	t.Helper()
	address := os.Getenv(devstack.TestDatabaseVariable)
	require.NotEmpty(t, address, "this test needs Postgres: run `make test`")
	config, err := pgxpool.ParseConfig(address)
	require.NoError(t, err)
	config.ConnConfig.Tracer = reports.QueryTracer("primary")
	config.MaxConns = 1
	pool, err := pgxpool.NewWithConfig(t.Context(), config)
	require.NoError(t, err)
	t.Cleanup(pool.Close)
	return pool
}

func TestStatementsBecomeMetrics(t *testing.T) {
	reports := start(t, telemetry.Options{})
	pool, ctx := openPool(t, reports), t.Context()

	var n int
	const sql = "-- name: CountThings\nSELECT @n::int"
	require.NoError(t, pool.QueryRow(ctx, sql, pgx.StrictNamedArgs{"n": 7}).Scan(&n))
	require.Equal(t, 7, n)
	_, err := pool.Exec(ctx, "-- name: Fail\nSELECT 1/0")
	require.Error(t, err)
	hurried, cancel := context.WithTimeout(ctx, 20*time.Millisecond)
	defer cancel()
	_, err = pool.Exec(hurried, "-- name: Slow\nSELECT pg_sleep(60)")
	require.Error(t, err)

	require.NoError(t, pgx.BeginFunc(ctx, pool, func(tx pgx.Tx) error {
		_, err := tx.Exec(ctx, "-- name: MakeTable\nCREATE TEMP TABLE things (id int)")
		require.NoError(t, err)
		_, err = tx.CopyFrom(ctx, pgx.Identifier{"things"}, []string{"id"}, pgx.CopyFromRows([][]any{{1}, {2}}))
		require.NoError(t, err)
		batch := &pgx.Batch{}
		batch.Queue("-- name: BatchOne\nSELECT id FROM things")
		batch.Queue("-- name: BatchTwo\nSELECT id FROM things")
		return tx.SendBatch(ctx, batch).Close()
	}))

	text := scrape(t, reports)
	for _, labels := range []string{
		`outcome="ok",pool="primary",statement="CountThings"`,
		`outcome="error",pool="primary",statement="Fail"`,
		`outcome="timeout",pool="primary",statement="Slow"`,
		`outcome="ok",pool="primary",statement="begin"`,
		`outcome="ok",pool="primary",statement="copy things"`,
		`outcome="ok",pool="primary",statement="BatchOne"`,
		`outcome="ok",pool="primary",statement="BatchTwo"`,
		`outcome="ok",pool="primary",statement="commit"`,
	} {
		require.Contains(t, text, "souk_sql_duration_seconds_count{"+labels+"} 1")
	}
	// The cancelled statement took its connection with it.
	require.Contains(t, text, `souk_sql_connects_total{outcome="ok",pool="primary"} 2`)
}

func TestStatementsBecomeSpansWithoutTheirArguments(t *testing.T) {
	spans := tracetest.NewInMemoryExporter()
	reports := start(t, telemetry.Options{SpanExporter: spans})
	pool := openPool(t, reports)
	require.NoError(t, pool.Ping(t.Context()))
	spans.Reset()

	ctx, parent := reports.Tracer.Start(t.Context(), "request")
	_, err := pool.Exec(ctx, "-- name: FindCustomer\nSELECT 1 WHERE 'x' = $1", "jane@example.com")
	require.NoError(t, err)
	_, err = pool.Exec(ctx, "-- name: Fail\nSELECT $1::text::int", "jane@example.com")
	require.Error(t, err)
	batch := &pgx.Batch{}
	batch.Queue("-- name: BatchOne\nSELECT 1")
	require.NoError(t, pool.SendBatch(ctx, batch).Close())
	parent.End()

	found := make(map[string]tracetest.SpanStub)
	for _, span := range spans.GetSpans() {
		found[span.Name] = span
		require.Equal(t, parent.SpanContext().TraceID(), span.SpanContext.TraceID())
		for _, a := range span.Attributes {
			require.NotContains(t, a.Value.String(), "jane@example.com")
		}
		require.NotContains(t, span.Status.Description, "jane@example.com")
	}
	one := found["FindCustomer"]
	require.Equal(t, parent.SpanContext().SpanID(), one.Parent.SpanID())
	require.Contains(t, one.Attributes, attribute.String("db.system.name", "postgresql"))
	require.Contains(t, one.Attributes, attribute.String("db.query.summary", "FindCustomer"))
	require.Contains(t, one.Attributes, attribute.String("souk.pool", "primary"))
	require.Contains(t, found["Fail"].Attributes, attribute.String("db.response.status_code", "22P02"))
	require.Equal(t, codes.Error, found["Fail"].Status.Code)
	require.Equal(t, found["batch"].SpanContext.SpanID(), found["BatchOne"].Parent.SpanID())
}

func TestPoolStatistics(t *testing.T) {
	reports := start(t, telemetry.Options{})
	pool := openPool(t, reports)
	stop, err := reports.Metrics.ObservePool("primary", pool.Stat)
	require.NoError(t, err)

	only, err := pool.Acquire(t.Context())
	require.NoError(t, err)
	waiting := make(chan error, 1)
	go func() { waiting <- pool.Ping(context.Background()) }()
	require.Contains(t, scrape(t, reports), `souk_pool_connections{pool="primary",state="acquired"} 1`)
	only.Release()
	require.NoError(t, <-waiting)
	gaveUp, cancel := context.WithCancel(t.Context())
	cancel()
	require.Error(t, pool.Ping(gaveUp))

	text := scrape(t, reports)
	for _, series := range []string{
		`souk_pool_connections{pool="primary",state="idle"} 1`,
		`souk_pool_connections_max{pool="primary"} 1`,
		`souk_pool_acquires_total{pool="primary"} 2`,
		`souk_pool_acquires_cancelled_total{pool="primary"} 1`,
		`souk_pool_waits_total{pool="primary"}`,
		`souk_pool_wait_time_seconds_total{pool="primary"}`,
	} {
		require.Contains(t, text, series)
	}
	stop()
	require.NotContains(t, scrape(t, reports), "souk_pool_connections")
}

// BenchmarkQueryTracer measures what each statement pays while traces are off.
func BenchmarkQueryTracer(b *testing.B) {
	reports, err := telemetry.New(b.Context(), telemetry.Options{})
	require.NoError(b, err)
	defer func() { _ = reports.Stop(context.Background()) }()
	tracer := reports.QueryTracer("primary")
	b.ReportAllocs()
	for b.Loop() {
		ctx := tracer.TraceQueryStart(b.Context(), nil, pgx.TraceQueryStartData{SQL: "-- name: ListProducts\nSELECT 1"})
		tracer.TraceQueryEnd(ctx, nil, pgx.TraceQueryEndData{})
	}
}

// TestStatementsAreExplained runs statements of each form, with a parameter that must not be
// shown.
func TestStatementsAreExplained(t *testing.T) {
	pool, recorder := openPool(t, start(t, telemetry.Options{})), explain.New()
	ctx := explain.With(t.Context(), recorder)
	recorder.Level(nil)
	_, err := pool.Exec(ctx, "-- name: Rows\nSELECT generate_series(1, @n::int)", pgx.StrictNamedArgs{"n": 4321})
	require.NoError(t, err)
	_, err = pool.Exec(ctx, "-- name: Fail\nSELECT 4321 / @n::int", pgx.StrictNamedArgs{"n": 0})
	require.Error(t, err)
	cancelled, cancel := context.WithCancel(ctx)
	cancel()
	require.NoError(t, pgx.BeginFunc(ctx, pool, func(tx pgx.Tx) error {
		batch := &pgx.Batch{}
		batch.Queue("-- name: InBatch\nSELECT 1")
		batch.Queue("-- name: InBatch\nSELECT 1")
		require.NoError(t, tx.SendBatch(ctx, batch).Close())
		_, err := tx.Exec(ctx, "CREATE TEMP TABLE explained (id int)")
		require.NoError(t, err)
		_, err = tx.CopyFrom(ctx, pgx.Identifier{"explained"}, []string{"id"}, pgx.CopyFromRows([][]any{{1}, {2}}))
		require.NoError(t, err)
		_, err = tx.Exec(cancelled, "-- name: Cancelled\nSELECT 1")
		require.Error(t, err)
		return nil
	}))
	var lines []string
	for _, s := range recorder.Answer().Statements {
		for _, run := range s.Runs {
			require.Equal(t, "primary", run.Server)
			require.Equal(t, 1, run.Level)
			require.True(t, run.Millis > 0 || run.Error != "" || s.Name == "InBatch", s.Name)
			lines = append(lines, fmt.Sprintf("%s | %s | %d %s", s.Name, strings.ReplaceAll(s.Text, "\n", " "), run.Rows, run.Error))
		}
	}
	require.Equal(t, []string{
		"Rows | -- name: Rows SELECT generate_series(1, @n::int) | 4321 ",
		"Fail | -- name: Fail SELECT 4321 / @n::int | 0 22012",
		"begin | begin | 0 ",
		"InBatch | -- name: InBatch SELECT 1 | 1 ", "InBatch | -- name: InBatch SELECT 1 | 1 ",
		"unnamed | CREATE TEMP TABLE explained (id int) | 0 ",
		"copy explained |  | 2 ",
		"Cancelled | -- name: Cancelled SELECT 1 | 0 cancelled",
		"commit | commit | 0 ",
	}, lines)
}
