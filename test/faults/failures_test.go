package faults

import (
	"encoding/base64"
	"encoding/binary"
	"hash/crc32"
	"log/slog"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"souk/internal/config"
	"souk/test/harness"
	"souk/test/shop"
)

func inProduction(s *harness.Setup) { s.Config.Env = config.Production }

const everyProductsReviews = `{ products(first: 20) { edges { node { title reviews(first: 1) { nodes { rating } } } } } }`

func TestAFailureOfOursGivesARequestIDAndNothingElse(t *testing.T) {
	for name, breakIt := range map[string]struct{ sql, cause string }{
		"a table is missing": {`ALTER TABLE reviews RENAME TO was_reviews`, `relation "reviews" does not exist`},
		"a column has another type": {
			`ALTER TABLE reviews DROP COLUMN title; ALTER TABLE reviews ADD COLUMN title int[] NOT NULL DEFAULT '{1}'`,
			"cannot scan",
		},
	} {
		for _, env := range []config.Env{config.Development, config.Production} {
			t.Run(name+" in "+string(env), func(t *testing.T) {
				db := shop.New(t)
				server := harness.Start(t, db, func(s *harness.Setup) { s.Config.Env = env })
				harness.Execute(t, db.PrimaryURL, breakIt.sql)
				require.NoError(t, db.WaitReplica(t.Context()))
				got := harness.Fetch(t, server, "/graphql", asked(everyProductsReviews, nil))

				require.Equal(t, http.StatusOK, got.Status, "a partial answer")
				require.NotEmpty(t, got.Errors)
				id := got.Header.Get("X-Request-Id")
				for _, e := range got.Errors {
					require.Equal(t, "INTERNAL", e.Extensions["code"])
					require.Equal(t, id, e.Extensions["requestId"])
					require.Contains(t, e.Message, id)
					require.Equal(t, "reviews", e.Path[len(e.Path)-1])
				}
				require.NotRegexp(t, harness.Leaks, got.Body)
				require.Equal(t, 1, strings.Count(server.Log.String(), strings.ReplaceAll(breakIt.cause, `"`, `\"`)), server.Log.String())
				require.Contains(t, server.Log.String(), id)
			})
		}
	}
}

func TestALostDatabaseTellsNobodyWhereItWas(t *testing.T) {
	db := shop.New(t)
	server := harness.Start(t, db, inProduction)
	server.Query(t, everyProductsReviews, nil)
	harness.Execute(t, strings.Replace(db.PrimaryURL, "/"+db.Name, "/postgres", 1), `DROP DATABASE "`+db.Name+`" WITH (FORCE)`)

	require.Eventually(t, func() bool {
		got := harness.Fetch(t, server, "/graphql", asked(everyProductsReviews, nil))
		require.NotRegexp(t, harness.Leaks, got.Body)
		require.NotContains(t, got.Body, db.Name)
		if len(got.Errors) == 0 {
			return false // the replica has not dropped it yet
		}
		require.Equal(t, "UNAVAILABLE", got.Errors[0].Extensions["code"])
		require.NotEmpty(t, got.Errors[0].Extensions["requestId"])
		return true
	}, harness.Patience, harness.Tick)

	status, body := server.Get(t, server.URL+"/readyz")
	require.Equal(t, http.StatusServiceUnavailable, status)
	require.NotRegexp(t, harness.Leaks, body)
	require.NotContains(t, body, db.Name)
	require.Contains(t, server.Log.String(), "SQLSTATE", "the log has the cause")
}

// TestValuesOfClientsStayOutOfLogAndMetrics plants a word in every place that a
// client fills and looks for it in what operators keep.
func TestValuesOfClientsStayOutOfLogAndMetrics(t *testing.T) {
	const canary = "canarybird"
	db := shop.New(t)
	for _, env := range []config.Env{config.Development, config.Production} {
		t.Run(string(env), func(t *testing.T) {
			server := harness.Start(t, db, func(s *harness.Setup) { s.Config.Env, s.Config.LogLevel = env, slog.LevelDebug })
			variable := map[string]any{"s": canary}
			for _, body := range []string{
				asked(`query ($s: String) { product(slug: $s) { id } }`, variable),
				asked(`{ product(slug: "`+canary+`") { id } }`, nil),
				asked(`query ($s: String) { products(search: $s) { nodes { id } totalCount facets { vendors { count } } } }`, variable),
				asked(`query ($s: String) { productVariant(sku: $s) { id } }`, variable),
				asked(`query ($s: String!) { products(filter: {options: [{name: $s, values: [$s]}]}) { nodes { id } } }`, variable),
				asked(`query ($s: ID!) { node(id: $s) { id } products(filter: {category: $s}) { totalCount } }`, variable),
				asked(`query ($s: String) { products(after: $s) { totalCount } }`, variable),
				asked(`query ($s: CurrencyCode!) { products(filter: {price: {currencyCode: $s, min: "`+canary+`"}}) { totalCount } }`, variable),
				asked(`query ($s: Decimal!) { products(filter: {price: {currencyCode: "EUR", min: $s}}) { totalCount } }`, variable),
				asked(`query ($s: Int) { products(first: $s) { totalCount } }`, variable),
				asked(`{ `+canary+`: __typename }`, nil), // the name of an operation is in both, on purpose
				asked(`{ `+canary+` }`, nil),
				asked(`{ {`+canary, nil),
				asked(`query ($s: String) { productVariant(sku: $s) { id } }`, map[string]any{"s": canary + "\x00"}),
				asked(`query ($s: String) { products(after: $s) { totalCount nodes { id } } }`,
					map[string]any{"s": forged("products  NEWEST:DESC", canary, canary)}),
				canary,
			} {
				harness.Fetch(t, server, "/graphql", body)
			}
			harness.Fetch(t, server, "/graphql?query="+url.QueryEscape(`{ product(slug: "`+canary+`") { id } }`), "")
			_, metrics := server.Get(t, server.OpsURL+"/metrics")
			require.Contains(t, metrics, "souk_graphql_operation")
			require.NotContains(t, metrics, canary)
			require.Contains(t, server.Log.String(), "request refused", "debug lines are there")
			require.NotContains(t, server.Log.String(), canary)
		})
	}
}

// forged is a cursor with values that no list of ours has given. It is signed
// against damage and not against malice.
func forged(list string, values ...string) string {
	raw := make([]byte, 8)
	binary.BigEndian.PutUint32(raw[4:], crc32.ChecksumIEEE([]byte(list)))
	for _, value := range values {
		raw = binary.AppendUvarint(raw, uint64(len(value)))
		raw = append(raw, value...)
	}
	binary.BigEndian.PutUint32(raw, crc32.ChecksumIEEE(raw[4:]))
	return base64.RawURLEncoding.EncodeToString(raw)
}

func TestAForgedCursorIsRefused(t *testing.T) {
	server := harness.Start(t, shop.New(t))
	for name, values := range map[string][]string{
		"no time":       {"the day before", "01900000-0000-7000-8000-000000000101"},
		"no key":        {"2026-03-01 12:00:00+00", "'; DROP TABLE products; --"},
		"NUL":           {"2026-03-01 12:00:00+00", "\x00"},
		"too few":       {"2026-03-01 12:00:00+00"},
		"no UTF-8":      {"\xff\xfe", "\xff"},
		"an empty word": {"", ""},
	} {
		t.Run(name, func(t *testing.T) {
			got := harness.Fetch(t, server, "/graphql", asked(`query ($s: String) { products(after: $s) { nodes { id } } }`,
				map[string]any{"s": forged("products  NEWEST:DESC", values...)}))
			require.NotEmpty(t, got.Errors, got.Body)
			require.Equal(t, "BAD_USER_INPUT", got.Errors[0].Extensions["code"], got.Body)
			require.Contains(t, got.Errors[0].Message, "cursor", got.Body)
			require.NotRegexp(t, harness.Leaks, got.Body)
		})
	}
}

func TestInvalidUTF8IsAWrongInput(t *testing.T) {
	server := harness.Start(t, shop.New(t))
	for name, request := range map[string]struct{ address, body string }{
		"in a body":     {"/graphql", "{\"query\":\"{ product(slug: \\\"\xff\xfe\\\") { id } }\"}"},
		"in an address": {"/graphql?query=" + url.QueryEscape("{ product(slug: \"\xff\xfe\") { id } }"), ""},
		"in a variable": {"/graphql?query=" + url.QueryEscape("query ($s: String) { product(slug: $s) { id } }") + "&variables=" + url.QueryEscape("{\"s\": \"\xff\"}"), ""},
	} {
		t.Run(name, func(t *testing.T) {
			got := harness.Fetch(t, server, request.address, request.body)
			for _, e := range got.Errors { // none, when it was read as U+FFFD
				require.NotEqual(t, "INTERNAL", e.Extensions["code"], got.Body)
			}
		})
	}
}

func TestADeepQueryIsAnsweredOrRefusedAndNeverCrashes(t *testing.T) {
	server := harness.Start(t, shop.New(t))
	for name, depth := range map[string]int{"deep": 50, "absurd": 4000} {
		t.Run(name, func(t *testing.T) {
			query := "{ category(slug: \"shirts\") { " + strings.Repeat("parent { ", depth) + "name" + strings.Repeat(" }", depth) + " } }"
			got := harness.Fetch(t, server, "/graphql", asked(query, nil))
			require.NotRegexp(t, harness.Leaks, got.Body)
			for _, e := range got.Errors {
				require.NotEqual(t, "INTERNAL", e.Extensions["code"])
			}
			status, _ := server.Get(t, server.URL+"/livez")
			require.Equal(t, http.StatusOK, status)
		})
	}
}

func TestProductionDescribesNeitherSchemaNorErrors(t *testing.T) {
	server := harness.Start(t, shop.New(t), inProduction)
	got := harness.Fetch(t, server, "/graphql", asked(`{ __schema { types { name } } }`, nil))
	require.Equal(t, "FORBIDDEN", got.Errors[0].Extensions["code"])
	got = harness.Fetch(t, server, "/graphql", asked(`{ __typename product(slug: "hemp-shirt") { __typename } }`, nil))
	require.Empty(t, got.Errors, "names of types are no secret")
}
