package graph

import (
	"slices"
	"strings"

	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/formatter"
)

//go:generate go run ./sdlgen schema.graphql

// SDL returns the schema as clients need it: what introspection shows, and the directives on
// it, which introspection cannot carry.
func SDL() string {
	schema := New(nil).Schema() // a copy, which nobody else has
	for _, def := range schema.Types {
		def.Directives = shownDirectives(schema, def.Directives)
		for _, field := range def.Fields {
			field.Directives = shownDirectives(schema, field.Directives)
		}
	}
	var text strings.Builder
	formatter.NewFormatter(&text, formatter.WithIndent("  ")).FormatSchema(schema)
	return text.String()
}

// shownDirectives leaves out the directives that only the generator reads.
func shownDirectives(schema *ast.Schema, all ast.DirectiveList) ast.DirectiveList {
	return slices.DeleteFunc(all, func(d *ast.Directive) bool { return schema.Directives[d.Name] == nil })
}
