package importer

import (
	"bytes"
	"strings"
	"unicode/utf8"
)

const (
	// sniffBytes is how much of a file's text is examined for its separator. The
	// longest headers of real exports have 5 KB.
	sniffBytes = 64 << 10
	// sniffRecords is how many records of it are compared with the header.
	sniffRecords = 50
)

// separators are what is looked for; of two that fit alike the first wins.
var separators = [...]rune{',', ';', '\t', '|'}

// sepLine reads a first line such as sep=; with which spreadsheets name the
// separator. It returns the length of the line with its end; 0: it is none.
func sepLine(data []byte, eol byte) (separator rune, size int) {
	end := bytes.IndexByte(data, eol)
	size = end + 1
	if end < 0 {
		end, size = len(data), len(data)
	}
	line := strings.Trim(string(withoutReturn(data[:min(end, 16)])), `"`)
	if len(line) < 5 || !strings.EqualFold(line[:4], "sep=") {
		return 0, 0
	}
	mark := strings.TrimRight(line[4:], ",;") // a spreadsheet may have padded the line
	if mark == "" {
		mark = line[4:5]
	}
	separator, err := parseSeparator(mark)
	if err != nil {
		return 0, 0
	}
	return separator, size
}

// errSeparator is returned for what cannot separate fields.
type errSeparator string

func (e errSeparator) Error() string {
	return "separator must be one character, such as ; or \\t, and not " + string(e)
}

// parseSeparator reads a separator as people write it.
func parseSeparator(text string) (rune, error) {
	if text == `\t` || strings.EqualFold(text, "tab") {
		return '\t', nil
	}
	r, size := utf8.DecodeRuneInString(text)
	if size == 0 || size != len(text) || r == utf8.RuneError || strings.ContainsRune("\"\r\n", r) {
		return 0, errSeparator(text)
	}
	return r, nil
}

// sniffSeparator finds the separator of the records in data: the one with which
// most records have as many fields as the first one, and that makes more than
// one field. width, if not 0, is how many they should be. last: data is all of
// the file.
func sniffSeparator(data []byte, eol byte, width int, last bool) rune {
	best, bestShare, bestFields := ',', 0.0, 1
	for _, separator := range separators {
		fields, share := trySeparator(data, eol, separator, width, last)
		if fields > 1 && (share > bestShare || share == bestShare && fields > bestFields) {
			best, bestShare, bestFields = separator, share, fields
		}
	}
	return best
}

// trySeparator returns the number of fields of the first record, and the share
// of all records that have as many.
func trySeparator(data []byte, eol byte, separator rune, width int, last bool) (fields int, share float64) {
	s := &scanner{sep: []byte(string(separator)), eol: eol}
	var alike, all int
	for len(data) > 0 && all < sniffRecords {
		if n := s.blankLine(data); n > 0 {
			data = data[n:]
			continue
		}
		if !s.scan(&s.try, data, last) || s.try.open {
			break
		}
		data = data[s.try.size:]
		n := len(s.try.fields)
		if all == 0 {
			fields = n
		}
		if width == 0 && n == fields || n == width || n == width+len(rejectColumns) {
			alike++
		}
		all++
	}
	if all == 0 {
		return 0, 0
	}
	return fields, float64(alike) / float64(all)
}
