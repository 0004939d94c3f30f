package door

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"runtime"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/99designs/gqlgen/graphql"
	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"

	"souk/internal/auth"
	"souk/internal/config"
	"souk/internal/dbtest"
	"souk/test/catalogue"
	"souk/test/harness"
	"souk/test/shop"
)

const (
	// mostWork is how long a server may work for a client that has left.
	mostWork = 50 * time.Millisecond
	// afterwards is how long a server is watched that has nothing to do, and mostIdle
	// the CPU time that it may use then: it collects its garbage.
	afterwards = 200 * time.Millisecond
	mostIdle   = 60 * time.Millisecond
)

// forms are how a client sends a query, as text on the wire. net/http notices that a
// client has left only when the whole body has been read.
func forms(query, credential string) map[string]string {
	body, err := json.Marshal(map[string]any{"query": query})
	if err != nil {
		panic(err)
	}
	lines := ""
	if credential != "" {
		lines = "Authorization: Bearer " + credential + "\r\n"
	}
	all := map[string]string{
		"POST":           beginning(fmt.Sprintf("%sContent-Length: %d\r\n", lines, len(body))) + string(body),
		"POST in chunks": beginning(lines+chunked) + fmt.Sprintf("%x\r\n%s\r\n0\r\n\r\n", len(body), body),
	}
	if !strings.HasPrefix(query, "mutation") {
		all["GET"] = "GET /graphql?query=" + url.QueryEscape(query) + " HTTP/1.1\r\nHost: shop\r\n" + lines + "\r\n"
	}
	return all
}

// departures is how many requests the server has logged whose clients left.
func departures(server *harness.Server) int {
	return strings.Count(server.Log.String(), "client_left=true")
}

// until waits for a condition. It looks more often than require.Eventually does.
func until(t *testing.T, condition func() bool) {
	t.Helper()
	for began := time.Now(); !condition(); runtime.Gosched() {
		require.Less(t, time.Since(began), harness.Patience)
		time.Sleep(time.Millisecond)
	}
}

// TestSQLEndsWithItsClient holds what statements need, so that they do not end by
// themselves.
func TestSQLEndsWithItsClient(t *testing.T) {
	harness.LeaveNothing(t)
	const rename = `mutation { productUpdate(input: {id: "` + shop.ShirtID + `", title: "left"}) { product { title } } }`
	for name, tc := range map[string]struct{ held, query string }{
		"a query":    {`LOCK TABLE products IN ACCESS EXCLUSIVE MODE`, `{ products(first: 100) { nodes { title vendor { name } } } }`},
		"a mutation": {`SELECT FROM products WHERE slug = 'linen-shirt' FOR UPDATE`, rename},
	} {
		t.Run(name, func(t *testing.T) {
			db := shop.New(t)
			server := harness.Start(t, db, harness.AsStaff(auth.CatalogueWrite), func(s *harness.Setup) {
				s.Config.ReplicaURLs = nil // so that the lock is where the query reads
			})
			watch := connect(t, db)
			holder := connect(t, db)
			_, err := holder.Exec(t.Context(), `BEGIN; `+tc.held)
			require.NoError(t, err)
			for form, request := range forms(tc.query, server.Credential()) {
				took := time.Hour
				for range 3 { // other programs use the processors too
					took = min(took, leaveStatement(t, server, watch, request))
				}
				show("SQL of %s by %s ended after %s", name, form, took)
				require.Less(t, took, mostWork, form)
			}
			_, err = holder.Exec(t.Context(), `ROLLBACK`)
			require.NoError(t, err)
			require.Equal(t, "Linen Shirt", server.Query(t, `{ product(slug: "linen-shirt") { title } }`, nil).At("product", "title"))
			require.NotContains(t, server.Log.String(), "level=WARN")
			require.NotContains(t, server.Log.String(), "level=ERROR")
		})
	}
}

// leaveStatement sends a request, leaves while its statement waits, and returns how long
// that went on.
func leaveStatement(t *testing.T, server *harness.Server, watch *pgx.Conn, request string) time.Duration {
	t.Helper()
	before := departures(server)
	conn := dial(t, server)
	_, err := io.WriteString(conn, request)
	require.NoError(t, err)
	until(t, func() bool { return waitingStatements(t, watch) == 1 })
	time.Sleep(2 * mostWork)
	require.Equal(t, 1, waitingStatements(t, watch), "it ends although the client waits")
	require.NoError(t, conn.Close())
	left := time.Now()
	until(t, func() bool { return waitingStatements(t, watch) == 0 })
	took := time.Since(left)
	until(t, func() bool { return departures(server) == before+1 })
	return took
}

func connect(t *testing.T, db *dbtest.DB) *pgx.Conn {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), db.PrimaryURL)
	require.NoError(t, err)
	t.Cleanup(func() { _ = conn.Close(context.WithoutCancel(t.Context())) })
	return conn
}

// waitingStatements is how many statements of the server wait for a lock.
func waitingStatements(t *testing.T, watch *pgx.Conn) (n int) {
	t.Helper()
	require.NoError(t, watch.QueryRow(t.Context(), `
SELECT count(*) FROM pg_stat_activity
WHERE datname = current_database() AND state = 'active' AND wait_event_type = 'Lock'`).Scan(&n))
	return n
}

// TestWritingEndsWithItsClient leaves when all is loaded and an answer of three million
// values is about to be written. Its measure is CPU time, because other programs use the
// processors too.
func TestWritingEndsWithItsClient(t *testing.T) {
	var leave func()
	server := harness.Start(t, catalogue.New(t, 1000), func(s *harness.Setup) {
		s.Config.Env = config.Development
		s.Config.Limits.Cost, s.Config.Limits.Objects, s.Config.Limits.AnswerBytes = 1e8, 1e7, 400<<20
		s.Config.AnswerMemory = 2 << 30
		s.Options.AroundFields = func(ctx context.Context, next graphql.Resolver) (any, error) {
			value, err := next(ctx)
			if leave != nil && graphql.GetFieldContext(ctx).Path().String() == "products.nodes.vendor.products" {
				leave()
			}
			return value, err
		}
	})
	query := `{ products(first: 100) { nodes { vendor { products(first: 15) { nodes { ` + numbered(20, "p#: priceRange { min { ...Amounts } max { ...Amounts } } ") +
		`} } } } } } fragment Amounts on Money { ` + numbered(40, "a#: amount ") + `}`

	// With a client that stays, it goes on for long.
	used := cpuTime()
	status, whole := server.Get(t, "http://"+server.App.Addr()+"/graphql?query="+url.QueryEscape(query))
	took := cpuTime() - used
	require.Equal(t, http.StatusOK, status)
	show("the whole answer has %d bytes and takes %s of CPU", len(whole), took)
	require.Greater(t, took, 2*mostWork)

	for form, request := range forms(query, "") {
		t.Run(form, func(t *testing.T) {
			leastWork := time.Hour
			for range 3 {
				before := departures(server)
				conn := dial(t, server)
				var began time.Time
				var used time.Duration
				leave = func() {
					began, used = time.Now(), cpuTime()
					_ = conn.Close()
				}
				_, err := io.WriteString(conn, request)
				require.NoError(t, err)
				until(t, func() bool { return departures(server) == before+1 })
				took, work := time.Since(began), cpuTime()-used
				used = cpuTime()
				time.Sleep(afterwards)
				idle := cpuTime() - used
				show("writing by %s ended after %s, %s of CPU; then %s of CPU in %s", form, took, work, idle, afterwards)
				require.Zero(t, goroutines("executionContext")+goroutines("executor"), "of the operation")
				if !raceDetector {
					require.Less(t, idle, mostIdle)
				}
				leastWork = min(leastWork, work)
			}
			require.Contains(t, server.Log.String(), "status=499")
			if !raceDetector {
				require.Less(t, leastWork, mostWork)
			}
		})
	}
	require.Equal(t, http.StatusOK, server.Do(t, "{ __typename }", nil).Status)
}

// goroutines is how many frames of a name the stacks of all goroutines have.
func goroutines(frame string) int {
	stacks := make([]byte, 8<<20)
	return strings.Count(string(stacks[:runtime.Stack(stacks, true)]), frame)
}

// numbered is a text so many times, with the number of each for "#".
func numbered(n int, text string) string {
	var all strings.Builder
	for i := range n {
		all.WriteString(strings.ReplaceAll(text, "#", strconv.Itoa(i)))
	}
	return all.String()
}

// show prints a figure with SHOW=1.
func show(format string, args ...any) {
	if os.Getenv("SHOW") != "" {
		fmt.Printf(format+"\n", args...)
	}
}
