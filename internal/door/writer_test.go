package door_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"github.com/vektah/gqlparser/v2"
	"github.com/vektah/gqlparser/v2/ast"
)

// pets is a schema in which fields conflict easily.
const pets = `
directive @cost(weight: String!) on FIELD_DEFINITION | ARGUMENT_DEFINITION | OBJECT
directive @listSize(assumedSize: Int, slicingArguments: [String!], sizedFields: [String!]) on FIELD_DEFINITION
interface Node { id: ID! }
interface Pet { name: String owner: Human mate: Pet }
type Dog implements Pet & Node @cost(weight: "2") { id: ID! name: String owner: Human barks(loud: Boolean, at: F): Int! age: Int mate: Pet friends(first: Int): Friends @listSize(assumedSize: 7, slicingArguments: ["first"], sizedFields: ["nodes"]) }
type Cat implements Pet & Node { id: ID! name: String owner: Human barks: String age: Int! mate: Pet }
type Human implements Node { id: ID! name: String! age: Int pets(first: Int): [Pet!] @listSize(assumedSize: 4, slicingArguments: ["first"]) }
type Friends { nodes: [Pet!]! count: Int! @cost(weight: "1.5") }
union Any = Dog | Cat | Human
input F { a: Int b: [String!] e: E }
enum E { X Y }
type Query { dog: Dog pet: Pet any: Any node(id: ID!): Node nodes(ids: [ID!]!): [Node]! @listSize(slicingArguments: ["ids"]) search(text: String @cost(weight: "3"), first: Int = 3): [Pet!]! @listSize(assumedSize: 3, slicingArguments: ["first"]) }
`

func petSchema(t testing.TB) *ast.Schema {
	t.Helper()
	loaded, err := gqlparser.LoadSchema(&ast.Source{Name: "pets", Input: pets})
	require.NoError(t, err)
	return loaded
}

// writer writes random documents, right ones and wrong ones.
type writer struct {
	*rand.Rand
	schema    *ast.Schema
	wrong     float64  // how often something is what does not belong there
	fragments []string // the types of the fragments F0, F1 …
	first     int      // the first fragment that may be spread, so that there is no circle
	b         strings.Builder
}

func newWriter(schema *ast.Schema, seed uint64) *writer {
	w := &writer{Rand: rand.New(rand.NewPCG(seed, 1)), schema: schema}
	w.wrong = []float64{0, 0, 0.01, 0.05, 0.2}[w.IntN(5)]
	for range w.IntN(5) {
		w.fragments = append(w.fragments, pick(w, "Query", "Pet", "Dog", "Cat", "Human", "Node", "Any", "Friends"))
	}
	return w
}

func (w *writer) often(p float64) bool { return w.Float64() < p }

func pick[T any](w *writer, from ...T) T { return from[w.IntN(len(from))] }

// text returns what write writes.
func (w *writer) text(write func()) string {
	w.b.Reset()
	write()
	return w.b.String()
}

func (w *writer) document() string {
	var operations []string
	for range 1 + w.IntN(2) {
		operations = append(operations, w.text(func() { w.selection("Query", 1+w.IntN(4)) }))
	}
	bodies := map[int]string{}
	for i, on := range w.fragments {
		w.first = i + 1
		if w.often(w.wrong) {
			w.first = 0
		}
		bodies[i] = w.text(func() { w.selection(on, w.IntN(3)) })
	}
	var document strings.Builder
	all := map[int]bool{}
	for i, operation := range operations {
		reached := operation + w.reached(operation, bodies, all)
		fmt.Fprintf(&document, "query Q%d%s %s\n", i, w.variables(reached), operation)
	}
	for i, on := range w.fragments {
		if all[i] || w.often(w.wrong) {
			fmt.Fprintf(&document, "fragment F%d on %s %s\n", i, on, bodies[i])
		}
	}
	return document.String()
}

// reached returns the texts of the fragments that a text reaches.
func (w *writer) reached(text string, bodies map[int]string, all map[int]bool) string {
	seen := map[int]bool{}
	var reached strings.Builder
	var follow func(string)
	follow = func(text string) {
		for i := range w.fragments {
			if !seen[i] && strings.Contains(text, fmt.Sprintf("...F%d ", i)) {
				seen[i], all[i] = true, true
				reached.WriteString(bodies[i])
				follow(bodies[i])
			}
		}
	}
	follow(text)
	return reached.String()
}

// variables declares the variables that a text uses.
func (w *writer) variables(text string) string {
	var declared []string
	for _, declaration := range []string{"$n: Int", `$s: String = "x"`, "$i: ID!", "$t: Boolean!"} {
		if strings.Contains(text, declaration[:2]) != w.often(w.wrong) {
			declared = append(declared, declaration)
		}
	}
	if len(declared) == 0 {
		return ""
	}
	return "(" + strings.Join(declared, ", ") + ")"
}

// fits reports whether an object can be of both types.
func (w *writer) fits(a, b string) bool {
	for _, object := range w.schema.GetPossibleTypes(w.schema.Types[a]) {
		if slices.Contains(w.schema.GetPossibleTypes(w.schema.Types[b]), object) {
			return true
		}
	}
	return w.often(w.wrong)
}

func (w *writer) selection(on string, depth int) {
	w.b.WriteString("{ ")
	before := w.b.Len()
	for range 1 + w.IntN(4) {
		switch {
		case w.often(0.2) && w.first < len(w.fragments):
			i := w.first + w.IntN(len(w.fragments)-w.first)
			if w.fits(on, w.fragments[i]) {
				fmt.Fprintf(&w.b, "...F%d ", i)
			}
			if w.often(w.wrong) {
				w.b.WriteString("...F9 ")
			}
		case w.often(0.15):
			if to := pick(w, "Pet", "Dog", "Cat", "Human", "Node", "Any", on); w.fits(on, to) {
				w.b.WriteString("... on " + to + " ")
				w.selection(to, depth)
			}
		default:
			w.field(on, depth)
		}
	}
	if w.b.Len() == before {
		w.b.WriteString("__typename ")
	}
	w.b.WriteString("} ")
}

func (w *writer) field(on string, depth int) {
	definition := w.schema.Types[on]
	if len(definition.Fields) == 0 || w.often(0.1) {
		w.b.WriteString(pick(w, "", "", "a: ", "name: ") + "__typename ")
		return
	}
	field := definition.Fields[w.IntN(len(definition.Fields))]
	if strings.HasPrefix(field.Name, "__") {
		return
	}
	returned := w.schema.Types[field.Type.Name()]
	if returned.IsCompositeType() && depth == 0 && !w.often(w.wrong/4) {
		return
	}
	w.b.WriteString(pick(w, "", "", "", "", "", "a: ", "b: ", "name: ", "mate: "))
	name := field.Name
	if w.often(w.wrong) {
		name = pick(w, "nothing", "age", "barks", "mate")
	}
	w.b.WriteString(name + " ")
	w.arguments(field)
	if w.often(w.wrong / 4) {
		w.b.WriteString(pick(w, "@nothing ", "@include ", "@skip(if: $n) "))
	}
	if w.often(0.05) {
		w.b.WriteString(pick(w, "@include(if: true) ", "@skip(if: false) ", "@include(if: $t) "))
	}
	if returned.IsCompositeType() != w.often(w.wrong/4) {
		w.selection(returned.Name, max(0, depth-1))
	}
}

func (w *writer) arguments(field *ast.FieldDefinition) {
	var given []string
	for _, argument := range field.Arguments {
		if !argument.Type.NonNull && w.often(0.5) || w.often(w.wrong) {
			continue
		}
		values := map[string][]string{
			"Int": {"1", "2", "$n", "3"}, "String": {`"x"`, "$s", `"""x"""`}, "ID!": {`"x"`, "7", "$i"}, "Boolean": {"true", "false"},
			"[ID!]!": {`["a" "b"]`, `["a", $i]`, "$i", "[]"}, "F": {`{a: 1, b: ["x"]}`, `{b: ["x"], a: 1}`, "{e: X}", "{a: $n}", "{}"},
		}[argument.Type.String()]
		if w.often(w.wrong) {
			values = []string{"null", `"wrong"`, "Z", "{c: 1}", "$unknown", "1.5", "[[1]]"}
		}
		given = append(given, argument.Name+": "+values[w.IntN(len(values))])
	}
	if w.often(w.wrong / 2) {
		given = append(given, pick(w, "nothing: 1", "first: 1", "first: 2"))
	}
	if len(given) > 0 {
		w.Shuffle(len(given), func(i, j int) { given[i], given[j] = given[j], given[i] })
		w.b.WriteString("(" + strings.Join(given, ", ") + ") ")
	}
}
