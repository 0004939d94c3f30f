package importer

import (
	"regexp"
	"strings"

	"github.com/goccy/go-yaml/ast"
)

// cellSpec says where a value comes from, and the steps applied to it, in the
// order of its fields. Read as a text, its values are joined; read as a list, a
// text is a list with one value.
type cellSpec struct {
	line int

	// Exactly one of these is set.
	column   string
	firstOf  []*cellSpec // the first that is not blank
	levels   []*cellSpec // one value from each
	constant *string
	template []templatePart
	item     *string // of variants.each: the item, or a property of it

	none   []string       // words that mean no value
	unless string         // a value that contains this is no value
	match  *regexp.Regexp // the value is its first group

	json     bool   // the value is a JSON list
	property string // … of objects, of which this property counts
	split    string
	skip     int
	take     int
	unique   bool
	atLeast  int
	join     string

	words map[string]string // replacements
	dates []string          // Go layouts, or one of the names of dateNames
}

type templatePart struct {
	text   string
	column string
}

// cell reads a value: a column's name, or a map.
func (s *section) cell(key string) *cellSpec {
	n := s.take(key)
	if n == nil {
		return nil
	}
	return s.spec.cell(n, key)
}

// cells reads a sequence of values; a single value is a sequence with one
// value.
func (s *section) cells(key string) []*cellSpec {
	n := s.take(key)
	if n == nil {
		return nil
	}
	if items, ok := n.(*ast.SequenceNode); ok {
		var all []*cellSpec
		for _, item := range items.Values {
			all = append(all, s.spec.cell(item, key))
		}
		return all
	}
	return []*cellSpec{s.spec.cell(n, key)}
}

func (s *spec) cell(n ast.Node, what string) *cellSpec {
	return s.cellWith(n, what, func(*section) {})
}

// cellWith is cell for a map that has more than the value, which more reads.
func (s *spec) cellWith(n ast.Node, what string, more func(*section)) *cellSpec {
	c := &cellSpec{line: lineOf(n)}
	if text, ok := scalar(n); ok {
		c.column = text
		if text == "" {
			s.fault(c.line, "%s names no column: write \"#1\" for the first column if it has no name", what)
		}
		return c
	}
	sec := s.section(n, what)
	if sec == nil {
		return c
	}
	c.readSource(sec)
	c.none = sec.texts("none")
	c.unless = sec.text("unless")
	c.readMatch(sec)
	c.json = sec.flag("json")
	c.property = sec.text("property")
	c.split = sec.text("split")
	c.skip, c.take, c.atLeast = sec.number("skip"), sec.number("take"), sec.number("at_least")
	c.unique = sec.flag("unique")
	c.join = sec.text("join")
	c.readWords(sec)
	c.readDates(sec)
	more(sec)
	sec.end()
	return c
}

func (c *cellSpec) readSource(sec *section) {
	c.column = sec.text("column")
	c.firstOf = sec.cells("first_of")
	c.levels = sec.cells("levels")
	if sec.take("value") != nil {
		text := sec.text("value")
		c.constant = &text
	}
	if sec.take("item") != nil {
		text := sec.text("item")
		c.item = &text
	}
	if text := sec.text("template"); text != "" {
		c.readTemplate(sec, text)
	}
	given := 0
	for _, is := range []bool{
		c.column != "", c.firstOf != nil, c.levels != nil, c.constant != nil, c.template != nil, c.item != nil,
	} {
		if is {
			given++
		}
	}
	if given != 1 {
		sec.spec.fault(sec.line, "%s needs exactly one of column, first_of, levels, value, template and item", sec.what)
	}
}

// readTemplate parses "{ClassName} {ClothingID}".
func (c *cellSpec) readTemplate(sec *section, text string) {
	for text != "" {
		before, rest, found := strings.Cut(text, "{")
		if before != "" {
			c.template = append(c.template, templatePart{text: before})
		}
		if !found {
			return
		}
		column, after, closed := strings.Cut(rest, "}")
		if !closed || column == "" {
			sec.spec.fault(sec.at["template"], "template: write a column as {name}")
			return
		}
		c.template = append(c.template, templatePart{column: column})
		text = after
	}
}

func (c *cellSpec) readMatch(sec *section) {
	text := sec.text("match")
	if text == "" {
		return
	}
	match, err := regexp.Compile(text)
	switch {
	case err != nil:
		sec.spec.fault(sec.at["match"], "match is not a regular expression: %v", err)
	case match.NumSubexp() != 1:
		sec.spec.fault(sec.at["match"], "match needs exactly one (group), which is the value, but has %d", match.NumSubexp())
	default:
		c.match = match
	}
}

func (c *cellSpec) readWords(sec *section) {
	words := sec.sub("words")
	if words == nil {
		return
	}
	c.words = make(map[string]string, len(words.keys))
	for _, word := range words.keys {
		c.words[word] = words.text(word)
	}
}

func (c *cellSpec) readDates(sec *section) {
	for _, text := range sec.texts("date") {
		layout, ok := dateLayout(text)
		if !ok {
			sec.spec.fault(sec.at["date"], "date %q is not a layout: use one such as YYYY-MM-DD HH:mm:ss, or %s", text, dateNames)
		}
		c.dates = append(c.dates, layout)
	}
}

// isList reports whether reading the value splits a list.
func (c *cellSpec) isList() bool {
	return c.levels != nil || c.json || c.property != "" || c.split != ""
}
