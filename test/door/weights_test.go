package door

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"math"
	"net/http"
	"os"
	"runtime/debug"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"
	"github.com/vektah/gqlparser/v2/ast"

	"souk/graph"
	"souk/internal/dbtest"
	"souk/test/catalogue"
	"souk/test/harness"
)

// TestWeightsFollowTheCPU compares what operations cost in points with the CPU time
// that they take, over pages of every list of the schema, single objects, counts,
// facets and searches. SHOW=1 prints each.
func TestWeightsFollowTheCPU(t *testing.T) {
	defer debug.SetGCPercent(debug.SetGCPercent(100)) // as a server has it, whatever GOGC says
	db := catalogue.New(t, 1000)
	server := harness.Start(t, db)
	sql := openStatements(t, db)
	queries := priced(graph.NewExecutableSchema(graph.Config{}).Schema())
	require.Greater(t, len(queries), 80)
	measured := make([]costs, len(queries))
	correlation := 0.0
	for round := 1; round <= mostRounds && (round <= rounds || correlation < wanted); round++ {
		for i, query := range queries { // in turn, so that another test's load is not on one query alone
			measured[i] = least(measured[i], measure(t, server, sql, query))
		}
		correlation = correlationOf(measured)
	}
	if os.Getenv("SHOW") != "" {
		for i, cost := range measured {
			fmt.Printf("%8d points %8.2f ms (%.2f SQL) %6.1f µs/point %s\n", cost.points, cost.ms, cost.sql, cost.ms*1000/float64(cost.points), queries[i])
		}
	}
	t.Logf("rank correlation over %d operations: %.3f", len(queries), correlation)
	if !raceDetector { // it costs more for some work than for other
		require.GreaterOrEqual(t, correlation, wanted)
	}
}

// wanted is the least correlation of points and CPU time.
const wanted = 0.9

// rounds is how often each query is measured, and mostRounds how often if others use the
// processors: their work only makes the correlation smaller.
const rounds, mostRounds = 8, 32

func correlationOf(measured []costs) float64 {
	var points, cpu []float64
	for _, cost := range measured {
		points, cpu = append(points, float64(cost.points)), append(cpu, cost.ms)
	}
	return rankCorrelation(points, cpu)
}

type costs struct {
	points  int64
	ms, sql float64
}

// least keeps the smaller time of two measurements.
func least(a, b costs) costs {
	if a.points == b.points && a.ms < b.ms {
		return a
	}
	return b
}

// measure runs a query and takes its CPU time, ours and that of its statements.
func measure(t *testing.T, server *harness.Server, sql statements, query string) costs {
	t.Helper()
	body, err := json.Marshal(map[string]any{"query": query})
	require.NoError(t, err)
	before, began := sql.total(t), cpuTime()
	response, err := http.Post(server.URL+"/graphql", "application/json", strings.NewReader(string(body)))
	require.NoError(t, err)
	text, err := io.ReadAll(response.Body)
	require.NoError(t, err)
	_ = response.Body.Close()
	ours := float64((cpuTime() - began).Microseconds()) / 1000
	took := sql.total(t) - before
	var answer struct {
		Errors     []any
		Extensions struct{ Cost struct{ Actual int64 } }
	}
	require.NoError(t, json.Unmarshal(text, &answer))
	require.Empty(t, answer.Errors, "%s\n%s", query, text)
	return costs{answer.Extensions.Cost.Actual, ours + took, took}
}

func cpuTime() time.Duration {
	var usage syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &usage); err != nil {
		panic(err)
	}
	return time.Duration(usage.Utime.Nano() + usage.Stime.Nano())
}

// statements is a connection that sees how long others' statements took.
type statements struct{ conn *pgx.Conn }

func openStatements(t *testing.T, db *dbtest.DB) statements {
	t.Helper()
	harness.CountStatements(t, db) // which creates the extension
	conn, err := pgx.Connect(t.Context(), db.ReplicaURL)
	require.NoError(t, err)
	t.Cleanup(func() { _ = conn.Close(context.Background()) })
	_, err = conn.Exec(t.Context(), `SET pg_stat_statements.track = 'none'`)
	require.NoError(t, err)
	return statements{conn}
}

// total returns the milliseconds of all statements in the database so far.
func (s statements) total(t *testing.T) (ms float64) {
	t.Helper()
	require.NoError(t, s.conn.QueryRow(t.Context(), `
SELECT coalesce(sum(total_exec_time + total_plan_time), 0)
FROM pg_stat_statements(false) -- without the texts, which take long to read
WHERE dbid = (SELECT oid FROM pg_database WHERE datname = current_database())`).Scan(&ms))
	return ms
}

// priced are the operations that are measured.
func priced(s *ast.Schema) []string {
	var queries []string
	add := func(format string, args ...any) { queries = append(queries, fmt.Sprintf("{ "+format+" }", args...)) }
	for _, root := range []string{"products", "categories", "collections", "vendors"} {
		node := nodeOf(s, s.Query.Fields.ForName(root))
		if node == nil {
			continue
		}
		for _, n := range []int{1, 10, 100} {
			add("%s(first: %d) { nodes { id } }", root, n)
			add("%s(first: %d) { edges { cursor node { %s } } pageInfo { endCursor } }", root, n, leaves(s, node))
		}
		add("%s(first: 1) { nodes { id } totalCount }", root)
		for _, field := range node.Fields {
			switch inner := nodeOf(s, field); {
			case strings.HasPrefix(field.Name, "__"):
			case inner != nil:
				for _, sizes := range [][2]int{{5, 1}, {10, 10}, {50, 5}} {
					add("%s(first: %d) { nodes { %s(first: %d) { nodes { %s } } } }", root, sizes[0], field.Name, sizes[1], leaves(s, inner))
				}
			case s.Types[field.Type.Name()].Kind == ast.Object && len(field.Arguments) == 0:
				for _, n := range []int{10, 100} {
					add("%s(first: %d) { nodes { %s { %s } } }", root, n, field.Name, leaves(s, s.Types[field.Type.Name()]))
				}
			}
		}
	}
	add("__typename")
	add("shop { name }")
	for _, words := range []string{"folding", "armchair", "folding armchiar"} {
		add("products(first: 10, search: %q) { nodes { id title } }", words)
		add("products(first: 50, search: %q) { nodes { id title } totalCount }", words)
	}
	add("products(first: 10) { nodes { id } facets { categories { label count } } }")
	add("products(first: 10) { nodes { id } facets { vendors { label count input } options { name values { label count } } prices { label count } ratings { label count } availability { label count } } }")
	add("products(first: 50) { nodes { id title vendor { name } variants(first: 10) { nodes { id sku price { amount } } } reviews(first: 3) { nodes { rating title author { displayName } } } images(first: 2) { nodes { url } } } }")
	add("products(first: 5) { nodes { relatedProducts(first: 5) { nodes { relatedProducts(first: 5) { nodes { id } } } } } }")
	return queries
}

// nodeOf returns the type of the objects of a connection; nil for another field.
func nodeOf(s *ast.Schema, field *ast.FieldDefinition) *ast.Definition {
	if field == nil || !strings.HasSuffix(field.Type.Name(), "Connection") || field.Directives.ForName("access") != nil && !public(field) {
		return nil
	}
	return s.Types[s.Types[field.Type.Name()].Fields.ForName("nodes").Type.Name()]
}

func public(field *ast.FieldDefinition) bool {
	return field.Directives.ForName("access").Arguments.ForName("to").Value.Raw == "PUBLIC"
}

// leaves selects what everybody may read of an object without its own objects.
func leaves(s *ast.Schema, on *ast.Definition) string {
	var selected []string
	for _, field := range on.Fields {
		guarded := field.Directives.ForName("access") != nil && !public(field)
		if len(field.Arguments) == 0 && s.Types[field.Type.Name()].IsLeafType() && !guarded && !strings.HasPrefix(field.Name, "__") {
			selected = append(selected, field.Name)
		}
	}
	return strings.Join(append(selected, "__typename"), " ")
}

// rankCorrelation is Spearman's.
func rankCorrelation(x, y []float64) float64 {
	a, b := ranks(x), ranks(y)
	mean := float64(len(a)+1) / 2
	var xy, xx, yy float64
	for i := range a {
		xy += (a[i] - mean) * (b[i] - mean)
		xx += (a[i] - mean) * (a[i] - mean)
		yy += (b[i] - mean) * (b[i] - mean)
	}
	return xy / math.Sqrt(xx*yy)
}

// ranks gives each value its place in the order; equal ones share the mean of theirs.
func ranks(values []float64) []float64 {
	order := make([]int, len(values))
	for i := range order {
		order[i] = i
	}
	slices.SortFunc(order, func(i, j int) int {
		switch {
		case values[i] < values[j]:
			return -1
		case values[i] > values[j]:
			return 1
		}
		return 0
	})
	out := make([]float64, len(values))
	for start := 0; start < len(order); {
		end := start
		for end < len(order) && values[order[end]] == values[order[start]] {
			end++
		}
		for _, i := range order[start:end] {
			out[i] = float64(start+end+1) / 2
		}
		start = end
	}
	return out
}
