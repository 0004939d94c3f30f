package door

import (
	"errors"
	"fmt"
	"maps"
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/vektah/gqlparser/v2/ast"
)

// Weights are in thousandths of a point, so that a leaf can cost less than an
// object.
const (
	point = 1000
	// leafWeight is what a scalar or enum costs that has no @cost.
	leafWeight = point / 10
	// objectWeight is what an object costs whose type has no @cost.
	objectWeight = point
	// valueWeight is what a value in an argument costs: the executor reads the
	// arguments again for each object, in 0.2 µs and 110 bytes a value.
	valueWeight = point / 50
	// mutationWeight is what a mutation costs that has no @cost: a transaction.
	mutationWeight = 10 * point
	// pageWeight is what a page of a list costs, once for all its parents: a statement, and
	// the call of a resolver.
	pageWeight = 20 * point
	// mostItems is where a slicing argument stops counting. No page is longer, so a
	// resolver refuses a larger number before it reads anything.
	mostItems = 100
	// unknownItems is the assumed size of a list without @listSize.
	unknownItems = 10
)

// introspectionItems are the sizes of introspection's lists for one type, field or
// directive of a schema: what Souk's has on average, rounded up.
func introspectionItems() map[string]int64 {
	return map[string]int64{
		"fields": 6, "inputFields": 5, "enumValues": 5, "args": 2, "interfaces": 1, "possibleTypes": 1, "directives": 10,
	}
}

// prices are the schema's weights, in the form of the IBM GraphQL cost directives
// specification (@cost, @listSize).
type prices struct {
	objects map[string]int64 // of composite types that have a @cost
	fields  map[*ast.FieldDefinition]*price
}

// price is what a field costs.
type price struct {
	weight    int64            // for each object that the field is resolved on
	object    int64            // for each object that the field returns; 0 for a leaf
	arguments map[string]int64 // for each argument that is given
	list      bool
	listSize
}

// listSize is a @listSize.
type listSize struct {
	assumed int64
	slicing []string // arguments: a number is the size, and a list has its length
	// sized are the fields of the returned object whose lists have the size; empty
	// when the field is the list itself.
	sized []string
}

func readPrices(schema *ast.Schema) (*prices, error) {
	p := &prices{objects: map[string]int64{}, fields: map[*ast.FieldDefinition]*price{}}
	var faults []error
	for _, name := range slices.Sorted(maps.Keys(schema.Types)) {
		weight, given, err := costOf(schema.Types[name].Directives)
		faults = append(faults, about(name, err))
		if given {
			p.objects[name] = weight
		}
	}
	for _, name := range slices.Sorted(maps.Keys(schema.Types)) {
		definition := schema.Types[name]
		if !definition.IsCompositeType() {
			continue
		}
		for _, field := range definition.Fields {
			priced, err := p.read(schema, field)
			if definition == schema.Mutation && field.Directives.ForName("cost") == nil {
				priced.weight = mutationWeight
			}
			p.fields[field] = priced
			faults = append(faults, about(name+"."+field.Name, err))
		}
	}
	p.sizeIntrospection(schema)
	return p, errors.Join(faults...)
}

func (p *prices) sizeIntrospection(schema *ast.Schema) {
	sizes := introspectionItems()
	for _, name := range []string{"__Schema", "__Type", "__Field", "__Directive"} {
		for _, field := range schema.Types[name].Fields {
			if size, known := sizes[field.Name]; known {
				p.fields[field].assumed = size
			}
		}
	}
	p.fields[schema.Types["__Schema"].Fields.ForName("types")].assumed = int64(len(schema.Types))
}

func about(what string, err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("%s: %w", what, err)
}

func (p *prices) read(schema *ast.Schema, field *ast.FieldDefinition) (*price, error) {
	returned := schema.Types[field.Type.Name()]
	out := &price{list: field.Type.Elem != nil, arguments: map[string]int64{}}
	if returned.IsCompositeType() {
		out.object = objectWeight
		if own, given := p.objects[returned.Name]; given {
			out.object = own
		}
	} else {
		out.weight = leafWeight
	}
	weight, given, err := costOf(field.Directives)
	if given {
		out.weight = weight
	}
	for _, argument := range field.Arguments {
		weight, given, argumentErr := costOf(argument.Directives)
		err = errors.Join(err, about(argument.Name, argumentErr))
		if given {
			out.arguments[argument.Name] = weight
		}
	}
	var sizeErr error
	out.listSize, sizeErr = readListSize(returned, field)
	return out, errors.Join(err, sizeErr)
}

// costOf reads a @cost; its weight is a number of points.
func costOf(directives ast.DirectiveList) (weight int64, given bool, err error) {
	directive := directives.ForName("cost")
	if directive == nil {
		return 0, false, nil
	}
	argument := directive.Arguments.ForName("weight")
	if argument == nil {
		return 0, false, errors.New("@cost needs a weight")
	}
	points, err := strconv.ParseFloat(argument.Value.Raw, 64)
	if err != nil || points < 0 || points > 1e6 {
		return 0, false, fmt.Errorf("@cost(weight: %q): a weight is a number from 0 to 1,000,000", argument.Value.Raw)
	}
	return int64(math.Round(points * point)), true, nil
}

func readListSize(returned *ast.Definition, field *ast.FieldDefinition) (listSize, error) {
	size := listSize{assumed: unknownItems}
	directive := field.Directives.ForName("listSize")
	if directive == nil {
		return size, nil
	}
	if assumed := directive.Arguments.ForName("assumedSize"); assumed != nil {
		n, err := strconv.ParseInt(assumed.Value.Raw, 10, 32)
		if err != nil || n < 0 {
			return size, fmt.Errorf("@listSize(assumedSize: %s): a size is 0 or more", assumed.Value.Raw)
		}
		size.assumed = n
	}
	size.slicing = names(directive, "slicingArguments")
	size.sized = names(directive, "sizedFields")
	for _, name := range size.slicing {
		if field.Arguments.ForName(name) == nil {
			return size, fmt.Errorf("@listSize: there is no argument %q", name)
		}
	}
	for _, name := range size.sized {
		if sized := returned.Fields.ForName(name); sized == nil || sized.Type.Elem == nil {
			return size, fmt.Errorf("@listSize: %s has no list %q", returned.Name, name)
		}
	}
	return size, nil
}

func names(directive *ast.Directive, argument string) (list []string) {
	if given := directive.Arguments.ForName(argument); given != nil {
		for _, child := range given.Value.Children {
			list = append(list, child.Value.Raw)
		}
	}
	return list
}

// of returns the price of a selected field. __typename is no field of the schema.
func (p *prices) of(field *ast.Field) *price {
	if known := p.fields[field.Definition]; known != nil {
		return known
	}
	return &price{weight: leafWeight}
}

// items returns how many objects the field's list is expected to have.
func (s *listSize) items(field *ast.Field, variables map[string]any) int64 {
	most := int64(-1)
	for _, name := range s.slicing {
		if argument := field.Arguments.ForName(name); argument != nil {
			if n, known := itemsIn(argument.Value, variables); known {
				most = max(most, n)
			}
		}
	}
	if most < 0 {
		return s.assumed
	}
	return min(most, mostItems)
}

// itemsIn returns the size that an argument asks for. A null asks for none.
func itemsIn(value *ast.Value, variables map[string]any) (n int64, known bool) {
	switch value.Kind {
	case ast.IntValue:
		n, err := strconv.ParseInt(value.Raw, 10, 64)
		if err != nil {
			n = mostItems // too large for an Int, which a resolver refuses
		}
		return max(n, 0), true
	case ast.ListValue:
		return int64(len(value.Children)), true
	case ast.Variable:
		return itemsOf(variables[value.Raw])
	}
	return 0, false
}

func itemsOf(value any) (n int64, known bool) {
	switch value := value.(type) {
	case int64:
		return max(value, 0), true
	case int:
		return max(int64(value), 0), true
	case []any:
		return int64(len(value)), true
	case string:
		return 1, true // one value for a list is a list of one
	case interface{ Int64() (int64, error) }: // json.Number
		n, err := value.Int64()
		if err != nil {
			n = mostItems
		}
		return max(n, 0), true
	}
	return 0, false
}

// isIntrospection reports whether a root field describes the schema.
func isIntrospection(name string) bool { return strings.HasPrefix(name, "__") && name != "__typename" }
