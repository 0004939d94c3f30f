package importer

import (
	"math"
	"regexp"
	"strconv"
	"strings"

	"souk/internal/money"
)

// previewRows is how many rows are examined for the decimal mark.
const previewRows = 500

// numbers reads the numbers of one file, whose decimal mark is a point unless
// the file shows another: 9,90 and 1.299,00 do, and 1,299 does not.
type numbers struct {
	decimal byte    // the mark that the file's numbers have shown; 0: none yet
	mixed   bool    // some have a point and some a comma: each is read by itself
	layout  *Layout // where the mark is reported
}

// numbers returns the way to read the numbers in these columns. It looks at the
// first rows; until a number has shown the mark, each further one is looked at.
func (c *CSV) numbers(columns ...int) *numbers {
	n := &numbers{layout: &c.in.layout}
	var point, comma bool
	c.preview(func(fields []string) {
		for _, i := range columns {
			if i < 0 || i >= len(fields) {
				continue
			}
			switch shownMark(fields[i]) {
			case '.':
				point = true
			case ',':
				comma = true
			}
		}
	})
	switch {
	case point && comma:
		n.mixed = true
	case point:
		n.decimal = '.'
	case comma:
		n.decimal, n.layout.Decimal = ',', ','
	}
	return n
}

// format is how the amount text is written.
func (n *numbers) format(text string) money.Format {
	if n.mixed {
		return money.Format{}
	}
	if n.decimal == 0 {
		if n.decimal = shownMark(text); n.decimal == ',' {
			n.layout.Decimal = ','
		}
	}
	if n.decimal == 0 {
		return money.Format{Decimal: '.'}
	}
	return money.Format{Decimal: n.decimal}
}

// plain returns a number as Go writes it, without groups and with a point. What
// is not a number stays as it is.
func (n *numbers) plain(text string) string {
	mark := n.format(text).Decimal
	if n.mixed {
		mark = shownMark(text)
	}
	if n.decimal == 0 && !n.mixed {
		return text // a comma could be either
	}
	return plainNumber(text, mark)
}

// plainNumber is plain for a known mark; 0: none is known.
func plainNumber(text string, mark byte) string {
	switch {
	case mark == ',' && commaNumber.MatchString(text):
		return strings.Replace(strings.ReplaceAll(text, ".", ""), ",", ".", 1)
	case mark == '.' && pointNumber.MatchString(text):
		return strings.ReplaceAll(text, ",", "")
	}
	return text
}

var (
	commaNumber = regexp.MustCompile(`^[-+]?(\d+|\d{1,3}(\.\d{3})+)(,\d*)?([eE][-+]?\d+)?$`)
	pointNumber = regexp.MustCompile(`^[-+]?(\d+|\d{1,3}(,\d{3})+)(\.\d*)?([eE][-+]?\d+)?$`)
)

// shownMark returns the decimal mark that a number shows; 0: it has none, or one
// that could as well group, as in 1.299.
func shownMark(text string) byte {
	first := strings.IndexAny(text, "0123456789")
	if first < 0 {
		return 0
	}
	text = text[first : strings.LastIndexAny(text, "0123456789")+1]
	at := strings.LastIndexAny(text, ".,")
	if at < 0 || strings.Trim(text, "0123456789., \u00a0\u202f'") != "" {
		return 0
	}
	mark, other := text[at], byte('.'+','-int(text[at]))
	switch {
	case strings.IndexByte(text, other) >= 0:
		return mark
	case strings.IndexByte(text, mark) != at:
		return other // it groups
	case len(text)-at-1 == 3 && at <= 3 && text[0] != '0':
		return 0
	}
	return mark
}

// wholeNumber reads a count: 12, 12.0 as spreadsheets write it, and 1e3.
func wholeNumber(text string) (int64, bool) {
	if at := strings.IndexByte(text, '.'); at > 0 && strings.Trim(text[at+1:], "0") == "" {
		text = text[:at]
	}
	if n, err := strconv.ParseInt(text, 10, 64); err == nil {
		return n, true
	}
	if !strings.ContainsAny(text, "eE") || strings.ContainsAny(text, "xX_") {
		return 0, false
	}
	n, err := strconv.ParseFloat(text, 64)
	if err != nil || n != math.Trunc(n) || math.Abs(n) >= 1<<53 {
		return 0, false
	}
	return int64(n), true
}

// whole reads a count in the file's way of writing numbers.
func (n *numbers) whole(text string) (int64, bool) { return wholeNumber(n.plain(text)) }
