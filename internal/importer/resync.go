package importer

import "bytes"

// broken reports whether a record is probably not one: a quote is not closed, or
// it has several lines and either a wrong number of fields or a quote in the
// wrong place. A stray quote makes such records of all lines up to the next
// quote.
func (rec *record) broken(width int) bool {
	return rec.open && (rec.inner || len(rec.fields) != width) ||
		rec.inner && (rec.loose || len(rec.fields) != width)
}

// resync passes a broken record up to the line at which reading goes on. false:
// the record is one all the same, and nothing was passed.
//
// A quoted field may well have lines that look like records, so a line is only
// taken for one if what follows agrees: either it and all lines behind it are
// records and end where the broken one ends, or, if that has no end or not the
// right number of fields, the next quote opens a field and does not close one.
func (s *scanner) resync(rec *record, width int) (passed bool, err error) {
	data := s.buf[s.start : s.start+rec.size]
	s.lost = 0
	if rec.open {
		s.wasted += rec.size
		return true, s.resyncOpen(data, width)
	}
	at := s.lineEnd(data, 0)
	for at < len(data) {
		first, stop := s.chain(data, at, width)
		switch {
		case stop == len(data) && first,
			stop < len(data) && first && len(rec.fields) != width && s.nextClosing(data, stop) < 0:
			s.wasted += rec.size - at
			s.lose(data[:at], width)
			return true, nil
		}
		at = s.lineEnd(data, min(stop, len(data)-1))
	}
	if len(rec.fields) == width {
		return false, nil
	}
	s.lose(data, width)
	return true, nil
}

// passLines passes text and counts its lines.
func (s *scanner) passLines(text []byte) {
	s.pass(len(text), bytes.Count(text, []byte{s.eol}))
}

// lose passes broken text, and counts the rows that are lost with it: the lines that
// have as many separators as a row needs.
func (s *scanner) lose(text []byte, width int) {
	s.passLines(text)
	for len(text) > 0 {
		end := s.lineEnd(text, 0)
		if s.blankLine(text) == 0 && bytes.Count(text[:end], s.sep) >= width-1 {
			s.lost++
		}
		text = text[end:]
	}
}

// attempt reads the record that data may begin with, and reports whether it is one as
// RFC 4180 has it. Lines that it read beyond the first will be read again.
func (s *scanner) attempt(data []byte, last bool) bool {
	line := s.lineEnd(data, 0)
	if s.wasted > maxWasted {
		data, last = data[:line], true
	}
	s.try.size = len(data)
	s.try.strict = true
	whole := s.scan(&s.try, data, last)
	s.try.strict = false
	s.wasted += max(0, s.try.size-line)
	return whole && !s.try.open && !s.try.loose && !s.try.tail
}

// chain reads records from the line at, as RFC 4180 has them, and returns
// whether the first one has width fields, and where they stop: at the end of
// data or at the first line that begins none.
func (s *scanner) chain(data []byte, at, width int) (first bool, stop int) {
	for stop = at; stop < len(data); stop += s.try.size {
		if n := s.blankLine(data[stop:]); n > 0 && stop > at {
			s.try.size = n
			continue
		}
		if !s.attempt(data[stop:], true) {
			return first, stop
		}
		if stop == at {
			first = len(s.try.fields) == width && s.blankLine(data[at:]) == 0
			if !first {
				return false, stop
			}
		}
	}
	return first, stop
}

// resyncOpen passes what is before the next record after a quote that is not
// closed.
func (s *scanner) resyncOpen(data []byte, width int) error {
	at := s.lineEnd(data, 0)
	for {
		last := s.readErr != nil
		for at < len(data) {
			next, found := s.candidate(data, at, width, last)
			if found {
				s.lose(data[:at], width)
				return nil
			}
			at = next
		}
		if last {
			s.lose(data, width)
			return nil
		}
		seen := bytes.LastIndexByte(data, s.eol) + 1
		if seen == 0 {
			seen = len(data)
		}
		s.lose(data[:seen], width)
		var err error
		if data, err = s.window(maxRecordBytes); err != nil {
			return err
		}
		at = 0
	}
}

// candidate reports whether a record of width fields begins at the line at; if
// not, the next line to look at.
func (s *scanner) candidate(data []byte, at, width int, last bool) (next int, found bool) {
	if !s.attempt(data[at:], last) || s.blankLine(data[at:]) > 0 || len(s.try.fields) != width {
		return s.lineEnd(data, at), false
	}
	if len(s.try.lines) > 0 { // it has quotes of its own, in their places
		return at, true
	}
	if closing := s.nextClosing(data, at+s.try.size); closing >= 0 {
		return s.lineEnd(data, closing), false
	}
	return at, true
}

// nextClosing returns where the next quote is, if it is one within or at the end
// of a quoted field; otherwise -1.
func (s *scanner) nextClosing(data []byte, from int) int {
	i := bytes.IndexByte(data[min(from, len(data)):], '"')
	if i < 0 {
		return -1
	}
	i += from
	before, after := data[:i], data[i+1:]
	if i == from || before[i-1] == s.eol || bytes.HasSuffix(before, s.sep) {
		return -1
	}
	if len(after) == 0 || after[0] == s.eol || after[0] == '\r' || after[0] == '"' || bytes.HasPrefix(after, s.sep) {
		return i
	}
	return -1
}

// lineEnd is where the line after the one at begins.
func (s *scanner) lineEnd(data []byte, at int) int {
	i := bytes.IndexByte(data[at:], s.eol)
	if i < 0 {
		return len(data)
	}
	return at + i + 1
}
