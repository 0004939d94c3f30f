package executor_test

import (
	"fmt"
	"runtime"
	"sync"
	"testing"
	"time"

	gqlgen "github.com/99designs/gqlgen/graphql/executor"
	"github.com/stretchr/testify/require"

	"souk/graph/executor"
	"souk/graph/executor/internal/zoo"
	"souk/graph/executor/randquery"
)

// TestPlansAreFreedWithTheirDocuments runs many documents that nobody keeps.
func TestPlansAreFreedWithTheirDocuments(t *testing.T) {
	t.Parallel()
	z := zoo.New(executor.Options{})
	exec := gqlgen.New(z.Ours) // which has no cache of documents
	for i := range 50 {
		query := fmt.Sprintf(`{ being { n%d: name ...Of } } fragment Of on Being { id self { id } }`, i)
		_, err := zoo.Answer(t.Context(), exec, zoo.Visit{World: quiet}, randquery.Query{Text: query})
		require.NoError(t, err)
	}
	require.Eventually(t, func() bool {
		runtime.GC()
		operations, _ := z.Ours.Plans()
		return operations == 0
	}, 10*time.Second, time.Millisecond)
}

// TestConditionsHaveTheirOwnPlans runs one document with all values of its conditions.
func TestConditionsHaveTheirOwnPlans(t *testing.T) {
	t.Parallel()
	z := zoo.New(executor.Options{})
	query := `query ($a: Boolean!, $b: Boolean!) { keeper { id @skip(if: $a) ...More @include(if: $b) } } fragment More on Keeper { name: id score @skip(if: $a) }`
	give := map[string]any{"keeper": keeper(1), "Keeper.score": []int{7}}
	for range 2 {
		for conditions, want := range map[[2]bool]string{
			{false, false}: `{"keeper":{"id":"1"}}`,
			{false, true}:  `{"keeper":{"id":"1","name":"1","score":7}}`,
			{true, false}:  `{"keeper":{}}`,
			{true, true}:   `{"keeper":{"name":"1"}}`,
		} {
			variables := map[string]any{"a": conditions[0], "b": conditions[1]}
			response, err := zoo.Answer(t.Context(), z.BreadthFirst, zoo.Visit{World: quiet, Give: give}, randquery.Query{Text: query, Variables: variables})
			require.NoError(t, err)
			require.Equal(t, want, string(response.Data))
		}
	}
	operations, plans := z.Ours.Plans()
	require.Equal(t, []int{1, 4}, []int{operations, plans})
}

// TestFewPlansAreKept runs a document with more conditions than anybody has.
func TestFewPlansAreKept(t *testing.T) {
	t.Parallel()
	z := zoo.New(executor.Options{})
	query, declared := "", ""
	for i := range 6 {
		declared += fmt.Sprintf("$v%d: Boolean! ", i)
		query += fmt.Sprintf("f%d: __typename @include(if: $v%d) ", i, i)
	}
	for bits := range 64 {
		variables, want := map[string]any{}, ""
		for i := range 6 {
			on := bits>>i&1 == 1
			variables[fmt.Sprint("v", i)] = on
			if on {
				want += fmt.Sprintf(`,"f%d":"Query"`, i)
			}
		}
		response, err := zoo.Answer(t.Context(), z.BreadthFirst, zoo.Visit{World: quiet}, randquery.Query{Text: "query (" + declared + ") {" + query + "}", Variables: variables})
		require.NoError(t, err)
		require.Equal(t, "{"+trimComma(want)+"}", string(response.Data))
	}
	operations, plans := z.Ours.Plans()
	require.Equal(t, []int{1, 32}, []int{operations, plans})
}

// TestOnePlanServesManyRuns runs a document many times at once, from its first run on.
func TestOnePlanServesManyRuns(t *testing.T) {
	t.Parallel()
	z := zoo.New(executor.Options{})
	q := randquery.Query{Text: `{ beings(first: 3) { __typename id self { id } ... on Keeper { leaves { string mood } things { __typename ... on Rock { weight } } } ... on Lion { cubs { label } } } }`}
	want, err := zoo.Answer(t.Context(), z.Gqlgen, zoo.Visit{World: quiet}, q)
	require.NoError(t, err)
	var runs sync.WaitGroup
	for range 16 {
		runs.Go(func() {
			for range 20 {
				response, err := zoo.Answer(t.Context(), z.BreadthFirst, zoo.Visit{World: quiet}, q)
				if err != nil || string(response.Data) != string(want.Data) {
					t.Errorf("%v: %s", err, response.Data)
				}
			}
		})
	}
	runs.Wait()
}

func trimComma(s string) string {
	if s == "" {
		return s
	}
	return s[1:]
}
