package importer

import (
	"encoding/json"
	"slices"
	"strconv"
	"strings"
)

// textOf reads a text from a row: the value, "" for none, and the column that
// it came from (-1: no single one).
type textOf func(r *tableRow) (value string, column int)

// listOf appends a list to into.
type listOf func(r *tableRow, into []string) (list []string, column int)

// binder turns a mapping into functions over the cells of one file, whose
// columns it knows by number.
type binder struct {
	mapping *Mapping
	column  func(name string) int // -1: there is none
	header  []string
	numbers *numbers // of the file
	n       *int     // of variants.numbered
	// keepBlank keeps the blank items of JSON lists.
	keepBlank bool

	missing []string
	used    []bool // the columns of a CSV file that something is read from
}

// index is the column's number. Columns that the file does not have are
// collected, and read as blank.
func (b *binder) index(name string) int {
	if b.n != nil {
		name = numberedColumn(name, *b.n)
	}
	i := -1
	if at, err := strconv.Atoi(strings.TrimPrefix(name, "#")); err == nil && strings.HasPrefix(name, "#") {
		if at >= 1 && at <= len(b.header) {
			i = at - 1
		}
	} else {
		i = b.column(name)
	}
	if i >= 0 && i < len(b.used) {
		b.used[i] = true
	}
	if i < 0 && !slices.Contains(b.missing, name) {
		b.missing = append(b.missing, name)
	}
	return i
}

// text binds c as a single text; nil stays nil.
func (b *binder) text(c *cellSpec) textOf {
	if c == nil {
		return nil
	}
	if c.isList() {
		return b.joined(c)
	}
	return b.refine(c, b.source(c))
}

func (b *binder) source(c *cellSpec) textOf {
	switch {
	case c.constant != nil:
		value := *c.constant
		return func(*tableRow) (string, int) { return value, -1 }
	case c.item != nil:
		return b.item(*c.item)
	case c.template != nil:
		return b.templateText(c.template)
	case c.firstOf != nil:
		options := make([]textOf, len(c.firstOf))
		for i, option := range c.firstOf {
			options[i] = b.text(option)
		}
		return func(r *tableRow) (value string, column int) {
			column = -1
			before := len(r.unread)
			for _, option := range options {
				value, column = option(r)
				if value != "" {
					r.unread = r.unread[:before]
					return value, column
				}
			}
			return "", column
		}
	}
	i := b.index(c.column)
	if i < 0 {
		return func(*tableRow) (string, int) { return "", -1 }
	}
	return func(r *tableRow) (string, int) { return strings.TrimSpace(r.cells[i]), i }
}

// item reads the item of variants.each, or a property of it.
func (b *binder) item(property string) textOf {
	if property == "." || property == "" {
		return func(r *tableRow) (string, int) { return r.item, -1 }
	}
	return func(r *tableRow) (string, int) { return strings.TrimSpace(jsonText(r.props[property])), -1 }
}

// templateText fills a template, or returns "" when one of its columns is
// blank.
func (b *binder) templateText(parts []templatePart) textOf {
	at := make([]int, len(parts))
	for i, part := range parts {
		at[i] = -1
		if part.column != "" {
			at[i] = b.index(part.column)
		}
	}
	return func(r *tableRow) (string, int) {
		var text strings.Builder
		for i, part := range parts {
			if part.column == "" {
				text.WriteString(part.text)
				continue
			}
			if at[i] < 0 {
				return "", -1
			}
			value := strings.TrimSpace(r.cells[at[i]])
			if value == "" {
				return "", at[i]
			}
			text.WriteString(value)
		}
		return text.String(), -1
	}
}

// refine adds c's steps for a single value; a step that c does not have costs
// nothing for each row.
func (b *binder) refine(c *cellSpec, read textOf) textOf {
	none := slices.Concat(b.mapping.none, c.none)
	if len(none) > 0 && c.constant == nil {
		inner := read
		read = func(r *tableRow) (string, int) {
			value, column := inner(r)
			if isNone(value, none) {
				return "", column
			}
			return value, column
		}
	}
	if c.unless != "" && !c.isList() { // in a list it applies to each item
		inner := read
		read = func(r *tableRow) (string, int) {
			value, column := inner(r)
			if strings.Contains(value, c.unless) {
				return "", column
			}
			return value, column
		}
	}
	if c.match != nil {
		read = b.matched(c, read)
	}
	if c.words != nil {
		inner := read
		read = func(r *tableRow) (string, int) {
			value, column := inner(r)
			if word, ok := c.words[value]; ok {
				return word, column
			}
			return value, column
		}
	}
	return read
}

func isNone(value string, none []string) bool {
	for _, word := range none {
		if value == word {
			return true
		}
	}
	return false
}

func (b *binder) matched(c *cellSpec, read textOf) textOf {
	find := matcher(c.match)
	reason := "does not fit the pattern " + c.match.String() + " of the mapping"
	return func(r *tableRow) (string, int) {
		value, column := read(r)
		if value == "" {
			return "", column
		}
		found, ok := find(value)
		if !ok {
			r.cannotRead(column, "pattern", reason)
		}
		return found, column
	}
}

func (b *binder) joined(c *cellSpec) textOf {
	read := b.list(c)
	glue := firstOf(c.join, " ")
	return func(r *tableRow) (string, int) {
		var buf [8]string
		list, column := read(r, buf[:0])
		return strings.Join(list, glue), column
	}
}

// lists binds several lists, which are read as one.
func (b *binder) lists(specs []*cellSpec) listOf {
	if len(specs) == 0 {
		return nil
	}
	reads := make([]listOf, len(specs))
	for i, c := range specs {
		reads[i] = b.list(c)
	}
	if len(reads) == 1 {
		return reads[0]
	}
	return func(r *tableRow, into []string) ([]string, int) {
		column := -1
		for _, read := range reads {
			before := len(into)
			var at int
			into, at = read(r, into)
			if len(into) > before {
				column = at
			}
		}
		return into, column
	}
}

// list binds c as a list; nil stays nil.
func (b *binder) list(c *cellSpec) listOf {
	if c == nil {
		return nil
	}
	if c.levels != nil {
		return b.trimmed(c, b.levelList(c.levels))
	}
	read := b.refine(c, b.source(c))
	if !c.isList() {
		return func(r *tableRow, into []string) ([]string, int) {
			value, column := read(r)
			if value != "" {
				into = append(into, value)
			}
			return into, column
		}
	}
	items := b.items(c, read)
	return b.trimmed(c, items)
}

func (b *binder) levelList(levels []*cellSpec) listOf {
	reads := make([]textOf, len(levels))
	for i, level := range levels {
		reads[i] = b.text(level)
	}
	return func(r *tableRow, into []string) ([]string, int) {
		column := -1
		for _, read := range reads {
			value, at := read(r)
			if value != "" {
				into, column = append(into, value), at
			}
		}
		return into, column
	}
}

// items splits JSON and separated lists.
func (b *binder) items(c *cellSpec, read textOf) listOf {
	none, keepBlank := slices.Concat(b.mapping.none, c.none), b.keepBlank
	add := func(into []string, value string) []string {
		value = strings.TrimSpace(value)
		if isNone(value, none) || c.unless != "" && strings.Contains(value, c.unless) {
			value = ""
		}
		if value == "" && !keepBlank {
			return into
		}
		return append(into, value)
	}
	split := func(into []string, value string) []string {
		if c.split == "" {
			return add(into, value)
		}
		for part := range strings.SplitSeq(value, c.split) {
			into = add(into, part)
		}
		return into
	}
	return func(r *tableRow, into []string) ([]string, int) {
		value, column := read(r)
		if value == "" {
			return into, column
		}
		if !c.json && c.property == "" {
			return split(into, value), column
		}
		var items []json.RawMessage
		if err := json.Unmarshal([]byte(value), &items); err != nil {
			r.cannotRead(column, "json", "not a JSON list such as [\"a\", \"b\"]")
			return into, column
		}
		for _, item := range items {
			if c.property != "" {
				item = jsonProperty(item, c.property)
			}
			into = split(into, jsonText(item))
		}
		return into, column
	}
}

// trimmed applies unique, skip, take and at_least to the values that read adds.
func (b *binder) trimmed(c *cellSpec, read listOf) listOf {
	if !c.unique && c.skip == 0 && c.take == 0 && c.atLeast == 0 {
		return read
	}
	return func(r *tableRow, into []string) ([]string, int) {
		start := len(into)
		all, column := read(r, into)
		own := all[start:]
		own = own[min(c.skip, len(own)):]
		if c.take > 0 && len(own) > c.take {
			own = own[:c.take]
		}
		if c.unique {
			own = withoutRepeats(own)
		}
		if len(own) > 0 && len(own) < c.atLeast {
			r.cannotRead(column, "list", "has fewer than "+strconv.Itoa(c.atLeast)+" parts, and is ignored")
			own = nil
		}
		return append(all[:start], own...), column
	}
}

// withoutRepeats keeps the first of equal values, in order.
func withoutRepeats(values []string) []string {
	kept := values[:0]
	for _, v := range values {
		if !slices.Contains(kept, v) {
			kept = append(kept, v)
		}
	}
	return kept
}

// jsonText is a JSON value as a cell: texts unchanged, null as "", numbers and
// booleans as written, lists and objects as their JSON.
func jsonText(raw json.RawMessage) string {
	if len(raw) == 0 || string(raw) == "null" {
		return ""
	}
	if raw[0] != '"' {
		return string(raw)
	}
	var text string
	if json.Unmarshal(raw, &text) != nil {
		return ""
	}
	return text
}

func jsonProperty(raw json.RawMessage, name string) json.RawMessage {
	var object map[string]json.RawMessage
	if json.Unmarshal(raw, &object) != nil {
		return nil
	}
	return object[name]
}
