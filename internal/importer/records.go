package importer

import (
	"context"
	"fmt"
	"os"
)

// FormatRecords is the format of a Report on records that no file gave.
const FormatRecords = "records"

// RunRecords imports what read emits, in the way of Run: staged first, then
// merged by sets, with nothing changed when the shop has it all. Of options the
// file names and the format are not used; Source must be given. total is the
// number of products that read will emit, for the progress; 0 when not known.
//
// read stops with emit's error when it returns one. Each record must be a new
// one: emit keeps it.
func RunRecords(ctx context.Context, options Options, total int,
	read func(ctx context.Context, emit func(Record) error) error,
) (*Report, error) {
	options.Format, options.Paths, options.Rejects = FormatRecords, nil, ""
	options, err := options.withDefaults()
	if err != nil {
		return nil, err
	}
	if options.Source == "" {
		return nil, fmt.Errorf("import records: no source is named")
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
	// The run opens an input for each name that it is given; the empty file stands
	// for the one that does not exist.
	err = r.run(ctx, conn, []string{os.DevNull})
	r.progress.stop()
	r.report.finish(&r.tally, err)
	r.report.Bytes = 0
	return r.report, err
}

// records is a Reader without a file.
type records func(ctx context.Context, emit func(Record) error) error

// Read counts products where other readers count bytes, so that the bar moves.
func (read records) Read(ctx context.Context, in *Input, emit func(Record) error, _ func(Fault)) error {
	return read(ctx, func(record Record) error {
		if _, is := record.(*Product); is {
			in.CountRow()
			in.tally.bytesRead.Add(1)
		}
		return emit(record)
	})
}
