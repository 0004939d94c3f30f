package documents

import (
	"bytes"
	"fmt"
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

// TestUsage counts who sends what, by what clients call themselves, and lists it to staff and
// at the command line.
func TestUsage(t *testing.T) {
	db := shop.New(t)
	_, err := push(t, db, map[string]any{"a.json": object{"ProductList": list}})
	require.NoError(t, err)
	server := harness.Start(t, db, mode(documents.Prefer))
	registered := object{"id": "ProductList", "variables": object{"n": 2}}
	for range 3 {
		require.Nil(t, post(t, server, "", registered, "apollographql-client-name", "web", "apollographql-client-version", "2.1").at("errors"))
	}
	library := object{"id": "ProductList", "variables": object{"n": 2}, "extensions": object{"clientLibrary": object{"name": "@apollo/client", "version": "4.3.8"}}}
	require.Nil(t, get(t, server, "", library).at("errors"))
	forged := "x\x1b[2J" + strings.Repeat("ä", 100)
	post(t, server, "", object{"id": "ProductList", "variables": object{"n": 2}, "extensions": object{"clientLibrary": object{"name": forged}}})
	text, _ := counted("Untold")
	post(t, server, "", object{"query": text}, "apollographql-client-name", "old-app")
	post(t, server, "", object{"query": "{ nothing }"}, "apollographql-client-name", "broken")

	var rows string
	require.Eventually(t, func() bool {
		rows = harness.Text(t, db.PrimaryURL, `SELECT coalesce(string_agg(format('%s %s %s %s %s %s', client_name, client_version, operation, trusted, uses, cost > 0), E'\n' ORDER BY client_name), '') FROM document_uses`)
		return strings.Count(rows, "\n") == 3
	}, harness.Patience, harness.Tick)
	require.Contains(t, rows, "@apollo/client 4.3.8 ProductList t 1 t")
	require.Contains(t, rows, "web 2.1 ProductList t 3 t")
	require.Contains(t, rows, "old-app  Untold f 1 t")
	require.NotContains(t, rows, "\x1b")
	require.Contains(t, rows, "x[2J"+strings.Repeat("ä", 30)+" ")

	staff := server.As(t, auth.Principal{Kind: auth.Staff, Permissions: auth.Permissions{auth.DocumentsManage}})
	got := post(t, staff, "", object{"query": `{ documents { nodes { name uses { clientName clientVersion count p50Milliseconds p99Milliseconds averageCost lastUsedAt } } } }`})
	require.Len(t, got.at("data", "documents", "nodes", 0, "uses"), 3, got.body)

	var out bytes.Buffer
	usage := command.DocumentsUsage{Primary: command.Primary{DatabaseURL: db.PrimaryURL}, Out: &out}
	require.NoError(t, usage.Run(t.Context()))
	require.Regexp(t, `(?m)^ProductList +ProductList +web +2\.1 +3 .* ms .* yes$`, out.String())
	require.Regexp(t, `(?m)^[0-9a-f]{64} +Untold +old-app .* no$`, out.String())
	out.Reset()
	usage.Unregistered = true
	require.NoError(t, usage.Run(t.Context()))
	require.NotContains(t, out.String(), "ProductList")
	require.Contains(t, out.String(), "Untold")
}

// TestUsesAreWrittenWhenAServerStops loses none that were counted just before.
func TestUsesAreWrittenWhenAServerStops(t *testing.T) {
	db := shop.New(t)
	text, hash := counted("Last")
	server := harness.Start(t, db)
	post(t, server, "", object{"query": text, "extensions": persisted(hash)})
	post(t, server, "", object{"extensions": persisted(hash)})
	require.NoError(t, server.App.Stop(t.Context()))
	require.Equal(t, "1", harness.Text(t, db.PrimaryURL, `SELECT sum(uses)::text FROM document_uses`))
}

// TestCheck says what a schema breaks, for whom, and ends with another code than 0.
func TestCheck(t *testing.T) {
	db := shop.New(t)
	_, err := push(t, db, map[string]any{"a.json": apolloManifest(object{"id": "ProductList", "body": list, "clientName": "web"}), "b.json": object{"Vendors": `{ vendors(first: 1) { totalCount } }`}})
	require.NoError(t, err)
	server := harness.Start(t, db)
	post(t, server, "", object{"id": "ProductList", "variables": object{"n": 2}}, "apollographql-client-name", "web-shop", "apollographql-client-version", "7")
	require.NoError(t, server.App.Stop(t.Context()))

	printed, err := check(t, db, "")
	require.NoError(t, err)
	require.Equal(t, "2 documents checked, 0 do not fit the schema\n", printed)

	file := filepath.Join(t.TempDir(), "new.graphql")
	require.NoError(t, os.WriteFile(file, []byte(`
		type Query { products(first: Int): ProductConnection vendors(first: Int): VendorConnection }
		type ProductConnection { nodes: [Product!]! }
		type VendorConnection { totalCount: Int! }
		type Product { id: ID! name: String! }`), 0o600))
	printed, err = check(t, db, file)
	require.ErrorIs(t, err, command.Exit(1))
	require.Regexp(t, `ProductList of web: line \d+, column \d+: Cannot query field "title" on type "Product"`, printed)
	require.Regexp(t, `web-shop +7 +1 times +last on \d{4}`, printed)
	require.NotContains(t, printed, "Vendors of")
	require.Contains(t, printed, "2 documents checked, 1 do not fit the schema")

	require.NoError(t, os.WriteFile(file, []byte(`type Query {`), 0o600))
	_, err = check(t, db, file)
	var failure *command.Failure
	require.ErrorAs(t, err, &failure)
	require.Equal(t, command.ExitUsage, failure.Code)
}

func check(t *testing.T, db *dbtest.DB, schema string) (printed string, err error) {
	t.Helper()
	var out bytes.Buffer
	err = (&command.DocumentsCheck{Primary: command.Primary{DatabaseURL: db.PrimaryURL}, Schema: schema, Out: &out}).Run(t.Context())
	return out.String(), err
}

// TestCommands lists, shows and removes, and a push over a folder says the IDs.
func TestCommands(t *testing.T) {
	db := shop.New(t)
	primary := command.Primary{DatabaseURL: db.PrimaryURL}
	dir := t.TempDir()
	require.NoError(t, os.WriteFile(filepath.Join(dir, "card.graphql"), []byte(`fragment Card on Product { id }`), 0o600))
	require.NoError(t, os.WriteFile(filepath.Join(dir, "list.graphql"), []byte(`query Folder { products(first: 1) { nodes { ...Card } } }`), 0o600))
	var out bytes.Buffer
	saved := filepath.Join(t.TempDir(), "saved.json")
	require.NoError(t, (&command.DocumentsPush{Primary: primary, Paths: []string{dir}, Client: "kiosk", Save: saved, Out: &out}).Run(t.Context()))
	require.Contains(t, out.String(), "1 documents: 1 new")
	again, err := os.ReadFile(saved)
	require.NoError(t, err)
	printed, err := push(t, db, map[string]any{"saved.json": string(again)})
	require.NoError(t, err)
	require.Contains(t, printed, "0 new, 1 already registered")
	id := strings.Split(string(again), `"`)[1]

	out.Reset()
	require.NoError(t, (&command.DocumentsList{Primary: primary, Out: &out}).Run(t.Context()))
	require.Regexp(t, fmt.Sprintf(`%s +kiosk +Folder`, strings.TrimPrefix(id, "sha256:")), out.String())
	out.Reset()
	require.NoError(t, (&command.DocumentsShow{Primary: primary, ID: id, Out: &out}).Run(t.Context()))
	require.Contains(t, out.String(), "query Folder")
	require.Contains(t, out.String(), "no uses are recorded")
	out.Reset()
	require.NoError(t, (&command.DocumentsRemove{Primary: primary, IDs: []string{id}, Out: &out}).Run(t.Context()))
	require.ErrorContains(t, (&command.DocumentsRemove{Primary: primary, IDs: []string{id}, Out: &out}).Run(t.Context()), "no document has the ID")
}

// TestRemoveByHash removes what has the ID, also if the texts of others have it as their hash,
// and asks which one is meant if several texts have it.
func TestRemoveByHash(t *testing.T) {
	db := shop.New(t)
	_, err := push(t, db, map[string]any{"a.json": object{"sha256:" + hashOf(list): list, "web-1": list, "web-2": list}})
	require.NoError(t, err)
	remove := func(id string) (string, error) {
		var out bytes.Buffer
		err := (&command.DocumentsRemove{Primary: command.Primary{DatabaseURL: db.PrimaryURL}, IDs: []string{id}, Out: &out}).Run(t.Context())
		return out.String(), err
	}
	printed, err := remove("sha256:" + hashOf(list))
	require.NoError(t, err)
	require.Equal(t, hashOf(list)+" is removed\n", printed)
	_, err = remove(hashOf(list))
	require.ErrorContains(t, err, "has several")
	require.ErrorContains(t, err, "web-1")
	require.ErrorContains(t, err, "web-2")
	printed, err = remove("web-1")
	require.NoError(t, err)
	require.Equal(t, "web-1 is removed\n", printed)
	printed, err = remove(hashOf(list))
	require.NoError(t, err)
	require.Equal(t, "web-2 is removed\n", printed, "the only one with this text")
}

// TestALargeDocument is refused, and one of nearly that size is registered.
func TestALargeDocument(t *testing.T) {
	db := shop.New(t)
	most := "{ shop { id } }" + strings.Repeat(" ", 128<<10-len("{ shop { id } }"))
	printed, err := push(t, db, map[string]any{"a.json": object{"Most": most, "TooLarge": most + " "}})
	require.ErrorIs(t, err, command.Exit(1))
	require.Contains(t, printed, "it has 131073 bytes; the limit is 131072")
	require.Contains(t, printed, "1 new")
}
