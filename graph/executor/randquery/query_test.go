package randquery_test

import (
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/require"
	"github.com/vektah/gqlparser/v2"
	"github.com/vektah/gqlparser/v2/validator/rules"

	"souk/graph/executor"
	"souk/graph/executor/internal/zoo"
	"souk/graph/executor/randquery"
)

func TestValid(t *testing.T) {
	schema := zoo.New(executor.Options{}).Schema
	for seed := range uint64(3000) {
		q := randquery.Write(rand.New(rand.NewPCG(seed, 0)), schema, randquery.Options{Mutation: seed%5 == 0})
		_, errs := gqlparser.LoadQueryWithRules(schema, q.Text, rules.NewDefaultRules())
		require.Empty(t, errs, q.Text)
		if seed < 5 {
			t.Log(q.Text, q.Variables)
		}
	}
}
