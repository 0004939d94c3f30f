package importer

import (
	"errors"
	"fmt"
	"math"
	"strings"
	"unicode"
	"unicode/utf8"

	"souk/internal/money"
)

// errRounded comes with a valid amount: the text has more decimals than the
// currency, and the amount was rounded, half to even. Callers store the amount
// and can warn.
var errRounded = errors.New("more decimals than the currency has")

// errAmbiguous is returned for texts that can mean one amount or a thousand
// times as much.
var errAmbiguous = errors.New("the point can mark decimals or thousands")

var errNotAmount = errors.New("not an amount such as 1234.50, with or without a currency sign")

// maxDigits bounds how much of a number is read. A float64 written out in full
// can have 309 digits before the point; prices in real data have at most 17.
const maxDigits = 400

// priceFormat says how the prices of a source are written. The zero value finds
// out for each text by itself:
//
//   - Of a point and a comma in one text the later is the decimal mark:
//     1,234.50 and 1.234,50.
//   - A mark that occurs more than once groups: 1.234.567 and 12,34,567.
//   - One comma groups if exactly three digits follow (1,234), else it is the
//     decimal mark (12,5).
//   - One point is the decimal mark (12.5, 0.125, 1234.567), but where it could
//     as well group (1.234) parsePrice refuses with errAmbiguous.
//   - Before an exponent a mark is always decimal: 1.580e+03.
//   - Blanks and apostrophes group: 1 234,50 and 1'234.50.
type priceFormat struct {
	decimal byte   // '.' or ','; 0: found out for each text
	group   string // the characters that may stand between groups; empty: all the usual ones but decimal
}

// parsePrice reads text as an amount in the currency: plain digits, digits in
// groups (western, Indian or European), scientific notation, with the
// currency's sign, its code or its usual abbreviation on either side, and
// blanks anywhere outside the digits. What it reads is exact: no float is
// involved. An error says what is wrong with the text, in words that may be
// shown, and does not repeat it. errRounded alone comes with a good amount.
func parsePrice(text, currency string, format priceFormat) (money.Amount, error) {
	scale, err := money.Scale(currency)
	if err != nil {
		return money.Amount{}, err
	}
	number, negative, err := unwrap(text, currency)
	if err != nil {
		return money.Amount{}, err
	}
	var n decimal
	if err := n.read(number, format); err != nil {
		return money.Amount{}, err
	}
	minor, exact, ok := n.minor(scale)
	if !ok {
		return money.Amount{}, money.ErrRange
	}
	if negative {
		minor = -minor
	}
	amount := money.Amount{Minor: minor, Currency: currency}
	if !exact {
		return amount, fmt.Errorf("%w: it was rounded to %s", errRounded, amount)
	}
	return amount, nil
}

// unwrap removes signs, codes and spaces around the number.
func unwrap(text, currency string) (number string, negative bool, err error) {
	start, end := 0, len(text)
	for start < end && !isDigit(text[start]) {
		start++
	}
	if start == end {
		return "", false, errNotAmount
	}
	for !isDigit(text[end-1]) {
		end--
	}
	// .50 is 0.50, but the point of "Rs.50" belongs to the word.
	if start > 0 && (text[start-1] == '.' || text[start-1] == ',') && (start == 1 || !letterBefore(text, start-1)) {
		start--
	}
	before, after := text[:start], text[end:]
	if before == "" && after == "" {
		return text, false, nil
	}
	before, negative = takeMinus(before)
	// 25. is 25, and Germany and Sweden write 25,- and 25:-.
	for _, tail := range [...]string{",-", ".-", ":-", ".", ","} {
		if rest, found := strings.CutPrefix(after, tail); found {
			after = rest
			break
		}
	}
	for _, affix := range [2]string{before, after} {
		if err := checkAffix(affix, currency); err != nil {
			return "", false, err
		}
	}
	return text[start:end], negative, nil
}

func letterBefore(text string, at int) bool {
	r, _ := utf8.DecodeLastRuneInString(text[:at])
	return r > ' ' && r != '-' && !isBlankRune(r) && !unicode.Is(unicode.Sc, r)
}

func takeMinus(affix string) (rest string, negative bool) {
	for _, minus := range [2]string{"-", "\u2212"} {
		if i := strings.Index(affix, minus); i >= 0 {
			return affix[:i] + affix[i+len(minus):], true
		}
	}
	return affix, false
}

// decimal is a number as written: digits without leading zeros, and how many of
// them are before the decimal mark (negative: zeros follow the mark first).
type decimal struct {
	digits [maxDigits]byte
	count  int
	point  int
}

func (n *decimal) read(text string, format priceFormat) error {
	mantissa, exponent := text, 0
	if i := indexExponent(text); i >= 0 {
		var ok bool
		if exponent, ok = readExponent(text[i+1:]); !ok {
			return errNotAmount
		}
		mantissa = text[:i]
	}
	mark, err := decimalMark(mantissa, format, len(mantissa) != len(text))
	if err != nil {
		return err
	}
	whole := mantissa
	fraction := ""
	if mark >= 0 {
		whole, fraction = mantissa[:mark], mantissa[mark+1:]
	}
	if err := n.readWhole(whole, format); err != nil {
		return err
	}
	for i := 0; i < len(fraction); i++ {
		if !isDigit(fraction[i]) || !n.push(fraction[i], true) {
			return errNotAmount
		}
	}
	n.point += exponent
	return nil
}

// push adds a digit, after the decimal mark or before it.
func (n *decimal) push(digit byte, fractional bool) bool {
	if n.count == 0 && digit == '0' {
		if fractional {
			n.point--
		}
		return true
	}
	if n.count == maxDigits {
		return false
	}
	n.digits[n.count] = digit
	n.count++
	if !fractional {
		n.point++
	}
	return true
}

// readWhole reads the digits before the decimal mark. Groups after the first
// have two or three digits, the last one three: 9,89,99,99,999.
func (n *decimal) readWhole(text string, format priceFormat) error {
	run, groups := 0, 0
	for i := 0; i < len(text); {
		if isDigit(text[i]) {
			if !n.push(text[i], false) {
				return money.ErrRange
			}
			run++
			i++
			continue
		}
		size := groupMark(text[i:], format)
		if size == 0 || run == 0 || run > 3 || groups > 0 && run < 2 {
			return errNotAmount
		}
		groups++
		run = 0
		i += size
	}
	if groups > 0 && run != 3 {
		return errNotAmount
	}
	return nil
}

// minor scales the number to the smallest unit, rounding half to even. ok is
// false when 64 bits cannot hold it.
func (n *decimal) minor(scale int) (value int64, exact, ok bool) {
	if n.count == 0 {
		return 0, true, true
	}
	keep := n.point + scale // digits that count, zeros after the last included
	if keep < 0 {
		return 0, false, true
	}
	if keep > 19 {
		return 0, false, false
	}
	var sum uint64
	for i := range keep {
		sum *= 10
		if i < n.count {
			sum += uint64(n.digits[i] - '0')
		}
	}
	exact = true
	for i := keep; i < n.count; i++ {
		if n.digits[i] != '0' {
			exact = false
			break
		}
	}
	if !exact && n.roundsUp(keep, sum&1 == 1) {
		sum++
	}
	if sum > math.MaxInt64 {
		return 0, false, false
	}
	return int64(sum), exact, true
}

func (n *decimal) roundsUp(keep int, odd bool) bool {
	if n.digits[keep] != '5' {
		return n.digits[keep] > '5'
	}
	for _, digit := range n.digits[keep+1 : n.count] {
		if digit != '0' {
			return true
		}
	}
	return odd
}

func indexExponent(text string) int {
	for i := range len(text) {
		if text[i]|0x20 == 'e' {
			return i
		}
	}
	return -1
}

// readExponent reads the part after an e. Exponents beyond a float64's are not
// prices; they are limited so that the sum with the point cannot overflow.
func readExponent(text string) (int, bool) {
	sign := 1
	if text != "" && (text[0] == '+' || text[0] == '-') {
		if text[0] == '-' {
			sign = -1
		}
		text = text[1:]
	}
	if text == "" {
		return 0, false
	}
	value := 0
	for i := range len(text) {
		if !isDigit(text[i]) {
			return 0, false
		}
		value = min(value*10+int(text[i]-'0'), 2*maxDigits)
	}
	return sign * value, true
}

func isDigit(c byte) bool { return c >= '0' && c <= '9' }
