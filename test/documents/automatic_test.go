package documents

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"souk/internal/config"
	"souk/test/harness"
	"souk/test/shop"
)

const miss = `{"errors":[{"message":"PersistedQueryNotFound","extensions":{"code":"PERSISTED_QUERY_NOT_FOUND"}}]}`

// accepts are what clients accept.
var accepts = map[string]string{
	"Apollo 4": "application/graphql-response+json,application/json;q=0.9",
	"Apollo 3": "*/*",
	"urql":     "application/graphql-response+json, application/graphql+json, application/json, text/event-stream, multipart/mixed",
}

// TestAMiss has the bytes that clients compare, and no cache keeps it.
func TestAMiss(t *testing.T) {
	server := harness.Start(t, shop.New(t))
	_, hash := counted("Unknown")
	for client, accept := range accepts {
		for name, way := range ways {
			t.Run(client+" by "+name, func(t *testing.T) {
				got := way(t, server, "", object{"operationName": "Q", "variables": object{"n": 1}, "extensions": persisted(hash)}, "Accept", accept)
				require.Equal(t, http.StatusOK, got.status)
				require.Equal(t, miss, strings.TrimSpace(got.body))
				require.Contains(t, got.header.Get("Cache-Control"), "no-store")
				require.Empty(t, got.header["Etag"])
				require.Contains(t, strings.Join(got.header["Vary"], ", "), "Accept, Authorization")
			})
		}
	}
	signedIn := get(t, server.With("souk_nobody"), "", object{"extensions": persisted(hash)})
	require.Equal(t, http.StatusUnauthorized, signedIn.status)
}

// TestRegistration registers by POST as Apollo does, and by GET as urql does, and then asks
// two servers for the hash, of which one has never seen the text: with Redis and without.
func TestRegistration(t *testing.T) {
	for _, redis := range []string{"with", "without"} {
		db := shop.New(t)
		without := func(s *harness.Setup) {
			if redis == "without" {
				s.Config.RedisURL = ""
			}
		}
		one, two := harness.Start(t, db, without), harness.Start(t, db, without)
		for name, register := range ways {
			t.Run(name+" "+redis+" Redis", func(t *testing.T) {
				text, hash := counted("Registered" + name)
				extensions := persisted(hash)
				extensions["persistedQuery"].(object)["miss"] = true // urql
				require.Equal(t, miss, strings.TrimSpace(get(t, two, "", object{"extensions": persisted(hash)}).body))
				require.Equal(t, miss, strings.TrimSpace(get(t, one, "", object{"extensions": persisted(hash)}).body))
				first := register(t, one, "", object{"query": text, "extensions": extensions})
				require.NotNil(t, first.at("data", "products", "totalCount"), first.body)
				for server, from := range map[string]*harness.Server{"the same": one, "another": two} {
					for by, ask := range ways {
						got := ask(t, from, "", object{"extensions": persisted(hash)})
						require.Equal(t, first.at("data"), got.at("data"), "%s server by %s: %s", server, by, got.body)
					}
				}
			})
		}
	}
}

// TestOnlyWhatPassesTheDoorIsRegistered sends documents that do not run with their hashes,
// and then the hashes alone.
func TestOnlyWhatPassesTheDoorIsRegistered(t *testing.T) {
	db := shop.New(t)
	server := harness.Start(t, db)
	for reason, text := range map[string]string{
		"it does not parse":      `{ products(first: 1) { totalCount }`,
		"it does not validate":   `{ products(first: 1) { nothing } }`,
		"it costs too much":      `{ products(first: 100) { nodes { variants(first: 100) { nodes { product { variants(first: 100) { nodes { id } } } } } } } }`,
		"it lacks its variables": `query ($n: Int!) { products(first: $n) { totalCount } }`,
	} {
		t.Run(reason, func(t *testing.T) {
			hash := hashOf(text)
			got := post(t, server, "", object{"query": text, "extensions": persisted(hash)})
			require.NotEmpty(t, got.at("errors"), got.body)
			require.Equal(t, miss, strings.TrimSpace(post(t, server, "", object{"extensions": persisted(hash)}).body))
		})
	}
	t.Run("it is a mutation by GET", func(t *testing.T) {
		text := `mutation { sessionRevoke(input: {}) { userErrors { message } } }`
		got := get(t, server, "", object{"query": text, "extensions": persisted(hashOf(text))})
		require.Equal(t, http.StatusMethodNotAllowed, got.status, got.body)
		require.Equal(t, miss, strings.TrimSpace(get(t, server, "", object{"extensions": persisted(hashOf(text))}).body))
	})
	require.Equal(t, "0", harness.Text(t, db.PrimaryURL, `SELECT count(*)::text FROM automatic_documents`))
}

// TestAMutationByHash runs by POST and not by GET.
func TestAMutationByHash(t *testing.T) {
	server := harness.Start(t, shop.New(t))
	text := `mutation ($e: String!) { passwordResetRequest(input: {email: $e}) { userErrors { message } } }`
	variables := object{"e": "nobody@example.com"}
	first := post(t, server, "", object{"query": text, "variables": variables, "extensions": persisted(hashOf(text))})
	require.Nil(t, first.at("errors"), first.body)
	require.Nil(t, post(t, server, "", object{"variables": variables, "extensions": persisted(hashOf(text))}).at("errors"))
	got := get(t, server, "", object{"variables": variables, "extensions": persisted(hashOf(text))})
	require.Equal(t, http.StatusMethodNotAllowed, got.status)
	require.Equal(t, []string{"POST"}, got.header["Allow"])
}

// TestWrongRequests are 400 in each media type, and say why.
func TestWrongRequests(t *testing.T) {
	server := harness.Start(t, shop.New(t))
	text, hash := counted("Right")
	_, other := counted("Other")
	mismatch := "provided sha does not match query"
	for reason, test := range map[string]struct {
		path    string
		request object
		message string
	}{
		"another hash than the text's":      {"", object{"query": text, "extensions": persisted(other)}, mismatch},
		"another documentId than the text":  {"", object{"query": text, "documentId": "sha256:" + other}, mismatch},
		"a name beside a text, by the same": {"", object{"query": text, "extensions": persisted("ProductList")}, mismatch},
		"two documents":                     {"", object{"documentId": hash, "doc_id": other}, "names two documents"},
		"a document in path and body":       {"/" + hash, object{"id": other}, "names two documents"},
		"an ID and a hash":                  {"", object{"documentId": "ProductList", "extensions": persisted(hash)}, "names two documents"},
		"half a hash":                       {"", object{"documentId": "sha256:" + hash[:10]}, "64 hexadecimal digits"},
		"version 2":                         {"", object{"extensions": object{"persistedQuery": object{"version": 2, "sha256Hash": hash}}}, "is not 1"},
		"no version":                        {"", object{"extensions": object{"persistedQuery": object{"sha256Hash": hash}}}, "is not 1"},
		"no hash":                           {"", object{"extensions": object{"persistedQuery": object{"version": 1}}}, "has no `sha256Hash`"},
		"a text for the extension":          {"", object{"extensions": object{"persistedQuery": hash}}, "is not an object"},
		"two operations":                    {"/" + hash + "/A", object{"operationName": "B"}, "name two operations"},
		"nothing":                           {"", object{"variables": object{}}, "has no `query` and no `documentId`"},
		"an empty text":                     {"", object{"query": ""}, "has no `query` and no `documentId`"},
		"no UTF-8 in the path":              {"/%ff", object{}, "not valid UTF-8"},
		"a key in another case":             {"", object{"DocumentID": hash}, "in another case"},
	} {
		for name, way := range ways {
			for _, accept := range accepts {
				t.Run(reason+" by "+name, func(t *testing.T) {
					got := way(t, server, test.path, test.request, "Accept", accept)
					require.Equal(t, http.StatusBadRequest, got.status, got.body)
					require.Equal(t, "BAD_USER_INPUT", got.code())
					require.Contains(t, got.at("errors", 0, "message"), test.message)
					require.Contains(t, got.header.Get("Cache-Control"), "no-store")
				})
			}
		}
	}
	got := post(t, server, "?documentId="+hash, object{"query": text})
	require.Equal(t, http.StatusBadRequest, got.status, got.body)
	exact := post(t, server, "", object{"query": text, "extensions": persisted(other)})
	require.Equal(t, mismatch, exact.at("errors", 0, "message"))
}

// TestOff sends the texts of a session, after it was told that there are no documents.
func TestOff(t *testing.T) {
	server := harness.Start(t, shop.New(t), func(s *harness.Setup) { s.Config.Documents = config.Documents{Documents: "off"} })
	text, hash := counted("Off")
	for name, way := range ways {
		got := way(t, server, "", object{"extensions": persisted(hash)})
		require.Equal(t, http.StatusOK, got.status, name)
		require.Equal(t, `{"errors":[{"message":"PersistedQueryNotSupported","extensions":{"code":"PERSISTED_QUERY_NOT_SUPPORTED"}}]}`, strings.TrimSpace(got.body))
		require.Contains(t, got.header.Get("Cache-Control"), "no-store")
		require.Nil(t, way(t, server, "", object{"query": text}).at("errors"))
		require.Nil(t, way(t, server, "", object{"query": text, "extensions": persisted(hash)}).at("errors"))
	}
}

// TestAHashCostsNoParse asks by hash on a server that knows the document, by each form, and
// counts what the door reads.
func TestAHashCostsNoParse(t *testing.T) {
	server := harness.Start(t, shop.New(t))
	text, hash := counted("Parsed")
	post(t, server, "", object{"query": text, "extensions": persisted(hash)})
	before := parsed(t, server)
	for form, request := range map[string]object{
		"the extension": {"extensions": persisted(hash)}, "documentId": {"documentId": "sha256:" + hash}, "upper case": {"doc_id": strings.ToUpper(hash)},
	} {
		for name, way := range ways {
			got := way(t, server, "", request)
			require.NotNil(t, got.at("data", "products"), "%s by %s: %s", form, name, got.body)
		}
	}
	require.Equal(t, before, parsed(t, server))
	post(t, server, "", object{"query": text + " "})
	require.Equal(t, before+1, parsed(t, server), "the counter counts")
}

// TestRowOfEachResult has the series of /metrics.
func TestRowOfEachResult(t *testing.T) {
	server := harness.Start(t, shop.New(t))
	text, hash := counted("Counted")
	_, other := counted("Another")
	post(t, server, "", object{"extensions": persisted(hash)})
	post(t, server, "", object{"query": text, "extensions": persisted(hash)})
	post(t, server, "", object{"extensions": persisted(hash)})
	post(t, server, "", object{"query": text, "documentId": "ProductList", "extensions": persisted(hash)})
	post(t, server, "", object{"query": text})
	post(t, server, "", object{"query": text, "extensions": persisted("x" + other)})
	_, metrics := server.Get(t, server.OpsURL+"/metrics")
	for result, n := range map[string]int{"miss": 1, "registered": 1, "hit_automatic": 1, "text": 1, "text_and_name": 1, "refused_hash": 1, "failed": 0} {
		require.Regexp(t, fmt.Sprintf(`(?m)^souk_documents_total\{.*result="%s".*\} %d$`, result, n), metrics)
	}
}
