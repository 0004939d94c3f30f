package importer

import (
	"fmt"
	"io"
	"maps"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// shownFaults is how many errors a report repeats; the rejects file has all of
// them.
const shownFaults = 20

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
	Format  string `json:"format"`
	Source  string `json:"source"`
	DryRun  bool   `json:"dryRun"`
	Failed  bool   `json:"failed,omitempty"` // the import ended early; the counts are what was stored until then
	Files   int    `json:"files"`
	Bytes   int64  `json:"bytes"` // as stored, compressed where the files are
	Rows    int64  `json:"rows"`
	Blank   int64  `json:"blankRows"`
	Skipped int64  `json:"skippedRows"` // such as "not stocked" in an inventory file
	// NotPruned says that Prune removed nothing, because rows were rejected.
	NotPruned bool             `json:"notPruned,omitempty"`
	Rejected  map[string]int64 `json:"rejected"` // errors by code; the row, or a part of it, was not stored
	Warnings  map[string]int64 `json:"warnings"` // errors by code; the rest of the row was stored

	Counts

	// RunID is the run's ID in the list of import runs; empty for a dry run.
	RunID string `json:"runId,omitempty"`
	// KeptEdits is the number of fields that the input would have changed, and that
	// stay as staff wrote them.
	KeptEdits int64 `json:"keptEdits"`
	// Kept are the first of these.
	Kept     []KeptEdit `json:"kept,omitempty"`
	Undoable bool       `json:"undoable"`

	Faults       []ReportedFault `json:"faults"` // the first 20
	RejectsFiles []string        `json:"rejectsFiles,omitempty"`

	Seconds      float64 `json:"seconds"`
	ReadSeconds  float64 `json:"readSeconds"`
	MergeSeconds float64 `json:"mergeSeconds"`
	RowsPerSec   float64 `json:"rowsPerSecond"`
	PeakRSS      int64   `json:"peakRSSBytes"` // of this process, since it started

	started time.Time
}

// Counts has a Count for each kind of record. It does not include a transaction
// that was rolled back.
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

// ReportedFault is a Fault as a report shows it.
type ReportedFault struct {
	File    string `json:"file"`
	Line    int    `json:"line"`
	Column  string `json:"column,omitempty"`
	Value   string `json:"value,omitempty"`
	Code    string `json:"code"`
	Reason  string `json:"reason"`
	Warning bool   `json:"warning,omitempty"`
}

func newReport(options Options, files int) *Report {
	return &Report{
		Format: options.Format, Source: options.Source, DryRun: options.DryRun, Files: files,
		Rejected: map[string]int64{}, Warnings: map[string]int64{}, Faults: []ReportedFault{}, started: time.Now(),
	}
}

func (r *Report) addFault(f Fault) {
	if f.Warning {
		r.Warnings[f.Code]++
	} else {
		r.Rejected[f.Code]++
	}
	if len(r.Faults) < shownFaults {
		r.Faults = append(r.Faults, ReportedFault{
			File: f.File, Line: f.Line, Column: f.Column, Value: cut(f.Value), Code: f.Code, Reason: f.Reason, Warning: f.Warning,
		})
	}
}

func (r *Report) finish(t *tally, err error) {
	r.Failed = err != nil
	r.Bytes, r.Rows, r.Blank = t.bytesRead.Load(), t.rows.Load(), t.blank.Load()
	r.Skipped = t.skipped.Load()
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

// Render writes the report for people.
func (r *Report) Render(w io.Writer) error {
	if r.Failed && r.Rows == 0 {
		return nil // the error is enough
	}
	var b strings.Builder
	verb := "Imported"
	if r.DryRun {
		verb = "Dry run (nothing was stored):"
	}
	if r.Failed {
		verb = "Not finished: read"
	}
	if r.Files > 0 {
		fmt.Fprintf(&b, "%s %s rows of %d file(s), %s, as source %q.\n", verb, thousands(r.Rows), r.Files, megabytes(r.Bytes), r.Source)
	} else {
		fmt.Fprintf(&b, "%s %s products as source %q.\n", verb, thousands(r.Rows), r.Source)
	}
	if r.Blank > 0 {
		fmt.Fprintf(&b, "%s blank rows were skipped.\n", thousands(r.Blank))
	}
	if r.Skipped > 0 {
		fmt.Fprintf(&b, "%s rows have nothing to store (not stocked).\n", thousands(r.Skipped))
	}
	if r.NotPruned {
		b.WriteString("Nothing was removed: with rejected rows it is not known what the files no longer contain.\n")
	}
	r.renderCounts(&b)
	renderCodes(&b, "Rejected", r.Rejected)
	renderCodes(&b, "Warnings", r.Warnings)
	r.renderFaults(&b)
	r.renderKept(&b)
	r.renderRun(&b)
	fmt.Fprintf(&b, "\n%.1f s (reading %.1f, merging %.1f), %s rows/s, peak memory %s\n",
		r.Seconds, r.ReadSeconds, r.MergeSeconds, thousands(int64(r.RowsPerSec)), megabytes(r.PeakRSS))
	_, err := io.WriteString(w, b.String())
	return err
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

func renderCodes(b *strings.Builder, title string, codes map[string]int64) {
	if len(codes) == 0 {
		return
	}
	fmt.Fprintf(b, "\n%s:", title)
	for _, code := range slices.Sorted(maps.Keys(codes)) {
		fmt.Fprintf(b, " %s %s,", code, thousands(codes[code]))
	}
	trimmed := strings.TrimSuffix(b.String(), ",")
	b.Reset()
	b.WriteString(trimmed + "\n")
}

func (r *Report) renderFaults(b *strings.Builder) {
	for _, f := range r.Faults {
		fmt.Fprintf(b, "  %s:%d", f.File, f.Line)
		if f.Column != "" {
			fmt.Fprintf(b, " %s", f.Column)
		}
		if f.Value != "" {
			fmt.Fprintf(b, " %q", cutBytes(f.Value, 60))
		}
		fmt.Fprintf(b, ": %s\n", f.Reason)
	}
	if all := r.TotalRejected() + sum(r.Warnings); all > int64(len(r.Faults)) {
		fmt.Fprintf(b, "  … and %s more", thousands(all-int64(len(r.Faults))))
		if len(r.RejectsFiles) == 0 {
			b.WriteString("; use --rejects to write all of them to a file")
		}
		b.WriteByte('\n')
	}
	for _, file := range r.RejectsFiles {
		fmt.Fprintf(b, "  all of them: %s\n", file)
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

func megabytes(n int64) string { return fmt.Sprintf("%.1f MB", float64(n)/1e6) }
