package importer

import (
	"errors"
	"math"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"
)

// dateNames are the layouts that have a name because they are not patterns.
const dateNames = "unix (seconds), unix_ms, js (Tue Oct 19 2021 09:08:18 GMT+0000 (…)) or rfc3339"

const (
	dateUnix   = "unix"
	dateUnixMS = "unix_ms"
	dateJS     = "js"
)

// dateLayout converts a layout such as YYYY-MM-DD HH:mm:ss to Go's layout.
func dateLayout(text string) (string, bool) {
	switch text {
	case dateUnix, dateUnixMS, dateJS:
		return text, true
	case "rfc3339":
		return time.RFC3339, true
	}
	layout := strings.NewReplacer(
		"YYYY", "2006", "YY", "06", "MMMM", "January", "MMM", "Jan", "MM", "01", "M", "1",
		"dddd", "Monday", "ddd", "Mon", "DD", "02", "D", "2",
		"HH", "15", "hh", "03", "mm", "04", "ss", "05", "A", "PM", "ZZ", "-0700", "Z", "-07:00",
	).Replace(text)
	// A layout must contain a separate year and day to be usable.
	day := time.Date(1987, time.November, 23, 21, 43, 54, 0, time.UTC)
	back, err := time.Parse(layout, day.Format(layout))
	return layout, err == nil && back.Year() == day.Year() && strings.Contains(text, "YY")
}

var errDate = errors.New("not a date in the mapping's layout")

// parseDate reads a date with the first layout that fits. Times without a zone
// are UTC. Years that Postgres or JSON cannot represent are refused.
func parseDate(text string, layouts []string) (time.Time, error) {
	for _, layout := range layouts {
		t, err := parseOneDate(text, layout)
		if err == nil && t.Year() >= 1 && t.Year() <= 9999 {
			return t.UTC(), nil
		}
	}
	return time.Time{}, errDate
}

func parseOneDate(text, layout string) (time.Time, error) {
	switch layout {
	case dateUnix, dateUnixMS:
		n, err := strconv.ParseInt(strings.TrimSuffix(text, ".0"), 10, 64)
		if err != nil {
			return time.Time{}, errDate
		}
		if layout == dateUnixMS {
			return time.UnixMilli(n), nil
		}
		return time.Unix(n, 0), nil
	case dateJS:
		stamp, _, _ := strings.Cut(text, " (")
		return time.Parse("Mon Jan 2 2006 15:04:05 GMT-0700", stamp)
	}
	return time.Parse(layout, text)
}

var errCount = errors.New("not a whole number, such as 2255 or 2,255")

// parseCount reads a whole number: 2255, 2,255, -3, and 12.0 as spreadsheets
// write it.
func parseCount(text string) (int64, error) {
	digits := strings.TrimSuffix(text, ".0")
	if strings.IndexByte(digits, ',') > 0 {
		groups := strings.Split(digits, ",")
		for i, group := range groups {
			if i == 0 && (len(group) < 1 || len(group) > 3) || i > 0 && len(group) != 3 && (len(group) != 2 || i == len(groups)-1) {
				return 0, errCount
			}
		}
		digits = strings.Join(groups, "")
	}
	if strings.HasPrefix(digits, "+") {
		return 0, errCount
	}
	n, ok := wholeNumber(digits)
	if !ok {
		return 0, errCount
	}
	return n, nil
}

var errNumber = errors.New("not a number, such as 4.5")

// parseNumber reads a number such as an average or a weight. A comma can be the
// decimal mark. NaN and infinities are refused.
func parseNumber(text string) (float64, error) {
	if len(text) == 0 || len(text) > 64 || strings.ContainsAny(text, "xXpP_") {
		return 0, errNumber
	}
	if strings.Count(text, ",") == 1 && !strings.Contains(text, ".") {
		text = strings.Replace(text, ",", ".", 1)
	}
	n, err := strconv.ParseFloat(text, 64)
	if err != nil || math.IsNaN(n) || math.IsInf(n, 0) {
		return 0, errNumber
	}
	return n, nil
}

var errFlag = errors.New("neither true nor false: use true, false, yes, no, 1 or 0, or set words in the mapping")

func parseFlag(text string) (bool, error) {
	switch strings.ToLower(text) {
	case "true", "yes", "y", "1", "t", "in stock", "available":
		return true, nil
	case "false", "no", "n", "0", "f", "out of stock", "sold out":
		return false, nil
	}
	return false, errFlag
}

var errRating = errors.New("not a rating from 0 to 5")

// parseAverage reads an average of 1 to 5 stars, or 0 for none.
func parseAverage(text string) (float64, error) {
	if len(text) == 3 && text[1] == '.' && text[0] >= '0' && text[0] < '5' && text[2] >= '0' && text[2] <= '9' {
		return float64(10*int(text[0]-'0')+int(text[2]-'0')) / 10, nil // 4.5: the usual form
	}
	n, err := parseNumber(text)
	if err != nil || n < 0 || n > 5 {
		return 0, errRating
	}
	return n, nil
}

var errStars = errors.New("not a rating: it must be a whole number from 1 to 5")

func parseStars(text string) (int, error) {
	n, err := parseNumber(text)
	if err != nil || n < 1 || n > 5 || n != math.Trunc(n) {
		return 0, errStars
	}
	return int(n), nil
}

// oneLine puts a text on one line with single spaces. Nearly all texts already
// are, and need no copy.
func oneLine(text string) string {
	if !hasWideBlank(text) {
		return strings.TrimSpace(text)
	}
	return strings.Join(strings.Fields(text), " ")
}

func hasWideBlank(text string) bool {
	for i := 0; i < len(text); i++ {
		switch c := text[i]; {
		case c > ' ' && c < 0x7f:
		case c == ' ':
			if i+1 < len(text) && text[i+1] == ' ' {
				return true
			}
		case c < utf8.RuneSelf:
			return true
		default:
			r, size := utf8.DecodeRuneInString(text[i:])
			if unicode.IsSpace(r) {
				return true
			}
			i += size - 1
		}
	}
	return false
}

// isImageURL reports whether a browser could load the address.
func isImageURL(text string) bool {
	rest, found := strings.CutPrefix(text, "https://")
	if !found {
		rest, found = strings.CutPrefix(text, "http://")
	}
	return found && rest != "" && rest[0] != '/' && !strings.ContainsAny(text, " \t\r\n\"<>")
}
