package access

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/google/uuid"
	gql "github.com/vektah/gqlparser/v2/ast"

	"souk/graph"
	"souk/internal/dbtest"
)

const (
	// wayDepth is how many fields with objects a way goes through; a page with
	// its items counts as one.
	wayDepth = 4
)

// waysByEdge is how many ways lead to a type by one field: two, of which the cut
// leaves out the longer one.
func waysByEdge() int {
	if dbtest.Full() {
		return 2
	}
	return 1
}

// way leads from a root to the objects of a type.
type way struct {
	on     string   // the type
	places []string // the fields on the way: "Query.products", "ProductConnection.nodes"
	keys   []string // their response names
	open   string   // the query up to the selection on the type, from the first field's arguments on
	end    string   // what closes it
	// narrowed are the types of objects behind a field of an abstract type: whom
	// one is not for does not find it there.
	narrowed map[int]string // by index in places
	// owned is set when it begins at an object of the owner's.
	owned bool
	depth int
}

func (w way) String() string { return strings.Join(w.keys, ".") }

// edge is the last field of the way, together with the page that it may stand on.
func (w way) edge() string {
	last := len(w.places) - 1
	for last > 0 && isPage(strings.Split(w.places[last], ".")[0]) {
		last--
	}
	return strings.Join(w.places[last:], ".") + ":" + w.on
}

func isPage(name string) bool {
	return strings.HasSuffix(name, "Connection") || strings.HasSuffix(name, "Edge")
}

// document writes the way with a selection, below another name for its root field.
func (w way) document(alias, selection string) string {
	return alias + ": " + w.keys[0] + w.open + "{ t: __typename " + selection + " }" + w.end
}

// atlas is the schema with every way that the matrix takes.
type atlas struct {
	t       testing.TB
	schema  *gql.Schema
	samples map[string][]sample
	ways    map[string][]way // by type
}

func newAtlas(t testing.TB) *atlas {
	a := &atlas{t: t, schema: graph.NewExecutableSchema(graph.Config{}).Schema(), samples: accessSamples(), ways: map[string][]way{}}
	for name, def := range a.schema.Types {
		if a.isEntity(def) && len(a.samples[name]) == 0 {
			t.Fatalf("%s has an ID and no sample: add one to accessSamples", name)
		}
	}
	queue := []way{{on: "Query", narrowed: map[int]string{}}}
	byEdge, most := map[string]int{}, waysByEdge()
	for len(queue) > 0 {
		from := queue[0]
		queue = queue[1:]
		for _, next := range a.steps(from) {
			if byEdge[next.edge()]++; byEdge[next.edge()] > most {
				continue
			}
			a.ways[next.on] = append(a.ways[next.on], next)
			if next.depth < wayDepth {
				queue = append(queue, next)
			}
		}
	}
	return a
}

func (a *atlas) isEntity(def *gql.Definition) bool {
	return def.Kind == gql.Object && slices.Contains(def.Interfaces, "Node")
}

// steps are the ways that are one field longer. A page is gone through to its
// items, by nodes and by edges, and is an end itself.
func (a *atlas) steps(from way) (ways []way) {
	for _, field := range a.fields(from.on) {
		ways = append(ways, a.step(from, field)...)
	}
	return ways
}

func (a *atlas) step(from way, field *gql.FieldDefinition) (ways []way) {
	returned := a.schema.Types[field.Type.Name()]
	if !returned.IsCompositeType() {
		return nil
	}
	for _, object := range a.schema.GetPossibleTypes(returned) {
		if strings.HasPrefix(object.Name, "__") {
			continue
		}
		next := way{
			on: object.Name, depth: from.depth + 1, narrowed: map[int]string{},
			places: append(slices.Clone(from.places), from.on+"."+field.Name), keys: append(slices.Clone(from.keys), field.Name),
			end: from.end, owned: from.owned,
		}
		if isPage(from.on) {
			next.depth = from.depth
		}
		for i, name := range from.narrowed {
			next.narrowed[i] = name
		}
		switch {
		case len(from.keys) == 0:
			next.open = a.arguments(from.on, field, object.Name)
			samples := a.samples[object.Name]
			next.owned = strings.Contains(next.open, "(id:") && len(samples) > 0 && samples[0].of == ownerOfSamples
		default:
			next.open = from.open + "{ " + field.Name + a.arguments(from.on, field, object.Name)
			next.end = " }" + from.end
		}
		if returned.IsAbstractType() {
			next.narrowed[len(next.places)-1] = object.Name
			next.open += "{ ... on " + object.Name + " "
			next.end = " }" + next.end
		}
		ways = append(ways, next)
	}
	return ways
}

// fields are a type's fields without introspection's.
func (a *atlas) fields(name string) []*gql.FieldDefinition {
	var fields []*gql.FieldDefinition
	for _, f := range a.schema.Types[name].Fields {
		if !strings.HasPrefix(f.Name, "__") {
			fields = append(fields, f)
		}
	}
	return fields
}

// arguments gives a field what it needs to return an object of the type: the ID
// of a sample, and something for whatever else it demands.
func (a *atlas) arguments(on string, field *gql.FieldDefinition, returns string) string {
	if own, ok := accessArguments[on+"."+field.Name]; ok {
		return own
	}
	var given []string
	for _, arg := range field.Arguments {
		switch {
		case arg.Name == "id" && arg.Type.Name() == "ID" && len(a.samples[returns]) > 0:
			given = append(given, fmt.Sprintf("id: %q", sampleID(a.t, returns, a.samples[returns][0].key)))
		case arg.Name == "ids" && arg.Type.Name() == "ID" && len(a.samples[returns]) > 0:
			var ids []string
			for _, s := range a.samples[returns] {
				ids = append(ids, strconv.Quote(sampleID(a.t, returns, s.key)))
			}
			given = append(given, "ids: ["+strings.Join(ids, ", ")+"]")
		case arg.Type.NonNull && arg.DefaultValue == nil:
			given = append(given, arg.Name+": "+a.value(arg.Type))
		}
	}
	if len(given) == 0 {
		return ""
	}
	return "(" + strings.Join(given, ", ") + ")"
}

// value makes up a value of a type: valid in form, and of nothing that exists.
func (a *atlas) value(typ *gql.Type) string {
	if typ.Elem != nil {
		return "[" + a.value(typ.Elem) + "]"
	}
	def := a.schema.Types[typ.Name()]
	switch def.Kind {
	case gql.Enum:
		return def.EnumValues[0].Name
	case gql.InputObject:
		var fields []string
		for _, f := range def.Fields {
			if f.Type.NonNull && f.DefaultValue == nil {
				fields = append(fields, f.Name+": "+a.value(f.Type))
			}
		}
		return "{" + strings.Join(fields, ", ") + "}"
	}
	switch def.Name {
	case "ID":
		return strconv.Quote(sampleID(a.t, "Product", uuid.Max))
	case "Int", "Long", "Float":
		return "1"
	case "Boolean":
		return "true"
	case "Decimal":
		return `"1"`
	case "CurrencyCode":
		return `"EUR"`
	case "DateTime":
		return `"2026-01-01T00:00:00Z"`
	case "JSON":
		return "{}"
	}
	return `"none"`
}

// selects writes a field of a type below an alias, with something of its objects.
func (a *atlas) selects(on string, field *gql.FieldDefinition, alias string) string {
	returned := a.schema.Types[field.Type.Name()]
	if !returned.IsCompositeType() {
		return alias + ": " + field.Name + a.arguments(on, field, "")
	}
	example := returned.Name
	for _, object := range a.schema.GetPossibleTypes(returned) {
		if len(a.samples[object.Name]) > 0 {
			example = object.Name
		}
	}
	return alias + ": " + field.Name + a.arguments(on, field, example) + " { __typename }"
}
