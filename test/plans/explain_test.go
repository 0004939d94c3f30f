package plans

import (
	"context"
	"encoding/json"
	"fmt"
	"net/url"
	"regexp"
	"strings"
	"sync"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/stretchr/testify/require"

	"souk/store"
)

// plan is a statement as Postgres ran it.
type plan struct {
	Query string   `json:"Query Text"`
	Root  planNode `json:"Plan"`
}

// planNode is a node of EXPLAIN's output. Rows are for one loop.
type planNode struct {
	Type        string     `json:"Node Type"`
	Relation    string     `json:"Relation Name"`
	Index       string     `json:"Index Name"`
	CTE         string     `json:"CTE Name"`
	Rows        float64    `json:"Actual Rows"`
	Loops       float64    `json:"Actual Loops"`
	Removed     float64    `json:"Rows Removed by Filter"`
	SharedHit   int        `json:"Shared Hit Blocks"`
	SharedRead  int        `json:"Shared Read Blocks"`
	TempWritten int        `json:"Temp Written Blocks"`
	Plans       []planNode `json:"Plans"`
}

var statementName = regexp.MustCompile(`^-- name: (\w+)`)

func (p plan) name() string {
	if found := statementName.FindStringSubmatch(p.Query); found != nil {
		return found[1]
	}
	return p.Query
}

func (p plan) buffers() int { return p.Root.SharedHit + p.Root.SharedRead }

// each visits the node and all below it.
func (n planNode) each(visit func(planNode)) {
	visit(n)
	for _, child := range n.Plans {
		child.each(visit)
	}
}

// String draws the tree, a line for each node.
func (n planNode) String() string {
	var b strings.Builder
	n.draw(&b, 1)
	return b.String()
}

func (n planNode) draw(b *strings.Builder, depth int) {
	fmt.Fprintf(b, "%s%s %s %s%s: %.0f rows, %.0f removed, %.0f loops, %d buffers\n", strings.Repeat("  ", depth),
		n.Type, n.Relation, n.Index, n.CTE, n.Rows, n.Removed, n.Loops, n.SharedHit+n.SharedRead)
	for _, child := range n.Plans {
		child.draw(b, depth+1)
	}
}

// explained is a store whose every statement is explained by the server that
// runs it, with the plan that it really has, prepared as pgx prepares it:
// auto_explain sends the plan as a notice.
type explained struct {
	*store.Store

	mu    sync.Mutex
	plans []plan
	fault error
}

// openExplained opens a store on the primary. planMode is a value of the setting
// plan_cache_mode.
func openExplained(t testing.TB, databaseURL, planMode string) *explained {
	t.Helper()
	address, err := url.Parse(databaseURL)
	require.NoError(t, err)
	query := address.Query()
	query.Set("options", strings.Join([]string{
		"-c session_preload_libraries=auto_explain", "-c auto_explain.log_min_duration=0",
		"-c auto_explain.log_analyze=on", "-c auto_explain.log_timing=off", "-c auto_explain.log_buffers=on",
		"-c auto_explain.log_format=json", "-c auto_explain.log_level=notice", "-c plan_cache_mode=" + planMode,
	}, " "))
	// pgx does not read a plus as a blank.
	address.RawQuery = strings.ReplaceAll(query.Encode(), "+", "%20")
	e := &explained{}
	e.Store, err = store.Open(t.Context(), store.Config{
		PrimaryURL: address.String(), MaxConns: 1,
		Tracer: func(string) pgx.QueryTracer { return noticeTracer{e} },
	})
	require.NoError(t, err)
	t.Cleanup(e.Close)
	return e
}

// during returns the plans of the statements that run while do does.
func (e *explained) during(t testing.TB, do func() error) []plan {
	t.Helper()
	e.mu.Lock()
	e.plans = nil
	e.mu.Unlock()
	require.NoError(t, do())
	e.mu.Lock()
	defer e.mu.Unlock()
	require.NoError(t, e.fault)
	return e.plans
}

func (e *explained) notice(_ *pgconn.PgConn, n *pgconn.Notice) {
	_, text, found := strings.Cut(n.Message, "plan:\n")
	if !found {
		return
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	var p plan
	if err := json.Unmarshal([]byte(text), &p); err != nil {
		e.fault = fmt.Errorf("read plan: %w", err)
		return
	}
	if statementName.MatchString(p.Query) {
		e.plans = append(e.plans, p)
	}
}

// noticeTracer is there to reach the configuration of each connection before it
// is made.
type noticeTracer struct{ to *explained }

func (n noticeTracer) TraceConnectStart(ctx context.Context, data pgx.TraceConnectStartData) context.Context {
	data.ConnConfig.OnNotice = n.to.notice
	return ctx
}

func (noticeTracer) TraceConnectEnd(context.Context, pgx.TraceConnectEndData) {}

func (noticeTracer) TraceQueryStart(ctx context.Context, _ *pgx.Conn, _ pgx.TraceQueryStartData) context.Context {
	return ctx
}

func (noticeTracer) TraceQueryEnd(context.Context, *pgx.Conn, pgx.TraceQueryEndData) {}
