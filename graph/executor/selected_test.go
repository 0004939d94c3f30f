package executor_test

import (
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
