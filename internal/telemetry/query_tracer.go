package telemetry

import (
	"context"
	"errors"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	semconv "go.opentelemetry.io/otel/semconv/v1.43.0"
	"go.opentelemetry.io/otel/trace"

	"souk/internal/explain"
)

// QueryTracer reports each SQL statement of one pool as a metric and a span.
// Set it as pgx.ConnConfig.Tracer. Statements are identified by the name in
// their first line (see StatementName). Arguments are never recorded, because
// customers typed them.
type QueryTracer struct {
	pool    string
	metrics *Metrics
	tracer  trace.Tracer
}

var (
	_ pgx.QueryTracer    = (*QueryTracer)(nil)
	_ pgx.BatchTracer    = (*QueryTracer)(nil)
	_ pgx.CopyFromTracer = (*QueryTracer)(nil)
	_ pgx.ConnectTracer  = (*QueryTracer)(nil)
)

// QueryTracer returns the tracer of the pool with that name: primary, replica-1
// and so on.
func (t *Telemetry) QueryTracer(pool string) *QueryTracer {
	t.Metrics.startPoolAtZero(context.Background(), pool)
	return &QueryTracer{pool: pool, metrics: t.Metrics, tracer: t.Tracer}
}

// traced is the context of a running statement. It is its own context value,
// which saves a second allocation for each statement.
type traced struct {
	context.Context
	statement
	start time.Time
	span  trace.Span
}

// statement is the name and the text of a statement. Without a text it is a COPY, a batch
// or a connect.
type statement struct{ name, text string }

type tracedKey struct{}

// asClient is how a statement is seen in a trace.
var asClient = trace.WithSpanKind(trace.SpanKindClient)

// Value returns the statement under its own key, and the parent's values.
func (t *traced) Value(key any) any {
	if _, ok := key.(tracedKey); ok {
		return t
	}
	return t.Context.Value(key)
}

func (q *QueryTracer) begin(ctx context.Context, s statement) context.Context {
	ctx, span := q.tracer.Start(ctx, s.name, asClient)
	if span.IsRecording() {
		span.SetAttributes(
			semconv.DBSystemNamePostgreSQL,
			semconv.DBQuerySummary(s.name),
			attribute.String("souk.pool", q.pool),
		)
		if s.text != "" {
			span.SetAttributes(semconv.DBQueryText(s.text))
		}
	}
	return &traced{Context: ctx, statement: s, start: time.Now(), span: span}
}

// ended counts a statement that has ended, for the pool and for its request, and explains
// it.
func (q *QueryTracer) ended(ctx context.Context, s statement, tag pgconn.CommandTag, took time.Duration, err error) {
	q.metrics.statement(ctx, q.pool, s.name, took, err)
	if r := requestOf(ctx); r != nil {
		r.ran(s.name, took)
	}
	if r := explain.For(ctx); r != nil {
		r.Statement(s.name, s.text, explain.Run{
			Server: q.pool, Rows: tag.RowsAffected(), Millis: explain.Millis(took), Error: stateOf(err),
		})
	}
}

func (t *traced) end(tag pgconn.CommandTag, err error) {
	if t.span.IsRecording() {
		if err != nil {
			describeFailure(t.span, err)
		} else {
			t.span.SetAttributes(semconv.DBResponseReturnedRows(int(tag.RowsAffected())))
		}
	}
	t.span.End()
}

func statementOf(ctx context.Context) (*traced, bool) {
	t, ok := ctx.Value(tracedKey{}).(*traced)
	return t, ok
}

// TraceQueryStart is called by pgx before a query, also one that Exec sends.
func (q *QueryTracer) TraceQueryStart(ctx context.Context, _ *pgx.Conn, d pgx.TraceQueryStartData) context.Context {
	return q.begin(ctx, statement{StatementName(d.SQL), d.SQL})
}

// TraceQueryEnd is called by pgx when the last row was read or the query failed.
func (q *QueryTracer) TraceQueryEnd(ctx context.Context, _ *pgx.Conn, d pgx.TraceQueryEndData) {
	if t, ok := statementOf(ctx); ok {
		t.end(d.CommandTag, d.Err)
		q.ended(ctx, t.statement, d.CommandTag, time.Since(t.start), d.Err)
	}
}

// TraceBatchStart is called by pgx before it sends a batch.
func (q *QueryTracer) TraceBatchStart(ctx context.Context, _ *pgx.Conn, _ pgx.TraceBatchStartData) context.Context {
	return q.begin(ctx, statement{name: "batch"})
}

// TraceBatchQuery is called by pgx when it has read one result of a batch. The
// reported time starts when the reading of that result started, so the first
// statement of a batch also includes the wait for the server.
func (q *QueryTracer) TraceBatchQuery(ctx context.Context, _ *pgx.Conn, d pgx.TraceBatchQueryData) {
	name := StatementName(d.SQL)
	q.ended(ctx, statement{name, d.SQL}, d.CommandTag, time.Since(d.ReadStartTime), d.Err)
	t, ok := statementOf(ctx)
	if !ok || !t.span.IsRecording() {
		return
	}
	_, span := q.tracer.Start(ctx, name, asClient, trace.WithTimestamp(d.ReadStartTime))
	span.SetAttributes(semconv.DBSystemNamePostgreSQL, semconv.DBQuerySummary(name),
		semconv.DBQueryText(d.SQL), attribute.String("souk.pool", q.pool))
	(&traced{span: span}).end(d.CommandTag, d.Err)
}

// TraceBatchEnd is called by pgx when a batch is closed.
func (q *QueryTracer) TraceBatchEnd(ctx context.Context, _ *pgx.Conn, d pgx.TraceBatchEndData) {
	if t, ok := statementOf(ctx); ok {
		t.end(pgconn.CommandTag{}, d.Err)
	}
}

// TraceCopyFromStart is called by pgx before a COPY. The table is from the
// source, so it can be a label.
func (q *QueryTracer) TraceCopyFromStart(ctx context.Context, _ *pgx.Conn, d pgx.TraceCopyFromStartData) context.Context {
	return q.begin(ctx, statement{name: "copy " + strings.Join(d.TableName, ".")})
}

// TraceCopyFromEnd is called by pgx after a COPY.
func (q *QueryTracer) TraceCopyFromEnd(ctx context.Context, _ *pgx.Conn, d pgx.TraceCopyFromEndData) {
	if t, ok := statementOf(ctx); ok {
		t.end(d.CommandTag, d.Err)
		q.ended(ctx, t.statement, d.CommandTag, time.Since(t.start), d.Err)
	}
}

// TraceConnectStart is called by pgx before it opens a connection.
func (q *QueryTracer) TraceConnectStart(ctx context.Context, _ pgx.TraceConnectStartData) context.Context {
	return q.begin(ctx, statement{name: "connect"})
}

// TraceConnectEnd is called by pgx when a connection is open or has failed.
func (q *QueryTracer) TraceConnectEnd(ctx context.Context, d pgx.TraceConnectEndData) {
	if t, ok := statementOf(ctx); ok {
		t.end(pgconn.CommandTag{}, d.Err)
		q.metrics.connect(ctx, q.pool, d.Err)
	}
}

// describeFailure marks a span as failed. It records the SQLSTATE and not the
// message, because Postgres quotes the values of a failed row, which are a
// customer's.
func describeFailure(span trace.Span, err error) {
	span.SetStatus(codes.Error, outcomeOf(err))
	if pg, ok := errors.AsType[*pgconn.PgError](err); ok {
		span.SetAttributes(semconv.DBResponseStatusCode(pg.Code))
	}
}

// stateOf returns the SQLSTATE of an error, or a word for another error; "" for none.
func stateOf(err error) string {
	if err == nil {
		return ""
	}
	if pg, ok := errors.AsType[*pgconn.PgError](err); ok {
		return pg.Code
	}
	return outcomeOf(err)
}
