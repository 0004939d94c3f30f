package explain

import (
	"bytes"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"souk/internal/auth"
	"souk/internal/config"
	"souk/internal/explain"
	"souk/test/harness"
	"souk/test/shop"
)

var update = flag.Bool("update", false, "write the goldens anew instead of comparing")

// asked is a request with everything that an answer is asked to say of itself.
var asked = map[string]any{"explain": true}

// answered are the extensions of an answer.
type answered struct {
	Explain json.RawMessage
	Cost    json.RawMessage
}

// ask sends a query with extensions, and returns those of the answer.
func ask(t *testing.T, server *harness.Server, query string, extensions any) answered {
	t.Helper()
	answer := server.Send(t, nil, map[string]any{"query": query, "extensions": extensions})
	require.Empty(t, answer.Errors)
	var got struct{ Extensions answered }
	require.NoError(t, json.Unmarshal(answer.Raw, &got))
	return got.Extensions
}

// explained returns what an answer explains.
func explained(t *testing.T, server *harness.Server, query string) explain.Answer {
	t.Helper()
	var got explain.Answer
	require.NoError(t, json.Unmarshal(ask(t, server, query, asked).Explain, &got))
	return got
}

func read(t *testing.T, file string) string {
	t.Helper()
	text, err := os.ReadFile(file)
	require.NoError(t, err)
	return string(text)
}

func production(s *harness.Setup) { s.Config.Env = config.Production }

var (
	took = regexp.MustCompile(`("(?:ms|readMs)":)[0-9.]+`)
	// text is a statement's, whose first line has its name.
	text = regexp.MustCompile(`"text":"-- name: (\w+)\\n(?:[^"\\]|\\.)*"`)
)

// masked replaces times, and the texts of statements by their beginning.
func masked(t *testing.T, value any) string {
	t.Helper()
	encoded, err := json.Marshal(value)
	require.NoError(t, err)
	encoded = took.ReplaceAll(encoded, []byte(`$1"<ms>"`))
	encoded = text.ReplaceAll(encoded, []byte(`"text":"-- name: $1 …"`))
	var indented bytes.Buffer
	require.NoError(t, json.Indent(&indented, encoded, "", "  "))
	return indented.String() + "\n"
}

// TestGoldens compares what is explained of each query of the folder. Statements of one
// round trip may be sent in any order, and are sorted.
func TestGoldens(t *testing.T) {
	for _, name := range []string{"listing", "memory", "mutation"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			server := harness.Start(t, shop.New(t), harness.AsStaff(auth.CatalogueWrite))
			got := explained(t, server, read(t, name+".graphql"))
			if name != "mutation" {
				slices.SortStableFunc(got.Statements, func(a, b explain.Statement) int { return strings.Compare(a.Name, b.Name) })
			}
			text := masked(t, got)
			require.NotContains(t, text, "Canary", "a parameter")
			if *update {
				require.NoError(t, os.WriteFile(name+".golden.json", []byte(text), 0o644))
			}
			require.Equal(t, read(t, name+".golden.json"), text)
		})
	}
}

// TestTheTextsAreThoseThatRan looks at the statements of one field.
func TestTheTextsAreThoseThatRan(t *testing.T) {
	t.Parallel()
	server := harness.Start(t, shop.New(t))
	raw := ask(t, server, `{ vendor(slug: "canary-loom") { name } }`, asked).Explain
	require.NotContains(t, string(raw), "canary", "a parameter")
	var got explain.Answer
	require.NoError(t, json.Unmarshal(raw, &got))
	require.Len(t, got.Statements, 1)
	require.Equal(t, "VendorBySlug", got.Statements[0].Name)
	require.Regexp(t, `(?s)^-- name: VendorBySlug\nSELECT .*FROM vendors v\sWHERE v.slug = \$1`, got.Statements[0].Text)
}

// TestWhoMaySee asks in production as everybody whom the permission tells apart, and in
// development.
func TestWhoMaySee(t *testing.T) {
	t.Parallel()
	db := shop.New(t)
	const query = `{ products(first: 1) { nodes { title } } }`
	server := harness.Start(t, db, production)
	all := slices.DeleteFunc(auth.AllPermissions(), func(p auth.Permission) bool { return p == auth.DiagnosticsRead })
	only := auth.Permissions{auth.DiagnosticsRead}
	for name, tc := range map[string]struct {
		as  auth.Principal
		may bool
	}{
		"nobody":                       {auth.Principal{}, false},
		"a customer":                   {auth.Principal{Kind: auth.Customer, ID: shop.Customer}, false},
		"staff without the permission": {auth.Principal{Kind: auth.Staff, Permissions: all}, false},
		"a key without the permission": {auth.Principal{Kind: auth.APIKey, Permissions: all}, false},
		"staff with the permission":    {auth.Principal{Kind: auth.Staff, Permissions: only}, true},
		"a key with the permission":    {auth.Principal{Kind: auth.APIKey, Permissions: only}, true},
	} {
		t.Run(name, func(t *testing.T) {
			as := server.As(t, tc.as)
			both := ask(t, as, query, map[string]any{"explain": true, "cost": true})
			require.NotNil(t, both.Cost)
			require.Equal(t, tc.may, both.Explain != nil, string(both.Explain))
			for _, other := range []any{nil, map[string]any{"explain": false}, map[string]any{"explain": "true"}, map[string]any{"cost": true}} {
				require.Nil(t, ask(t, as, query, other).Explain, "it is not asked for: %v", other)
			}
		})
	}
	t.Run("nobody, in development", func(t *testing.T) {
		server := harness.Start(t, db)
		require.NotNil(t, ask(t, server, query, asked).Explain)
		require.Nil(t, ask(t, server, query, nil).Explain)
	})
}

// TestGqlgenHasNoLevels runs a query with gqlgen's own executor.
func TestGqlgenHasNoLevels(t *testing.T) {
	t.Parallel()
	server := harness.Start(t, shop.New(t), func(s *harness.Setup) { s.Config.Executor = config.Gqlgen })
	got := explained(t, server, read(t, "listing.graphql"))
	require.Empty(t, got.Levels)
	require.NotNil(t, got.Levels)
	require.NotEmpty(t, got.Rounds)
	require.NotEmpty(t, got.Statements)
	var runs, keys int
	for _, s := range got.Statements {
		runs += len(s.Runs)
		require.Zero(t, s.Runs[0].Level)
	}
	for _, r := range got.Rounds {
		require.Len(t, r.Batches, 1)
		keys += r.Batches[0].Keys
	}
	require.Equal(t, explain.Totals{
		Rounds: len(got.Rounds), Batches: len(got.Rounds), Keys: keys, Memory: got.Totals.Memory, Statements: runs, ReadMillis: got.Totals.ReadMillis,
	}, got.Totals)
}

// TestALargeOperationIsTruncated has more statements than have room.
func TestALargeOperationIsTruncated(t *testing.T) {
	t.Parallel()
	const fields = 700
	server := harness.Start(t, shop.New(t), harness.WithoutLimits)
	var query strings.Builder
	for i := range fields {
		fmt.Fprintf(&query, "f%d: vendors(first: %d) { nodes { name } } ", i%100+1, i%100+1)
	}
	for i := range fields {
		fmt.Fprintf(&query, "p%d: products(first: 1, filter: {price: {min: \"%d\"}}) { nodes { title } } ", i, i)
	}
	raw := ask(t, server, "{ "+query.String()+"}", asked).Explain
	var got explain.Answer
	require.NoError(t, json.Unmarshal(raw, &got))
	require.True(t, got.Truncated)
	require.LessOrEqual(t, len(raw), 64<<10)
	require.Greater(t, got.Totals.Batches, fields)
	require.Greater(t, got.Totals.Statements, fields)
}
