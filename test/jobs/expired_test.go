package jobs

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"souk/internal/dbtest"
	"souk/test/harness"
)

// TestManyExpiredRowsHoldNobodyUp has as many expired rows as a year without a worker
// leaves. They go, in several runs of one job, while somebody's requests are answered.
func TestManyExpiredRowsHoldNobodyUp(t *testing.T) {
	t.Parallel()
	rows := 4_000
	if dbtest.Full() {
		rows = 400_000
	}
	db := dbtest.New(t)
	harness.Execute(t, db.PrimaryURL, fmt.Sprintf(`
INSERT INTO customers (id, display_name) VALUES ('01900000-0000-7000-8000-00000000aaaa', 'Old');
INSERT INTO sessions (id, customer_id, expires_at)
SELECT gen_random_uuid(), '01900000-0000-7000-8000-00000000aaaa', now() - interval '25 hours' - i * interval '1 second' FROM generate_series(1, %[1]d / 2) AS i;
INSERT INTO refresh_tokens (hash, session_id, used_at)
SELECT decode(md5(id::text), 'hex'), id, now() - interval '8 days' FROM sessions;
INSERT INTO sessions (id, customer_id, expires_at) VALUES ('01900000-0000-7000-8000-00000000bbbb', '01900000-0000-7000-8000-00000000aaaa', now() + interval '1 day');
ANALYZE`, rows))
	server := harness.Start(t, db, withWorker)
	slowest := time.Duration(0)
	require.Eventually(t, func() bool {
		began := time.Now()
		server.Query(t, `mutation { sessionCreate(input: {email: "nobody@example.com", password: "wrong wrong wrong"}) { userErrors { code } } }`, nil)
		slowest = max(slowest, time.Since(began))
		return harness.Text(t, db.PrimaryURL, `SELECT ((SELECT count(*) FROM sessions) + (SELECT count(*) FROM refresh_tokens))::text`) == "1"
	}, doneLimit, 20*time.Millisecond)
	t.Log("the slowest sign-in took", slowest.Round(time.Millisecond))
	require.Less(t, slowest, 2*time.Second)
	require.Equal(t, "1", harness.Text(t, db.PrimaryURL, `SELECT count(*)::text FROM river_job WHERE kind = 'expired_clean_up'`), "one job, in as many runs as it takes")
}
