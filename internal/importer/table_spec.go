package importer

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/parser"
)

// maxMappingBytes bounds a mapping file. The longest included one has 3 KB; a
// much larger file is a data file given by mistake.
const maxMappingBytes = 1 << 20

// spec reads a mapping file's YAML and collects all its errors, so that one run
// shows everything that must be corrected.
type spec struct {
	faults []specFault
}

type specFault struct {
	line   int
	reason string
}

func (s *spec) fault(line int, format string, args ...any) {
	s.faults = append(s.faults, specFault{line: line, reason: fmt.Sprintf(format, args...)})
}

// err joins the faults, in the order of the file.
func (s *spec) err() error {
	if len(s.faults) == 0 {
		return nil
	}
	slices.SortStableFunc(s.faults, func(a, b specFault) int { return cmp.Compare(a.line, b.line) })
	lines := make([]string, len(s.faults))
	for i, f := range s.faults {
		lines[i] = "line " + strconv.Itoa(f.line) + ": " + f.reason
	}
	return errors.New(strings.Join(lines, "\n"))
}

// root parses the file. The recover handles a YAML parser that panics on
// damaged text.
func (s *spec) root(text []byte) (top *section, err error) {
	defer func() {
		if p := recover(); p != nil {
			top, err = nil, fmt.Errorf("the file is not YAML: %v", p)
		}
	}()
	if len(text) > maxMappingBytes {
		return nil, fmt.Errorf("the file has %d bytes, but a mapping has at most %d: is it a data file?", len(text), maxMappingBytes)
	}
	file, err := parser.ParseBytes(text, 0)
	if err != nil {
		return nil, fmt.Errorf("the file is not YAML: %w", err)
	}
	if len(file.Docs) != 1 || file.Docs[0].Body == nil {
		return nil, errors.New("the file has no mapping: see the included mappings")
	}
	top = s.section(file.Docs[0].Body, "the mapping")
	if top == nil {
		return nil, s.err()
	}
	return top, nil
}

// section is a YAML map whose keys are taken one by one. Keys that are left at
// its end are unknown.
type section struct {
	spec *spec
	what string
	line int
	keys []string
	node map[string]ast.Node
	at   map[string]int
	used map[string]bool
}

func (s *spec) section(n ast.Node, what string) *section {
	var values []*ast.MappingValueNode
	switch n := n.(type) {
	case *ast.MappingNode:
		values = n.Values
	case *ast.MappingValueNode:
		values = []*ast.MappingValueNode{n}
	default:
		s.fault(lineOf(n), "%s must be a map of keys and values", what)
		return nil
	}
	sec := &section{
		spec: s, what: what, line: lineOf(n),
		node: make(map[string]ast.Node, len(values)), at: make(map[string]int), used: make(map[string]bool),
	}
	for _, v := range values {
		key := v.Key.GetToken().Value
		if _, twice := sec.node[key]; twice {
			s.fault(lineOf(v.Key), "%s has %s twice", what, key)
			continue
		}
		sec.keys = append(sec.keys, key)
		sec.node[key] = v.Value
		sec.at[key] = lineOf(v.Key)
	}
	return sec
}

func lineOf(n ast.Node) int {
	if n == nil || n.GetToken() == nil || n.GetToken().Position == nil {
		return 1
	}
	return n.GetToken().Position.Line
}

// take marks a key as known and returns its value, nil when it is missing.
func (s *section) take(key string) ast.Node {
	s.used[key] = true
	return s.node[key]
}

// end reports unknown keys.
func (s *section) end() {
	for _, key := range s.keys {
		if s.used[key] {
			continue
		}
		known := make([]string, 0, len(s.used))
		for name := range s.used {
			known = append(known, name)
		}
		slices.Sort(known)
		s.spec.fault(s.at[key], "%s has no key %s; its keys are %s", s.what, key, strings.Join(known, ", "))
	}
}

// need reports a missing key.
func (s *section) need(key, why string) {
	s.used[key] = true
	if _, ok := s.node[key]; !ok {
		s.spec.fault(s.line, "%s needs %s: %s", s.what, key, why)
	}
}

func (s *section) sub(key string) *section {
	n := s.take(key)
	if n == nil {
		return nil
	}
	return s.spec.section(n, key)
}

// text is a single value as written, without quotes.
func (s *section) text(key string) string {
	n := s.take(key)
	if n == nil {
		return ""
	}
	text, ok := scalar(n)
	if !ok {
		s.spec.fault(s.at[key], "%s must be a single value", key)
	}
	return text
}

// texts is a sequence of single values; a single value is a sequence with one
// value.
func (s *section) texts(key string) []string {
	n := s.take(key)
	if n == nil {
		return nil
	}
	if text, ok := scalar(n); ok {
		return []string{text}
	}
	items, ok := n.(*ast.SequenceNode)
	if !ok {
		s.spec.fault(s.at[key], "%s must be a list of single values", key)
		return nil
	}
	texts := make([]string, 0, len(items.Values))
	for _, item := range items.Values {
		text, ok := scalar(item)
		if !ok {
			s.spec.fault(lineOf(item), "%s must be a list of single values", key)
			continue
		}
		texts = append(texts, text)
	}
	return texts
}

func (s *section) number(key string) int {
	text := s.text(key)
	if text == "" {
		return 0
	}
	n, err := strconv.Atoi(text)
	if err != nil || n < 0 {
		s.spec.fault(s.at[key], "%s must be a whole number from 0, not %q", key, text)
		return 0
	}
	return n
}

func (s *section) flag(key string) bool {
	switch text := s.text(key); text {
	case "", "false":
		return false
	case "true":
		return true
	default:
		s.spec.fault(s.at[key], "%s must be true or false, not %q", key, text)
		return false
	}
}

// choice is one of the words; the first one when the key is missing.
func (s *section) choice(key string, words ...string) string {
	text := s.text(key)
	if text == "" {
		return words[0]
	}
	if !slices.Contains(words, text) {
		s.spec.fault(s.at[key], "%s must be one of %s, not %q", key, strings.Join(words, ", "), text)
	}
	return text
}

// scalar is the text of a YAML value that is neither a map nor a sequence.
// Numbers and booleans are texts too: a column can be called 2024 or true.
func scalar(n ast.Node) (string, bool) {
	switch n := n.(type) {
	case *ast.StringNode:
		return n.Value, true
	case *ast.LiteralNode:
		return n.Value.Value, true
	case *ast.IntegerNode, *ast.FloatNode, *ast.BoolNode:
		return n.GetToken().Value, true
	case *ast.NullNode:
		return n.GetToken().Value, true
	}
	return "", false
}
