package importer

import (
	"bytes"
	"encoding/csv"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"golang.org/x/text/encoding"
)

// maxCounted is how many rejected rows are remembered, so that a row with
// several faults counts once. Beyond it such a row counts again, which only
// matters where most of a very large file is rejected.
const maxCounted = 1 << 20

// rejects counts the errors of a run and writes the rows that were not taken to
// a file as they occur: the source's columns, then line, column, value,
// decimal mark and reason. Rows that were taken with a warning are not in it: importing them
// again would undo later changes. Inputs with different columns, or written in
// different ways, get separate rejects files (rejects.csv, rejects-2.csv, …), so
// that each can be corrected and imported again.
type rejects struct {
	path   string
	report *Report
	rows   map[rowPlace]struct{}
	open   []*rejectsFile
	err    error // of the first write that failed
}

// rowPlace identifies a row by the line on which it starts.
type rowPlace struct {
	file string
	line int
}

// rejectsFile is written in the way of its input.
type rejectsFile struct {
	path   string
	header []string
	layout Layout
	coding encoding.Encoding // nil: UTF-8
	file   *os.File
	buf    bytes.Buffer
	csv    *csv.Writer

	last    rowPlace
	pending []string // the row of last, until it is known to have no further fault
}

func newRejects(path string, report *Report) *rejects {
	return &rejects{path: path, report: report, rows: map[rowPlace]struct{}{}}
}

// checkRejects refuses, before a long import, a rejects file that cannot be
// written, or that is one of the inputs: it would be emptied before it is read.
func checkRejects(path string, files []string) error {
	if path == "" {
		return nil
	}
	if info, err := os.Stat(filepath.Dir(path)); err != nil || !info.IsDir() {
		return fmt.Errorf("the rejects file cannot be written: there is no folder %s", filepath.Dir(path))
	}
	for _, name := range append(siblings(path), path) {
		written, err := os.Stat(name)
		if err != nil {
			continue
		}
		for _, file := range files {
			if read, err := os.Stat(file); err == nil && os.SameFile(read, written) {
				return fmt.Errorf("the rejects file %s is one of the input files, and would be overwritten: give --rejects another name", name)
			}
		}
	}
	return nil
}

// siblings are the further rejects files, for inputs with different columns.
func siblings(path string) []string {
	ext := filepath.Ext(path)
	found, err := filepath.Glob(strings.TrimSuffix(path, ext) + "-*" + ext)
	if err != nil {
		return nil // the name is not a pattern: nothing to find
	}
	return found
}

// add counts an error of the row that starts on line, and writes that row once.
// in is the row's file, nil if it cannot be read. It keeps nothing of fault.Row.
func (r *rejects) add(in *Input, line int, fault Fault) {
	r.report.addFault(fault)
	if fault.Warning {
		return
	}
	row := rowPlace{fault.File, line}
	if _, counted := r.rows[row]; !counted {
		r.report.RejectedRows += int64(max(1, fault.Rows))
		if len(r.rows) < maxCounted {
			r.rows[row] = struct{}{}
		}
	}
	if r.path == "" || r.err != nil {
		return
	}
	file, err := r.fileFor(in)
	if err != nil {
		r.err = err
		return
	}
	r.err = file.add(row, fault)
}

func (r *rejects) fileFor(in *Input) (*rejectsFile, error) {
	var header []string
	layout := Layout{Separator: ','}
	if in != nil {
		header, layout = in.Header, in.Layout()
	}
	if layout.Separator == 0 { // a file of JSON or of lines: its rejects are plain CSV
		layout = Layout{Separator: ',', Decimal: layout.Decimal}
	}
	for _, file := range r.open {
		if slices.Equal(file.header, header) && file.accepts(layout) {
			return file, nil
		}
	}
	path := r.numbered(len(r.open))
	opened, err := newRejectsFile(path, header, layout)
	if err != nil {
		return nil, err
	}
	r.open = append(r.open, opened)
	r.report.RejectsFiles = append(r.report.RejectsFiles, path)
	return opened, nil
}

// numbered is the path of the file after n others.
func (r *rejects) numbered(n int) string {
	if n == 0 {
		return r.path
	}
	ext := filepath.Ext(r.path)
	return strings.TrimSuffix(r.path, ext) + "-" + strconv.Itoa(n+1) + ext
}

// emptyEarlier empties the files after those that the run has written, up to the first
// that does not exist. What is not a file, such as /dev/stderr, stays.
func (r *rejects) emptyEarlier() {
	for n := len(r.open); ; n++ {
		info, err := os.Stat(r.numbered(n))
		if err != nil && n > 0 || err == nil && !info.Mode().IsRegular() {
			return
		}
		if err == nil {
			err = os.Truncate(r.numbered(n), 0)
		}
		if err != nil && !errors.Is(err, os.ErrNotExist) && r.err == nil {
			r.err = err
		}
	}
}

func newRejectsFile(path string, header []string, layout Layout) (*rejectsFile, error) {
	file, err := os.Create(path)
	if err != nil {
		return nil, err
	}
	f := &rejectsFile{path: path, header: slices.Clone(header), file: file}
	f.csv = csv.NewWriter(&f.buf)
	f.csv.Comma, f.csv.UseCRLF = layout.Separator, layout.CRLF
	f.setLayout(layout)
	if layout.Mark || utf16Of(layout.Encoding) != nil {
		f.buf.WriteString(byteOrderMark)
	}
	if layout.SepLine {
		f.buf.WriteString("sep=" + string(layout.Separator) + map[bool]string{true: "\r\n", false: "\n"}[layout.CRLF])
	}
	return f, f.write(append(slices.Clone(header), rejectColumns[:]...))
}

func (f *rejectsFile) setLayout(layout Layout) {
	f.layout = layout
	if f.coding = utf16Of(layout.Encoding); f.coding == nil {
		f.coding, _ = findEncoding(layout.Encoding) // the input was read with it
	}
}

// accepts reports whether rows of a file with that layout can be written to this
// file. The encoding of a file that so far has only ASCII is open.
func (f *rejectsFile) accepts(layout Layout) bool {
	if f.layout.Separator != layout.Separator || f.layout.Mark != layout.Mark || f.layout.Decimal != layout.Decimal {
		return false
	}
	if f.layout.Encoding == "" && layout.Encoding != "" && utf16Of(layout.Encoding) == nil {
		f.setLayout(layout)
	}
	return layout.Encoding == "" || layout.Encoding == f.layout.Encoding
}

// add writes the row, unless this is a further fault of the one before.
func (f *rejectsFile) add(place rowPlace, fault Fault) error {
	if f.pending != nil && f.last == place {
		reason := &f.pending[len(f.pending)-1]
		if !strings.Contains(*reason, fault.Reason) {
			*reason += "; " + fault.Column + ": " + fault.Reason
		}
		return nil
	}
	if err := f.flush(); err != nil {
		return err
	}
	row := make([]string, len(f.header), len(f.header)+len(rejectColumns))
	copy(row, fault.Row)
	f.last = place
	f.pending = append(row, fault.File+":"+strconv.Itoa(fault.Line), fault.Column, fault.Value, decimalName(f.layout.Decimal), fault.Reason)
	return nil
}

// flush writes the pending row.
func (f *rejectsFile) flush() error {
	row := f.pending
	f.pending = nil
	if row == nil {
		return nil
	}
	return f.write(row)
}

// write writes one record in the input's encoding. What that does not have, in a
// reason, becomes a question mark.
func (f *rejectsFile) write(row []string) error {
	if f.layout.Encoding == "" {
		for i := len(f.header); i < len(row); i++ {
			row[i] = onlyASCII(row[i])
		}
	}
	if err := f.csv.Write(row); err != nil {
		return err
	}
	f.csv.Flush()
	_, err := f.file.WriteString(encoded(f.buf.String(), f.coding))
	f.buf.Reset()
	return err
}

// onlyASCII keeps the encoding of a file open; see accepts.
func onlyASCII(text string) string {
	return strings.Map(func(r rune) rune {
		if r >= utf8.RuneSelf {
			return '?'
		}
		return r
	}, strings.ReplaceAll(text, "…", "..."))
}

func encoded(text string, coding encoding.Encoding) string {
	if coding == nil {
		return text
	}
	if all, err := coding.NewEncoder().String(text); err == nil {
		return all
	}
	var out strings.Builder
	for _, r := range text {
		one, err := coding.NewEncoder().String(string(r))
		if err != nil {
			one, _ = coding.NewEncoder().String("?")
		}
		out.WriteString(one)
	}
	return out.String()
}

// close closes the files and returns the first write error. After a whole run, files of
// an earlier one that this run has not written are emptied: their rows are no longer
// what was rejected.
func (r *rejects) close(whole bool) error {
	if whole && r.path != "" {
		r.emptyEarlier()
	}
	for _, file := range r.open {
		if err := file.flush(); err != nil && r.err == nil {
			r.err = err
		}
		if err := file.file.Close(); err != nil && r.err == nil {
			r.err = err
		}
	}
	r.open = nil
	if r.err != nil {
		return fmt.Errorf("write rejects: %w", r.err)
	}
	return nil
}
