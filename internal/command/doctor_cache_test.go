package command_test

import (
	"bytes"
	"context"
	"net/url"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"

	"souk/internal/command"
	"souk/internal/dbtest"
	"souk/internal/follower"
)

// doctored is a shop that a doctor looks at.
type doctored struct {
	command.Doctor
	conn *pgx.Conn
	slot string
}

func newDoctored(t *testing.T) *doctored {
	t.Helper()
	db := dbtest.New(t)
	d := &doctored{}
	d.DatabaseURL, d.CacheBytes = db.PrimaryURL, 1<<20
	var err error
	d.conn, err = pgx.Connect(t.Context(), db.PrimaryURL)
	require.NoError(t, err)
	t.Cleanup(func() { _ = d.conn.Close(context.WithoutCancel(t.Context())) })
	d.slot = follower.SlotName(d.conn.Config().Database)
	return d
}

// says returns what the doctor says.
func (d *doctored) says(t *testing.T) string {
	t.Helper()
	var out bytes.Buffer
	d.Out = &out
	_ = d.Run(t.Context()) // the configuration is not complete
	return out.String()
}

func (d *doctored) do(t *testing.T, statement string) {
	t.Helper()
	_, err := d.conn.Exec(t.Context(), statement)
	require.NoError(t, err, statement)
}

func TestTheDoctorSaysHowCachesWork(t *testing.T) {
	t.Parallel()
	d := newDoctored(t)
	said := d.says(t)
	for _, line := range []string{
		`ok    wal_level +logical\n`,
		`ok    caches +in the memory of each instance; several instances need REDIS_URL\n`,
		`ok    cache log +can be followed over DATABASE_URL\n`,
		`ok    cache user +\w+ has REPLICATION\n`,
		`ok    cache tables +\w+ writes cache_epoch and cache_life\n`,
		`ok    cache slots +\d+ of \d+ replication slots in use\n`,
		`ok    cache senders +\d+ of \d+ WAL senders in use\n`,
		`ok    log kept +max_slot_wal_keep_size is 4GB\n`,
		`ok    cache slot +` + d.slot + ` is not there yet`,
		`ok    publication +souk_cache is complete\n`,
	} {
		require.Regexp(t, line, said)
	}
	d.RedisURL = "redis://127.0.0.1:1"
	require.Contains(t, d.says(t), "shared in Redis")

	d.CacheBytes = 0
	said = d.says(t)
	require.Regexp(t, `ok    caches +off: SOUK_CACHE_MEMORY_BYTES is 0\n`, said)
	require.NotContains(t, said, "publication", "it looks no further")
}

func TestTheDoctorFindsWhatThePublicationLacks(t *testing.T) {
	t.Parallel()
	for statement, want := range map[string]string{
		`DROP PUBLICATION souk_cache`: `note  publication +souk_cache: it is missing\n +→ run souk migrate up\n`,
		`ALTER PUBLICATION souk_cache DROP TABLE products`: `note  publication +souk_cache: products is not in it\n` +
			` +→ ALTER PUBLICATION souk_cache ADD TABLE products \(id, slug, status\)\n`,
		`ALTER PUBLICATION souk_cache SET (publish = 'insert, update')`: `note  publication +souk_cache: it leaves out some changes\n`,
		`ALTER TABLE variants REPLICA IDENTITY DEFAULT`: `note  publication +souk_cache: variants does not log old rows whole\n` +
			` +→ ALTER TABLE variants REPLICA IDENTITY FULL\n`,
		`ALTER TABLE customers REPLICA IDENTITY FULL`:                                                              `FAIL  publication +each UPDATE of customers fails`,
		`ALTER PUBLICATION souk_cache DROP TABLE customers; ALTER PUBLICATION souk_cache ADD TABLE customers (id)`: `note  publication +souk_cache: customers does not publish what caches need \(display_name, id\)\n`,
	} {
		t.Run(statement, func(t *testing.T) {
			t.Parallel()
			d := newDoctored(t)
			d.do(t, statement)
			said := d.says(t)
			require.Regexp(t, want, said)
			if !strings.Contains(want, "FAIL") {
				require.NotContains(t, said, "souk_cache is complete")
			}
		})
	}
}

// TestTheDoctorsCuresWork does what the doctor says.
func TestTheDoctorsCuresWork(t *testing.T) {
	t.Parallel()
	d := newDoctored(t)
	for _, statement := range []string{
		`ALTER PUBLICATION souk_cache DROP TABLE products`, `ALTER PUBLICATION souk_cache DROP TABLE shop`,
		`ALTER PUBLICATION souk_cache DROP TABLE customers`, `ALTER PUBLICATION souk_cache ADD TABLE customers (id)`,
		`ALTER TABLE variants REPLICA IDENTITY DEFAULT`, `ALTER PUBLICATION souk_cache SET (publish = 'insert')`,
	} {
		d.do(t, statement)
	}
	faults, err := follower.InspectPublication(t.Context(), d.conn)
	require.NoError(t, err)
	require.Len(t, faults, 5)
	for _, fault := range faults {
		for statement := range strings.SplitSeq(fault.Cure, "; ") {
			d.do(t, statement)
		}
	}
	faults, err = follower.InspectPublication(t.Context(), d.conn)
	require.NoError(t, err)
	require.Empty(t, faults)
}

func TestTheDoctorLooksAtTheSlot(t *testing.T) {
	t.Parallel()
	d := newDoctored(t)
	defer func() { require.NoError(t, follower.Drop(context.WithoutCancel(t.Context()), d.DatabaseURL, d.slot)) }()
	d.do(t, `SELECT pg_create_logical_replication_slot('`+d.slot+`', 'pgoutput')`)
	require.Regexp(t, `note  cache slot +`+d.slot+` is read by nobody; the primary keeps \d+\.\d MB of log for it\n +→ .*pg_drop_replication_slot`, d.says(t))
	d.do(t, `SELECT pg_drop_replication_slot('`+d.slot+`')`)
	d.do(t, `SELECT pg_create_logical_replication_slot('`+d.slot+`', 'test_decoding')`)
	require.Regexp(t, `note  cache slot +`+d.slot+` is another program's\n`, d.says(t))
}

// TestTheDoctorLooksAtTheUser connects as one who may not replicate.
func TestTheDoctorLooksAtTheUser(t *testing.T) {
	t.Parallel()
	d := newDoctored(t)
	const role = "without_replication"
	d.do(t, `CREATE ROLE `+role+` LOGIN`)
	defer d.do(t, `DROP ROLE `+role)
	address, err := url.Parse(d.DatabaseURL)
	require.NoError(t, err)
	address.User = url.User(role)
	d.ReplicationURL = address.String()
	said := d.says(t)
	require.Regexp(t, `note  cache user +`+role+` lacks REPLICATION\n +→ ALTER ROLE `+role+` REPLICATION`, said)
	require.Regexp(t, `note  cache tables +`+role+` cannot write cache_epoch and cache_life\n +→ GRANT`, said)
	require.Regexp(t, `note  cache log +cannot be followed over SOUK_REPLICATION_URL\n`, said)
	require.NotContains(t, said, "FAIL  cache")

	d.ReplicationURL = strings.Replace(d.DatabaseURL, d.conn.Config().Database, "postgres", 1)
	require.Regexp(t, `note  cache log +SOUK_REPLICATION_URL leads elsewhere\n`, d.says(t))
}
