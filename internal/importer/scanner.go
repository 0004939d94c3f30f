package importer

import (
	"bytes"
	"encoding/binary"
	"errors"
	"io"
	"strings"
	"unicode/utf8"
)

const (
	// maxRecordBytes bounds one CSV record, and so the memory for a quote that is
	// never closed: the rest of the file would be one field. The largest cells of
	// real exports are product descriptions of about 100 KB.
	maxRecordBytes = 16 << 20
	// scanBuffer is what the scanner holds of a file, unless a record is longer.
	scanBuffer = 256 << 10
	// maxWasted is how much may be read in vain for quotes that are never closed.
	// Beyond it a quote in the wrong place on a later line of a record is believed
	// at once, and a record behind a broken one is only looked for within a line, or a
	// file with such a quote in every row would be read thousands of times.
	maxWasted = maxRecordBytes
)

// scanner reads CSV records. It reads what RFC 4180 defines as encoding/csv
// does, and quotes as leniently as that with LazyQuotes. Unlike that, it holds a
// record's bytes until the next call, so that its caller can see how the record
// was read, refuse it, and go on at one of its lines (see resync).
type scanner struct {
	r    io.Reader
	sep  []byte
	eol  byte // '\n', or '\r' in a file of old Macs
	line int  // on which the text at start begins

	offset int64 // of start in the file's text

	buf        []byte
	start, end int
	readErr    error // io.EOF after the last byte
	wasted     int
	lost       int // rows, of the text that resync passed last

	rec, try record
}

// record is one record as it was read.
type record struct {
	fields  []string
	line    int   // on which it starts
	lines   []int // on which each field starts, counted from line; nil: all on it
	breaks  int   // its line ends
	size    int   // its bytes, with the line end
	inner   bool  // a field has a line end
	plain   bool  // ASCII without NUL
	formula bool  // a field may begin with ="

	// loose: after a quote in a quoted field came neither a separator nor a line
	// end. tail: a field that is not quoted ends with a quote, as the last line
	// of a quoted field does. open: a quote was not closed.
	loose, tail, open bool

	text    []byte // scratch: the fields, one after the other
	ends    []int  // of each field in text
	lineEnd int    // of the line that is being read
	strict  bool   // stop at a quote in the wrong place, as if it were not closed
}

func newScanner(r io.Reader, line int) *scanner {
	return &scanner{r: r, sep: []byte{','}, eol: '\n', line: line, buf: make([]byte, scanBuffer)}
}

// window returns what is not read yet, at least want bytes of it unless the file
// ends before.
func (s *scanner) window(want int) ([]byte, error) {
	for s.end-s.start < want && s.readErr == nil {
		if s.start > 0 && s.start+want > len(s.buf) {
			s.end = copy(s.buf, s.buf[s.start:s.end])
			s.start = 0
		}
		if s.end == len(s.buf) {
			s.buf = append(s.buf, make([]byte, len(s.buf))...)
		}
		n, err := s.r.Read(s.buf[s.end:])
		s.end += n
		s.readErr = err
	}
	if s.readErr != nil && !errors.Is(s.readErr, io.EOF) {
		return nil, s.readErr
	}
	return s.buf[s.start:s.end], nil
}

// next reads the record at the current line without passing it; see pass. It
// skips lines without any character, as encoding/csv does. The record is valid
// until the next call of next or pass.
func (s *scanner) next() (*record, error) {
	data, err := s.window(1)
	for err == nil {
		if skipped := s.blankLine(data); skipped > 0 {
			s.pass(skipped, 1)
			data, err = s.window(1)
			continue
		}
		if len(data) == 0 {
			return nil, io.EOF
		}
		s.rec.line = s.line
		last := s.readErr != nil
		if s.scan(&s.rec, data, last) {
			s.rec.plain = !s.rec.open && isPlain(data[:s.rec.size])
			return &s.rec, nil
		}
		if len(data) >= maxRecordBytes {
			s.rec.open, s.rec.size, s.rec.fields = true, len(data), nil
			return &s.rec, nil
		}
		data, err = s.window(min(max(2*len(data), 2), maxRecordBytes))
	}
	return nil, err
}

// pass goes on behind size bytes, which have that number of line ends.
func (s *scanner) pass(size, breaks int) {
	s.start += size
	s.offset += int64(size)
	s.line += breaks
}

// lastLine is the line that the passed text ends on.
func (s *scanner) lastLine() int {
	if s.start > 0 && s.buf[s.start-1] == s.eol {
		return s.line - 1
	}
	return s.line
}

// blankLine returns the length of a line without characters, with its end, 0 for
// another.
func (s *scanner) blankLine(data []byte) int {
	switch {
	case len(data) > 0 && data[0] == s.eol:
		return 1
	case len(data) > 1 && data[0] == '\r' && data[1] == '\n' && s.eol == '\n':
		return 2
	case len(data) == 1 && data[0] == '\r' && s.readErr != nil:
		return 1
	}
	return 0
}

// scan reads the record that data begins with into rec. It returns false if data
// ends before the record; then, with last, a quote is not closed, or the line
// has no end.
func (s *scanner) scan(rec *record, data []byte, last bool) bool {
	rec.breaks, rec.inner, rec.formula, rec.loose, rec.tail, rec.open = 0, false, false, false, false, false
	rec.lines = rec.lines[:0]
	rec.fields = rec.fields[:0]
	end := bytes.IndexByte(data, s.eol)
	whole := end >= 0
	if !whole {
		if !last {
			return false
		}
		end = len(data)
	}
	line := data[:end]
	if bytes.IndexByte(line, '"') >= 0 {
		return s.scanQuoted(rec, data, last)
	}
	rec.size = end
	if whole {
		rec.size, rec.breaks = end+1, 1
	}
	s.splitPlain(rec, withoutReturn(line))
	return true
}

// splitPlain splits a line without quotes.
func (s *scanner) splitPlain(rec *record, line []byte) {
	text := string(line)
	if len(s.sep) == 1 {
		sep := s.sep[0]
		for {
			i := strings.IndexByte(text, sep)
			if i < 0 {
				break
			}
			rec.fields = append(rec.fields, text[:i])
			text = text[i+1:]
		}
	} else {
		sep := string(s.sep)
		for {
			i := strings.Index(text, sep)
			if i < 0 {
				break
			}
			rec.fields = append(rec.fields, text[:i])
			text = text[i+len(sep):]
		}
	}
	rec.fields = append(rec.fields, text)
}

func withoutReturn(line []byte) []byte {
	if n := len(line); n > 0 && line[n-1] == '\r' {
		return line[:n-1]
	}
	return line
}

// scanQuoted reads a record with quotes.
func (s *scanner) scanQuoted(rec *record, data []byte, last bool) bool {
	rec.text, rec.ends = rec.text[:0], rec.ends[:0]
	at := 0
	rec.lineEnd = -1
	for more := true; more; {
		rec.lines = append(rec.lines, rec.breaks)
		var ok bool
		if at < len(data) && data[at] == '"' {
			at, more, ok = s.quotedField(rec, data, at+1, last)
		} else {
			at, more, ok = s.plainField(rec, data, at, last)
		}
		if !ok {
			return false
		}
		rec.ends = append(rec.ends, len(rec.text))
	}
	rec.size = at
	rec.formula = bytes.Contains(rec.text, []byte(`="`))
	text, from := string(rec.text), 0
	for _, end := range rec.ends {
		rec.fields = append(rec.fields, text[from:end])
		from = end
	}
	return true
}

// plainField reads a field without quotes around it. It returns where the next
// field or record begins, and whether it is a field.
func (s *scanner) plainField(rec *record, data []byte, at int, last bool) (next int, more, ok bool) {
	if rec.lineEnd < at { // of a line before this one
		rec.lineEnd = len(data)
		if i := bytes.IndexByte(data[at:], s.eol); i >= 0 {
			rec.lineEnd = at + i
		} else if !last {
			return 0, false, false
		}
	}
	field := data[at:rec.lineEnd]
	if i := s.indexSep(field); i >= 0 {
		field, next, more = field[:i], at+i+len(s.sep), true
	} else {
		field, next = withoutReturn(field), rec.lineEnd
		if next < len(data) {
			next++
			rec.breaks++
		}
	}
	if n := len(field); n > 0 && field[n-1] == '"' && !bytes.HasPrefix(field, []byte(`="`)) {
		rec.tail = true
	}
	rec.text = append(rec.text, field...)
	return next, more, true
}

func (s *scanner) indexSep(text []byte) int {
	if len(s.sep) == 1 {
		return bytes.IndexByte(text, s.sep[0])
	}
	return bytes.Index(text, s.sep)
}

// quotedField reads a field from behind its opening quote.
func (s *scanner) quotedField(rec *record, data []byte, at int, last bool) (next int, more, ok bool) {
	for {
		i := bytes.IndexByte(data[at:], '"')
		if i < 0 {
			if !last {
				return 0, false, false
			}
			rec.appendLines(withoutReturn(data[at:]), s.eol)
			rec.open = true
			return len(data), false, true
		}
		rec.appendLines(data[at:at+i], s.eol)
		at += i + 1
		rest := data[at:]
		switch {
		case len(rest) == 0:
			return at, false, last
		case rest[0] == s.sep[0] && (len(s.sep) == 1 || bytes.HasPrefix(rest, s.sep)):
			return at + len(s.sep), true, true
		case rest[0] == '"':
			rec.text = append(rec.text, '"')
			at++
		case rest[0] == s.eol:
			rec.breaks++
			return at + 1, false, true
		case rest[0] == '\r' && len(rest) == 1:
			return at + 1, false, last
		case rest[0] == '\r' && rest[1] == s.eol:
			rec.breaks++
			return at + 2, false, true
		case len(rest) < len(s.sep) && !last:
			return 0, false, false
		default:
			rec.text = append(rec.text, '"')
			rec.loose = true
			if rec.strict {
				rec.open = true
				return at, false, true
			}
			if rec.inner && s.wasted > maxWasted {
				rec.open = true
				return len(data), false, true
			}
		}
	}
}

// appendLines appends a part of a quoted field. Its lines end with a line feed.
func (rec *record) appendLines(part []byte, eol byte) {
	for {
		i := bytes.IndexByte(part, eol)
		if i < 0 {
			break
		}
		rec.breaks++
		rec.inner = true
		rec.text = append(rec.text, withoutReturn(part[:i])...)
		rec.text = append(rec.text, '\n')
		part = part[i+1:]
	}
	rec.text = append(rec.text, part...)
}

// lineOf is the line on which a field starts.
func (rec *record) lineOf(field int) int {
	if field < 0 || field >= len(rec.lines) {
		return rec.line
	}
	return rec.line + rec.lines[field]
}

// isPlain reports whether text is ASCII without NUL.
func isPlain(text []byte) bool {
	const ones, tops = 0x0101010101010101, 0x8080808080808080
	for ; len(text) >= 8; text = text[8:] {
		word := binary.NativeEndian.Uint64(text)
		if (word|(word-ones))&tops != 0 { // a byte above 127, or a borrow from a zero
			return false
		}
	}
	for _, c := range text {
		if c == 0 || c >= utf8.RuneSelf {
			return false
		}
	}
	return true
}
