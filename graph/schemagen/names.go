package main

import (
	"maps"
	"slices"
	"strings"

	"github.com/99designs/gqlgen/codegen/templates"
	"github.com/vektah/gqlparser/v2/ast"
)

// wordsOf splits a name into words and returns them in lower case.
func wordsOf(name string) []string {
	var found []string
	runes := []rune(name)
	start := 0
	for i := 1; i <= len(runes); i++ {
		if i < len(runes) && !begins(runes, i) {
			continue
		}
		found = append(found, strings.ToLower(string(runes[start:i])))
		start = i
	}
	return found
}

// begins reports whether a word begins at letter i of a name.
func begins(name []rune, i int) bool {
	upper := func(i int) bool { return i < len(name) && name[i] >= 'A' && name[i] <= 'Z' }
	return upper(i) && (!upper(i-1) || (i+1 < len(name) && !upper(i+1)))
}

// called returns the words for an object of a type in messages: "an audit event" for
// AuditEvent.
func called(typeName string) string {
	name := strings.Join(wordsOf(typeName), " ")
	if strings.ContainsRune("aeiou", rune(name[0])) {
		return "an " + name
	}
	return "a " + name
}

// constantCase returns a name in the form of enum values: API_KEY for APIKey.
func constantCase(name string) string { return strings.ToUpper(strings.Join(wordsOf(name), "_")) }

// lowerCamel returns a name in the form of field names: apiKey for APIKey.
func lowerCamel(name string) string { return templates.ToGoPrivate(name) }

// argument returns the value of a directive's argument, or a default.
func argument(directive *ast.Directive, name, byDefault string) string {
	if a := directive.Arguments.ForName(name); a != nil && a.Value.Kind != ast.NullValue {
		return a.Value.Raw
	}
	return byDefault
}

// objects returns the schema's own object types without the root types, sorted by
// name.
func objects(schema *ast.Schema) []*ast.Definition {
	return ownTypes(schema, func(def *ast.Definition) bool {
		return def.Kind == ast.Object && def != schema.Query && def != schema.Mutation && def != schema.Subscription
	})
}

// ownTypes returns the schema's own types that fulfil a condition, sorted by name.
func ownTypes(schema *ast.Schema, is func(*ast.Definition) bool) []*ast.Definition {
	var found []*ast.Definition
	for _, name := range slices.Sorted(maps.Keys(schema.Types)) {
		def := schema.Types[name]
		if !def.BuiltIn && !strings.HasPrefix(name, "__") && is(def) {
			found = append(found, def)
		}
	}
	return found
}
