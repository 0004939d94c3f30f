package command

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"souk/internal/config"
	"souk/internal/redis"
	"souk/migrations"
)

// Doctor checks everything that a server needs and says what is wrong.
type Doctor struct {
	config.Server `embed:""`

	Out io.Writer `kong:"-"` // nil: standard output
}

// finding is the result of one check.
type finding struct {
	what, found string
	cure        string // what to do; "" when nothing is wrong
	fatal       bool   // the server cannot run
}

// Run prints a line for each check, and fails when the server could not run.
func (d *Doctor) Run(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, 30*time.Second)
	defer cancel()
	var findings []finding
	if err := d.Check(); err != nil {
		findings = append(findings, finding{"configuration", "not complete", err.Error(), true})
	}
	if d.DatabaseURL != "" {
		findings = append(findings, d.primary(ctx)...)
	}
	for i, url := range d.ReplicaURLs {
		findings = append(findings, replica(ctx, fmt.Sprintf("replica %d", i+1), url, d.MaxReplicaLag)...)
	}
	findings = append(findings, d.redis(ctx))
	return report(output(d.Out), findings)
}

func report(w io.Writer, findings []finding) error {
	ill := 0
	for _, f := range findings {
		mark := "ok  "
		switch {
		case f.fatal:
			mark = "FAIL"
			ill++
		case f.cure != "":
			mark = "note"
		}
		fmt.Fprintf(w, "%s  %-14s %s\n", mark, f.what, f.found)
		if f.cure != "" {
			fmt.Fprintf(w, "      → %s\n", f.cure)
		}
	}
	if ill > 0 {
		fmt.Fprintf(w, "\n%d of these must be corrected before the server can run.\n", ill)
		return Exit(1)
	}
	fmt.Fprintln(w, "\nThe server can run.")
	return nil
}

// minimumPostgres is the oldest server with all features that we use (UNIQUE
// NULLS NOT DISTINCT came with 15).
const minimumPostgres = 150000

func (d *Doctor) primary(ctx context.Context) []finding {
	conn, err := pgx.Connect(ctx, d.DatabaseURL)
	if err != nil {
		return []finding{{"primary", "cannot be reached: " + reason(err), "check DATABASE_URL, that the server runs, and that it accepts connections from this machine", true}}
	}
	defer conn.Close(context.WithoutCancel(ctx))
	var f []finding
	version := intSetting(ctx, conn, "server_version_num")
	f = append(f, judge("primary", fmt.Sprintf("Postgres %d.%d", version/10000, version%10000), version < minimumPostgres,
		"Souk needs Postgres 15 or newer", true))
	f = append(f, standby(ctx, conn)...)
	f = append(f, d.schema(ctx)...)
	f = append(f, extensions(ctx, conn)...)
	f = append(f, permissions(ctx, conn), demo(ctx, d.DatabaseURL))
	f = append(f, workers(ctx, conn), d.jobsURL(ctx, conn))
	f = append(f, d.walLevel(ctx, conn))
	return append(f, d.caches(ctx, conn)...)
}

func standby(ctx context.Context, conn *pgx.Conn) []finding {
	var recovering bool
	if err := conn.QueryRow(ctx, "SELECT pg_is_in_recovery()").Scan(&recovering); err != nil || !recovering {
		return nil
	}
	return []finding{{"primary", "is a standby, which accepts no writes", "DATABASE_URL must be the primary; put this server into DATABASE_REPLICA_URLS", true}}
}

func (d *Doctor) schema(ctx context.Context) []finding {
	list, err := migrations.List(ctx, d.DatabaseURL)
	if err != nil {
		return []finding{{"schema", "cannot be read: " + reason(err), "the user must own the database's schema to migrate", true}}
	}
	missing := 0
	for _, step := range list {
		if !step.Applied {
			missing++
		}
	}
	return []finding{judge("schema", fmt.Sprintf("%d of %d migrations applied", len(list)-missing, len(list)), missing > 0,
		"run souk migrate up", true)}
}

// demo looks for accounts with a published password. In the shop of souk dev they
// belong there.
func demo(ctx context.Context, url string) finding {
	found, err := DemoAccounts(ctx, url)
	if err != nil {
		return finding{"demo accounts", "cannot be looked up: " + reason(err), "", false}
	}
	if len(found) == 0 {
		return finding{"demo accounts", "none", "", false}
	}
	return finding{"demo accounts", strings.Join(found, ", "), "unless this is a demo: " + WithoutDemo, false}
}

func extensions(ctx context.Context, conn *pgx.Conn) []finding {
	var f []finding
	for _, e := range []struct {
		name, use string
		fatal     bool
	}{
		{"pg_trgm", "search with typing errors", true},
		{"unaccent", "search and order without accents", true},
		{"fuzzystrmatch", "search with typing errors", true},
		{"pg_stat_statements", "statement statistics", false},
	} {
		var available, installed bool
		err := conn.QueryRow(ctx, `SELECT count(*) > 0, coalesce(bool_or(installed_version IS NOT NULL), false)
			FROM pg_available_extensions WHERE name = $1`, e.name).Scan(&available, &installed)
		switch {
		case err != nil:
			f = append(f, finding{e.name, "cannot be looked up: " + reason(err), "", false})
		case !available:
			f = append(f, finding{e.name, "not available on the server", "install Postgres' contrib package; it is needed for " + e.use, e.fatal})
		case !installed && e.fatal:
			f = append(f, finding{e.name, "not installed in the database", "run souk migrate up, as a user who can create extensions", true})
		case !installed:
			f = append(f, finding{e.name, "not in use", "optional, for " + e.use + ": add it to shared_preload_libraries and run CREATE EXTENSION", false})
		default:
			f = append(f, finding{e.name, "installed", "", false})
		}
	}
	return f
}

func permissions(ctx context.Context, conn *pgx.Conn) finding {
	var user string
	var canTemp, canCreate bool
	err := conn.QueryRow(ctx, `SELECT current_user, has_database_privilege(current_database(), 'TEMP'),
		has_schema_privilege('public', 'CREATE')`).Scan(&user, &canTemp, &canCreate)
	switch {
	case err != nil:
		return finding{"permissions", "cannot be read: " + reason(err), "", false}
	case !canTemp:
		return finding{"permissions", user + " cannot create temporary tables", "GRANT TEMP ON DATABASE … TO " + user + ": imports need it", false}
	case !canCreate:
		return finding{"permissions", user + " cannot create tables", "migrate as the owner; serving does not need it", false}
	}
	return finding{"permissions", user + " can migrate, import and serve", "", false}
}

// workers looks for processes that run jobs.
func workers(ctx context.Context, conn *pgx.Conn) finding {
	var alive int
	var waiting float64
	err := conn.QueryRow(ctx, `SELECT (SELECT count(*) FROM job_workers WHERE seen_at > now() - interval '30 seconds'),
		coalesce((SELECT extract(epoch FROM now() - min(scheduled_at)) FROM river_job WHERE state = 'available'), 0)::float8`).Scan(&alive, &waiting)
	oldest := time.Duration(waiting * float64(time.Second)).Round(time.Second)
	switch {
	case err != nil:
		return finding{"workers", "cannot be looked up: " + reason(err), "run souk migrate up", false}
	case alive == 0:
		return finding{"workers", "none runs", "run souk worker, or souk serve --with-worker: until then, searches can find old words, and expired rows stay", false}
	case oldest > time.Minute:
		return finding{"workers", fmt.Sprintf("%d; a job has been waiting for %s", alive, oldest), "look for failures in the workers' logs, or start more of them", false}
	}
	return finding{"workers", strconv.Itoa(alive), "", false}
}

// jobsURL checks that the address for workers leads to the same database, and not
// through a pooler.
func (d *Doctor) jobsURL(ctx context.Context, primary *pgx.Conn) finding {
	if d.JobsDatabaseURL == "" {
		return finding{"jobs database", "that of DATABASE_URL", "", false}
	}
	conn, err := pgx.Connect(ctx, d.JobsDatabaseURL)
	if err != nil {
		return finding{"jobs database", "cannot be reached: " + reason(err), "check SOUK_JOBS_DATABASE_URL: workers cannot start without it", true}
	}
	defer conn.Close(context.WithoutCancel(ctx))
	ours, theirs, err := identities(ctx, primary, conn)
	if err != nil {
		return finding{"jobs database", "cannot be queried: " + reason(err), "", false}
	}
	return judge("jobs database", "that of SOUK_JOBS_DATABASE_URL", ours != theirs,
		"SOUK_JOBS_DATABASE_URL must lead to the primary and the database of DATABASE_URL: jobs are added there", true)
}

func replica(ctx context.Context, name, url string, maxLag time.Duration) []finding {
	conn, err := pgx.Connect(ctx, url)
	if err != nil {
		return []finding{{name, "cannot be reached: " + reason(err), "reads go to the primary until it can be reached", false}}
	}
	defer conn.Close(context.WithoutCancel(ctx))
	var recovering, streaming bool
	var lag float64
	err = conn.QueryRow(ctx, `SELECT pg_is_in_recovery(),
		EXISTS (SELECT FROM pg_stat_wal_receiver WHERE status = 'streaming'),
		CASE WHEN pg_last_wal_replay_lsn() = pg_last_wal_receive_lsn() THEN 0
		     ELSE coalesce(extract(epoch FROM now() - pg_last_xact_replay_timestamp()), 0) END::float8`).
		Scan(&recovering, &streaming, &lag)
	switch {
	case err != nil:
		return []finding{{name, "cannot be queried: " + reason(err), "", false}}
	case !recovering:
		return []finding{{name, "is not a standby", "it does not follow the primary: remove it from DATABASE_REPLICA_URLS", true}}
	case !streaming:
		return []finding{{name, "does not stream from its primary", "check its log; reads go to other servers when it lags by more than " + maxLag.String(), false}}
	}
	behind := time.Duration(lag * float64(time.Second))
	return []finding{judge(name, behind.Round(time.Millisecond).String()+" behind", behind > maxLag,
		"more than SOUK_MAX_REPLICA_LAG: reads go to other servers", false)}
}

func (d *Doctor) redis(ctx context.Context) finding {
	if d.RedisURL == "" {
		return finding{"redis", "not set", "fine for one instance; without REDIS_URL, several instances share only the database", false}
	}
	client, err := redis.Open(d.RedisURL)
	if err != nil {
		return finding{"redis", "REDIS_URL is not a Redis URL", "write redis://host:6379/0", true}
	}
	defer func() { _ = client.Close() }()
	if err := client.Ping(ctx); err != nil {
		return finding{"redis", "cannot be reached: " + reason(err), "the server runs without it, but slower", false}
	}
	return finding{"redis", "responds", "", false}
}

func judge(what, found string, ill bool, cure string, fatal bool) finding {
	if !ill {
		return finding{what, found, "", false}
	}
	return finding{what, found, cure, fatal}
}

func setting(ctx context.Context, conn *pgx.Conn, name string) string {
	var value string
	if err := conn.QueryRow(ctx, "SELECT current_setting($1)", name).Scan(&value); err != nil {
		return "unknown"
	}
	return value
}

func intSetting(ctx context.Context, conn *pgx.Conn, name string) int {
	n, err := strconv.Atoi(setting(ctx, conn, name))
	if err != nil {
		return 0
	}
	return n
}

// reason shortens an error to its cause and removes the URL, which may contain
// a password.
func reason(err error) string {
	for {
		inner := errors.Unwrap(err)
		if inner == nil {
			attempts := strings.Split(err.Error(), "\n") // connection attempts with the same result
			return attempts[len(attempts)-1]
		}
		err = inner
	}
}
