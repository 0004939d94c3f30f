package executor_test

import (
	"context"
	"testing"

	"github.com/99designs/gqlgen/graphql"
	"github.com/stretchr/testify/require"
	"github.com/vektah/gqlparser/v2"
	"github.com/vektah/gqlparser/v2/validator/rules"

	"souk/graph/executor"
	"souk/graph/executor/internal/zoo"
)

// TestSelected finds the fields of a type wherever an operation has them, and by whichever
// of its interfaces, and no others.
func TestSelected(t *testing.T) {
	t.Parallel()
	schema := zoo.New(executor.Options{}).Ours
	document, errs := gqlparser.LoadQueryWithRules(schema.Schema(), `
query Visit($yes: Boolean!, $no: Boolean!) {
  keeper { id ...Deep score @include(if: $no) }
  being { id ... on Lion { alias: mood } ... @skip(if: $yes) { self { id } } }
}
query Other { rock { weight } }
fragment Deep on Keeper { lion { label } lion @include(if: $yes) { ...Again } }
fragment Again on Pet { keeper { leaves { string } } }`, rules.NewDefaultRules())
	require.Empty(t, errs)
	of := func(operation int, variables map[string]any) *executor.Selected {
		return schema.Selected(&graphql.OperationContext{Doc: document, Operation: document.Operations[operation], Variables: variables})
	}
	some := map[string]any{"yes": true, "no": false}
	selected := of(0, some)
	require.Same(t, selected, of(0, some))
	require.True(t, of(0, map[string]any{"yes": false, "no": true}).Has("Keeper", "score"))
	require.True(t, of(1, nil).Has("Rock", "weight"))
	for coordinate, want := range map[[2]string]bool{
		{"Query", "keeper"}:  true,
		{"Keeper", "id"}:     true,
		{"Keeper", "lion"}:   true,  // by a fragment
		{"Lion", "label"}:    true,  // below it
		{"Lion", "mood"}:     true,  // under an alias
		{"Fish", "id"}:       true,  // by an interface
		{"Fish", "keeper"}:   true,  // by one that a fragment is about, though no fish can be there
		{"Leaves", "string"}: true,  // below that
		{"Fish", "mood"}:     false, // of another type with this interface
		{"Rock", "weight"}:   false, // by another operation
		{"Keeper", "score"}:  false, // left out
		{"Lion", "self"}:     false, // within what is left out
		{"Keeper", "alias"}:  false,
		{"Ghost", "id"}:      false,
	} {
		require.Equal(t, want, selected.Has(coordinate[0], coordinate[1]), "%v", coordinate)
	}
}

// TestBelow asks for what is selected of what a field returns, from resolvers at several places.
func TestBelow(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		query string
		want  bool
	}{
		"at the place itself":                {`{ keeper { score lion { label } } }`, true},
		"nowhere":                            {`{ keeper { score lion { id } } }`, false},
		"at another place of the type":       {`{ keeper { score } keepers { lion { label } } }`, true},
		"of another type":                    {`{ keeper { score } lion { self { label } } }`, false},
		"in fragments":                       {`{ keeper { score ...A } } fragment A on Being { ... on Keeper { lion { ...B } } } fragment B on Lion { label }`, true},
		"one fragment at two places":         {`{ lion { ...B } keeper { score lion { ...B } } } fragment B on Lion { label }`, true},
		"below a fragment that was seen":     {`{ being { ...A } keeper { score self { ...A } } } fragment A on Keeper { lion { label } }`, true},
		"left out":                           {`{ keeper { score lion @skip(if: true) { label } } }`, false},
		"in two parts of one field":          {`{ keeper { score lion { id } } keeper { lion { label } } }`, true},
		"under an alias, with another alias": {`{ keeper { score a: lion { b: label } } }`, true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var got []bool
			ask := func(ctx context.Context) { got = append(got, executor.Below(ctx, "lion", "label")) }
			run(t, t.Context(), executor.Options{}, map[string]any{"keeper": ask}, tc.query)
			require.Equal(t, []bool{tc.want}, got)
		})
	}
	require.True(t, executor.Below(t.Context(), "lion", "label"), "nobody knows")
}
