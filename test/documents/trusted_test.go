package documents

import (
	"bytes"
	"crypto/md5"
	"encoding/hex"
	"encoding/json"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"souk/internal/auth"
	"souk/internal/command"
	"souk/internal/dbtest"
	"souk/internal/documents"
	"souk/test/harness"
	"souk/test/shop"
)

// list is a document with variables, as the tools print it.
const list = "query ProductList($n: Int!) {\n  products(first: $n) {\n    nodes {\n      ...Card\n    }\n  }\n}\n\nfragment Card on Product {\n  id\n  title\n}"

// both has two operations.
const both = `query One { products(first: 1) { totalCount } } query Two { vendors(first: 1) { totalCount } }`

func mode(m documents.Mode) func(*harness.Setup) {
	return func(s *harness.Setup) { s.Config.Documents.Documents = m }
}

// push registers files as the command does, and returns what it prints.
func push(t testing.TB, db *dbtest.DB, files map[string]any) (printed string, err error) {
	t.Helper()
	dir := t.TempDir()
	var paths []string
	for name, content := range files {
		text, ok := content.(string)
		if !ok {
			encoded, err := json.Marshal(content)
			require.NoError(t, err)
			text = string(encoded)
		}
		path := filepath.Join(dir, name)
		require.NoError(t, os.WriteFile(path, []byte(text), 0o600))
		paths = append(paths, path)
	}
	var out bytes.Buffer
	err = (&command.DocumentsPush{Primary: command.Primary{DatabaseURL: db.PrimaryURL}, Paths: paths, Out: &out}).Run(t.Context())
	return out.String(), err
}

func md5Of(text string) string {
	sum := md5.Sum([]byte(text))
	return hex.EncodeToString(sum[:])
}

func apolloManifest(operations ...object) object {
	return object{"format": "apollo-persisted-query-manifest", "version": 1, "operations": operations}
}

// TestEachToolsRequests pushes what each tool writes, and sends what each tool sends: in every
// place where an ID can be, with and without its prefix, by POST and GET, where nothing
// else runs.
func TestEachToolsRequests(t *testing.T) {
	db := shop.New(t)
	server := harness.Start(t, db, mode(documents.Only))
	renamed := strings.ReplaceAll(list, "ProductList", "CodegenList")
	printed, err := push(t, db, map[string]any{
		"apollo.json":  apolloManifest(object{"id": "ProductList-v1", "name": "ProductList", "type": "query", "body": list}, object{"id": hashOf(list), "name": "ProductList", "type": "query", "body": list}),
		"relay.json":   object{md5Of(list): list},
		"codegen.json": object{"sha256:" + hashOf(renamed): renamed},
		"both.graphql": both,
	})
	require.NoError(t, err, printed)
	require.Contains(t, printed, "5 documents: 5 new, 0 already registered, 0 refused")
	variables := object{"n": 2}
	for tool, ids := range map[string][]string{
		"Apollo":     {"ProductList-v1", hashOf(list), "sha256:" + hashOf(list), strings.ToUpper(hashOf(list))},
		"Relay":      {md5Of(list), strings.ToUpper(md5Of(list))},
		"codegen":    {hashOf(renamed), "sha256:" + hashOf(renamed)},
		"by another": {hashOf(list)}, // the text that was pushed under an MD5
	} {
		for _, id := range ids {
			for form, request := range map[string]object{
				"documentId": {"documentId": id}, "doc_id": {"doc_id": id}, "id": {"id": id}, "persistedQuery": {"extensions": persisted(id)},
				"an empty query": {"query": "", "documentId": id}, "in two places": {"doc_id": id, "documentId": id},
			} {
				request["variables"] = variables
				for name, way := range ways {
					got := way(t, server, "", request)
					require.Equal(t, http.StatusOK, got.status, "%s: %s as %s by %s: %s", tool, id, form, name, got.body)
					require.Len(t, got.at("data", "products", "nodes"), 2, "%s: %s as %s by %s: %s", tool, id, form, name, got.body)
				}
			}
			for name, way := range ways {
				got := way(t, server, "/"+id, object{"variables": variables})
				require.Len(t, got.at("data", "products", "nodes"), 2, "path %s by %s: %s", id, name, got.body)
			}
		}
	}
	t.Run("one of several operations", func(t *testing.T) {
		for name, way := range ways {
			require.NotNil(t, way(t, server, "", object{"documentId": hashOf(both), "operationName": "Two"}).at("data", "vendors"), name)
			require.NotNil(t, way(t, server, "/"+hashOf(both)+"/One", object{}).at("data", "products"), name)
			require.NotNil(t, way(t, server, "", object{"documentId": hashOf(both)}).at("errors"), name)
		}
	})
	t.Run("a text beside its ID", func(t *testing.T) {
		require.Len(t, post(t, server, "", object{"query": list, "documentId": "ProductList-v1", "variables": variables}).at("data", "products", "nodes"), 2)
		got := post(t, server, "", object{"query": list + " ", "documentId": "ProductList-v1", "variables": variables})
		require.Equal(t, http.StatusBadRequest, got.status)
	})
	t.Run("pushing again changes nothing", func(t *testing.T) {
		printed, err := push(t, db, map[string]any{"relay.json": object{md5Of(list): list}, "both.graphql": both})
		require.NoError(t, err)
		require.Contains(t, printed, "2 documents: 0 new, 2 already registered, 0 refused")
	})
	t.Run("another text under an ID is refused", func(t *testing.T) {
		printed, err := push(t, db, map[string]any{"a.json": apolloManifest(object{"id": "ProductList-v1", "body": both}, object{"id": "New", "body": both})})
		require.ErrorIs(t, err, command.Exit(1))
		require.Contains(t, printed, "refused: ProductList-v1")
		require.Contains(t, printed, "1 new, 0 already registered, 1 refused")
		require.Len(t, post(t, server, "", object{"id": "ProductList-v1", "variables": variables}).at("data", "products", "nodes"), 2)
	})
	t.Run("what does not fit the schema is refused", func(t *testing.T) {
		printed, err := push(t, db, map[string]any{"a.json": object{"Broken": "{ nothing }", "sha256:" + hashOf("x"): both, "Nothing": "# nothing"}})
		require.ErrorIs(t, err, command.Exit(1))
		require.Contains(t, printed, "3 refused")
		require.Contains(t, printed, "line 1, column 3")
		require.Contains(t, printed, "it is a SHA-256, and not that of the text")
		require.Contains(t, printed, "it has no operation")
	})
}

// TestModes sends a text, a registered document, an automatic one, and a hash that nobody
// knows, in each mode.
func TestModes(t *testing.T) {
	db := shop.New(t)
	_, err := push(t, db, map[string]any{"a.json": object{"Registered": list}})
	require.NoError(t, err)
	text, hash := counted("Automatic")
	apq := harness.Start(t, db)
	require.Nil(t, post(t, apq, "", object{"query": text, "extensions": persisted(hash)}).at("errors"))
	variables := object{"n": 1}
	other, otherHash := counted("Text")

	t.Run("apq", func(t *testing.T) {
		for _, request := range []object{{"id": "Registered", "variables": variables}, {"extensions": persisted(hash)}, {"query": other}} {
			got := post(t, apq, "", request)
			require.Nil(t, got.at("errors"), got.body)
			require.Nil(t, got.at("extensions", "document"), got.body)
		}
	})
	t.Run("prefer marks what only would refuse", func(t *testing.T) {
		prefer := harness.Start(t, db, mode(documents.Prefer))
		for _, request := range []object{{"extensions": persisted(hash)}, {"query": other}, {"query": other, "extensions": persisted(otherHash)}, {"query": list, "variables": variables}} {
			got := post(t, prefer, "", request)
			require.Nil(t, got.at("errors"), got.body)
			require.Equal(t, false, got.at("extensions", "document", "trusted"), got.body)
		}
		for _, request := range []object{{"id": "Registered", "variables": variables}, {"query": list, "variables": variables, "extensions": persisted(hashOf(list))}} {
			got := post(t, prefer, "", request)
			require.Nil(t, got.at("errors"), got.body)
			require.Nil(t, got.at("extensions", "document"), got.body)
		}
	})
	t.Run("only", func(t *testing.T) {
		only := harness.Start(t, db, mode(documents.Only))
		for client, accept := range accepts {
			for name, way := range ways {
				// Never the code on which clients send their text once more.
				for _, request := range []object{{"query": other}, {"query": other, "extensions": persisted(otherHash)}, {"query": text, "extensions": persisted(hash)}, {"query": other, "id": "Unknown"}} {
					got := way(t, only, "", request, "Accept", accept)
					require.Equal(t, "DOCUMENT_NOT_TRUSTED", got.code(), "%s by %s: %s", client, name, got.body)
					require.Contains(t, got.header.Get("Cache-Control"), "no-store")
					require.Equal(t, strings.HasPrefix(got.header.Get("Content-Type"), "application/json"), got.status == http.StatusOK, "Apollo shows no errors of application/json without a 2xx")
				}
				for _, request := range []object{{"extensions": persisted(hash)}, {"documentId": "Unknown"}} {
					require.Equal(t, miss, strings.TrimSpace(way(t, only, "", request, "Accept", accept).body))
				}
				require.Nil(t, way(t, only, "", object{"id": "Registered", "variables": variables}).at("errors"))
			}
		}
		staff := only.As(t, auth.Principal{Kind: auth.Staff, Permissions: auth.Permissions{auth.DocumentsManage}})
		require.Nil(t, post(t, staff, "", object{"query": other}).at("errors"))
		for _, permissions := range []auth.Permissions{{}, {auth.CatalogueWrite, auth.StaffManage}} {
			staff = only.As(t, auth.Principal{Kind: auth.Staff, Permissions: permissions})
			require.Equal(t, "DOCUMENT_NOT_TRUSTED", post(t, staff, "", object{"query": other}).code())
		}
	})
}

// TestOverGraphQL registers, lists and removes as a build pipeline does, with an API key.
func TestOverGraphQL(t *testing.T) {
	db := shop.New(t)
	server := harness.Start(t, db, mode(documents.Only))
	another := harness.Start(t, db, mode(documents.Only))
	key := server.As(t, auth.Principal{Kind: auth.APIKey, Permissions: auth.Permissions{auth.DocumentsManage}})
	const pushing = `mutation ($items: [DocumentPushItem!]!) { documentsPush(input: {items: $items}) {
		results { index document { id name hash text client operations } userErrors { message field } } userErrors { message } } }`
	got := post(t, key, "", object{"query": pushing, "variables": object{"items": []object{{"text": list, "documentId": "sha256:" + hashOf(list), "client": "web"}}}})
	require.Empty(t, got.at("data", "documentsPush", "userErrors"), got.body)
	pushed := got.at("data", "documentsPush", "results", 0, "document")
	require.Equal(t, []any{hashOf(list), hashOf(list), list, "web", []any{"ProductList"}},
		[]any{harness.At(pushed, "name"), harness.At(pushed, "hash"), harness.At(pushed, "text"), harness.At(pushed, "client"), harness.At(pushed, "operations")})
	for _, from := range []*harness.Server{server, another} {
		require.Len(t, post(t, from, "", object{"documentId": hashOf(list), "variables": object{"n": 2}}).at("data", "products", "nodes"), 2)
	}
	refused := post(t, key, "", object{"query": pushing, "variables": object{"items": []object{{"text": both}, {"text": "{ nothing }"}}}})
	require.Equal(t, []any{"input", "items", "1", "text"}, refused.at("data", "documentsPush", "results", 1, "userErrors", 0, "field"), refused.body)
	require.Equal(t, "PERSISTED_QUERY_NOT_FOUND", post(t, server, "", object{"documentId": hashOf(both)}).code(), "all or nothing")
	events := harness.Text(t, db.PrimaryURL, `SELECT count(*)::text FROM audit_events WHERE subject_kind = 'DOCUMENT' AND action = 'documentsPush'`)
	require.Equal(t, "1", events)

	without := server.As(t, auth.Principal{Kind: auth.APIKey, Permissions: auth.Permissions{auth.CatalogueWrite}})
	require.Equal(t, "DOCUMENT_NOT_TRUSTED", post(t, without, "", object{"query": pushing, "variables": object{"items": []object{}}}).code())

	removed := post(t, key, "", object{"query": `mutation ($id: ID!) { documentDelete(input: {id: $id}) { deletedDocumentId userErrors { message } } }`, "variables": object{"id": harness.At(pushed, "id")}})
	require.NotNil(t, removed.at("data", "documentDelete", "deletedDocumentId"), removed.body)
	for _, from := range []*harness.Server{server, another} {
		require.Eventually(t, func() bool {
			return post(t, from, "", object{"documentId": hashOf(list), "variables": object{"n": 2}}).code() == "PERSISTED_QUERY_NOT_FOUND"
		}, harness.Patience, harness.Tick)
	}
}

// TestAPushOfAnAutomaticDocument makes it trusted on a server that has it in memory, and the
// removal of it ends both.
func TestAPushOfAnAutomaticDocument(t *testing.T) {
	db := shop.New(t)
	server := harness.Start(t, db, mode(documents.Prefer))
	text, hash := counted("Both")
	got := post(t, server, "", object{"query": text, "extensions": persisted(hash)})
	require.Equal(t, false, got.at("extensions", "document", "trusted"), got.body)
	_, err := push(t, db, map[string]any{"a.json": object{"sha256:" + hash: text}})
	require.NoError(t, err)
	require.Eventually(t, func() bool {
		got := post(t, server, "", object{"extensions": persisted(hash)})
		return got.at("errors") == nil && got.at("extensions", "document") == nil
	}, harness.Patience, harness.Tick)

	remove := command.DocumentsRemove{Primary: command.Primary{DatabaseURL: db.PrimaryURL}, IDs: []string{hash}, Out: &bytes.Buffer{}}
	require.NoError(t, remove.Run(t.Context()))
	require.Eventually(t, func() bool {
		return post(t, server, "", object{"extensions": persisted(hash)}).code() == string(documents.NotFound)
	}, harness.Patience, harness.Tick)
	got = post(t, server, "", object{"query": text, "extensions": persisted(hash)})
	require.Equal(t, false, got.at("extensions", "document", "trusted"), "a client may register it again: %s", got.body)
}
