package money

import (
	"errors"
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"
)

// decimalMark finds the decimal mark of a number by the rules of Format, or -1.
func decimalMark(number string, format Format, scientific bool) (int, error) {
	if format.Decimal != 0 {
		at := strings.IndexByte(number, format.Decimal)
		if at >= 0 && strings.IndexByte(number[at+1:], format.Decimal) >= 0 {
			return 0, fmt.Errorf("not an amount: the decimal mark %q occurs more than once", format.Decimal)
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
	return 0, ErrAmbiguous
}

// looksGrouped reports whether the only mark at could separate thousands: 1,234
// but not 12,50, 0,125 or 1234,567.
func looksGrouped(number string, at int) bool {
	return len(number)-at-1 == 3 && at >= 1 && at <= 3 && number[0] != '0'
}

// groupMark returns the size of the grouping character that text starts with,
// or 0 when it starts with none.
func groupMark(text string, format Format) int {
	r, size := utf8.DecodeRuneInString(text)
	if format.Group != "" {
		if strings.ContainsRune(format.Group, r) {
			return size
		}
		return 0
	}
	switch r {
	case '.', ',':
		if byte(r) == format.Decimal {
			return 0
		}
		return size
	case ' ', '\'', '\u00a0', '\u2009', '\u202f', '\u2019':
		return size
	}
	return 0
}

// checkAffix accepts what can be beside a number: spaces, currency signs, the
// currency's code, its usual abbreviation. A sign or code of another currency
// is an error, because storing the number would change the price.
func checkAffix(affix, currency string) error {
	affix = strings.TrimFunc(affix, isBlank)
	switch affix {
	case "", "$", "₹", "€":
		return checkSign(affix, currency)
	}
	if isCode(strings.ToUpper(affix)) {
		if _, err := Scale(strings.ToUpper(affix)); err == nil {
			return sameCurrency(strings.ToUpper(affix), currency)
		}
	}
	if r, size := utf8.DecodeRuneInString(affix); size == len(affix) && unicode.Is(unicode.Sc, r) {
		return checkSign(affix, currency)
	}
	if len(affix) <= 8 { // the longest abbreviation below is shorter
		if code, ok := abbreviation(strings.ToLower(affix)); ok {
			return sameCurrency(code, currency)
		}
	}
	return errNotAmount
}

func isBlank(r rune) bool { return unicode.IsSpace(r) || r == '\u200e' || r == '\u200f' }

// checkSign accepts a sign unless it belongs only to another currency.
func checkSign(sign, currency string) error {
	switch sign {
	case "₹":
		return sameCurrency("INR", currency)
	case "€":
		return sameCurrency("EUR", currency)
	case "₫":
		return sameCurrency("VND", currency)
	case "₩":
		return sameCurrency("KRW", currency)
	case "₱":
		return sameCurrency("PHP", currency)
	case "฿":
		return sameCurrency("THB", currency)
	case "₽":
		return sameCurrency("RUB", currency)
	case "₺":
		return sameCurrency("TRY", currency)
	case "₪":
		return sameCurrency("ILS", currency)
	case "₴":
		return sameCurrency("UAH", currency)
	case "₦":
		return sameCurrency("NGN", currency)
	}
	return nil // several currencies use $, £ and ¥
}

// abbreviation knows the usual abbreviations, in lower case. Those of several
// currencies return no code.
func abbreviation(word string) (code string, ok bool) {
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
	case "c$", "ca$":
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
	case "zł", "zl":
		return "PLN", true
	case "kč":
		return "CZK", true
	case "ft":
		return "HUF", true
	case "lei":
		return "RON", true
	case "tl":
		return "TRY", true
	case "s/", "s/.":
		return "PEN", true
	case "руб", "руб.":
		return "RUB", true
	}
	return "", false
}

func sameCurrency(found, wanted string) error {
	if found == "" || found == wanted {
		return nil
	}
	return fmt.Errorf("%w: it is in %s, and %s was expected", ErrCurrency, found, wanted)
}

// ErrCurrency is returned for amounts with the sign or code of another
// currency.
var ErrCurrency = errors.New("the amount is in another currency")
