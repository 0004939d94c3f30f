package executor_test

import (
	"flag"
	"fmt"
	"math/rand/v2"
	"runtime"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"github.com/vektah/gqlparser/v2"
	"github.com/vektah/gqlparser/v2/validator/rules"

	"souk/graph/executor"
	"souk/graph/executor/internal/zoo"
	"souk/graph/executor/internal/zoo/model"
	"souk/graph/executor/randquery"
	"souk/internal/dbtest"
)

var (
	soak = flag.Duration("soak", 0, "compare random queries for so long, with seeds that differ each time")
	seed = flag.Uint64("seed", 0, "compare only the random query of this seed")
)

// TestRandomQueriesHaveGqlgensAnswers writes random queries, runs them with both executors,
// and compares. The queries are the same each time; the sample has the first ones.
func TestRandomQueriesHaveGqlgensAnswers(t *testing.T) {
	t.Parallel()
	f := newFuzz()
	if *seed != 0 {
		require.Empty(t, f.compare(t, *seed))
		return
	}
	limit, lasts := uint64(3000), time.Minute
	next := atomic.Uint64{}
	if dbtest.Full() {
		limit = 40_000
	}
	if *soak > 0 {
		limit, lasts = 1<<62, *soak
		next.Store(rand.Uint64() >> 2)
	}
	began, start := time.Now(), next.Load()
	var workers sync.WaitGroup
	for range runtime.GOMAXPROCS(0) {
		workers.Go(func() {
			for n := next.Add(1); n-start <= limit && time.Since(began) < lasts && !t.Failed(); n = next.Add(1) {
				if difference := f.compare(t, n); difference != "" {
					t.Errorf("seed %d: %s", n, difference)
				}
			}
		})
	}
	workers.Wait()
	t.Logf("%d queries, run with %d fates, of which %d had errors; %d more are ambiguous", f.queries.Load(), f.runs.Load(), f.failed.Load(), f.ambiguous.Load())
	if !t.Failed() {
		require.Greater(t, f.failed.Load(), f.runs.Load()/10, "what is compared has too few errors")
		require.Greater(t, f.runs.Load()-f.failed.Load(), f.runs.Load()/10, "what is compared has too many errors")
	}
}

type fuzz struct {
	zoo                              *zoo.Zoo
	worlds                           []*model.World
	queries, runs, failed, ambiguous atomic.Int64
}

func newFuzz() *fuzz {
	f := &fuzz{zoo: zoo.New(executor.Options{})}
	for i, odds := range []model.Odds{
		{},
		{Null: 150},
		{Error: 150},
		{Panic: 80, Stranger: 50},
		{Whole: 200},
		{NilPointer: 150, Error: 10},
		{Null: 50, Error: 50, Panic: 20, Whole: 50},
	} {
		f.worlds = append(f.worlds, model.NewWorld(uint64(i), odds))
	}
	return f
}

// compare writes the query of a seed, runs it in two worlds, and returns how the answers
// differ, with a smaller query for which they do too; "" if they do not.
func (f *fuzz) compare(t *testing.T, seed uint64) string {
	r := rand.New(rand.NewPCG(seed, 0))
	q := randquery.Write(r, f.zoo.Schema, randquery.Options{Mutation: r.IntN(6) == 0, Fields: 5 + r.IntN(40), Scalar: zoo.Scalar})
	document, errs := gqlparser.LoadQueryWithRules(f.zoo.Schema, q.Text, rules.NewDefaultRules())
	require.Empty(t, errs, q.Text)
	if randquery.Ambiguous(f.zoo.Schema, document) {
		f.ambiguous.Add(1)
		return ""
	}
	f.queries.Add(1)
	for range 2 {
		visit := zoo.Visit{World: f.worlds[r.IntN(len(f.worlds))], Seed: r.Uint64()}
		f.runs.Add(1)
		difference, failed := f.zoo.Compare(t.Context(), visit, q)
		if failed {
			f.failed.Add(1)
		}
		if difference != "" {
			q = randquery.Shrink(f.zoo.Schema, q, func(q randquery.Query) bool {
				difference, _ := f.zoo.Compare(t.Context(), visit, q)
				return difference != ""
			})
			difference, _ = f.zoo.Compare(t.Context(), visit, q)
			return fmt.Sprintf("%+v\n%s\n%s %v\n%s", visit.World.Odds, q.Text, q.Operation, q.Variables, difference)
		}
		for name, value := range q.Variables { // another plan
			if on, ok := value.(bool); ok {
				q.Variables[name] = !on
			}
		}
	}
	return ""
}
