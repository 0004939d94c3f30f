package access

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"
	gql "github.com/vektah/gqlparser/v2/ast"

	"souk/graph"
	"souk/graph/access"
	"souk/internal/auth"
	"souk/internal/dbtest"
	"souk/test/shop"
)

// schemaRules are the rules that the schema declares.
func schemaRules(t testing.TB) *access.Rules {
	t.Helper()
	rules, err := access.Compile(graph.NewExecutableSchema(graph.Config{}).Schema())
	require.NoError(t, err)
	return rules
}

// TestAuthorizationMatrix asks for every field of every type by every way that
// leads to the type, as everybody whom its rule tells apart.
func TestAuthorizationMatrix(t *testing.T) {
	m := newMatrix(t, schemaRules(t), nil)
	m.run()
	m.runMutations()
	require.Empty(t, m.violations)
	m.requireAllReached()
	require.Greater(t, m.alone, 20, "refused fields that were asked for beside others")
	ways := 0
	for _, w := range m.ways {
		ways += len(w)
	}
	t.Logf("%d fields of %d types by %d ways: %d answers judged, in %d requests", m.countFields(), len(m.ways), ways, m.asked, m.requests)
}

// TestTheMatrixCatchesANullThatSpreads guards a field that is never null.
func TestTheMatrixCatchesANullThatSpreads(t *testing.T) {
	rules := schemaRules(t).With("Review.rating", access.Rule{To: access.Staff, Permission: auth.AuditRead}).
		With("Query.vendors", access.Rule{To: access.Staff, Permission: auth.AuditRead})
	m := newMatrix(t, rules, guardedBy(rules))
	m.declared, m.callers = true, []caller{anonymous}
	m.run()
	for _, trace := range []string{"took the whole answer with it", "the refusal left 0 of"} {
		require.True(t, slices.ContainsFunc(m.violations, func(v string) bool { return strings.Contains(v, trace) }), "nobody noticed: %s", trace)
	}
}

// guarded are rules for fields of every kind that today are for everybody: of a
// struct, of a method, of one resolver and of a batch; objects, lists and pages;
// on the root, behind an interface, and whole types.
func guarded(t testing.TB) (*access.Rules, []string) {
	read := access.Rule{To: access.Staff, Permission: auth.CatalogueRead}
	vendors := access.Rule{To: access.Staff, Permission: auth.CustomersRead}
	places := map[string]access.Rule{
		"Product.title":                 read,
		"Product.variants":              {To: access.Staff, Permission: auth.AuditRead},
		"Product.vendor":                {To: access.Customer},
		"ProductVariant.price":          {To: access.SignedIn},
		"ProductVariant.product":        {To: access.Staff},
		"Category.ancestors":            read,
		"CategoryConnection.totalCount": {To: access.Customer},
		"ReviewConnection.nodes":        read,
		"ProductFacets.prices":          read,
		"Money.amount":                  {To: access.SignedIn},
		"Review.body":                   {To: access.Owner, Permission: auth.ReviewsModerate},
		"Review.author":                 {To: access.Owner, Permission: auth.ReviewsModerate},
		"Query.vendors":                 {To: access.Staff, Permission: auth.AuditRead},
		"Query.productVariant":          {To: access.Customer},
		"Query.vendor":                  vendors,
		"Vendor":                        vendors,
		"ProductUpdatePayload.product":  {To: access.Staff, Permission: auth.AuditRead},
	}
	rules := schemaRules(t)
	var names []string
	for place, rule := range places {
		rules = rules.With(place, rule)
		if strings.Contains(place, ".") {
			names = append(names, place)
		}
	}
	return rules, names
}

// TestTheMatrixHoldsForRulesOfEveryKind asks for everything under the rules above,
// too. The cut sends the one mutation that they are about and leaves out the others.
func TestTheMatrixHoldsForRulesOfEveryKind(t *testing.T) {
	rules, _ := guarded(t)
	m := newMatrix(t, rules, guardedBy(rules))
	if !dbtest.Full() {
		m.onlyMutation = "productUpdate"
	}
	m.run()
	m.runMutations()
	require.Empty(t, m.violations)
	t.Logf("%d answers judged, in %d requests", m.asked, m.requests)
}

// TestTheMatrixCatchesLeaks turns the guard off: each of the rules must be missed.
func TestTheMatrixCatchesLeaks(t *testing.T) {
	rules, places := guarded(t)
	m := newMatrix(t, rules, unguarded)
	m.onlyMutation = "productUpdate" // the others would tear the shop down
	m.run()
	m.runMutations()
	for _, place := range places {
		require.True(t, slices.ContainsFunc(m.violations, func(v string) bool {
			return strings.HasPrefix(v, place+" ") && strings.Contains(v, "leak") || strings.Contains(v, "leak of "+place)
		}), "nobody noticed that %s is open", place)
	}
	for _, trace := range []string{"leak: ", "refused after statements", "changed the database"} {
		require.True(t, slices.ContainsFunc(m.violations, func(v string) bool {
			return strings.HasPrefix(v, "mutation productUpdate") && strings.Contains(v, trace)
		}), "nobody noticed that everybody may change a product: %s", trace)
	}
	m.violations = nil
	m.sameAnswers()
	require.NotEmpty(t, m.violations, "nobody noticed that vendors are there for everybody")

	m.violations, m.only, m.callers = nil, "Product.id", []caller{anonymous}
	m.samples["Product"][0].hidden = func(auth.Principal) bool { return true }
	m.run()
	require.NotEmpty(t, m.violations, "nobody noticed an object that the data should hide")
}

func unguarded() *access.Guard { return nil }

func guardedBy(rules *access.Rules) func() *access.Guard {
	guard := access.NewGuard(rules, graph.TypeOf)
	return func() *access.Guard { return guard }
}

// TestEveryFieldCanBeGuarded gives one field after the other a rule of its own,
// and wants it enforced by every way: no kind of field escapes the guard. With the
// guard off, the same questions must find each field open. The cut has the first
// three fields of each type and leaves out the others.
func TestEveryFieldCanBeGuarded(t *testing.T) {
	var guard atomic.Pointer[access.Guard]
	rules := schemaRules(t)
	m := newMatrix(t, rules, guard.Load)
	var fields, missed []string
	for _, name := range append(sortedKeys(m.ways), "Query") {
		first := dbtest.FirstOfEach(3, func(*gql.FieldDefinition) string { return name })
		for _, field := range dbtest.Sample(m.fields(name), first) {
			rule := ruleUnlike(rules, name, field.Name)
			with := callersFor([]auth.Permission{rule.Permission})
			m.callers = []caller{with[4], with[5], anonymous}
			if name == "Viewer" {
				m.callers = append(m.callers, owner)
			}
			m.only = name + "." + field.Name
			m.rules = rules.With(m.only, rule)
			guard.Store(access.NewGuard(m.rules, graph.TypeOf))
			m.run()
			fields = append(fields, m.only)

			kept := m.violations
			m.violations = nil
			guard.Store(access.NewGuard(rules, graph.TypeOf))
			m.run()
			if !slices.ContainsFunc(m.violations, func(v string) bool { return strings.Contains(v, "leak") }) {
				missed = append(missed, m.only)
			}
			m.violations = kept
		}
	}
	require.Empty(t, m.violations)
	require.Greater(t, len(fields), 100)
	require.Empty(t, missed, "the shop has no value there, so a leak would go unnoticed")
	t.Logf("%d fields guarded one by one: %d answers judged, in %d requests", len(fields), m.asked, m.requests)
}

// ruleUnlike is a rule for a field that is not the one that it has, nor that of
// what leads there.
func ruleUnlike(rules *access.Rules, on, field string) access.Rule {
	if own, _ := rules.Of(on, field); own.Permission == auth.AuditRead || strings.HasPrefix(on, "Audit") {
		return access.Rule{To: access.Staff, Permission: auth.CustomersRead}
	}
	return access.Rule{To: access.Staff, Permission: auth.AuditRead}
}

// TestNoSpellingEscapesTheGuard writes one guarded field in all the ways that the
// language has.
func TestNoSpellingEscapesTheGuard(t *testing.T) {
	rule := access.Rule{To: access.Staff, Permission: auth.AuditRead}
	rules := schemaRules(t).With("Product.slug", rule).With("Product.id", rule).With("CategoryFacetValue.label", rule)
	m := newMatrix(t, rules, guardedBy(rules))
	const here = `product(slug: "linen-shirt")`
	for name, query := range map[string]string{
		"plain":                         "{ " + here + " { slug } }",
		"below another name":            "{ a: " + here + " { title: slug } }",
		"twice":                         "{ " + here + " { title slug } " + here + " { slug } }",
		"in a fragment":                 "{ " + here + " { ...f } } fragment f on Product { ...g } fragment g on Product { slug }",
		"in a fragment on an interface": "{ " + here + " { ... on Node { id } } }",
		"of an interface":               `{ node(id: "` + shop.ShirtID + `") { id } }`,
		"in a list of an interface":     `{ nodes(ids: ["` + shop.LoomID + `", "` + shop.ShirtID + `"]) { ...f } } fragment f on Node { ... on Product { slug } }`,
		"of another type's interface":   "{ products { facets { categories { ... on FacetValue { label } } } } }",
		"under a condition":             "query ($yes: Boolean = true) { " + here + " { ... @include(if: $yes) { slug @skip(if: false) } } }",
		"deferred":                      "{ " + here + " { title ... @defer { slug } } }",
		"in the last of two fragments":  "{ " + here + " { ...f ...g } } fragment f on Product { vendor { name } } fragment g on Product { slug }",
		"through a page":                "{ products { edges { node { variants { nodes { product { slug } } } } } } }",
		"in a named operation":          "query Other { " + here + " { slug } }",
	} {
		t.Run(name, func(t *testing.T) {
			answer := m.post(newcomer.Principal, query)
			require.NotEmpty(t, answer.Errors, string(answer.Raw))
			require.Equal(t, "FORBIDDEN", answer.Errors[0].Extensions["code"], string(answer.Raw))
			require.Contains(t, answer.Errors[0].Message, "AUDIT_READ")
			for _, value := range []string{"linen-shirt", shop.ShirtID, "Apparel"} {
				require.NotContains(t, string(answer.Raw), value)
			}
			with := m.post(allBut(auth.CatalogueRead).Principal, query)
			require.Empty(t, with.Errors)
		})
	}
	for line := range strings.Lines(m.server.Log.String()) {
		if !strings.Contains(line, "msg=request ") {
			require.NotContains(t, line, "FORBIDDEN", "a refusal is no news")
		}
	}
}

// TestRefusalsLookTheSame wants the same answer, byte for byte, for what is not
// for the caller and for what does not exist.
func TestRefusalsLookTheSame(t *testing.T) {
	rules, _ := guarded(t)
	for name, rules := range map[string]*access.Rules{"as declared": schemaRules(t), "with more rules": rules} {
		t.Run(name, func(t *testing.T) {
			m := newMatrix(t, rules, guardedBy(rules))
			m.sameAnswers()
			require.Empty(t, m.violations)
			require.NotZero(t, m.asked)
			t.Logf("%d pairs compared", m.asked)
		})
	}
}

var requestID = regexp.MustCompile(`"requestId":"[^"]*"`)

// sameAnswers compares, for each sample and caller that it is hidden from, what
// comes for its ID with what comes for one that nothing has; and wants the object
// for everybody else.
func (m *matrix) sameAnswers() {
	for _, name := range sortedKeys(m.samples) {
		for _, s := range m.samples[name] {
			for _, c := range m.lookers(name) {
				for _, query := range m.byID(name) {
					m.compare(name, s, c, query)
				}
			}
		}
	}
}

// lookers are those whom a type's rule or the data may tell apart.
func (m *matrix) lookers(name string) []caller {
	callers := append(m.callersOf(name), director)
	for _, permission := range auth.AllPermissions() {
		callers = append(callers, allBut(permission))
	}
	slices.SortFunc(callers, func(a, b caller) int { return strings.Compare(a.name, b.name) })
	return slices.CompactFunc(callers, func(a, b caller) bool { return a.name == b.name })
}

func (m *matrix) compare(name string, s sample, c caller, query string) {
	here := m.post(c.Principal, fmt.Sprintf(query, sampleID(m.t, name, s.key)))
	general := expected(m.rules.OfType(name), c)
	if general == passes || general == ownOnly && s.of == c.ID {
		if s.hidden == nil || !s.hidden(c.Principal) {
			if strings.HasPrefix(query, "{ a: node") && !strings.Contains(string(here.Raw), `"t":`) {
				m.violations = append(m.violations, fmt.Sprintf("%s %s is not there for %s: %s", name, s.key, c.name, here.Raw))
			}
			return
		}
	}
	m.asked++
	missing := m.post(c.Principal, fmt.Sprintf(query, sampleID(m.t, name, uuid.Max)))
	was, is := requestID.ReplaceAllString(string(missing.Raw), ""), requestID.ReplaceAllString(string(here.Raw), "")
	if was != is || missing.Status != here.Status {
		m.violations = append(m.violations, fmt.Sprintf("%s %s shows itself to %s:\n\t%s\n\twhere nothing is: %s", name, s.key, c.name, is, was))
	}
}

// byID are the queries that look an object up by its ID, with %q in the ID's
// place.
func (m *matrix) byID(name string) []string {
	queries := []string{
		"{ a: node(id: %q) { t: __typename id } }", "{ a: node(id: %q) { ... on " + name + " { t: __typename } } }",
		"{ a: nodes(ids: [%q]) { t: __typename } }", "{ a: nodes(ids: [%q]) { ... on " + name + " { t: __typename id } } }",
	}
	for _, field := range m.fields("Query") {
		if id := field.Arguments.ForName("id"); id != nil && field.Type.Name() == name {
			queries = append(queries, "{ "+field.Name+"(id: %q) { __typename } }", "{ "+field.Name+"(id: %q) { id } }")
		}
	}
	return queries
}

// requireAllReached wants every field of the schema to have been shown to
// somebody, lest the matrix proves nothing about it.
func (m *matrix) requireAllReached() {
	var missing []string
	unused := map[string]string{}
	for place, reason := range accessUnreached {
		unused[place] = reason
	}
	for name, def := range m.schema.Types {
		if def.Kind != gql.Object || def.BuiltIn || strings.HasPrefix(name, "__") {
			continue
		}
		for _, field := range m.fields(name) {
			place := name + "." + field.Name
			excuse := place
			if _, ok := accessUnreached[excuse]; !ok {
				excuse = name + ".*"
			}
			_, excused := accessUnreached[excuse]
			switch {
			case m.reached[place] && excused:
				missing = append(missing, excuse+" is reached: take it out of accessUnreached")
			case !m.reached[place] && !excused:
				missing = append(missing, place)
			}
			delete(unused, excuse)
		}
	}
	slices.Sort(missing)
	require.Empty(m.t, slices.Compact(missing), "nothing led to these fields: give the shop an object, or accessInputs an input")
	require.Empty(m.t, unused, "these fields of accessUnreached are not in the schema")
}

func (m *matrix) countFields() (n int) {
	for name := range m.ways {
		n += len(m.fields(name))
	}
	return n + len(m.fields("Query")) + len(m.fields("Mutation"))
}

func sortedKeys[V any](m map[string]V) []string {
	keys := make([]string, 0, len(m))
	for key := range m {
		keys = append(keys, key)
	}
	slices.Sort(keys)
	return keys
}
