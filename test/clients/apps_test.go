package clients

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"text/tabwriter"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"souk/internal/auth/token"
	"souk/internal/command"
	"souk/internal/config"
	"souk/internal/dbtest"
	"souk/internal/documents"
	"souk/test/harness"
	"souk/test/shop"
)

// withApps lets TestApps run. It installs some hundred packages of npm, which "make
// test-clients" does and "make test" does not.
var withApps = flag.Bool("apps", false, "install real clients from npm, and run their apps")

// app is a small program in a folder of this package.
type app struct {
	folder string
	// client is the package that it is of.
	client string
	// documents are what "souk documents push" reads: a file of the app's build, or a folder.
	// A gateway has none.
	documents string
	// saved is where it writes their IDs, for a folder.
	saved string
	// lacks are the features that its client does not have.
	lacks []string
}

var apps = []app{
	{folder: "apollo4", client: "@apollo/client", documents: "generated/manifest.json"},
	{folder: "apollo3", client: "@apollo/client", documents: "generated/manifest.json"},
	{folder: "relay", client: "relay-runtime", documents: "generated/documents.json", lacks: []string{"automatic", "unknown hash"}},
	{folder: "urql", client: "@urql/core", documents: "generated/documents.json"},
	{folder: "graphql-request", client: "graphql-request", documents: "../common/documents", saved: "generated/documents.json", lacks: []string{"automatic", "unknown hash"}},
	{folder: "tanstack", client: "@tanstack/query-core", documents: "../common/documents", saved: "generated/documents.json", lacks: []string{"automatic", "unknown hash"}},
	{folder: "codegen", client: "@graphql-codegen/client-preset", documents: "generated/gql/persisted-documents.json", lacks: []string{"automatic", "unknown hash"}},
	{folder: "gql-tada", client: "gql.tada", documents: "generated/documents.json", lacks: []string{"automatic", "unknown hash"}},
	// A gateway writes its own documents, so that none is registered before it asks, and it
	// sends the hash of each first.
	{folder: "apollo-gateway", client: "@apollo/gateway", lacks: []string{"trusted", "text refused"}},
	{folder: "hive-gateway", client: "@graphql-hive/gateway-runtime", lacks: []string{"trusted", "text refused"}},
}

// features are those of common/check.mjs, in the order of the columns.
var features = []string{
	"query", "variables", "forward", "backward", "mutation", "user error", "expired token", "automatic", "trusted", "unknown hash", "text refused",
}

// appPatience bounds one program of an app: an endless loop of a client is a failure, and
// no test that hangs.
const appPatience = 2 * time.Minute

// row is what an app printed.
type row struct {
	client   string
	outcomes map[string]string
}

// TestApps builds each app, registers its documents, and runs it against two servers: one
// that runs any document, and one that runs registered ones only. Each has a database of its
// own, so that the first knows no document before a client sends it.
func TestApps(t *testing.T) {
	if !*withApps {
		t.Skip(`it installs packages from npm: "make test-clients" runs it`)
	}
	anyDocument, registered := shop.New(t), shop.New(t)
	env := startBoth(t, anyDocument, registered)
	var rows []row
	for _, a := range apps {
		t.Run(a.folder, func(t *testing.T) {
			began := time.Now()
			a.build(t)
			if a.documents != "" {
				a.push(t, registered)
			}
			built := time.Now()
			said, err := program(t, a.folder, env, "node", "app.mjs")
			t.Logf("installed and built in %.1f s, ran in %.1f s", built.Sub(began).Seconds(), time.Since(built).Seconds())
			client, outcomes := outcomesOf(said)
			rows = append(rows, row{client, outcomes})
			require.NoError(t, err, said)
			for _, feature := range features {
				want := "ok"
				if slices.Contains(a.lacks, feature) {
					want = "-"
				}
				require.Equal(t, want, outcomes[feature], "%s\n%s", feature, said)
			}
			require.Len(t, outcomes, len(features), said)
		})
	}
	t.Log("\n" + table(rows))
}

// build installs the app's packages, and runs the build that its package has.
func (a app) build(t *testing.T) {
	t.Helper()
	install(t, a.folder)
	said, err := program(t, a.folder, nil, "npm", "run", "--silent", "--if-present", "build")
	require.NoError(t, err, said)
}

// push registers the app's documents.
func (a app) push(t *testing.T, db *dbtest.DB) {
	t.Helper()
	push := &command.DocumentsPush{Primary: command.Primary{DatabaseURL: db.PrimaryURL}, Paths: []string{filepath.Join(a.folder, a.documents)}, Client: a.folder, Out: t.Output()}
	if a.saved != "" {
		push.Save = filepath.Join(a.folder, a.saved)
		require.NoError(t, os.MkdirAll(filepath.Dir(push.Save), 0o755))
	}
	require.NoError(t, push.Run(t.Context()))
}

// startBoth starts the servers, and returns the environment that common/check.mjs reads.
func startBoth(t *testing.T, anyDocument, registered *dbtest.DB) (env []string) {
	t.Helper()
	keys, err := token.New()
	require.NoError(t, err)
	secret, err := keys.MarshalPrivate()
	require.NoError(t, err)
	start := func(db *dbtest.DB, mode documents.Mode) *harness.Server {
		harness.Execute(t, db.PrimaryURL, moreProducts)
		return harness.Start(t, db, func(s *harness.Setup) {
			s.Config.Env, s.Config.Keys = config.Production, config.Secret(secret)
			s.Config.Documents.Documents = mode
		}, harness.AsCustomer(shop.Customer))
	}
	open, only := start(anyDocument, documents.APQ), start(registered, documents.Only)
	return []string{
		"SOUK_URL=" + open.URL + "/graphql", "SOUK_ONLY_URL=" + only.URL + "/graphql", "SOUK_METRICS_URL=" + open.OpsURL + "/metrics", "SOUK_ONLY_METRICS_URL=" + only.OpsURL + "/metrics",
		"SOUK_TOKEN=" + open.Credential(), "SOUK_EXPIRED_TOKEN=" + expired(t, keys),
	}
}

// expired returns a token of the customer that expired an hour ago.
func expired(t *testing.T, keys *token.KeySet) string {
	t.Helper()
	issuer, err := token.NewIssuer(token.IssuerConfig{
		Keys: keys, Issuer: "souk", Audience: "souk", TTL: time.Hour, Now: func() time.Time { return time.Now().Add(-2 * time.Hour) },
	})
	require.NoError(t, err)
	raw, _, err := issuer.Issue(token.Claims{Subject: shop.Customer, Kind: token.KindCustomer, Session: uuid.New()})
	require.NoError(t, err)
	return raw
}

// program runs a program in a folder, to its end.
func program(t *testing.T, folder string, env []string, name string, arguments ...string) (output string, err error) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), appPatience)
	defer cancel()
	command := exec.CommandContext(ctx, name, arguments...)
	command.Dir, command.Env = folder, append(os.Environ(), env...)
	said, err := command.CombinedOutput()
	return string(said), err
}

// outcomesOf reads the lines that common/check.mjs prints.
func outcomesOf(said string) (client string, outcomes map[string]string) {
	outcomes = map[string]string{}
	for line := range strings.Lines(said) {
		if cells := strings.Split(strings.TrimSpace(line), "\t"); len(cells) == 3 {
			client, outcomes[cells[1]] = cells[0], cells[2]
		}
	}
	return client, outcomes
}

// table shows what became of each feature in each client, in the order in which they ran.
func table(rows []row) string {
	var text strings.Builder
	out := tabwriter.NewWriter(&text, 0, 0, 2, ' ', 0)
	fmt.Fprintln(out, "client\t"+strings.Join(features, "\t"))
	for _, r := range rows {
		cells := []string{r.client}
		for _, feature := range features {
			cells = append(cells, r.outcomes[feature])
		}
		fmt.Fprintln(out, strings.Join(cells, "\t"))
	}
	_ = out.Flush()
	return text.String()
}

// moreProducts fill six pages of a client.
const moreProducts = `
INSERT INTO products (id, slug, title, status, created_at)
SELECT ('01900000-0000-7000-8000-0000000009' || lpad(to_hex(n), 2, '0'))::uuid, 'paper-lamp-' || n, 'Paper Lamp ' || n, 'ACTIVE', '2026-02-01'
FROM generate_series(1, 22) AS n;
SELECT refresh_products(array_agg(id)) FROM products WHERE slug LIKE 'paper-lamp-%'`
