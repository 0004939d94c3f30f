package door

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"souk/internal/auth"
	"souk/internal/config"
	"souk/internal/consistency"
	"souk/internal/dbtest"
	"souk/internal/door"
	"souk/test/catalogue"
	"souk/test/harness"
	"souk/test/shop"
)

// extensions are those of an answer.
type extensions struct {
	Cost          *struct{ Requested, Actual, Maximum int64 }
	ErrorsLeftOut int
	Consistency   struct{ Token string }
}

func extensionsOf(t *testing.T, answer *harness.Answer) extensions {
	t.Helper()
	var body struct{ Extensions extensions }
	require.NoError(t, json.Unmarshal(answer.Raw, &body))
	return body.Extensions
}

// stopped requires that an answer says only that its operation was stopped, and returns
// what was asked.
func stopped(t *testing.T, answer *harness.Answer, limit int64) (asked float64) {
	t.Helper()
	require.Equal(t, http.StatusOK, answer.Status)
	require.Len(t, answer.Errors, 1, "%.500s", answer.Raw)
	said := answer.Errors[0]
	require.Equal(t, "ANSWER_TOO_LARGE", said.Extensions["code"], said.Message)
	require.EqualValues(t, limit, said.Extensions["limit"])
	asked, _ = said.Extensions["asked"].(float64)
	require.Greater(t, asked, float64(limit))
	require.Contains(t, said.Message, fmt.Sprintf("the limit is %d", limit))
	require.Nil(t, answer.Data)
	require.Contains(t, string(answer.Raw), `"data":null`, "it ran")
	return asked
}

// withAttributes gives each product a hundred attributes, where five are assumed.
func withAttributes(t *testing.T, db *dbtest.DB) {
	t.Helper()
	harness.Execute(t, db.PrimaryURL, `UPDATE products SET attributes =
(SELECT jsonb_agg(jsonb_build_object('name', 'name ' || i, 'value', 'value')) FROM generate_series(1, 100) AS i)`)
	require.NoError(t, db.WaitReplica(t.Context()))
}

// TestAnOperationIsStoppedAtItsLimits asks for what looks small and is not.
func TestAnOperationIsStoppedAtItsLimits(t *testing.T) {
	db := catalogue.New(t, 1000)
	withAttributes(t, db)
	harness.Execute(t, db.PrimaryURL, `UPDATE collections SET filter = jsonb_build_object('options', jsonb_build_array(jsonb_build_object(
  'name', 'Color', 'values', (SELECT jsonb_agg('value ' || i) FROM generate_series(1, 100) AS i))))`)
	require.NoError(t, db.WaitReplica(t.Context()))
	const attributes = `{ products(first: 50) { nodes { attributes { name } vendor { name } } } }`
	long := strings.Repeat("n", 200)
	for name, tc := range map[string]struct {
		limit func(*door.Limits) *int64
		most  int64
		query string
		asked float64        // at most
		ran   map[string]int // the statements
	}{
		"by objects of a list that is longer than assumed": {
			func(l *door.Limits) *int64 { return &l.Objects }, 500, attributes, 501 + 50*100, nil, // vendors are read at the same time
		},
		"by objects of a page": {
			func(l *door.Limits) *int64 { return &l.Objects }, 49,
			`{ products(first: 50) { nodes { id vendor { name } variants(first: 2) { nodes { id } } } } }`, 51,
			map[string]int{"ListProducts": 1},
		},
		"by cost": {
			func(l *door.Limits) *int64 { return &l.Cost }, 1000, attributes, 1000 + 50*111, nil,
		},
		"by bytes of texts": {
			func(l *door.Limits) *int64 { return &l.AnswerBytes }, 64 << 10,
			`{ products(first: 100) { nodes { ` + numbered(50, "a#: description ") + `vendor { name } } } }`, 80 << 10, nil,
		},
		"by bytes of JSON": {
			func(l *door.Limits) *int64 { return &l.AnswerBytes }, 64 << 10,
			`{ collections(first: 20) { nodes { ` + numbered(50, "a#: filter ") + ` products(first: 1) { nodes { id } } } } }`, 80 << 10, nil,
		},
		"by bytes of names": {
			func(l *door.Limits) *int64 { return &l.AnswerBytes }, 64 << 10,
			`{ products(first: 100) { nodes { ` + numbered(50, long+"#: id ") + ` vendor { name } } } }`, 4 << 20,
			map[string]int{"ListProducts": 1},
		},
		"by bytes of the names of types": {
			func(l *door.Limits) *int64 { return &l.AnswerBytes }, 64 << 10,
			`{ products(first: 100) { nodes { ` + numbered(50, long+"#: __typename ") + ` vendor { name } } } }`, 4 << 20,
			map[string]int{"ListProducts": 1},
		},
		"by bytes of the names of objects": {
			func(l *door.Limits) *int64 { return &l.AnswerBytes }, 64 << 10,
			`{ products(first: 100) { nodes { ` + numbered(50, long+"#: priceRange { min { amount } } ") + ` vendor { name } } } }`, 4 << 20,
			map[string]int{"ListProducts": 1},
		},
	} {
		t.Run(name, func(t *testing.T) {
			server := harness.Start(t, db, func(s *harness.Setup) { *tc.limit(&s.Config.Limits) = tc.most })
			statements := harness.CountStatements(t, db)
			var answer *harness.Answer
			ran := statements.During(t, func() { answer = server.Do(t, tc.query, nil) })
			require.LessOrEqual(t, stopped(t, answer, tc.most), tc.asked)
			if tc.ran != nil {
				require.Equal(t, tc.ran, ran, "statements run after the stop")
			}
			require.NotContains(t, server.Log.String(), "level=ERROR")

			generous := harness.Start(t, db)
			require.Greater(t, len(generous.Query(t, tc.query, nil).Raw), 1000, "with the limits of every day it is answered")
		})
	}
}

// TestErrorsOfManyFieldsAreCounted reads what is for staff, as nobody.
func TestErrorsOfManyFieldsAreCounted(t *testing.T) {
	server := harness.Start(t, catalogue.New(t, 1000))
	guarded := func(aliases int) string {
		return `{ products(first: 100, filter: {availability: [IN_STOCK]}) { nodes { variants(first: 1) { nodes { sku ` +
			numbered(aliases, "a#: cost { amount } ") + `} } } } }`
	}
	page := server.Do(t, guarded(1), nil)
	require.Equal(t, http.StatusOK, page.Status)
	nodes, _ := page.At("products", "nodes").([]any)
	require.Len(t, nodes, 100)
	require.NotEmpty(t, page.At("products", "nodes", 99, "variants", "nodes", 0, "sku"))
	require.Len(t, page.Errors, 10)
	places := map[string]bool{}
	for _, e := range page.Errors {
		require.Equal(t, "UNAUTHENTICATED", e.Extensions["code"])
		places[harness.Dotted(e.Path)] = true
	}
	require.Len(t, places, 10, "each error has its place")
	require.Equal(t, 90, extensionsOf(t, page).ErrorsLeftOut)

	few := server.Do(t, `{ products(first: 5, filter: {availability: [IN_STOCK]}) { nodes { variants(first: 1) { nodes { cost { amount } } } } } }`, nil)
	require.Len(t, few.Errors, 5)
	require.NotContains(t, string(few.Raw), "errorsLeftOut")

	require.Equal(t, 10, len(server.Do(t, guarded(10), nil).Errors), "a thousand are counted, and listed to the tenth")
	require.Equal(t, float64(1001), stopped(t, server.Do(t, guarded(11), nil), 1000))
	require.Equal(t, float64(1001), stopped(t, server.Do(t, guarded(50), nil), 1000))
}

// TestAStoppedMutationKeepsItsToken stops a mutation after its change: the client must be
// able to read what it does not know.
func TestAStoppedMutationKeepsItsToken(t *testing.T) {
	db := shop.New(t)
	server := harness.Start(t, db, harness.AsStaff(auth.CatalogueRead, auth.CatalogueWrite), func(s *harness.Setup) { s.Config.Limits.Objects = 4 })
	change := func(alias, id, title string) string {
		return alias + `: productUpdate(input: {id: "` + id + `", title: "` + title + `"}) { product { title variants(first: 20) { nodes { id product { id } } } } userErrors { message } } `
	}
	answer := server.Do(t, `mutation { `+change("first", shop.ShirtID, "Saved")+change("second", shop.DraftID, "Never")+`}`, nil)
	stopped(t, answer, 4)
	token := extensionsOf(t, answer).Consistency.Token
	require.NotEmpty(t, token)
	require.Equal(t, token, answer.Header.Get(consistency.Header))

	title := func(id string) any {
		read := server.Send(t, http.Header{consistency.Header: {token}}, map[string]any{"query": `{ node(id: "` + id + `") { ... on Product { title } } }`})
		require.Empty(t, read.Errors)
		return read.At("node", "title")
	}
	require.Equal(t, "Saved", title(shop.ShirtID))
	require.NotEqual(t, "Never", title(shop.DraftID), "a mutation after the stop does not begin")
}

// TestCostIsToldToThoseWhoAsk sends a query with and without asking.
func TestCostIsToldToThoseWhoAsk(t *testing.T) {
	db := shop.New(t)
	const query = `{ products(first: 2) { nodes { id } } }`
	for env, always := range map[config.Env]bool{config.Development: true, config.Production: false} {
		server := harness.Start(t, db, func(s *harness.Setup) { s.Config.Env = env })
		for asked, told := range map[string]bool{
			`{}`: always, `{"cost": false}`: always, `{"cost": "true"}`: always, `{"cost": null}`: always, `{"Cost": true}`: always,
			`{"cost": true}`: true,
		} {
			t.Run(fmt.Sprint(env, " ", asked), func(t *testing.T) {
				posted := server.Send(t, nil, map[string]any{"query": query, "extensions": json.RawMessage(asked)})
				_, got := server.Get(t, server.URL+"/graphql?query="+url.QueryEscape(query)+"&extensions="+url.QueryEscape(asked))
				require.Equal(t, told, strings.Contains(got, `"cost"`))
				cost := extensionsOf(t, posted).Cost
				require.Equal(t, told, cost != nil)
				if told {
					require.Positive(t, cost.Requested)
					require.Positive(t, cost.Actual)
					require.Equal(t, door.DefaultLimits().Cost, cost.Maximum)
				}
			})
		}
	}
}

// TestNoQueryCostsMoreThanItsEstimate runs the queries of the goldens. None of them has a
// list that is longer than assumed.
func TestNoQueryCostsMoreThanItsEstimate(t *testing.T) {
	const folder = "../goldens"
	people, err := os.ReadFile(filepath.Join(folder, "people.sql"))
	require.NoError(t, err)
	db := shop.New(t)
	harness.Execute(t, db.PrimaryURL, string(people))
	require.NoError(t, db.WaitReplica(t.Context()))
	server := harness.Start(t, db)
	files, err := filepath.Glob(filepath.Join(folder, "*.graphql"))
	require.NoError(t, err)
	ran := 0
	for _, file := range files {
		text, err := os.ReadFile(file)
		require.NoError(t, err)
		query := string(text)
		if strings.Contains("\n"+query, "\nmutation") {
			continue
		}
		ran++
		t.Run(filepath.Base(file), func(t *testing.T) {
			var variables map[string]any
			if values, err := os.ReadFile(strings.TrimSuffix(file, ".graphql") + ".json"); err == nil {
				require.NoError(t, json.Unmarshal(values, &variables))
			}
			cost := extensionsOf(t, server.As(t, asker(query)).Query(t, query, variables)).Cost
			require.Positive(t, cost.Actual)
			require.LessOrEqual(t, cost.Actual, cost.Requested)
			show("%-40s %6d requested %6d actual", filepath.Base(file), cost.Requested, cost.Actual)
		})
	}
	require.Greater(t, ran, 15)
}

// asker is who asks, by the first line of a golden's query.
func asker(query string) auth.Principal {
	line, _, _ := strings.Cut(query, "\n")
	who, found := strings.CutPrefix(line, "# as: ")
	switch {
	case !found:
		return auth.Principal{}
	case who == "customer":
		return auth.Principal{Kind: auth.Customer, ID: shop.Customer}
	}
	p := auth.Principal{Kind: auth.Staff}
	for _, name := range strings.Fields(who) {
		p.Permissions = append(p.Permissions, auth.Permission(name))
	}
	return p
}
