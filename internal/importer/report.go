package importer

import (
	"fmt"
	"io"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"
)

const (
	// shownFaults is how many different errors, and how many warnings, a report repeats;
	// the rejects file has all rows with errors.
	shownFaults = 20
	// shownNames is how many file or column names the report for people repeats.
	shownNames = 12
)

// Count is the result for one kind of record.
type Count struct {
	Stored    int64 `json:"stored"`    // new
	Changed   int64 `json:"changed"`   // existed, with other values
	Unchanged int64 `json:"unchanged"` // existed, with the same values
	// Duplicates are records with the key of an earlier record of the run.
	Duplicates int64 `json:"duplicates"`
	// Removed is the number of records that Prune removed.
	Removed int64 `json:"removed,omitempty"`
}

// Report is the result of an import. Its JSON form is for programs.
type Report struct {
	Format string `json:"format"`
	Source string `json:"source"`
	DryRun bool   `json:"dryRun"`
	Failed bool   `json:"failed,omitempty"` // the import ended early; the counts are what was stored until then
	Files  int    `json:"files"`
	Bytes  int64  `json:"bytes"` // as stored, compressed where the files are
	Error  string `json:"error,omitempty"`
	Rows   int64  `json:"rows"`
	// TakenRows are the rows of which nothing was rejected, changed by them or not.
	TakenRows    int64 `json:"takenRows"`
	RejectedRows int64 `json:"rejectedRows"` // something of them was not stored
	Blank        int64 `json:"blankRows"`
	Skipped      int64 `json:"skippedRows"` // such as "not stocked" in an inventory file
	// NotPruned says that Prune removed nothing, because rows were rejected.
	NotPruned bool             `json:"notPruned,omitempty"`
	Rejected  map[string]int64 `json:"rejected"` // errors by code; the row, or a part of it, was not stored
	Warnings  map[string]int64 `json:"warnings"` // errors by code; the rest of the row was stored

	Outcome

	// RunID is the run's ID in the list of import runs; empty for a dry run.
	RunID    string `json:"runId,omitempty"`
	Undoable bool   `json:"undoable"`

	Layouts       []ReportedLayout  `json:"layouts,omitempty"`       // other than UTF-8 with commas
	UnusedColumns []ReportedColumns `json:"unusedColumns,omitempty"` // that nothing was read from
	EmptyFiles    []string          `json:"emptyFiles,omitempty"`    // without a row

	// Merged is how far an import came that ended early.
	Merged []MergedCount `json:"merged,omitempty"`

	Faults       []ReportedFault `json:"faults"` // the first 20 different errors, and warnings
	RejectsFiles []string        `json:"rejectsFiles,omitempty"`

	Seconds      float64 `json:"seconds"`
	ReadSeconds  float64 `json:"readSeconds"`
	MergeSeconds float64 `json:"mergeSeconds"`
	RowsPerSec   float64 `json:"rowsPerSecond"`
	PeakRSS      int64   `json:"peakRSSBytes"` // of this process, since it started

	started  time.Time
	fileRows int64 // of the files so far
	// shown are the places of Faults by what they are.
	shown                        map[faultKind]int
	shownRejected, shownWarnings int
}

// Outcome is what an import did. It does not include a transaction that was rolled back.
type Outcome struct {
	Counts

	// KeptEdits is the number of fields that the input would have changed, and that
	// stay as staff wrote them.
	KeptEdits int64 `json:"keptEdits"`
	// Kept are the first of these.
	Kept []KeptEdit `json:"kept,omitempty"`
	// VisibleByDefault is the number of new products that are visible because their
	// input does not say that they are hidden.
	VisibleByDefault int64    `json:"visibleByDefault,omitempty"`
	NewLocations     []string `json:"newLocations,omitempty"` // that the import made
}

// Counts has a Count for each kind of record.
type Counts struct {
	Products   Count `json:"products"`
	Variants   Count `json:"variants"`
	Images     Count `json:"images"`
	Categories Count `json:"categories"`
	Filed      Count `json:"productCategories"`
	Vendors    Count `json:"vendors"`
	Customers  Count `json:"customers"`
	Reviews    Count `json:"reviews"`
	Levels     Count `json:"inventoryLevels"`
}

// ReportedLayout is how some of the files are written, as declared or recognised.
type ReportedLayout struct {
	Files     []string `json:"files"`
	Encoding  string   `json:"encoding"`
	Separator string   `json:"separator,omitempty"` // empty: the files are not CSV
	Decimal   string   `json:"decimal,omitempty"`   // the decimal mark of the numbers; empty: not known
}

// ReportedColumns are columns of some of the files.
type ReportedColumns struct {
	Files   []string `json:"files"`
	Columns []string `json:"columns"`
}

func newReport(options Options, files int) *Report {
	return &Report{
		Format: options.Format, Source: options.Source, DryRun: options.DryRun, Files: files,
		Rejected: map[string]int64{}, Warnings: map[string]int64{}, Faults: []ReportedFault{}, shown: map[faultKind]int{}, started: time.Now(),
	}
}

// addFile reports how a file is written, unless it is plain UTF-8 with commas,
// and what of it was not used.
func (r *Report) addFile(in *Input) {
	rows := in.tally.rows.Load() - in.tally.blank.Load()
	if rows == r.fileRows && r.Files > 0 {
		r.EmptyFiles = append(r.EmptyFiles, in.Name)
	}
	r.fileRows = rows
	layout := in.Layout()
	one := ReportedLayout{Files: []string{in.Name}, Encoding: firstOf(layout.Encoding, encodingUTF8), Decimal: decimalName(layout.Decimal)}
	if layout.Separator != 0 {
		one.Separator = string(layout.Separator)
	}
	usual := strings.EqualFold(one.Encoding, encodingUTF8) && (one.Separator == "" || one.Separator == ",") && one.Decimal != ","
	at := slices.IndexFunc(r.Layouts, func(l ReportedLayout) bool {
		return l.Encoding == one.Encoding && l.Separator == one.Separator && l.Decimal == one.Decimal
	})
	switch {
	case usual:
	case at >= 0:
		r.Layouts[at].Files = append(r.Layouts[at].Files, in.Name)
	default:
		r.Layouts = append(r.Layouts, one)
	}
	at = slices.IndexFunc(r.UnusedColumns, func(c ReportedColumns) bool { return slices.Equal(c.Columns, in.unused) })
	switch {
	case len(in.unused) == 0:
	case at >= 0:
		r.UnusedColumns[at].Files = append(r.UnusedColumns[at].Files, in.Name)
	default:
		r.UnusedColumns = append(r.UnusedColumns, ReportedColumns{Files: []string{in.Name}, Columns: in.unused})
	}
}

// decimalName is a decimal mark as a text; "" if it is not known.
func decimalName(mark byte) string {
	if mark == 0 {
		return ""
	}
	return string(rune(mark))
}

func (r *Report) finish(t *tally, err error) {
	if err != nil {
		r.Failed, r.Error = true, err.Error()
	} else {
		r.Merged = nil // all of it
	}
	r.Bytes, r.Rows, r.Blank = t.bytesRead.Load(), t.rows.Load(), t.blank.Load()
	r.Skipped = t.skipped.Load()
	r.TakenRows = max(r.Rows-r.Blank-r.Skipped-r.RejectedRows, 0)
	r.Seconds = time.Since(r.started).Seconds()
	r.RowsPerSec = float64(r.Rows) / max(r.Seconds, 1e-9)
	r.PeakRSS = peakRSS()
}

// peakRSS is the most memory that this process has had, in bytes.
func peakRSS() int64 {
	var usage syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &usage); err != nil {
		return 0
	}
	if runtime.GOOS == "darwin" {
		return usage.Maxrss
	}
	return usage.Maxrss * 1024
}

// TotalRejected is the number of errors that cost a row or a part of it.
func (r *Report) TotalRejected() (n int64) {
	for _, count := range r.Rejected {
		n += count
	}
	return n
}

// ExitCode is that of a command: 0 when all rows were taken, 3 when some were
// rejected, 1 when nothing was taken, because there are no rows or all were rejected,
// or the import failed. A rejected row of which a part was stored, such as the vendor
// of a product whose variant was not found, gives 3. Rows that have nothing to store
// are not rejected.
func (r *Report) ExitCode() int {
	switch {
	case r.Failed, r.empty():
		return 1
	case r.RejectedRows == 0:
		return 0
	case r.TakenRows == 0 && !r.changed():
		return 1
	}
	return 3
}

// empty reports whether the files have no rows: most likely an export failed.
func (r *Report) empty() bool {
	return !r.Failed && r.Files > 0 && r.Rows == r.Blank
}

// headline says first of all what became of the rows.
func (r *Report) headline() string {
	if r.Files == 0 { // made, not read
		return fmt.Sprintf("%s %s products as source %q.\n", map[bool]string{false: "Imported", true: "Not finished: made"}[r.Failed], thousands(r.Rows), r.Source)
	}
	files := fmt.Sprintf("of %s, %s, as source %q.\n", amount(int64(r.Files), "file", "files"), size(r.Bytes), r.Source)
	dry, imported := "", "Imported"
	if r.DryRun {
		dry, imported = "Dry run (nothing was stored): ", "would import"
	}
	switch {
	case r.Failed:
		return fmt.Sprintf("%sNot finished: read %s %s", dry, amount(r.Rows, "row", "rows"), files)
	case r.empty() && r.Files == 1:
		return dry + "Nothing was imported: the file has no rows.\n"
	case r.empty():
		return fmt.Sprintf("%sNothing was imported: none of the %s files has rows.\n", dry, thousands(int64(r.Files)))
	case r.RejectedRows > 0 && r.TakenRows == 0 && r.changed():
		return fmt.Sprintf("%s%s only parts of rows: %s rejected, %s", dry, imported, amount(r.RejectedRows, "row was", "rows were"), files)
	case r.RejectedRows > 0 && r.TakenRows == 0:
		return fmt.Sprintf("%sNothing was imported: %s rejected, %s", dry, amount(r.RejectedRows, "row was", "rows were"), files)
	case r.RejectedRows > 0:
		return fmt.Sprintf("%s%s %s, rejected %s, %s", dry, imported, amount(r.TakenRows, "row", "rows"), thousands(r.RejectedRows), files)
	}
	return fmt.Sprintf("%s%s %s %s", dry, imported, amount(r.Rows, "row", "rows"), files)
}

// Render writes the report for people.
func (r *Report) Render(w io.Writer) error {
	if r.Failed && r.Rows == 0 {
		return nil // the error is enough
	}
	var b strings.Builder
	b.WriteString(r.headline())
	r.renderMerged(&b)
	r.renderFiles(&b)
	if r.Blank > 0 {
		fmt.Fprintf(&b, "%s skipped.\n", amount(r.Blank, "blank row was", "blank rows were"))
	}
	if r.Skipped > 0 {
		fmt.Fprintf(&b, "%s nothing to store (not stocked).\n", amount(r.Skipped, "row has", "rows have"))
	}
	if r.VisibleByDefault > 0 {
		fmt.Fprintf(&b, "%s visible: the input does not say otherwise.\n", amount(r.VisibleByDefault, "new product is", "new products are"))
	}
	if len(r.NewLocations) > 0 {
		fmt.Fprintf(&b, "New %s: %s.\n", map[bool]string{true: "location", false: "locations"}[len(r.NewLocations) == 1], someNames(r.NewLocations, shownNames))
	}
	if r.NotPruned {
		b.WriteString("Nothing was removed: with rejected rows it is not known what the files no longer contain.\n")
	}
	r.renderCounts(&b)
	r.renderFaults(&b, "Rejected", r.Rejected, false)
	r.renderRejects(&b)
	r.renderFaults(&b, "Warnings", r.Warnings, true)
	r.renderKept(&b)
	r.renderRun(&b)
	fmt.Fprintf(&b, "\n%.1f s (reading %.1f, merging %.1f), %s rows/s, peak memory %s\n",
		r.Seconds, r.ReadSeconds, r.MergeSeconds, thousands(int64(r.RowsPerSec)), megabytes(r.PeakRSS))
	_, err := io.WriteString(w, b.String())
	return err
}

// renderFiles says how files were read that are not plain UTF-8 with commas, and
// which columns were not used.
func (r *Report) renderFiles(b *strings.Builder) {
	for i, l := range r.Layouts {
		fmt.Fprintf(b, "%s%s as %s", map[bool]string{true: "Read ", false: "; "}[i == 0], fileNames(l.Files), l.Encoding)
		if l.Separator != "" {
			fmt.Fprintf(b, ", separated by %q", l.Separator)
		}
		if l.Decimal != "" {
			b.WriteString(", with decimal " + markName(l.Decimal[0]) + "s")
		}
	}
	if len(r.Layouts) > 0 {
		b.WriteString(".\n")
	}
	if len(r.EmptyFiles) > 0 && !r.empty() {
		fmt.Fprintf(b, "Without a row: %s.\n", someNames(baseNames(r.EmptyFiles), shownNames))
	}
	for _, c := range r.UnusedColumns {
		if len(c.Columns) == 1 {
			fmt.Fprintf(b, "1 column of %s is not used: %s.\n", fileNames(c.Files), c.Columns[0])
			continue
		}
		fmt.Fprintf(b, "%d columns of %s are not used: %s.\n", len(c.Columns), fileNames(c.Files), someNames(c.Columns, shownNames))
	}
}

// fileNames joins the names of a few files, without their folders.
func fileNames(paths []string) string { return someNames(baseNames(paths), 2) }

func baseNames(paths []string) []string {
	names := make([]string, len(paths))
	for i, path := range paths {
		names[i] = filepath.Base(path)
	}
	return names
}

// someNames joins up to n names.
func someNames(names []string, n int) string {
	if len(names) <= n {
		return strings.Join(names, ", ")
	}
	return fmt.Sprintf("%s and %d more", strings.Join(names[:n], ", "), len(names)-n)
}

func (r *Report) renderCounts(b *strings.Builder) {
	if r.Counts == (Counts{}) {
		return
	}
	fmt.Fprintf(b, "\n%-18s %12s %12s %12s %12s\n", "", "stored", "changed", "unchanged", "duplicates")
	for _, line := range []struct {
		name  string
		count Count
	}{
		{"products", r.Products},
		{"variants", r.Variants},
		{"images", r.Images},
		{"categories", r.Categories},
		{"in categories", r.Filed},
		{"vendors", r.Vendors},
		{"customers", r.Customers},
		{"reviews", r.Reviews},
		{"inventory levels", r.Levels},
	} {
		if line.count == (Count{}) {
			continue
		}
		fmt.Fprintf(b, "%-18s %12s %12s %12s %12s", line.name, thousands(line.count.Stored), thousands(line.count.Changed),
			thousands(line.count.Unchanged), thousands(line.count.Duplicates))
		if line.count.Removed > 0 {
			fmt.Fprintf(b, "  (%s removed)", thousands(line.count.Removed))
		}
		b.WriteByte('\n')
	}
}

func sum(codes map[string]int64) (n int64) {
	for _, count := range codes {
		n += count
	}
	return n
}

func thousands(n int64) string {
	digits := strconv.FormatInt(n, 10)
	for at := len(digits) - 3; at > 0 && digits[at-1] != '-'; at -= 3 {
		digits = digits[:at] + "," + digits[at:]
	}
	return digits
}

// amount is a number of things in words: 1 row, 2 rows.
func amount(n int64, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return thousands(n) + " " + many
}

// size is a number of bytes in words.
func size(n int64) string {
	switch {
	case n < 1000:
		return amount(n, "byte", "bytes")
	case n < 1e6:
		return fmt.Sprintf("%.1f kB", float64(n)/1e3)
	}
	return megabytes(n)
}

func megabytes(n int64) string { return fmt.Sprintf("%.1f MB", float64(n)/1e6) }
