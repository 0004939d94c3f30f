package importer

import (
	"regexp"
	"strings"
)

// Identifier is the value in column i as an SKU, a barcode or a handle: without
// the apostrophe that makes a spreadsheet treat digits as text. It reports a
// number that a spreadsheet has rounded.
func (r Row) Identifier(i int, reject func(Fault)) string {
	text := withoutApostrophe(r.Field(i))
	if isRounded(text) {
		fault := r.Fault(i, "rounded", roundedReason)
		fault.Warning = true
		reject(fault)
	}
	return text
}

const roundedReason = "a spreadsheet has rounded this number, and its last digits are lost: take it from the original file, with the column as text"

// isRounded recognises the form in which spreadsheets show long numbers.
func isRounded(text string) bool {
	return strings.Contains(text, "E+") && roundedNumber.MatchString(text)
}

var roundedNumber = regexp.MustCompile(`^\d([.,]\d+)?E\+\d{2}$`)

// withoutApostrophe removes the apostrophe that makes a spreadsheet treat
// digits as text.
func withoutApostrophe(text string) string {
	return strings.TrimSpace(strings.TrimPrefix(text, "'"))
}

// identifier is Row.Identifier for a cell of a mapping; nil stays nil. Texts in
// JSON are as they were meant.
func (b *binder) identifier(c *cellSpec) textOf {
	read := b.text(c)
	if read == nil {
		return nil
	}
	return func(r *tableRow) (string, int) {
		text, column := read(r)
		if r.csv == nil || text == "" {
			return text, column
		}
		if text[0] == '\'' {
			text = withoutApostrophe(text)
		}
		if isRounded(text) {
			r.warn(column, "rounded", roundedReason)
		}
		return text, column
	}
}
