package executorgen_test

import (
	"strings"
	"testing"

	"github.com/99designs/gqlgen/codegen"
	"github.com/99designs/gqlgen/codegen/config"
	"github.com/stretchr/testify/require"
	"github.com/vektah/gqlparser/v2/ast"

	"souk/graph/executorgen"
)

const odd = "souk/graph/executorgen/testdata/odd"

// TestUnsupported has a schema of what the plugin does not support. It must say each
// thing, and write nothing.
func TestUnsupported(t *testing.T) {
	cfg := config.DefaultConfig()
	cfg.Exec.Filename, cfg.Exec.Package = t.TempDir()+"/generated.go", "generated"
	cfg.Models = config.TypeMap{
		"Odd": {Model: config.StringList{odd + ".Odd"}, Fields: map[string]config.TypeMapField{
			"single":   {Resolver: true},
			"name":     {AutoBindGetterHaser: new(true)},
			"directed": {Resolver: true, Batch: new(true)},
		}},
		"Slice":    {Model: config.StringList{odd + ".Slice"}, Fields: map[string]config.TypeMapField{"first": {Resolver: true, Batch: new(true)}}},
		"Query":    {Model: config.StringList{odd + ".Query"}},
		"Anything": {Model: config.StringList{"map[string]any"}},
	}
	cfg.Directives = map[string]config.DirectiveConfig{"skip": {SkipRuntime: true}, "include": {SkipRuntime: true}} // as gqlgen.yml has it by default
	cfg.Sources = []*ast.Source{{Name: "odd.graphqls", Input: `
		directive @checked on FIELD_DEFINITION
		directive @asked on FIELD | QUERY
		type Query { odd: Odd slice: Slice anything: Anything self: Query! }
		type Odd {
			name: String
			perhaps: String
			pointer: Odd
			single: String
			directed: String @checked
		}
		type Slice { first: String }
		type Anything { key: String }
	`}}
	require.NoError(t, cfg.LoadSchema())
	require.NoError(t, cfg.Init())
	data, err := codegen.BuildData(cfg)
	require.NoError(t, err)
	cfg.UseFunctionSyntaxForExecutionContext = true

	err = executorgen.Plugin{}.GenerateCode(data)
	require.Error(t, err)
	require.NoFileExists(t, cfg.Exec.Dir()+"/executor.generated.go")
	require.ElementsMatch(t, []string{
		"use_function_syntax_for_execution_context is not supported",
		"@asked: a directive on QUERY is not supported",
		"@asked: a directive on FIELD is not supported",
		"Odd.name: a Has method is not supported",
		"Odd.perhaps: a method that returns a bool is not supported",
		"**" + odd + ".Odd: a pointer to a pointer is not supported",
		"Odd.single: a resolver of one parent at a time (set batch: true) is not supported",
		"Odd.directed: a directive with code is not supported",
		"Slice.first: a resolver of parents that are no structs is not supported",
		"Anything.key: a map is not supported",
		"Query.self: a root type is not supported",
	}, strings.Split(err.Error(), "\n"))
}
