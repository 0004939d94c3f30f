package importer

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"

	"github.com/jackc/pgx/v5"
)

// faultPage is how many errors of the merge are held in memory at a time.
const faultPage = 5000

// lateFault is a record whose product was not found after everything was
// staged.
type lateFault struct {
	File    int
	Line    int
	Value   *string
	Reason  string
	Code    string
	Warning bool
}

// faults reports what the merge could not store, one error for each row. Rows
// are not kept during an import; for the rejects file they are read again.
func (m *merger) faults(ctx context.Context) error {
	return m.inTx(ctx, func(tx pgx.Tx) error {
		if err := exec(ctx, tx, `-- name: ImportFaultCursor
DECLARE faults CURSOR FOR
SELECT DISTINCT ON (file, line) file, line, value, reason, code, warning
FROM t_fault
ORDER BY file, line, warning`); err != nil {
			return err
		}
		again := &rereader{run: m.run, file: -1}
		defer again.close()
		for {
			page, err := fetchFaults(ctx, tx)
			if err != nil {
				return err
			}
			if len(page) == 0 {
				return exec(ctx, tx, "-- name: ImportFaultCursorEnd\nCLOSE faults")
			}
			for _, late := range page {
				again.report(late)
			}
		}
	})
}

func fetchFaults(ctx context.Context, tx pgx.Tx) ([]lateFault, error) {
	rows, err := tx.Query(ctx, fmt.Sprintf("-- name: ImportFaults\nFETCH %d FROM faults", faultPage))
	if err != nil {
		return nil, fmt.Errorf("list faults: %w", err)
	}
	page, err := pgx.CollectRows(rows, pgx.RowToStructByPos[lateFault])
	if err != nil {
		return nil, fmt.Errorf("list faults: %w", err)
	}
	return page, nil
}

// rereader reads input files again for the rows of errors, which are ordered by
// file and line.
type rereader struct {
	run  *run
	file int
	in   *Input
	csv  *CSV
	row  Row
}

func (a *rereader) report(late lateFault) {
	name := a.run.staged.files[late.File]
	fault := Fault{Place: Place{File: name, Line: late.Line}, Reason: late.Reason, Code: late.Code, Warning: late.Warning}
	if late.Value != nil {
		fault.Value = *late.Value
	}
	if a.run.rejects.path != "" {
		if a.file != late.File {
			a.open(late.File, name)
		}
		if a.csv != nil {
			fault.Row, fault.Column = a.find(late.Line, fault.Value)
		}
	}
	in := a.in
	if a.csv == nil {
		in = nil
	}
	a.run.rejects.add(in, late.Line, fault)
}

// open reads a file again. For a file that cannot be read twice, such as
// standard input, errors are reported without their rows.
func (a *rereader) open(number int, name string) {
	a.close()
	a.file = number
	form, known := a.run.forms[name]
	if !known || name == "stdin" {
		return
	}
	in, err := openInput(name, a.run.reading, &tally{})
	if err != nil {
		return
	}
	a.in = in
	in.layout.Encoding, in.layout.Decimal = form.coding, form.decimal
	if a.csv, err = NewCSV(in, form.csv, func(Fault) {}); err != nil {
		a.csv = nil
	}
}

// find advances to the record that starts on line.
func (a *rereader) find(line int, value string) (row []string, column string) {
	for a.row.Line < line {
		next, err := a.csv.Next()
		if err != nil {
			if !errors.Is(err, io.EOF) {
				a.csv = nil
			}
			return nil, ""
		}
		a.row = next
	}
	if a.row.Line != line {
		return nil, ""
	}
	if i := slices.Index(a.row.Fields, value); i >= 0 && i < len(a.in.Header) {
		column = a.in.Header[i]
	}
	return a.row.raw, column
}

func (a *rereader) close() {
	if a.in != nil {
		_ = a.in.Close()
	}
	a.in, a.csv, a.row = nil, nil, Row{}
}
