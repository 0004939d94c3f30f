package follower_test

import (
	"fmt"
	"os"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"souk/internal/changefeed"
	"souk/internal/coherence"
	"souk/internal/dbtest"
	"souk/internal/follower"
)

const (
	changedRows   = 50_000
	rowsPerCommit = 10
	goalPerSecond = 5_000
)

// TestFollowerKeepsUp has a leader read 50,000 changed variants, which were committed while there
// was none, and says what that took.
func TestFollowerKeepsUp(t *testing.T) {
	db := dbtest.New(t)
	conn := connect(t, db.PrimaryURL)
	execute(t, conn, `INSERT INTO products (id, slug, title)
		SELECT md5(i::text)::uuid, 'p' || i, 'Product' FROM generate_series(1, $1) i`, changedRows/rowsPerCommit)
	execute(t, conn, `INSERT INTO variants (id, product_id, position, sku, currency)
		SELECT gen_random_uuid(), p.id, n, p.slug || '-' || n, 'EUR' FROM products p, generate_series(1, $1) n`, rowsPerCommit)
	feed := changefeed.NewLocal()
	heard := listen(t, feed)
	stop := run(t, follower.Options{URL: db.PrimaryURL, Feed: feed})
	heard.waitEpochs(t, 1)
	stop()

	execute(t, conn, `DO $$ DECLARE p uuid; BEGIN
		FOR p IN SELECT id FROM products LOOP
			UPDATE variants SET price_minor = 100 WHERE product_id = p; COMMIT;
		END LOOP; END $$`)
	from := len(heard.all())
	began, used := time.Now(), processTime(t)
	run(t, follower.Options{URL: db.PrimaryURL, Feed: feed})
	heard.round(t, feed, coherence.Nonce{Instance: 1, Number: 1})
	took, cpu := time.Since(began), processTime(t)-used

	commits := heard.commits(from)
	require.Len(t, commits, changedRows/rowsPerCommit)
	for _, c := range commits {
		require.InDelta(t, 2*rowsPerCommit+1, len(c.Tags), 3) // each variant and SKU, and their product; some are alike
	}
	requireChain(t, heard.all())
	var server int
	require.NoError(t, conn.QueryRow(t.Context(), `SELECT active_pid FROM pg_replication_slots WHERE slot_name = $1`,
		follower.SlotName(db.Name)).Scan(&server))
	t.Logf("%d rows in %d commits and %d messages: %v, %.0f rows/s; CPU: follower %v, its server process %v",
		changedRows, len(commits), len(heard.all())-from, took.Round(time.Millisecond), changedRows/took.Seconds(),
		cpu.Round(time.Millisecond), serverTime(t, server))
	require.Greater(t, changedRows/took.Seconds(), float64(goalPerSecond))
}

// processTime is the CPU time of this process.
func processTime(t testing.TB) time.Duration {
	t.Helper()
	var used syscall.Rusage
	require.NoError(t, syscall.Getrusage(syscall.RUSAGE_SELF, &used))
	return time.Duration(used.Utime.Nano() + used.Stime.Nano())
}

// serverTime is the CPU time of another process, where the system tells.
func serverTime(t testing.TB, pid int) time.Duration {
	t.Helper()
	stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return 0
	}
	fields := strings.Fields(string(stat[strings.LastIndexByte(string(stat), ')')+1:]))
	const user, system, tick = 11, 12, 10 * time.Millisecond
	u, err := strconv.Atoi(fields[user])
	require.NoError(t, err)
	s, err := strconv.Atoi(fields[system])
	require.NoError(t, err)
	return time.Duration(u+s) * tick
}

// BenchmarkBeats is what a leader costs while nothing is written.
func BenchmarkBeats(b *testing.B) {
	db := dbtest.New(b)
	feed := changefeed.NewLocal()
	heard := listen(b, feed)
	run(b, follower.Options{URL: db.PrimaryURL, Feed: feed})
	heard.waitEpochs(b, 1)
	used, began := processTime(b), time.Now()
	for n := range uint64(b.N) {
		heard.round(b, feed, coherence.Nonce{Instance: 1, Number: n + 1})
	}
	b.ReportMetric(float64(processTime(b)-used)/float64(time.Since(began))*100, "%core")
}
