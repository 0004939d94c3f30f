package importer

import (
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"
)

// maxRecordBytes bounds one CSV record, and so the memory for a quote that is
// never closed: the rest of the file would be one field. The largest cells of
// real exports are product descriptions of about 100 KB.
const maxRecordBytes = 16 << 20

// rejectColumns end each row of a rejects file. Readers find columns by name
// and ignore these.
var rejectColumns = [4]string{"souk_line", "souk_column", "souk_value", "souk_reason"}

// CSVOptions describes a CSV file where the file itself does not.
type CSVOptions struct {
	// Comma separates fields; zero: a comma.
	Comma rune
	// Header names the columns of a file without a header row; nil: the first
	// record is the header. A rejects file made from such a file has a header,
	// which is recognised and skipped.
	Header []string
}

// CSV reads the records of a CSV file one by one, with their positions. It
// rejects and skips incomplete rows: a field count that differs from the
// header's, or bytes that are not UTF-8. Blank rows are counted and skipped.
//
// Quotes are read leniently: a quote in the middle of a field that does not
// begin with one, or a quote that is not doubled inside a quoted field, is part
// of the value. If this splits a row wrongly, the field count shows it.
type CSV struct {
	in      *Input
	reader  *csv.Reader
	limit   *recordLimit
	reject  func(Fault)
	columns map[string]int
	width   int      // fields of each row
	last    int      // line on which the last record started
	pending []string // the first record, if the header was given
}

// Row is one record. It is valid until the next call of Next.
type Row struct {
	Place
	Fields []string
	csv    *CSV
}

// NewCSV reads in's header. A file without any record is not an error: it has
// no columns and no rows. Byte order marks are already removed.
func NewCSV(in *Input, options CSVOptions, reject func(Fault)) (*CSV, error) {
	in.form = &options
	limit := &recordLimit{r: in.Body(), left: maxRecordBytes}
	reader := csv.NewReader(limit)
	reader.LazyQuotes = true
	reader.ReuseRecord = true
	reader.FieldsPerRecord = -1
	if options.Comma != 0 {
		reader.Comma = options.Comma
	}
	c := &CSV{in: in, reader: reader, limit: limit, reject: reject}
	first, err := c.read()
	if err != nil && !errors.Is(err, io.EOF) {
		return nil, err
	}
	header := slices.Clone(first)
	if options.Header != nil {
		header = options.Header
		if !isRejectsHeader(first, header) {
			c.pending = slices.Clone(first)
		} else {
			header = slices.Clone(first)
		}
	}
	in.Header = withoutRejectColumns(header)
	c.columns = make(map[string]int, len(header))
	for i, name := range header {
		key := columnKey(name)
		if _, taken := c.columns[key]; !taken {
			c.columns[key] = i
		}
	}
	if bad := slices.IndexFunc(header, func(name string) bool { return !utf8.ValidString(name) }); bad >= 0 {
		return nil, fmt.Errorf("read %s: column %d of the header is not UTF-8: set the file's encoding", in.Name, bad+1)
	}
	c.width = len(header)
	return c, nil
}

// columnKey is the form in which header names are compared: without case and
// outer spaces.
func columnKey(name string) string { return strings.ToLower(strings.TrimSpace(name)) }

func isRejectsHeader(first, header []string) bool {
	return len(first) == len(header)+len(rejectColumns) &&
		slices.Equal(first[len(header):], rejectColumns[:])
}

func withoutRejectColumns(header []string) []string {
	return slices.DeleteFunc(slices.Clone(header), func(name string) bool {
		return slices.Contains(rejectColumns[:], name)
	})
}

// Column returns the index of the column of that name, or -1. Case does not count.
func (c *CSV) Column(name string) int {
	if i, ok := c.columns[columnKey(name)]; ok {
		return i
	}
	return -1
}

// Next returns the next complete row, or io.EOF after the last.
func (c *CSV) Next() (Row, error) {
	for {
		fields, err := c.nextRecord()
		if err != nil {
			return Row{}, err
		}
		c.last = c.line(0)
		row := Row{Place: Place{File: c.in.Name, Line: c.last}, Fields: fields, csv: c}
		if isBlank(fields) {
			c.in.CountBlank()
			continue
		}
		c.in.CountRow()
		c.in.row = fields
		if fault, bad := c.check(row); bad {
			c.reject(fault)
			continue
		}
		return row, nil
	}
}

func (c *CSV) nextRecord() ([]string, error) {
	if c.pending != nil {
		fields := c.pending
		c.pending = nil
		return fields, nil
	}
	return c.read()
}

func (c *CSV) read() ([]string, error) {
	c.limit.left = maxRecordBytes
	fields, err := c.reader.Read()
	switch {
	case err == nil || errors.Is(err, io.EOF):
		return fields, err
	case errors.Is(err, errRecordTooLong):
		return nil, fmt.Errorf("read %s: the record after the one on line %d is longer than %d MiB: check for a quote that is not closed",
			c.in.Name, c.last, maxRecordBytes>>20)
	default:
		return nil, fmt.Errorf("read %s: %w", c.in.Name, err)
	}
}

// check finds errors that make a whole row unusable.
func (c *CSV) check(row Row) (Fault, bool) {
	if want := c.width; len(row.Fields) != want {
		return Fault{
			Place: row.Place, Value: cut(row.Fields[0]), Code: "columns", Row: row.Fields,
			Reason: "the row has " + strconv.Itoa(len(row.Fields)) + " fields and the header " + strconv.Itoa(want) +
				": check for a missing or an extra quote or separator",
		}, true
	}
	for i, field := range row.Fields {
		at := badByte(field)
		if at < 0 {
			continue
		}
		place := row.Place
		place.Line = c.line(i) + strings.Count(field[:at], "\n")
		return row.fault(place, i, "encoding", fmt.Sprintf(
			"byte 0x%02X is not UTF-8: save the file as UTF-8, or set its encoding (often windows-1252)", field[at])), true
	}
	return Fault{}, false
}

// line is the line on which a field of the last record starts.
func (c *CSV) line(field int) int {
	line, _ := c.reader.FieldPos(field)
	return line
}

// Fault describes an error in the row's field in column i (-1: the whole row).
// Its line is the field's line.
func (r Row) Fault(i int, code, reason string) Fault {
	place := r.Place
	if i > 0 && i < len(r.Fields) {
		place.Line = r.csv.line(i)
	}
	return r.fault(place, i, code, reason)
}

func (r Row) fault(place Place, i int, code, reason string) Fault {
	f := Fault{Place: place, Code: code, Reason: reason, Row: r.Fields}
	if i >= 0 && i < len(r.Fields) {
		f.Value = cut(r.Fields[i])
		if i < len(r.csv.in.Header) {
			f.Column = r.csv.in.Header[i]
		}
	}
	return f
}

// Field is the value in column i without outer spaces; "" when i is -1.
func (r Row) Field(i int) string {
	if i < 0 || i >= len(r.Fields) {
		return ""
	}
	return strings.TrimSpace(r.Fields[i])
}

// badByte returns the index of the first byte of text that Postgres cannot store
// as UTF-8 text, or -1.
func badByte(text string) int {
	if utf8.ValidString(text) {
		return strings.IndexByte(text, 0)
	}
	for i, r := range text {
		if r == utf8.RuneError {
			if _, size := utf8.DecodeRuneInString(text[i:]); size == 1 {
				return i
			}
		}
	}
	return strings.IndexByte(text, 0)
}

// cut shortens a value for a report to 200 characters.
func cut(value string) string {
	if len(value) <= 200 {
		return strings.ToValidUTF8(value, "\uFFFD")
	}
	n := 0
	for i := range value {
		if n == 200 {
			return strings.ToValidUTF8(value[:i], "\uFFFD") + "…"
		}
		n++
	}
	return strings.ToValidUTF8(value, "\uFFFD")
}

func isBlank(fields []string) bool {
	for _, field := range fields {
		if strings.TrimSpace(field) != "" {
			return false
		}
	}
	return true
}

var errRecordTooLong = errors.New("record too long")

// recordLimit fails a read when a record exceeds its limit. encoding/csv reads
// ahead by its own small buffer, which does not matter here.
type recordLimit struct {
	r    io.Reader
	left int
}

func (l *recordLimit) Read(p []byte) (int, error) {
	if l.left <= 0 {
		return 0, errRecordTooLong
	}
	n, err := l.r.Read(p)
	l.left -= n
	return n, err
}
