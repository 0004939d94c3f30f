package paging

import (
	"strings"
	"testing"

	"souk/test/harness"
)

// connectionField is a field that pages, as the schema describes it.
type connectionField struct {
	name string // "Product.reviews"
	// orders are the values of orderBy's field, when it has that argument.
	orders []string
}

const pagingIntrospection = `{ __schema { types { kind name
  fields { name type { ...named } args { name type { ...named } } }
  inputFields { name type { ...named } }
  enumValues { name } } } }
fragment named on __Type { name ofType { name ofType { name ofType { name } } } }`

// connectionFields finds every field whose type has pageInfo.
func connectionFields(t *testing.T, server *harness.Server) []connectionField {
	t.Helper()
	types := map[string]any{}
	for _, described := range listOf(server.Query(t, pagingIntrospection, nil).At("__schema", "types")) {
		types[harness.At(described, "name").(string)] = described
	}
	paged := func(name string) bool {
		for _, f := range listOf(harness.At(types[name], "fields")) {
			if harness.At(f, "name") == "pageInfo" {
				return true
			}
		}
		return false
	}
	var fields []connectionField
	for on, described := range types {
		for _, f := range listOf(harness.At(described, "fields")) {
			if !paged(innermost(harness.At(f, "type"))) {
				continue
			}
			found := connectionField{name: on + "." + harness.At(f, "name").(string)}
			for _, arg := range listOf(harness.At(f, "args")) {
				if harness.At(arg, "name") == "orderBy" {
					found.orders = orderFields(types, innermost(harness.At(arg, "type")))
				}
			}
			fields = append(fields, found)
		}
	}
	return fields
}

// orderFields returns the values of an order input's `field`.
func orderFields(types map[string]any, input string) []string {
	var values []string
	for _, f := range listOf(harness.At(types[input], "inputFields")) {
		if harness.At(f, "name") != "field" {
			continue
		}
		for _, v := range listOf(harness.At(types[innermost(harness.At(f, "type"))], "enumValues")) {
			values = append(values, harness.At(v, "name").(string))
		}
	}
	return values
}

func innermost(described any) string {
	for {
		if name, ok := harness.At(described, "name").(string); ok {
			return name
		}
		described = harness.At(described, "ofType")
	}
}

func listOf(value any) []any {
	list, _ := value.([]any)
	return list
}

func cutField(name string) (on, field string) {
	on, field, _ = strings.Cut(name, ".")
	return on, field
}
