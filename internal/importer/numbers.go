package importer

import (
	"errors"
	"fmt"
	"math"
	"regexp"
	"strconv"
	"strings"

	"souk/internal/money"
)

// previewRows is how many rows are examined for the decimal mark.
const previewRows = 500

// numbers reads the prices, weights and counts of one file. All of them have the
// same decimal mark: the one that the user or the mapping names, or else the one
// that most of the numbers in the first rows show: 9,90 and 1.299,00 show a
// comma, and 1,299 shows nothing.
type numbers struct {
	mark     byte   // the decimal mark; 0: not known
	declared bool   // it was named, and not found
	open     bool   // the next number that shows a mark decides
	group    string // what may separate thousands, of a mapping; empty: the usual
	mapped   bool   // the file is read with a mapping
	layout   *Layout
}

// newNumbers returns the way to read in's numbers as far as it is declared.
func newNumbers(in *Input) *numbers {
	n := &numbers{open: true, layout: &in.layout}
	n.declare(in.given.Decimal)
	return n
}

// withMapping adds what a mapping says about numbers. One that says which mark
// separates thousands also says that the other one does not.
func (n *numbers) withMapping(format priceFormat) *numbers {
	n.mapped, n.group = true, format.group
	point, comma := strings.Contains(n.group, "."), strings.Contains(n.group, ",")
	switch {
	case n.declared && strings.IndexByte(n.group, n.mark) >= 0:
		n.group = ""
	case n.declared:
	case format.decimal == 0 && point && !comma:
		n.declare(',')
	case format.decimal == 0 && comma && !point:
		n.declare('.')
	default:
		n.declare(format.decimal)
	}
	return n
}

func (n *numbers) declare(mark byte) {
	if mark != 0 {
		n.settle(mark)
		n.declared = true
	}
}

func (n *numbers) settle(mark byte) {
	n.mark, n.layout.Decimal, n.open = mark, mark, false
}

// numbers returns the way to read the numbers in these columns of a Shopify
// file. Shopify itself writes points, and commas between the fields.
func (c *CSV) numbers(columns ...int) *numbers {
	n := newNumbers(c.in)
	n.look(c, func(fields []string, show func(string)) {
		for _, i := range columns {
			if i >= 0 {
				show(fields[i])
			}
		}
	})
	if n.open && c.in.layout.Separator == ',' {
		n.mark, n.layout.Decimal = '.', '.'
	}
	return n
}

// look decides by what the first rows show. numbersOf calls show for each number
// of a row. A rejects file, which has not all rows, says how the file was read
// from which it was made.
func (n *numbers) look(csv *CSV, numbersOf func(fields []string, show func(text string))) {
	if n.declared {
		return
	}
	var points, commas int
	var noted byte
	note := csv.Column(decimalColumn)
	csv.preview(func(fields []string) {
		if len(fields) != csv.width {
			return
		}
		if noted == 0 && note >= 0 {
			noted, _ = parseDecimal(strings.TrimSpace(fields[note]))
		}
		numbersOf(fields, func(text string) {
			switch mark, _ := shownMark(text); mark {
			case '.':
				points++
			case ',':
				commas++
			}
		})
	})
	switch {
	case noted != 0:
		n.settle(noted)
	case points > commas:
		n.settle('.')
	case commas > points:
		n.settle(',')
	case points > 0:
		n.open = false // as many of each: each shows its own
	}
}

// parseDecimal reads a decimal mark; 0: text is blank.
func parseDecimal(text string) (byte, error) {
	switch text {
	case "":
		return 0, nil
	case ".", ",":
		return text[0], nil
	}
	return 0, fmt.Errorf("decimal must be \".\" or \",\", not %q", text)
}

// markOf returns the decimal mark with which to read text; 0: it has none. It
// refuses a number that can mean a thousand times as much, and one that is not
// written as the others of its file. The mark is valid together with an error.
func (n *numbers) markOf(text string) (byte, error) {
	shown, either := shownMark(text)
	if n.open && shown != 0 {
		n.settle(shown)
	}
	switch {
	case n.mark == 0 && either:
		return 0, n.unclear()
	case n.mark == 0:
		return shown, nil
	case shown != 0 && shown != n.mark:
		return n.mark, fmt.Errorf("the decimal mark of the file's numbers is a %s, and this one has a %s: correct it, or, if the file's is a %[2]s, %s",
			markName(n.mark), markName(shown), n.advice(string(shown)))
	}
	return n.mark, nil
}

func markName(mark byte) string {
	if mark == ',' {
		return "comma"
	}
	return "point"
}

func (n *numbers) unclear() error {
	return errors.New("the mark can begin the decimals or separate thousands: " + n.advice(`"." or ","`))
}

// advice is how to name the decimal mark.
func (n *numbers) advice(mark string) string {
	if n.mapped {
		return "name the file's decimal mark with --decimal " + mark + " or with money.decimal in the mapping"
	}
	return "name the file's decimal mark with --decimal " + mark
}

// amount reads a price. An errRounded comes with a good amount.
func (n *numbers) amount(text, currency string) (money.Amount, error) {
	mark, unclear := n.markOf(text)
	amount, err := parsePrice(text, currency, priceFormat{decimal: mark, group: n.group})
	switch {
	case errors.Is(err, errCurrency):
		return amount, fmt.Errorf("%w: %s", err, n.currencyAdvice())
	case unclear != nil:
		return amount, unclear
	case errors.Is(err, errAmbiguous):
		return amount, n.unclear()
	case err != nil && !errors.Is(err, errRounded):
		return amount, err
	case amount.Minor < 0:
		return amount, errors.New("a price cannot be negative")
	}
	return amount, err
}

func (n *numbers) currencyAdvice() string {
	if n.mapped {
		return "correct it, name the file's currency with --currency, or name the column that has it with money.currency in the mapping"
	}
	return "correct it, or name the file's currency with --currency"
}

// number reads a weight.
func (n *numbers) number(text string) (float64, error) {
	mark, err := n.markOf(text)
	if err != nil {
		return 0, err
	}
	return parseNumber(plainNumber(text, mark))
}

// count reads a whole number. A count has no decimals, so 1.000 is one only if
// somebody has said that the point is the decimal mark.
func (n *numbers) count(text string) (int64, error) {
	mark, err := n.markOf(text)
	if err != nil {
		return 0, err
	}
	_, either := shownMark(text)
	value, ok := wholeNumber(plainNumber(text, mark))
	switch {
	case either && strings.IndexByte(text, mark) >= 0 && !(ok && n.declared):
		return 0, n.unclear()
	case !ok, strings.HasPrefix(text, "+"): // that may be meant as a change
		return 0, errCount
	}
	return value, nil
}

// plainNumber returns a number as Go writes it, without groups and with a point,
// if mark is its decimal mark. What is not a number stays as it is.
func plainNumber(text string, mark byte) string {
	switch {
	case mark == ',' && commaNumber.MatchString(text):
		return strings.Replace(strings.ReplaceAll(text, ".", ""), ",", ".", 1)
	case mark == '.' && pointNumber.MatchString(text):
		return strings.ReplaceAll(text, ",", "")
	}
	return text
}

// Groups have three digits, or two as in India: 1,28,900.
var (
	commaNumber = regexp.MustCompile(`^[-+]?(\d+|\d{1,3}(\.\d{2,3})*\.\d{3})(,\d*)?([eE][-+]?\d+)?$`)
	pointNumber = regexp.MustCompile(`^[-+]?(\d+|\d{1,3}(,\d{2,3})*,\d{3})(\.\d*)?([eE][-+]?\d+)?$`)
)

// blankGroups are the characters that separate thousands and are no decimal mark.
const blankGroups = " '\u00a0\u2009\u202f\u2019"

// shownMark returns the decimal mark that a number shows; 0: it shows none.
// either: its only mark can be the decimal mark or separate thousands, as in
// 1.299.
func shownMark(text string) (mark byte, either bool) {
	first := strings.IndexAny(text, "0123456789")
	if first < 0 {
		return 0, false
	}
	text = text[first : strings.LastIndexAny(text, "0123456789")+1]
	if !strings.ContainsAny(text, ".,") {
		return 0, false
	}
	text, scientific := withoutExponent(text)
	at := strings.LastIndexAny(text, ".,")
	if at < 0 || strings.Trim(text, "0123456789.,"+blankGroups) != "" {
		return 0, false
	}
	mark = text[at]
	other, decimals := byte('.'+','-int(mark)), len(text)-at-1
	switch {
	case strings.IndexByte(text, other) >= 0:
		return mark, false
	case strings.IndexByte(text, mark) != at:
		if !isGrouped(text, mark) { // a date, a version
			return 0, false
		}
		return other, false
	case !scientific && decimals == 3 && at <= 3 && text[0] != '0':
		return 0, true
	}
	return mark, false
}

// withoutExponent removes an exponent, as in 1.580e+03.
func withoutExponent(text string) (mantissa string, scientific bool) {
	at := strings.IndexAny(text, "eE")
	if at < 0 || strings.Trim(text[at+1:], "+-0123456789") != "" {
		return text, false
	}
	return text[:at], true
}

// isGrouped reports whether mark separates thousands: the last group has three
// digits, and those before it two or three.
func isGrouped(text string, mark byte) bool {
	groups := strings.Split(text, string(mark))
	for i, group := range groups {
		if size := len(group); size > 3 || i > 0 && size < 2 || i == len(groups)-1 && size != 3 {
			return false
		}
	}
	return true
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
