package nplusone

import (
	"sort"
	"strings"
	"testing"

	"souk/test/harness"
)

func introspect(t *testing.T, server *harness.Server) map[string]schemaType {
	const query = `{ __schema { types {
		kind name possibleTypes { name }
		fields { name args { name type { kind name } } type { ...named } }
	} } }
	fragment named on __Type { kind name ofType { kind name ofType { kind name ofType { kind name } } } }`
	types := map[string]schemaType{}
	all, _ := server.Query(t, query, nil).At("__schema", "types").([]any)
	for _, item := range all {
		name := harness.At(item, "name").(string)
		if strings.HasPrefix(name, "__") {
			continue
		}
		typ := schemaType{kind: harness.At(item, "kind").(string)}
		possible, _ := harness.At(item, "possibleTypes").([]any)
		for _, p := range possible {
			typ.possible = append(typ.possible, harness.At(p, "name").(string))
		}
		sort.Strings(typ.possible)
		fields, _ := harness.At(item, "fields").([]any)
		for _, f := range fields {
			field := schemaField{name: harness.At(f, "name").(string), args: map[string]string{}}
			args, _ := harness.At(f, "args").([]any)
			for _, a := range args {
				field.args[harness.At(a, "name").(string)] = harness.At(a, "type", "kind").(string)
			}
			for at := harness.At(f, "type"); at != nil; at = harness.At(at, "ofType") {
				field.list = field.list || harness.At(at, "kind") == "LIST"
				if n, ok := harness.At(at, "name").(string); ok {
					field.returns = n
				}
			}
			typ.fields = append(typ.fields, field)
		}
		types[name] = typ
	}
	return types
}
