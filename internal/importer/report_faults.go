package importer

import (
	"fmt"
	"maps"
	"path/filepath"
	"slices"
	"strings"
)

// ReportedFault is a Fault as a report shows it, and how often it occurred: the same
// value in the same column, with the place of the first one.
type ReportedFault struct {
	File    string `json:"file"`
	Line    int    `json:"line"`
	Column  string `json:"column,omitempty"`
	Value   string `json:"value,omitempty"`
	Code    string `json:"code"`
	Reason  string `json:"reason"`
	Warning bool   `json:"warning,omitempty"`
	Count   int64  `json:"count"`
}

// faultKind is what equal faults have in common.
type faultKind struct {
	code, column, value, reason string
	warning                     bool
}

func (r *Report) addFault(f Fault) {
	shown := &r.shownRejected
	if f.Warning {
		r.Warnings[f.Code]++
		shown = &r.shownWarnings
	} else {
		r.Rejected[f.Code]++
	}
	kind := faultKind{f.Code, f.Column, cut(f.Value), f.Reason, f.Warning}
	if at, known := r.shown[kind]; known {
		r.Faults[at].Count++
		return
	}
	if *shown == shownFaults {
		return
	}
	*shown++
	r.shown[kind] = len(r.Faults)
	r.Faults = append(r.Faults, ReportedFault{
		File: f.File, Line: f.Line, Column: f.Column, Value: kind.value, Code: f.Code, Reason: f.Reason, Warning: f.Warning, Count: 1,
	})
}

// renderFaults lists the errors, or the warnings, under their numbers by code.
func (r *Report) renderFaults(b *strings.Builder, title string, codes map[string]int64, warnings bool) {
	if len(codes) == 0 {
		return
	}
	var numbers []string
	for _, code := range slices.Sorted(maps.Keys(codes)) {
		numbers = append(numbers, code+" "+thousands(codes[code]))
	}
	fmt.Fprintf(b, "\n%s: %s\n", title, strings.Join(numbers, ", "))
	more := sum(codes)
	for i := range r.Faults {
		if f := &r.Faults[i]; f.Warning == warnings {
			r.renderFault(b, f)
			more -= f.Count
		}
	}
	if more > 0 {
		fmt.Fprintf(b, "  … and %s more\n", thousands(more))
	}
}

func (r *Report) renderFault(b *strings.Builder, f *ReportedFault) {
	b.WriteString(" ")
	if f.Count == 1 {
		fmt.Fprintf(b, " %s:%d", f.File, f.Line)
	}
	if f.Column != "" {
		fmt.Fprintf(b, " %s", f.Column)
	}
	if f.Value != "" {
		fmt.Fprintf(b, " %q", cutBytes(f.Value, 60))
	}
	if f.Count > 1 {
		place := fmt.Sprintf("line %d", f.Line)
		if r.Files > 1 {
			place = filepath.Base(f.File) + ", " + place
		}
		fmt.Fprintf(b, " ×%s (first in %s)", thousands(f.Count), place)
	}
	fmt.Fprintf(b, ": %s\n", f.Reason)
}

// renderRejects says where all rejected rows are.
func (r *Report) renderRejects(b *strings.Builder) {
	for _, file := range r.RejectsFiles {
		fmt.Fprintf(b, "  all rejected rows: %s\n", file)
	}
	if len(r.RejectsFiles) == 0 && r.RejectedRows > 0 {
		b.WriteString("  To have all rejected rows in a file, use --rejects.\n")
	}
}

// MergedCount is how many records of a kind are stored, of those that were read.
type MergedCount struct {
	Kind   string `json:"kind"`
	Stored int64  `json:"stored"`
	Read   int64  `json:"read"`
	before int64  // those of earlier groups of files
}

// merged says that n of all records of a kind are merged, of a group of files. A group
// begins with 0.
func (r *run) merged(kind string, n, all int) {
	r.progress.merged(kind, n, all)
	at := slices.IndexFunc(r.report.Merged, func(m MergedCount) bool { return m.Kind == kind })
	if at < 0 {
		r.report.Merged, at = append(r.report.Merged, MergedCount{Kind: kind}), len(r.report.Merged)
	}
	m := &r.report.Merged[at]
	if n == 0 {
		m.before = m.Read
	}
	m.Stored, m.Read = m.before+int64(n), m.before+int64(all)
}

// renderMerged says how far an import came that ended early, and the way on.
func (r *Report) renderMerged(b *strings.Builder) {
	if !r.Failed || r.DryRun || r.Files == 0 {
		return
	}
	if len(r.Merged) == 0 {
		what := map[bool]string{true: "Nothing", false: "Only what is counted here"}[r.Counts == (Counts{})]
		fmt.Fprintf(b, "%s is stored; run the same command again.\n", what)
		return
	}
	var parts []string
	for _, m := range r.Merged {
		parts = append(parts, fmt.Sprintf("%s of the %s %s that were read", thousands(m.Stored), thousands(m.Read), m.Kind))
	}
	fmt.Fprintf(b, "%s are stored; run the same command again for the rest.\n", strings.Join(parts, ", "))
}

// noticeNotUndoable says before anything changes that the run cannot be taken back, if
// nobody has chosen so.
func (r *run) noticeNotUndoable(undoable bool) {
	if undoable || r.options.Undoable != nil || r.options.Notices == nil {
		return
	}
	r.progress.clear()
	fmt.Fprintf(r.options.Notices, "This import has %s, and above %s what an import changes is not recorded: it cannot be undone. To be able to, press Ctrl-C now and run it with --undoable (--no-undoable leaves out this notice).\n",
		amount(r.tally.rows.Load(), "row", "rows"), thousands(UndoableRows))
}

// clear takes the progress bar away until it is shown again.
func (p *progress) clear() {
	if p == nil {
		return
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.bar != nil {
		_ = p.bar.Clear()
	}
}
