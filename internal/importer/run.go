package importer

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/jackc/pgx/v5"

	"souk/migrations"
)

// lockKey is the advisory lock that only one import can hold: the letters
// "soukimp" as a number.
const lockKey int64 = 0x736f756b696d70

// lockWait is how long an import waits for the lock. After an import is killed,
// the server ends its statement within a second or two.
const lockWait = 3 * time.Second

// ErrRunning is returned when another import is running.
var ErrRunning = errors.New("another import is running on this database: wait until it ends")

// run is one running import.
type run struct {
	options  Options
	reader   Reader
	reading  Reading
	tally    tally
	report   *Report
	record   *runRecord // nil: a dry run, or records that are not from files
	rejects  *rejects
	progress *progress
	staged   stageCounts
	// foldsKeys says that the format's product keys are in lower case, and
	// rowsAreVariants that each of its rows with a variant is that variant's own.
	foldsKeys, rowsAreVariants bool
	forms                      map[string]form // of the CSV files, by name
}

// form is how a CSV file was read, to read it again.
type form struct {
	csv     CSVOptions
	coding  string
	decimal byte
}

// Run imports the files of options, and reports the result of each row.
//
// Files are recognised first, so a wrong one among them changes nothing. Rows are
// read and staged before the shop changes; files with other columns are read after
// the first ones were merged. The merge writes categories and vendors, and after them
// the products, some thousands in each transaction. If ctx is cancelled or the process
// killed, the committed transactions remain. They are a consistent shop, and the same
// import can be run again to do the rest. The Report is not nil when the error comes
// from reading or merging: it says how far the import got.
func Run(ctx context.Context, options Options) (*Report, error) {
	options, err := options.withDefaults()
	if err != nil {
		return nil, &UsageError{err}
	}
	r := &run{options: options, forms: map[string]form{}}
	r.reading, _ = options.reading() // checked with the other options
	if r.reader, err = r.options.reader(); err != nil {
		return nil, &UsageError{err}
	}
	r.foldsKeys = options.Format == FormatShopifyProducts || options.Format == FormatShopifyInventory
	r.rowsAreVariants = options.Format == FormatShopifyProducts || isPerRow(r.reader)
	files, size, err := expandPaths(options.Paths)
	if err != nil {
		return nil, err
	}
	if err := checkRejects(options.Rejects, files); err != nil {
		return nil, err
	}
	r.tally.bytesAll.Store(size)
	conn, err := connect(ctx, options.DatabaseURL)
	if err != nil {
		return nil, err
	}
	defer closeConn(conn)
	r.report = newReport(r.options, len(files))
	r.rejects = newRejects(options.Rejects, r.report)
	r.progress = startProgress(options.Progress, &r.tally)
	err = r.run(ctx, conn, files)
	r.progress.stop()
	if closeErr := r.rejects.close(err == nil); err == nil {
		err = closeErr
	}
	r.report.finish(&r.tally, err)
	return r.report, err
}

func (r *run) run(ctx context.Context, conn *pgx.Conn, files []string) (err error) {
	found, err := r.recognise(files)
	if err != nil {
		return err
	}
	if err := prepare(ctx, conn); err != nil {
		return err
	}
	if r.reader, err = r.options.takeShopsCurrency(ctx, conn, r.reader); err != nil {
		return err
	}
	m, err := r.newMerger(ctx, conn, len(found))
	if err != nil {
		return err
	}
	defer m.close(ctx)
	for i, group := range found {
		if i > 0 {
			if err = m.next(ctx); err != nil {
				break
			}
		}
		if err = r.importGroup(ctx, m, files, group.files); err != nil {
			break
		}
	}
	if err == nil {
		err = m.prune(ctx)
	}
	if closeErr := r.endRecord(ctx, conn, err); err == nil {
		err = closeErr
	}
	return err
}

// importGroup reads and merges files with the same columns; all are the files of
// the run.
func (r *run) importGroup(ctx context.Context, m *merger, all, group []string) error {
	started := time.Now()
	if err := r.stage(ctx, m.conn, group); err != nil {
		return fmt.Errorf("read input: %w", err)
	}
	if err := r.beginRecord(ctx, m.conn, all); err != nil {
		return err
	}
	r.report.ReadSeconds += time.Since(started).Seconds()
	r.log("import_staged", started)
	started = time.Now()
	if err := m.merge(ctx); err != nil {
		return fmt.Errorf("merge: %w", err)
	}
	r.report.MergeSeconds += time.Since(started).Seconds()
	r.log("import_merged", started)
	return nil
}

func (r *run) log(message string, started time.Time) {
	r.options.Log.Info(message, slog.String("format", r.options.Format), slog.String("source", r.options.Source),
		slog.Int64("rows", r.tally.rows.Load()), slog.Duration("took", time.Since(started)))
}

// connect opens the session of the import. Statements are planned with their
// values: a cached plan made for an empty shop would be wrong after the first
// chunk.
func connect(ctx context.Context, url string) (*pgx.Conn, error) {
	config, err := pgx.ParseConfig(url)
	if err != nil {
		return nil, fmt.Errorf("connect to the database: %w", err)
	}
	config.DefaultQueryExecMode = pgx.QueryExecModeExec
	config.RuntimeParams["application_name"] = "souk import"
	conn, err := pgx.ConnectConfig(ctx, config)
	if err != nil {
		return nil, fmt.Errorf("connect to the database: %w", err)
	}
	return conn, nil
}

func closeConn(conn *pgx.Conn) {
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()
	// The session's lock and tables end with it in any case, but the server may
	// need a moment, and the next import should not find the lock held.
	if !conn.IsClosed() {
		_, _ = conn.Exec(ctx, "-- name: ImportUnlock\nSELECT pg_advisory_unlock_all()")
	}
	_ = conn.Close(ctx)
}

// lock takes the lock of imports. A killed import may hold it until the server
// notices.
func lock(ctx context.Context, conn *pgx.Conn) error {
	deadline := time.NewTimer(lockWait)
	defer deadline.Stop()
	again := time.NewTicker(lockWait / 20)
	defer again.Stop()
	for {
		var locked bool
		if err := conn.QueryRow(ctx, "-- name: ImportLock\nSELECT pg_try_advisory_lock($1)", lockKey).Scan(&locked); err != nil {
			return fmt.Errorf("lock for import: %w", err)
		}
		if locked {
			return nil
		}
		select {
		case <-again.C:
		case <-deadline.C:
			return ErrRunning
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// prepare takes the lock and creates the staging tables.
func prepare(ctx context.Context, conn *pgx.Conn) error {
	if err := migrations.Require(ctx, conn); err != nil {
		return err
	}
	if err := lock(ctx, conn); err != nil {
		return err
	}
	statements := []string{
		"SET temp_buffers = '64MB'",
		"SET work_mem = '64MB'",
		"SET synchronous_commit = off", // a crash of the server loses the last chunks; a second run restores them
		"SET gin_pending_list_limit = '16MB'",
		"SET client_min_messages = warning",
		"SET statement_timeout = 0",
		"SET jit = off",
		"SET TimeZone = 'UTC'",   // what is recorded for an undo has the times as text
		"SET souk.import = 'on'", // what an import removes, nobody has deleted
	}
	for _, table := range stageTables {
		statements = append(statements, "CREATE TEMP TABLE "+table.name+" ("+table.columns+")")
	}
	statements = append(statements,
		"CREATE TEMP TABLE t_touched (product_id uuid, own boolean)", // the products that a transaction changed
		`CREATE TEMP TABLE t_fault (
  file int, line int, value text, reason text, code text NOT NULL DEFAULT 'reference', warning boolean NOT NULL DEFAULT false)`,
		"CREATE TEMP TABLE t_match (n int, product_id uuid, seq bigint, ident text, has bigint, variant_id uuid, is_new boolean, copy int, fault text)",
		"CREATE TEMP TABLE t_pruned (product_id uuid PRIMARY KEY, n int, variants boolean, images boolean)",
		"CREATE TEMP TABLE t_named (id uuid PRIMARY KEY, place bigint)",
		"CREATE TEMP TABLE t_written (id uuid PRIMARY KEY, has bigint)",           // the fields that earlier groups wrote
		"CREATE TEMP TABLE t_edit (product_id uuid, subject_id uuid, field text)", // what staff have written
		"CREATE TEMP TABLE t_deleted (source text, source_key text, part text, slug text, label text)",
		"CREATE TEMP TABLE t_attributes (n int, attributes jsonb)",           // what the products of a chunk will have
		"CREATE TEMP TABLE t_scope (of text, id uuid, PRIMARY KEY (of, id))", // the rows that a transaction may change
		"CREATE TEMP TABLE t_before (kind text, row_key jsonb, product_id uuid, row jsonb)")
	for _, statement := range statements {
		if _, err := conn.Exec(ctx, "-- name: ImportPrepare\n"+statement); err != nil {
			return fmt.Errorf("prepare the import: %w", err)
		}
	}
	return nil
}

// readFiles parses each file and passes its records on.
func (r *run) readFiles(ctx context.Context, files []string, batches chan<- []Record) error {
	batch := make([]Record, 0, batchRecords)
	size := 0
	send := func() error {
		select {
		case batches <- batch:
			batch, size = make([]Record, 0, batchRecords), 0
			return nil
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	for _, file := range files {
		if err := r.readFile(ctx, file, func(record Record) error {
			batch = append(batch, record)
			size += bulk(record)
			if len(batch) < batchRecords && size < batchBytes {
				return nil
			}
			return send()
		}); err != nil {
			return err
		}
	}
	return send()
}

func (r *run) readFile(ctx context.Context, file string, emit func(Record) error) error {
	in, err := openInput(file, r.reading, &r.tally)
	if err != nil {
		return err
	}
	defer func() {
		if in.form != nil {
			r.forms[in.Name] = form{csv: *in.form, coding: in.Layout().Encoding, decimal: in.Layout().Decimal}
		}
		r.report.addFile(in)
		_ = in.Close()
	}()
	reject := func(fault Fault) {
		if fault.Row == nil {
			fault.Row = in.row
		}
		r.rejects.add(in, in.line, fault)
	}
	return r.reader.Read(ctx, in, func(record Record) error {
		fault, bad := check(record)
		if bad {
			reject(fault)
			if !fault.Warning {
				return nil
			}
		}
		return emit(record)
	}, reject)
}
