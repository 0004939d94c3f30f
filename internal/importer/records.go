package importer

import (
	"context"
	"fmt"
	"os"
)

// FormatRecords is the format of a Report on records that do not come from a
// file.
const FormatRecords = "records"

// RunRecords imports the records that read emits, in the same way as Run:
// staged first, then merged in sets, with no changes if the shop already has
// everything. It ignores the file names and the format in options; Source is
// required. total is the number of products that read will emit, for the
// progress; 0 when not known.
//
// read must stop with emit's error when it returns one. Each record must be a
// new one: emit keeps it.
func RunRecords(ctx context.Context, options Options, total int,
	read func(ctx context.Context, emit func(Record) error) error,
) (*Report, error) {
	options.Format, options.Paths, options.Rejects = FormatRecords, nil, ""
	options, err := options.withDefaults()
	if err != nil {
		return nil, err
	}
	if options.Source == "" {
		return nil, fmt.Errorf("import records: no source is given")
	}
	conn, err := connect(ctx, options.DatabaseURL)
	if err != nil {
		return nil, err
	}
	defer closeConn(conn)
	r := &run{options: options, forms: map[string]form{}, reader: records(read)}
	r.tally.bytesAll.Store(int64(total))
	r.report = newReport(r.options, 0)
	r.rejects = newRejects("", r.report)
	r.progress = startProgress(options.Progress, &r.tally)
	// The run opens an input for each name. The empty name stands for the file
	// that does not exist.
	err = r.run(ctx, conn, []string{os.DevNull})
	r.progress.stop()
	r.report.finish(&r.tally, err)
	r.report.Bytes = 0
	return r.report, err
}

// records is a Reader without a file.
type records func(ctx context.Context, emit func(Record) error) error

// Read counts products instead of bytes, so that the progress bar moves.
func (read records) Read(ctx context.Context, in *Input, emit func(Record) error, _ func(Fault)) error {
	return read(ctx, func(record Record) error {
		if _, is := record.(*Product); is {
			in.CountRow()
			in.tally.bytesRead.Add(1)
		}
		return emit(record)
	})
}
