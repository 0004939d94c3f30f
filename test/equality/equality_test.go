package equality

import (
	"encoding/json"
	"flag"
	"fmt"
	"math/rand/v2"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"github.com/vektah/gqlparser/v2"
	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/validator/rules"

	"souk/graph"
	"souk/graph/executor/randquery"
	"souk/internal/auth"
	"souk/internal/config"
	"souk/internal/dbtest"
	"souk/test/harness"
	"souk/test/shop"
)

var soak = flag.Duration("soak", 0, "compare random queries for so long, with seeds that differ each time")

// TestRandomQueries writes random queries over the whole schema, with IDs, slugs and
// cursors that exist and that do not, as everybody who can ask. Both servers must have
// the same answer. The sample lasts a few seconds.
func TestRandomQueries(t *testing.T) {
	t.Parallel()
	seed, lasts := uint64(0), 4*time.Second
	if dbtest.Full() {
		lasts = 45 * time.Second
	}
	if *soak > 0 {
		seed, lasts = rand.Uint64(), *soak
	}
	c := newComparison(t)
	var workers sync.WaitGroup
	began := time.Now()
	for n := range c.callers {
		workers.Go(func() {
			r := rand.New(rand.NewPCG(seed, uint64(n)))
			known := newKnown()
			for time.Since(began) < lasts && !t.Failed() {
				c.compareOne(t, &c.callers[n], r, known)
			}
		})
	}
	workers.Wait()
	for _, caller := range c.callers {
		t.Logf("%s: %d queries, %d of them without errors; %d objects with an ID", caller.name, caller.queries, caller.fine, caller.objects)
		require.Greater(t, caller.fine, caller.queries/5, "most queries of %s fail", caller.name)
	}
}

// TestWhatDiffered has the queries whose answers were different once.
func TestWhatDiffered(t *testing.T) {
	t.Parallel()
	c := newComparison(t)
	for name, tc := range map[string]struct{ query, want string }{
		"two kinds of collections, each with an order of its own": {
			`{ collections { nodes { products { edges { node { id } } } } } }`, "",
		},
		"facets of an empty list beside those of others": {
			`{ products { nodes { relatedProducts { facets { availability { count } categories { count } } } } } }`, "",
		},
		"facets of an empty list alone": {
			`{ product(slug: "mystery-rug") { relatedProducts { totalCount facets { categories { count } } } } }`,
			`{"product":{"relatedProducts":{"totalCount":0,"facets":{"categories":[]}}}}`,
		},
	} {
		t.Run(name, func(t *testing.T) {
			difference, answer := c.callers[0].compare(t, randquery.Query{Text: tc.query})
			require.Empty(t, difference)
			if tc.want != "" {
				require.Equal(t, tc.want, read(t, answer).data)
			}
		})
	}
}

// comparison has the two servers, for each of those who ask.
type comparison struct {
	schema  *ast.Schema
	callers []caller
}

type caller struct {
	name         string
	ours, theirs *harness.Server

	queries, fine, objects int
}

func newComparison(t *testing.T) *comparison {
	t.Helper()
	db := shop.New(t)
	people, err := os.ReadFile("../goldens/people.sql")
	require.NoError(t, err)
	harness.Execute(t, db.PrimaryURL, string(people))
	keys := harness.Keys(t)
	start := func(executor config.Executor) *harness.Server {
		return harness.Start(t, db, harness.WithoutLimits, func(s *harness.Setup) {
			s.Config.Executor, s.Config.Signing.Keys = executor, keys
			s.Config.Limits.Directives, s.Config.Limits.Fragments = 1<<30, 1<<30
		})
	}
	ours, theirs := start(config.BreadthFirst), start(config.Gqlgen)
	c := &comparison{schema: graph.NewExecutableSchema(graph.Config{}).Schema()}
	for name, principal := range map[string]auth.Principal{
		"nobody":     {},
		"a customer": {Kind: auth.Customer, ID: shop.Customer},
		"an editor":  {Kind: auth.Staff, Permissions: []auth.Permission{auth.CatalogueRead}},
		"the owner":  {Kind: auth.Staff, Permissions: auth.AllPermissions()},
	} {
		as := ours.As(t, principal)
		c.callers = append(c.callers, caller{name: name, ours: as, theirs: theirs.With(as.Credential())})
	}
	slices.SortFunc(c.callers, func(a, b caller) int { return strings.Compare(a.name, b.name) })
	require.NoError(t, db.WaitReplica(t.Context()))
	return c
}

// compareOne writes a query and compares the answers to it.
func (c *comparison) compareOne(t *testing.T, who *caller, r *rand.Rand, known *known) {
	q := randquery.Write(r, c.schema, randquery.Options{Depth: 7, Fields: 5 + r.IntN(60), Scalar: known.scalar, Give: known.gives})
	document, errs := gqlparser.LoadQueryWithRules(c.schema, q.Text, rules.NewDefaultRules())
	require.Empty(t, errs, q.Text)
	if randquery.Ambiguous(c.schema, document) {
		return
	}
	who.queries++
	difference, answer := who.compare(t, q)
	if answer.Errors == nil {
		who.fine++
	}
	who.objects += known.learn(answer.Raw)
	if difference == "" {
		return
	}
	q = randquery.Shrink(c.schema, q, func(q randquery.Query) bool {
		difference, _ := who.compare(t, q)
		return difference != ""
	})
	difference, _ = who.compare(t, q)
	t.Errorf("%s asks\n%s\n%s %v\n%s", who.name, q.Text, q.Operation, q.Variables, difference)
}

// compare asks both servers, and says how their answers differ; "" if they do not.
func (w *caller) compare(t *testing.T, q randquery.Query) (difference string, answer *harness.Answer) {
	body := map[string]any{"query": q.Text, "variables": q.Variables}
	if q.Operation != "" {
		body["operationName"] = q.Operation
	}
	theirs := read(t, w.theirs.Send(t, nil, body))
	body["extensions"] = map[string]any{"explain": true}
	answer = w.ours.Send(t, nil, body)
	ours := read(t, answer)
	if ours.data != theirs.data {
		return fmt.Sprintf("gqlgen: %s\nours:   %s\ngqlgen: %v\nours:   %v", theirs.data, ours.data, theirs.errors, ours.errors), answer
	}
	if ours.status != theirs.status || !slices.Equal(ours.errors, theirs.errors) {
		return fmt.Sprintf("data: %s\ngqlgen: %d %v\nours:   %d %v", ours.data, theirs.status, theirs.errors, ours.status, ours.errors), answer
	}
	if moments := momentsIn(t, answer); moments > 1 && len(ours.errors) == 0 {
		return fmt.Sprintf("the answer shows %d moments", moments), answer
	}
	return "", answer
}

// momentsIn is how often an answer began to read at a moment.
func momentsIn(t *testing.T, answer *harness.Answer) (moments int) {
	var parts struct {
		Extensions struct {
			Explain struct {
				Statements []struct {
					Name string
					Runs []any
				}
			}
		}
	}
	require.NoError(t, json.Unmarshal(answer.Raw, &parts))
	for _, s := range parts.Extensions.Explain.Statements {
		if s.Name == "BeginMoment" {
			moments += len(s.Runs)
		}
	}
	return moments
}

// compared is what is compared of an answer: not what it cost, nor the ID of the request.
type compared struct {
	status int
	data   string
	errors []string
}

func read(t *testing.T, answer *harness.Answer) compared {
	var parts struct {
		Data   json.RawMessage
		Errors []map[string]any
	}
	require.NoError(t, json.Unmarshal(answer.Raw, &parts), string(answer.Raw))
	got := compared{status: answer.Status, data: string(parts.Data)}
	for _, err := range parts.Errors {
		if extensions, ok := err["extensions"].(map[string]any); ok {
			delete(extensions, "requestId")
		}
		text, marshalErr := json.Marshal(err)
		require.NoError(t, marshalErr)
		got.errors = append(got.errors, string(text))
	}
	slices.Sort(got.errors)
	return got
}
