package randquery

import (
	"cmp"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"

	"github.com/vektah/gqlparser/v2/ast"
)

// Query is a document with an operation to run.
type Query struct {
	Text      string
	Operation string // the name; "" if it has none
	Variables map[string]any
}

// Options say what is written. The zero value writes small queries.
type Options struct {
	// Mutation writes a mutation in place of a query.
	Mutation bool
	// Depth is how many fields deep a document goes; 0 is 5.
	Depth int
	// Fields bounds the fields of a document, those of a fragment once for each spread; 0
	// is 40.
	Fields int

	// Leave reports whether a field is left out.
	Leave func(object *ast.Definition, field *ast.FieldDefinition) bool
	// Give reports whether an argument, or the field of an input, is given that may be left
	// out; nil gives a third of them.
	Give func(r *rand.Rand, at Place) bool
	// Scalar returns a value for a place that wants a scalar: a bool, a string, an int, a
	// float64, or a list or map of such. If it returns false, or is nil, one is made for the
	// scalar's name.
	Scalar func(r *rand.Rand, at Place) (any, bool)
}

// Place is where a value stands.
type Place struct {
	Of    string // "Query.product" for an argument, or the name of an input type
	Name  string // the argument or the field
	Named string // the name of the value's type
}

// Write writes a document.
func Write(r *rand.Rand, schema *ast.Schema, o Options) Query {
	w := &writer{
		Rand: r, schema: schema, options: o,
		left: cmp.Or(o.Fields, 40), keys: map[string]string{}, given: map[string]any{},
	}
	return w.document(cmp.Or(o.Depth, 5))
}

type writer struct {
	*rand.Rand
	schema  *ast.Schema
	options Options

	left      int               // fields that may be written
	keys      map[string]string // what a name in the answer stands for: fields with one must be the same everywhere
	fragments []*fragment
	variables []*variable
	given     map[string]any // variables
}

// scope is what an operation or a fragment uses.
type scope struct {
	variables map[*variable]bool
	fragments map[*fragment]bool
}

func newScope() *scope {
	return &scope{variables: map[*variable]bool{}, fragments: map[*fragment]bool{}}
}

// all adds what the fragments of a scope use.
func (s *scope) all() *scope {
	for f := range maps.Clone(s.fragments) {
		inner := f.scope.all()
		maps.Copy(s.variables, inner.variables)
		maps.Copy(s.fragments, inner.fragments)
	}
	return s
}

type fragment struct {
	name  string
	on    *ast.Definition
	text  string
	size  int // fields, with those of the fragments within
	scope *scope
	done  bool // it can be spread without a circle
}

// one reports whether something happens that does once in n times.
func (w *writer) one(n int) bool { return w.IntN(n) == 0 }

func pick[T any](w *writer, from ...T) T { return from[w.IntN(len(from))] }

func (w *writer) document(depth int) Query {
	count := 1
	if w.one(7) {
		count += 1 + w.IntN(2)
	}
	var parts []string
	var names []string
	for i := range count {
		name := ""
		if count > 1 || w.one(2) {
			name = fmt.Sprint("Op", i)
		}
		names = append(names, name)
		parts = append(parts, w.operation(name, depth))
	}
	for _, f := range w.fragments {
		parts = append(parts, "fragment "+f.name+" on "+f.on.Name+" "+f.text)
	}
	w.Shuffle(len(parts), func(i, j int) { parts[i], parts[j] = parts[j], parts[i] })
	return Query{Text: strings.Join(parts, "\n"), Operation: pick(w, names...), Variables: w.given}
}

func (w *writer) operation(name string, depth int) string {
	kind, object := "query", w.schema.Query
	if w.options.Mutation {
		kind, object = "mutation", w.schema.Mutation
	}
	s := newScope()
	set := w.set(object, depth, s)
	var declared []string
	used := s.all().variables
	for _, v := range w.variables {
		if used[v] {
			declared = append(declared, v.declaration)
		}
	}
	switch {
	case len(declared) > 0:
		return kind + " " + name + "(" + strings.Join(declared, ", ") + ") " + set
	case name == "" && kind == "query" && w.one(2):
		return set
	}
	return kind + " " + name + " " + set
}

// set writes a selection set on a type.
func (w *writer) set(on *ast.Definition, depth int, s *scope) string {
	var items []string
	for range 1 + w.IntN(5) {
		if item := w.item(on, depth, s); item != "" {
			items = append(items, item)
		}
		if len(items) > 0 && w.one(12) {
			again := pick(w, items...)
			w.left -= len(again) / 30
			items = append(items, again)
		}
	}
	if len(items) == 0 {
		items = append(items, "__typename")
	}
	return "{ " + strings.Join(items, " ") + " }"
}

// item writes a selection; "" if there is nothing to select.
func (w *writer) item(on *ast.Definition, depth int, s *scope) string {
	if w.left <= 0 {
		return ""
	}
	switch n := w.IntN(100); {
	case n < 6:
		return w.typename() + w.directives(s)
	case n < 10:
		return "... " + w.directives(s) + w.set(on, depth, s)
	case n < 24:
		other := w.overlapping(on)
		return "... on " + other.Name + " " + w.directives(s) + w.set(other, depth, s)
	case n < 34:
		return w.spread(on, depth, s)
	case on == w.schema.Query && w.one(60):
		return w.introspection()
	}
	return w.field(on, depth, s)
}

// typename writes __typename, at times under another name.
func (w *writer) typename() string {
	if key := pick(w, "kind", "type", "__typename"); key != "__typename" && w.claim(key, "__typename") {
		return key + ": __typename"
	}
	return "__typename"
}

// overlapping returns a composite type that an object of a type can have too.
func (w *writer) overlapping(on *ast.Definition) *ast.Definition {
	others := []*ast.Definition{on}
	for _, object := range w.schema.PossibleTypes[on.Name] {
		others = append(others, object)
		others = append(others, w.schema.Implements[object.Name]...)
	}
	slices.SortFunc(others, func(a, b *ast.Definition) int { return strings.Compare(a.Name, b.Name) })
	return pick(w, slices.Compact(others)...)
}

// spread writes the spread of a fragment that is there, or of a new one.
func (w *writer) spread(on *ast.Definition, depth int, s *scope) string {
	other := w.overlapping(on)
	var f *fragment
	for _, known := range w.fragments {
		if known.done && known.on == other && known.size <= w.left && w.one(2) {
			f = known
			w.left -= f.size
		}
	}
	if f == nil {
		f = &fragment{name: fmt.Sprint("F", len(w.fragments)), on: other, scope: newScope()}
		w.fragments = append(w.fragments, f)
		before := w.left
		f.text = w.set(other, depth, f.scope)
		f.size, f.done = before-w.left, true
	}
	s.fragments[f] = true
	return "..." + f.name + " " + w.directives(s)
}

func (w *writer) introspection() string {
	var names []string
	for name, d := range w.schema.Types {
		if !strings.HasPrefix(name, "__") && d.Kind != ast.Scalar {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	w.left--
	what := fmt.Sprintf(pick(w,
		`__type(name: %q) { kind name description }`,
		`__type(name: %q) { fields(includeDeprecated: true) { name args { name defaultValue } type { kind name ofType { name } } } }`,
		`__type(name: %q) { enumValues { name } inputFields { name } possibleTypes { name } interfaces { name } }`,
		`__schema { queryType { name } directives { name args { name } } types { name(%.0s) } }`,
	), pick(w, append(names, "Nothing")...))
	what = strings.Replace(what, "name()", "name", 1)
	w.keys[fmt.Sprint("i", len(w.keys))] = what
	return fmt.Sprint("i", len(w.keys)-1, ": ", what)
}

// field writes a field of a type.
func (w *writer) field(on *ast.Definition, depth int, s *scope) string {
	var fields []*ast.FieldDefinition
	for _, f := range on.Fields {
		composite := w.schema.Types[f.Type.Name()].IsCompositeType()
		if strings.HasPrefix(f.Name, "__") || composite && depth <= 0 || w.options.Leave != nil && w.options.Leave(on, f) {
			continue
		}
		fields = append(fields, f)
	}
	if len(fields) == 0 {
		return ""
	}
	f := pick(w, fields...)
	w.left--
	args := w.arguments(on, f, s)
	text := w.key(on, f, args) + f.Name + args + " " + w.directives(s)
	if below := w.schema.Types[f.Type.Name()]; below.IsCompositeType() {
		text += w.set(below, depth-1, s)
	}
	return text
}

// key returns the alias of a field, with a colon; "" is for none.
func (w *writer) key(on *ast.Definition, f *ast.FieldDefinition, args string) string {
	meaning := f.Name + args + " " + f.Type.String()
	for _, key := range []string{f.Name, pick(w, "a", "b", "c"), pick(w, on.Fields...).Name} {
		if w.one(4) || !w.claim(key, meaning) {
			continue
		}
		if key == f.Name {
			return ""
		}
		return key + ": "
	}
	for n := 0; ; n++ {
		if key := fmt.Sprint("x", n); w.claim(key, meaning) {
			return key + ": "
		}
	}
}

// claim reports whether a name in the answer may stand for something.
func (w *writer) claim(key, meaning string) bool {
	if known, taken := w.keys[key]; taken {
		return known == meaning
	}
	w.keys[key] = meaning
	return true
}

// directives writes @skip and @include at times.
func (w *writer) directives(s *scope) string {
	text := ""
	for _, name := range []string{"@skip", "@include"} {
		if w.one(14) {
			text += name + "(if: " + w.condition(s, name == "@include") + ") "
		}
	}
	return text
}

func (w *writer) condition(s *scope, usual bool) string {
	if w.one(2) {
		return fmt.Sprint(usual != w.one(4))
	}
	return "$" + w.variable(ast.NonNullNamedType("Boolean", nil), Place{Named: "Boolean"}, false, s)
}
