package importer

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
)

// readJSON reads objects, one per line or all in one array. An object is a row
// whose cells are its properties: texts unchanged, numbers and booleans as
// written, lists and objects as their JSON. The rejects file of such a file is
// a CSV file of these cells, and is read as CSV when it is imported.
func (t table) readJSON(ctx context.Context, in *Input, emit func(Record) error, reject func(Fault)) error {
	first, err := firstByte(in.Body())
	switch {
	case errors.Is(err, io.EOF):
		return nil
	case err != nil:
		return fmt.Errorf("read %s: %w", in.Name, err)
	case first != '[' && first != '{':
		return t.readCSV(ctx, in, emit, reject)
	}
	names := &jsonColumns{}
	b := &binder{mapping: t.mapping, column: names.index, numbers: t.numbers(in)}
	rows := t.bind(b, emit, reject)
	rows.row.header, rows.row.given = names.names, make([]bool, len(names.names))
	rows.row.numeric = make([]bool, len(names.names))
	in.Header = names.names
	objects := jsonObjects{
		rows: rows, in: in, ctx: ctx, reject: reject,
		cells: make([]string, len(names.names)), names: names.names,
	}
	if first == '[' {
		return objects.array()
	}
	return objects.lines()
}

// jsonColumns numbers the properties that a mapping reads.
type jsonColumns struct{ names []string }

func (c *jsonColumns) index(name string) int {
	if i := slices.Index(c.names, name); i >= 0 {
		return i
	}
	c.names = append(c.names, name)
	return len(c.names) - 1
}

// firstByte returns the first byte that is not white space, without consuming
// it.
func firstByte(body *bufio.Reader) (byte, error) {
	for n := 1; ; n++ {
		head, err := body.Peek(n)
		if len(head) < n {
			return 0, err
		}
		if c := head[n-1]; !isSpace(c) {
			return c, nil
		}
	}
}

type jsonObjects struct {
	rows   *tableRows
	in     *Input
	ctx    context.Context
	reject func(Fault)
	names  []string
	cells  []string
	object map[string]json.RawMessage
	count  int
}

// lines reads one object per line. A line that is not an object is rejected by
// itself.
func (o *jsonObjects) lines() error {
	body := o.in.Body()
	for line := 1; ; line++ {
		text, err := readLine(body)
		if err != nil && !errors.Is(err, io.EOF) {
			return fmt.Errorf("read %s, line %d: %w", o.in.Name, line, err)
		}
		if text = bytes.TrimSpace(text); len(text) > 0 {
			if err := o.take(text, line); err != nil {
				return err
			}
		}
		if err != nil {
			return nil
		}
	}
}

var errLineTooLong = errors.New("longer than 16 MiB: does it have one object per line?")

// readLine returns the next line, whatever its length up to maxRecordBytes.
func readLine(body *bufio.Reader) ([]byte, error) {
	line, err := body.ReadSlice('\n')
	if !errors.Is(err, bufio.ErrBufferFull) {
		return line, err
	}
	long := slices.Clone(line)
	for errors.Is(err, bufio.ErrBufferFull) {
		if len(long) > maxRecordBytes {
			return nil, errLineTooLong
		}
		line, err = body.ReadSlice('\n')
		long = append(long, line...)
	}
	return long, err
}

// array reads the objects of one array, one by one.
func (o *jsonObjects) array() error {
	lines := &lineCounter{r: o.in.Body()}
	decoder := json.NewDecoder(lines)
	if _, err := decoder.Token(); err != nil {
		return fmt.Errorf("read %s: %w", o.in.Name, err)
	}
	var text json.RawMessage
	line := 1
	for decoder.More() {
		if err := decoder.Decode(&text); err != nil {
			return fmt.Errorf("read %s, after the object on line %d: the array is not JSON: %w", o.in.Name, line, err)
		}
		line = lines.at(decoder.InputOffset() - int64(len(text)))
		if err := o.take(text, line); err != nil {
			return err
		}
	}
	if _, err := decoder.Token(); err != nil {
		return fmt.Errorf("read %s: the array is not closed: %w", o.in.Name, err)
	}
	return nil
}

// take turns one object into a row.
func (o *jsonObjects) take(text []byte, line int) error {
	o.in.CountRow()
	o.in.row, o.in.line = nil, line
	if o.count++; o.count%1024 == 0 && o.ctx.Err() != nil {
		return o.ctx.Err()
	}
	place := Place{File: o.in.Name, Line: line}
	clear(o.object)
	if err := json.Unmarshal(text, &o.object); err != nil {
		o.reject(Fault{
			Place: place, Value: cut(string(text)), Code: "json",
			Reason: "not a JSON object such as {\"id\": \"1\"}",
		})
		return nil
	}
	bad := -1
	for i, name := range o.names {
		value, given := o.object[name]
		o.cells[i], o.rows.row.given[i] = composed(jsonText(value)), given
		o.rows.row.numeric[i] = given && value[0] != '"'
		if bad < 0 && badByte(o.cells[i]) >= 0 {
			bad = i
		}
	}
	o.in.row = o.cells
	o.rows.row.reset(place, o.cells, nil)
	if bad >= 0 {
		o.reject(o.rows.row.describe(bad, "encoding", "contains a byte that is not UTF-8: save the file as UTF-8, or set its encoding"))
		return nil
	}
	return o.rows.take()
}

// lineCounter knows the line of each byte that was read.
type lineCounter struct {
	r     io.Reader
	read  int64
	ends  []int64 // offsets of line ends that at has not passed yet
	lines int
}

func (c *lineCounter) Read(p []byte) (int, error) {
	n, err := c.r.Read(p)
	for i := 0; ; {
		end := bytes.IndexByte(p[i:n], '\n')
		if end < 0 {
			break
		}
		i += end + 1
		c.ends = append(c.ends, c.read+int64(i))
	}
	c.read += int64(n)
	return n, err
}

// at is the line of the byte at offset. Offsets must not decrease.
func (c *lineCounter) at(offset int64) int {
	passed := 0
	for passed < len(c.ends) && c.ends[passed] <= offset {
		passed++
	}
	c.lines += passed
	c.ends = slices.Delete(c.ends, 0, passed)
	return c.lines + 1
}

func isSpace(c byte) bool { return c == ' ' || c == '\n' || c == '\t' || c == '\r' }
