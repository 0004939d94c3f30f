package importer

import (
	"errors"
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"

	"souk/internal/money"
)

// decimalMark finds the decimal mark of a number by the rules of priceFormat, or -1.
func decimalMark(number string, format priceFormat, scientific bool) (int, error) {
	if format.decimal != 0 {
		at := strings.IndexByte(number, format.decimal)
		if at >= 0 && strings.IndexByte(number[at+1:], format.decimal) >= 0 {
			return 0, fmt.Errorf("not an amount: the decimal mark %q occurs more than once", format.decimal)
		}
		return at, nil
	}
	point, comma := strings.LastIndexByte(number, '.'), strings.LastIndexByte(number, ',')
	switch {
	case point < 0 && comma < 0:
		return -1, nil
	case point >= 0 && comma >= 0:
		return max(point, comma), nil
	}
	at := max(point, comma)
	if strings.IndexByte(number, number[at]) != at {
		return -1, nil // it occurs more than once, so it groups
	}
	if scientific || !looksGrouped(number, at) {
		return at, nil
	}
	if at == comma {
		return -1, nil
	}
	return 0, errAmbiguous
}

// looksGrouped reports whether the only mark at could separate thousands: 1,234
// but not 12,50, 0,125 or 1234,567.
func looksGrouped(number string, at int) bool {
	return len(number)-at-1 == 3 && at >= 1 && at <= 3 && number[0] != '0'
}

// groupMark returns the size of the grouping character that text starts with,
// or 0 when it starts with none.
func groupMark(text string, format priceFormat) int {
	r, size := utf8.DecodeRuneInString(text)
	if format.group != "" {
		if strings.ContainsRune(format.group, r) {
			return size
		}
		return 0
	}
	switch r {
	case '.', ',':
		if byte(r) == format.decimal {
			return 0
		}
		return size
	case ' ', '\'', '\u00a0', '\u2009', '\u202f', '\u2019':
		return size
	}
	return 0
}

// checkAffix accepts what can be beside a number: spaces, currency signs, the
// currency's code, its usual abbreviation. A mark that only other currencies use
// is an error, because storing the number would change the price.
func checkAffix(affix, currency string) error {
	affix = strings.TrimFunc(affix, isBlankRune)
	if affix == "" || affix == "$" { // too many currencies use the dollar sign
		return nil
	}
	if codes, ok := signUsers(affix); ok {
		return oneOf(codes, currency)
	}
	if len(affix) == 3 {
		code := strings.ToUpper(affix)
		if _, err := money.Scale(code); err == nil {
			return oneOf(code, currency)
		}
	}
	if len(affix) <= 8 { // the longest abbreviation below is shorter
		if codes, ok := abbreviationUsers(strings.ToLower(affix)); ok {
			return oneOf(codes, currency)
		}
	}
	if r, size := utf8.DecodeRuneInString(affix); size == len(affix) && unicode.Is(unicode.Sc, r) {
		return nil
	}
	return errNotAmount
}

func isBlankRune(r rune) bool { return unicode.IsSpace(r) || r == '\u200e' || r == '\u200f' }

// signUsers returns the codes of the currencies that use a sign, the best known first.
func signUsers(sign string) (codes string, ok bool) {
	switch sign {
	case "€":
		return "EUR", true
	case "₹":
		return "INR", true
	case "£":
		return "GBP EGP FKP GIP LBP SDG SHP SSP SYP", true
	case "¥", "￥":
		return "JPY CNY", true
	case "₨":
		return "INR PKR LKR NPR MUR SCR", true
	case "﷼":
		return "IRR OMR QAR SAR YER", true
	case "₩":
		return "KRW KPW", true
	case "₱":
		return "PHP CUP", true
	case "₽":
		return "RUB", true
	case "₫":
		return "VND", true
	case "฿":
		return "THB", true
	case "₺":
		return "TRY", true
	case "₪":
		return "ILS", true
	case "₴":
		return "UAH", true
	case "₦":
		return "NGN", true
	}
	return rareSignUsers(sign)
}

func rareSignUsers(sign string) (codes string, ok bool) {
	switch sign {
	case "₡":
		return "CRC SVC", true
	case "₲":
		return "PYG", true
	case "₵":
		return "GHS", true
	case "₸":
		return "KZT", true
	case "₼":
		return "AZN", true
	case "₾":
		return "GEL", true
	case "₮":
		return "MNT", true
	case "₭":
		return "LAK", true
	case "៛":
		return "KHR", true
	case "৳":
		return "BDT", true
	case "֏":
		return "AMD", true
	case "؋":
		return "AFN", true
	case "\u20c0":
		return "KGS", true
	}
	return "", false
}

// abbreviationUsers is signUsers for the usual abbreviations, in lower case. No codes
// mean too many currencies to list.
func abbreviationUsers(word string) (codes string, ok bool) {
	switch word {
	case "rs", "rs.", "kr", "kr.", "fr", "fr.", "p.", "$.":
		return "", true
	case "us$", "u$s":
		return "USD", true
	case "r$":
		return "BRL", true
	case "s$":
		return "SGD", true
	case "hk$":
		return "HKD", true
	case "nt$":
		return "TWD", true
	case "a$", "au$":
		return "AUD", true
	case "c$":
		return "CAD NIO", true
	case "ca$":
		return "CAD", true
	case "nz$":
		return "NZD", true
	case "mx$":
		return "MXN", true
	case "rp", "rp.":
		return "IDR", true
	case "rm":
		return "MYR", true
	case "đ", "đ.":
		return "VND", true
	}
	return europeanUsers(word)
}

func europeanUsers(word string) (codes string, ok bool) {
	switch word {
	case "zł", "zl":
		return "PLN", true
	case "kč":
		return "CZK", true
	case "ft":
		return "HUF", true
	case "lei":
		return "RON MDL", true
	case "din", "din.", "дин", "дин.":
		return "RSD", true
	case "ден", "ден.":
		return "MKD", true
	case "km", "км":
		return "BAM", true
	case "лв", "лв.":
		return "BGN", true
	case "kn":
		return "HRK", true
	case "tl":
		return "TRY", true
	case "s/", "s/.":
		return "PEN", true
	case "руб", "руб.":
		return "RUB BYN", true
	}
	return "", false
}

// oneOf refuses a mark of the currencies with these codes, which blanks separate, if
// the wanted one is not among them.
func oneOf(codes, wanted string) error {
	if codes == "" || strings.Contains(codes, wanted) {
		return nil
	}
	return fmt.Errorf("%w: it is in %s, and %s was expected", errCurrency, strings.ReplaceAll(codes, " ", " or "), wanted)
}

// errCurrency is returned for amounts with the sign or code of another
// currency.
var errCurrency = errors.New("the amount is in another currency")
