package importer

import (
	"encoding/json"
	"html"
	"strings"
)

// tableRow is the current row. One tableRow is used for all rows of a file.
type tableRow struct {
	Place
	cells  []string
	header []string
	csv    *Row   // nil where the file is JSON
	given  []bool // the columns that the row has; nil: all of the header
	// numeric are the columns with a number of JSON, whose decimal mark is a point.
	numeric []bool

	images []string // of the product

	item  string                     // of variants.each
	props map[string]json.RawMessage // the item's, when it is an object

	entities bool
	warnings []Fault
	unread   []int  // the warnings about cells that cannot be read
	fault    *Fault // why the row is rejected; the first reason stays
}

func (r *tableRow) reset(place Place, cells []string, csv *Row) {
	r.Place, r.cells, r.csv = place, cells, csv
	r.item, r.fault = "", nil
	r.warnings, r.unread = r.warnings[:0], r.unread[:0]
}

// warn reports that a value was ignored or changed; column is -1 when the error
// is not in one cell.
func (r *tableRow) warn(column int, code, reason string) {
	f := r.describe(column, code, reason)
	f.Warning = true
	r.warnings = append(r.warnings, f)
}

// cannotRead reports that a cell cannot be taken apart as the mapping says. Its value
// is read as "", and is not what the cell says.
func (r *tableRow) cannotRead(column int, code, reason string) {
	r.unread = append(r.unread, len(r.warnings))
	r.warn(column, code, reason)
}

// lost returns field if a cell could not be read since r.unread had the length before:
// what the shop has of the field stays.
func (r *tableRow) lost(before int, field Fields) Fields {
	if len(r.unread) > before {
		return field
	}
	return 0
}

// refuseLost rejects the row if a cell could not be read since r.unread had the length
// before.
func (r *tableRow) refuseLost(before int) {
	if len(r.unread) > before && r.fault == nil {
		f := r.warnings[r.unread[before]]
		f.Warning = false
		r.fault = &f
	}
}

// refuse rejects the row.
func (r *tableRow) refuse(column int, code, reason string) {
	if r.fault == nil {
		f := r.describe(column, code, reason)
		r.fault = &f
	}
}

func (r *tableRow) describe(column int, code, reason string) Fault {
	if r.csv != nil {
		return r.csv.Fault(column, code, reason)
	}
	f := Fault{Place: r.Place, Code: code, Reason: reason, Row: r.cells}
	if column >= 0 && column < len(r.cells) {
		f.Value = cut(r.cells[column])
		f.Column = r.header[column]
	}
	return f
}

// plain returns a text as one line: a title, a name, a tag.
func (r *tableRow) plain(text string) string {
	if r.entities && strings.IndexByte(text, '&') >= 0 {
		text = html.UnescapeString(text)
	}
	return oneLine(text)
}

// words returns a text that may have several lines.
func (r *tableRow) words(text string) string {
	if r.entities && strings.IndexByte(text, '&') >= 0 {
		text = html.UnescapeString(text)
	}
	if strings.IndexByte(text, '\r') >= 0 {
		text = strings.ReplaceAll(strings.ReplaceAll(text, "\r\n", "\n"), "\r", "\n")
	}
	return strings.TrimSpace(text)
}

// markupOf returns plain text as HTML that shows the same lines.
func markupOf(text string) string {
	if strings.ContainsAny(text, "&<>\"'") {
		text = html.EscapeString(text)
	}
	if strings.IndexByte(text, '\n') < 0 {
		return text
	}
	return strings.ReplaceAll(text, "\n", "<br>\n")
}
