package goldens

import (
	"bytes"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"github.com/vektah/gqlparser/v2"
	"github.com/vektah/gqlparser/v2/ast"

	"souk/graph"
	"souk/internal/auth"
	"souk/internal/config"
	"souk/internal/dbtest"
	"souk/test/harness"
	"souk/test/shop"
)

var update = flag.Bool("update", false, "write the goldens anew instead of comparing")

// wholeGoldenShop is the goldens' shop with what only some may see.
func wholeGoldenShop(t testing.TB) *dbtest.DB {
	t.Helper()
	db := shop.New(t)
	people, err := os.ReadFile("people.sql")
	require.NoError(t, err)
	harness.Execute(t, db.PrimaryURL, string(people))
	require.NoError(t, db.WaitReplica(t.Context()))
	return db
}

// golden is what a query answers and which statements it takes.
type golden struct {
	Statements map[string]int  `json:"statements"`
	Answer     json.RawMessage `json:"answer"`
}

// TestGoldens runs each query of the folder, with the variables of the file
// beside it, and compares the whole answer, cursors included, and the statements
// by Postgres' count. -update writes what it got.
//
// A first line such as "# as: CATALOGUE_WRITE" or "# as: customer" says who asks;
// without one it is anonymous. A mutation has a shop of its own, and so does an
// asker who can list the staff and would see who else asks. What differs from run
// to run (new IDs, the time) is masked.
func TestGoldens(t *testing.T) {
	db := wholeGoldenShop(t)
	servers := map[string]*harness.Server{}
	for _, file := range goldenQueries(t) {
		name := strings.TrimSuffix(file, ".graphql")
		query, variables := readQuery(t, name)
		who := asker(query)
		alone := strings.Contains("\n"+query, "\nmutation") || strings.Contains(who, string(auth.StaffManage))
		if servers[who] == nil && !alone {
			servers[who] = harness.Start(t, db, as(who)...)
		}
		t.Run(filepath.Base(name), func(t *testing.T) {
			shop, server := db, servers[who]
			if alone {
				t.Parallel()
				shop = wholeGoldenShop(t)
				server = harness.Start(t, shop, as(who)...)
			}
			text := encodeGolden(t, runGolden(t, server, shop, query, variables))
			if *update {
				require.NoError(t, os.WriteFile(name+".golden.json", text, 0o644))
			}
			want, err := os.ReadFile(name + ".golden.json")
			require.NoError(t, err, "run the test with -update to make it")
			require.Equal(t, string(want), string(text))
		})
	}
}

// TestGqlgenHasTheGoldens runs each query with gqlgen's executor: its answer is the same
// but for the cost. The sample has a mutation and a query.
func TestGqlgenHasTheGoldens(t *testing.T) {
	t.Parallel()
	kind := func(file string) string {
		query, _ := readQuery(t, strings.TrimSuffix(file, ".graphql"))
		return fmt.Sprint(strings.Contains("\n"+query, "\nmutation"))
	}
	for _, file := range dbtest.Sample(goldenQueries(t), dbtest.FirstOfEach(1, kind)) {
		name := strings.TrimSuffix(file, ".graphql")
		t.Run(filepath.Base(name), func(t *testing.T) {
			t.Parallel()
			query, variables := readQuery(t, name)
			shop := wholeGoldenShop(t)
			server := harness.Start(t, shop, append(as(asker(query)), func(s *harness.Setup) { s.Config.Executor = config.Gqlgen })...)
			got := runGolden(t, server, shop, query, variables)
			var want golden
			text, err := os.ReadFile(name + ".golden.json")
			require.NoError(t, err)
			require.NoError(t, json.Unmarshal(text, &want))
			require.Equal(t, dataOf(t, want.Answer), dataOf(t, got.Answer))
		})
	}
}

// dataOf returns the data of an answer, in its order.
func dataOf(t *testing.T, answer json.RawMessage) string {
	t.Helper()
	var parts struct{ Data json.RawMessage }
	require.NoError(t, json.Unmarshal(answer, &parts))
	var text bytes.Buffer
	require.NoError(t, json.Compact(&text, parts.Data))
	return text.String()
}

func goldenQueries(t testing.TB) []string {
	t.Helper()
	files, err := filepath.Glob("*.graphql")
	require.NoError(t, err)
	require.NotEmpty(t, files)
	return files
}

func readQuery(t testing.TB, name string) (query string, variables map[string]any) {
	t.Helper()
	text, err := os.ReadFile(name + ".graphql")
	require.NoError(t, err)
	values, err := os.ReadFile(name + ".json")
	if !os.IsNotExist(err) {
		require.NoError(t, err)
		require.NoError(t, json.Unmarshal(values, &variables))
	}
	return string(text), variables
}

// encodeGolden keeps the answer's own order of keys: it is part of the contract.
func encodeGolden(t testing.TB, g golden) []byte {
	t.Helper()
	var compact, text bytes.Buffer
	encoder := json.NewEncoder(&compact)
	encoder.SetEscapeHTML(false)
	require.NoError(t, encoder.Encode(g))
	require.NoError(t, json.Indent(&text, compact.Bytes(), "", "  "))
	return text.Bytes()
}

// TestGoldensCoverTheSchema fails for a field that no golden selects.
func TestGoldensCoverTheSchema(t *testing.T) {
	schema := graph.NewExecutableSchema(graph.Config{}).Schema()
	missing := map[string]bool{}
	for name, def := range schema.Types {
		if def.BuiltIn || (def.Kind != ast.Object && def.Kind != ast.Interface) {
			continue
		}
		for _, field := range def.Fields {
			if !strings.HasPrefix(field.Name, "__") {
				missing[name+"."+field.Name] = true
			}
		}
	}
	for _, file := range goldenQueries(t) {
		query, _ := readQuery(t, strings.TrimSuffix(file, ".graphql"))
		document, err := gqlparser.LoadQueryWithRules(schema, query, nil)
		require.Nil(t, err, file)
		for _, operation := range document.Operations {
			tick(missing, operation.SelectionSet)
		}
	}
	require.Empty(t, missing, "select these fields in a golden")
}

// tick takes the fields that the selection has off the list.
func tick(missing map[string]bool, selection ast.SelectionSet) {
	for _, item := range selection {
		switch item := item.(type) {
		case *ast.Field:
			delete(missing, item.ObjectDefinition.Name+"."+item.Name)
			tick(missing, item.SelectionSet)
		case *ast.InlineFragment:
			tick(missing, item.SelectionSet)
		case *ast.FragmentSpread:
			tick(missing, item.Definition.SelectionSet)
		}
	}
}
