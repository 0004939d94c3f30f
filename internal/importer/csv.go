package importer

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"
)

// maxRejectBytes is how much of a skipped text a rejects file repeats.
const maxRejectBytes = 64 << 10

// rejectColumns end each row of a rejects file. Readers find columns by name
// and ignore these.
var rejectColumns = [...]string{"souk_line", "souk_column", "souk_value", decimalColumn, "souk_reason"}

// decimalColumn is the decimal mark with which the row was read. Without the rows
// that have shown it, a rejects file would be read in another way.
const decimalColumn = "souk_decimal"

// CSVOptions describes a CSV file where the file itself does not.
type CSVOptions struct {
	// Comma separates fields; zero: it is found by looking.
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
// of the value. A quote that is not closed costs the record that has it, and not
// the lines that it seems to enclose.
//
// Fields are in Unicode's form NFC, and without the formula ="…" with which
// spreadsheets are made to keep digits as text.
type CSV struct {
	in       *Input
	scan     *scanner
	reject   func(Fault)
	columns  map[string]int
	headLine int      // of the header
	width    int      // fields of each row
	pending  *record  // the first record, if the header was given
	fields   []string // of the current row, when they are not those of the record
	current  *record
}

// Row is one record. It is valid until the next call of Next.
type Row struct {
	Place
	Fields []string
	raw    []string // as in the file
	csv    *CSV
}

// NewCSV reads in's header. A file without any record is not an error: it has
// no columns and no rows. Byte order marks are already removed.
func NewCSV(in *Input, options CSVOptions, reject func(Fault)) (*CSV, error) {
	in.form = &options
	c := &CSV{in: in, scan: newScanner(in.Body(), 1+in.skipped), reject: reject}
	if err := c.sniff(options); err != nil {
		return nil, err
	}
	first, err := c.scan.next()
	if err != nil && !errors.Is(err, io.EOF) {
		return nil, fmt.Errorf("read %s: %w", in.Name, err)
	}
	var header []string
	if first != nil {
		if first.open || first.inner && first.loose {
			return nil, fmt.Errorf("read %s: the header on line %d has a quote that is not closed", in.Name, first.line)
		}
		header, c.headLine = slices.Clone(first.fields), first.line
		c.scan.pass(first.size, first.breaks)
	}
	for i := range header {
		header[i] = strings.Trim(header[i], byteOrderMark)
	}
	if options.Header != nil && !isRejectsHeader(header, options.Header) {
		header = options.Header
		if first != nil {
			pending := *first
			pending.fields, pending.lines = slices.Clone(first.fields), slices.Clone(first.lines)
			c.pending = &pending
		}
	}
	return c, c.setHeader(header)
}

// sniff finds out how the file is written, and passes a line sep=.
func (c *CSV) sniff(options CSVOptions) error {
	data, err := c.scan.window(sniffBytes)
	if err != nil {
		return fmt.Errorf("read %s: %w", c.in.Name, err)
	}
	if bytes.IndexByte(data, '\n') < 0 && bytes.IndexByte(data, '\r') >= 0 {
		c.scan.eol = '\r'
	}
	layout := &c.in.layout
	hint, size := sepLine(data, c.scan.eol)
	layout.SepLine = size > 0
	c.scan.passLines(data[:size])
	data = data[size:]
	if end := bytes.IndexByte(data, '\n'); end > 0 {
		layout.CRLF = data[end-1] == '\r'
	}
	for _, separator := range [...]rune{c.in.given.Separator, options.Comma, hint} {
		if separator != 0 {
			layout.Separator = separator
			break
		}
	}
	if layout.Separator == 0 {
		layout.Separator = sniffSeparator(data, c.scan.eol, len(options.Header), c.scan.readErr != nil)
	}
	c.scan.sep = []byte(string(layout.Separator))
	return nil
}

func (c *CSV) setHeader(header []string) error {
	c.in.Header = withoutRejectColumns(header)
	c.columns = make(map[string]int, len(header))
	for i, name := range header {
		if !utf8.ValidString(name) {
			return fmt.Errorf("read %s: column %d of the header is not UTF-8: set the file's encoding", c.in.Name, i+1)
		}
		key := columnKey(name)
		if _, taken := c.columns[key]; !taken {
			c.columns[key] = i
		}
	}
	c.width = len(header)
	return nil
}

// columnKey is the form in which header names are compared: without case and
// outer spaces.
func columnKey(name string) string { return strings.ToLower(strings.TrimSpace(name)) }

func isRejectsHeader(first, header []string) bool {
	return len(first) > len(header) && slices.Contains(rejectColumns[:], first[len(header)])
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

// preview calls look for the first rows, without passing them.
func (c *CSV) preview(look func(fields []string)) {
	if c.pending != nil {
		look(c.pending.fields)
	}
	data, err := c.scan.window(scanBuffer)
	if err != nil {
		return // reading goes on to it
	}
	for range previewRows {
		if len(data) == 0 || !c.scan.scan(&c.scan.try, data, c.scan.readErr != nil) || c.scan.try.broken(c.width) {
			return
		}
		look(c.scan.try.fields)
		data = data[c.scan.try.size:]
	}
}

// Next returns the next complete row, or io.EOF after the last.
func (c *CSV) Next() (Row, error) {
	for {
		rec, err := c.nextRecord()
		if err != nil {
			return Row{}, err
		}
		if rec == nil {
			continue
		}
		c.current = rec
		row := Row{Place: Place{File: c.in.Name, Line: rec.line}, Fields: rec.fields, raw: rec.fields, csv: c}
		if isBlank(row.Fields) {
			c.in.CountBlank()
			continue
		}
		c.in.CountRow()
		c.in.row, c.in.line = row.raw, row.Line
		if len(row.Fields) != c.width {
			c.reject(row.wrongWidth(c.width))
			continue
		}
		if !rec.plain {
			if fault, bad := c.check(row); bad {
				c.reject(fault)
				continue
			}
		}
		if !rec.plain || rec.formula {
			row.Fields = c.clean(row.raw)
		}
		return row, nil
	}
}

// nextRecord returns the next record; nil when it was rejected, because a quote
// has damaged it.
func (c *CSV) nextRecord() (*record, error) {
	if rec := c.pending; rec != nil {
		c.pending = nil
		return rec, nil
	}
	rec, err := c.scan.next()
	if err != nil {
		if errors.Is(err, io.EOF) {
			return nil, io.EOF
		}
		return nil, fmt.Errorf("read %s: %w", c.in.Name, err)
	}
	if !rec.broken(c.width) {
		c.scan.pass(rec.size, rec.breaks)
		return rec, nil
	}
	return c.repair(rec)
}

// repair rejects a broken record, and goes on at the next line that is one.
func (c *CSV) repair(rec *record) (*record, error) {
	data := c.scan.buf[c.scan.start : c.scan.start+min(rec.size, maxRejectBytes)]
	text := string(data[:c.scan.lineEnd(data, 0)])
	place, before := Place{File: c.in.Name, Line: rec.line}, c.scan.offset
	passed, err := c.scan.resync(rec, c.width)
	if err != nil {
		return nil, fmt.Errorf("read %s: %w", c.in.Name, err)
	}
	if !passed {
		c.scan.pass(rec.size, rec.breaks)
		return rec, nil
	}
	if !rec.open && !rec.loose && c.scan.offset == before+int64(rec.size) {
		return rec, nil // no stray quote, but a wrong number of fields
	}
	if size := int(c.scan.offset - before); size <= c.scan.start && size <= maxRejectBytes {
		text = string(c.scan.buf[c.scan.start-size : c.scan.start])
	}
	c.lose(place, strings.TrimRight(text, "\r\n"))
	return nil, nil
}

// lose rejects the text that was skipped (of a very long one, its first line).
// Its row is what a single line is without its quotes' meaning, and otherwise
// the text.
func (c *CSV) lose(place Place, text string) {
	lines, row := fmt.Sprintf("line %d was", place.Line), []string{text}
	if to := c.scan.lastLine(); to > place.Line {
		lines = fmt.Sprintf("the lines %d to %d were", place.Line, to)
	} else {
		row = strings.Split(text, string(c.scan.sep))
	}
	rows := max(1, c.scan.lost)
	c.in.tally.rows.Add(int64(rows))
	c.in.row, c.in.line = row, place.Line
	c.reject(Fault{
		Place: place, Value: cut(text), Code: "quote", Row: row, Rows: rows,
		Reason: lines + " skipped: a quote is missing or is one too many; inside a quoted value, double each quote",
	})
}

// clean returns fields as the shop stores text.
func (c *CSV) clean(fields []string) []string {
	c.fields = c.fields[:0]
	for _, field := range fields {
		c.fields = append(c.fields, composed(withoutFormula(field)))
	}
	return c.fields
}

// withoutFormula removes the formula ="…" around a text.
func withoutFormula(text string) string {
	inner, found := strings.CutPrefix(strings.TrimSpace(text), `="`)
	if !found || inner == "" || strings.IndexByte(inner, '"') != len(inner)-1 {
		return text
	}
	return inner[:len(inner)-1]
}

func (r Row) wrongWidth(want int) Fault {
	lines := ""
	if rec := r.csv.current; rec.inner {
		lines = ", on the lines " + strconv.Itoa(r.Line) + " to " + strconv.Itoa(r.csv.scan.lastLine()) + ","
	}
	return Fault{
		Place: r.Place, Value: cut(r.raw[0]), Code: "columns", Row: r.raw,
		Reason: "the row" + lines + " has " + strconv.Itoa(len(r.raw)) + " fields and the header " + strconv.Itoa(want) +
			": check for a missing or an extra quote or separator",
	}
}

// check finds bytes that make a whole row unusable.
func (c *CSV) check(row Row) (Fault, bool) {
	for i, field := range row.raw {
		at := badByte(field)
		if at < 0 {
			continue
		}
		place := row.Place
		place.Line = c.line(i) + strings.Count(field[:at], "\n")
		return row.fault(place, i, "encoding", fmt.Sprintf(
			"byte 0x%02X is not UTF-8: save the file as UTF-8, or name its encoding (often windows-1252) with --encoding", field[at])), true
	}
	return Fault{}, false
}

// line is the line on which a field of the current row starts.
func (c *CSV) line(field int) int { return c.current.lineOf(field) }

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
	f := Fault{Place: place, Code: code, Reason: reason, Row: r.raw}
	if i >= 0 && i < len(r.raw) {
		f.Value = cut(r.raw[i])
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
