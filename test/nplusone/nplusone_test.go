package nplusone

import (
	"fmt"
	"maps"
	"os"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"souk/internal/auth"
	"souk/internal/config"
	"souk/internal/dbtest"
	"souk/test/harness"
)

// maxDepth is how many objects and lists deep the walk goes.
const maxDepth = 4

// parents are the list lengths between which the number of statements must not
// differ.
var parents = []int{1, 10, 100}

// TestStatementsDoNotDependOnListLength walks the schema. For each path of lists
// and objects it runs the path's query over 1, 10 and 100 parents, in a shop
// where each parent has children, and wants the same statements each time, as
// Postgres counts them. A staff member asks who may see everything, and below
// `viewer` a customer, too, who has things of their own there.
//
// The sample has one path to each field of each type, the shortest.
func TestStatementsDoNotDependOnListLength(t *testing.T) {
	t.Parallel()
	db := dbtest.Named(t, "chains", fillChains)
	server := harness.Start(t, db, harness.AsStaff(auth.AllPermissions()...), harness.WithoutLimits)
	counter := harness.CountStatements(t, db)
	walk := newWalk(t, server)
	require.Greater(t, walk.fields, 1300, "the walk has lost its way")
	documentsSay(t, walk.fields)
	paths := dbtest.Sample(walk.paths, dbtest.FirstOfEach(1, func(p path) string { return fmt.Sprint(p[len(p)-1]) }))
	t.Logf("%d paths in %d queries, of which %d are sent", walk.fields, len(walk.paths), len(paths))
	for _, path := range paths {
		if grew := walk.compare(t, server, counter, path); grew != "" {
			t.Errorf("%s: %s", path, grew)
		}
	}
	customer := server.As(t, auth.Principal{Kind: auth.Customer, ID: hubCustomer})
	asked := 0
	for _, path := range walk.paths {
		if path[0].field != "viewer" {
			continue
		}
		asked++
		if grew := walk.compare(t, customer, counter, path); grew != "" {
			t.Errorf("a customer's %s: %s", path, grew)
		}
	}
	require.Greater(t, asked, 5)
	t.Logf("%d queries of a customer", asked)
}

// documentsSay checks that the pages that say how many paths there are say this number.
func documentsSay(t *testing.T, paths int) {
	t.Helper()
	for _, page := range []string{"../../README.md", "../../docs/decisions/0021-breadth-first.md"} {
		text, err := os.ReadFile(page)
		require.NoError(t, err)
		said := regexp.MustCompile(`([0-9,]+) paths`).FindStringSubmatch(string(text))
		require.NotEmpty(t, said, page)
		require.Equal(t, strconv.Itoa(paths), strings.ReplaceAll(said[1], ",", ""), "%s says how many paths there were before", page)
	}
}

// TestWalkCatchesAnUnbatchedResolver runs under gqlgen's executor, which calls a resolver
// for each parent, and at a time that depends on the machine: the walk must notice.
func TestWalkCatchesAnUnbatchedResolver(t *testing.T) {
	db := dbtest.Named(t, "chains", fillChains)
	server := harness.Start(t, db, harness.AsStaff(auth.AllPermissions()...), harness.WithoutLimits, func(s *harness.Setup) {
		s.Config.Executor = config.Gqlgen
	})
	counter := harness.CountStatements(t, db)
	walk := newWalk(t, server)
	var caught []string
	for _, path := range walk.paths {
		if len(path) <= 2 && path.selects("Review", "author") {
			if grew := walk.compare(t, server, counter, path); grew != "" {
				caught = append(caught, path.String()+": "+grew)
			}
		}
	}
	require.NotEmpty(t, caught)
	require.Contains(t, caught[0], "AuthorsByIDs")
}

// compare runs the path over each number of parents and says where a statement ran more
// often than the plan's bound, which is once for each level; "" when none did. It may run
// less often: what is known is not read again.
func (w *walk) compare(t *testing.T, server *harness.Server, counter *harness.Statements, path path) string {
	levels := len(path) + 2 // with the fields that the walk selects of the last objects, and theirs
	counter.Lap(t)
	for _, n := range parents {
		query := w.query(path, n)
		var variables map[string]any
		if path[0].field == "nodes" {
			variables = w.variables(path[0].returns, n)
		}
		server.Query(t, query, variables)
		calls := counter.Lap(t)
		for name, times := range calls {
			if times > levels {
				return fmt.Sprintf("%d parents: %s ran %d times on %d levels: %v\n%s", n, name, times, levels, sorted(calls), query)
			}
		}
	}
	return ""
}

func sorted(calls map[string]int) string {
	names := slices.Sorted(maps.Keys(calls))
	for i, name := range names {
		names[i] = fmt.Sprintf("%s ×%d", name, calls[name])
	}
	return strings.Join(names, ", ")
}

// step is a field on the way, with the type that it is reached on.
type step struct{ on, field, returns string }

type path []step

func (p path) String() string {
	names := make([]string, len(p))
	for i, s := range p {
		names[i] = s.field
	}
	return strings.Join(names, ".")
}

func (p path) selects(on, _ string) bool { return p[len(p)-1].returns == on }

// walk is the schema as introspection gives it, and every path through it.
type walk struct {
	types  map[string]schemaType
	nodes  map[string][]string // global IDs by type, for `nodes`
	slug   map[string]string   // a slug for root fields that want one
	paths  []path
	fields int
}

type schemaType struct {
	kind     string
	fields   []schemaField
	possible []string
}

type schemaField struct {
	name    string
	returns string // the named type below lists and non-null
	list    bool
	args    map[string]string
}

func newWalk(t *testing.T, server *harness.Server) *walk {
	w := &walk{types: introspect(t, server), slug: map[string]string{}}
	w.sample(t, server)
	for _, root := range w.types["Query"].fields {
		first := path{{"Query", root.name, root.returns}}
		w.paths = append(w.paths, first)
		w.fields++
		w.descend(first)
	}
	return w
}

// descend adds the path with all object fields of where it ends selected at
// once, and goes on through each of them.
func (w *walk) descend(p path) {
	here := p[len(p)-1].returns
	for _, on := range w.concrete(here) {
		children := w.objects(on)
		if len(children) == 0 {
			continue
		}
		own := slices.Clone(p)
		own[len(own)-1].returns = on
		w.paths = append(w.paths, own)
		w.fields += len(children)
		if len(p)+1 >= maxDepth {
			continue
		}
		for _, child := range children {
			w.descend(append(slices.Clone(own), step{on, child.name, w.element(child.returns)}))
		}
	}
}

// concrete are the object types that a value of the type may be. A page counts
// as what it lists.
func (w *walk) concrete(name string) []string {
	name = w.element(name)
	if possible := w.types[name].possible; possible != nil {
		return possible
	}
	return []string{name}
}

// element is what a connection lists, and any other type itself. Facets stay
// reachable as fields of the connection: see objects.
func (w *walk) element(name string) string {
	for _, f := range w.types[name].fields {
		if strings.HasSuffix(name, "Connection") && f.name == "nodes" {
			return f.returns
		}
	}
	return name
}

// objects are the fields of a type that return objects.
func (w *walk) objects(name string) []schemaField {
	var fields []schemaField
	for _, f := range w.types[name].fields {
		if kind := w.types[f.returns].kind; kind == "OBJECT" || kind == "INTERFACE" {
			fields = append(fields, f)
		}
	}
	return fields
}

// scalars are the fields of a type that need no selection: some are loaded, too.
func (w *walk) scalars(name string) []string {
	var fields []string
	for _, f := range w.types[name].fields {
		if kind := w.types[f.returns].kind; kind == "SCALAR" || kind == "ENUM" {
			fields = append(fields, f.name)
		}
	}
	return fields
}

// query writes the path's query. The first list on the way has n items, all
// others two; both ways into a connection are taken, since an executor may treat
// them differently.
func (w *walk) query(p path, n int) string {
	var b strings.Builder
	if p[0].field == "nodes" {
		b.WriteString("query ($ids: [ID!]!) ")
	}
	b.WriteString("{")
	closing := "}"
	sized := false
	if root := w.field(p[0].on, p[0].field); len(p) == 1 && p[0].returns == root.returns {
		return b.String() + " " + root.name + w.arguments(root, n, &sized, true) + w.leaf(root) + " }"
	}
	for i, s := range p {
		field := w.field(s.on, s.field)
		b.WriteString(" " + s.field + w.arguments(field, n, &sized, i == 0))
		open, end := w.into(field, s.returns)
		b.WriteString(open)
		closing = end + closing
	}
	last := p[len(p)-1].returns
	var children strings.Builder
	for _, scalar := range w.scalars(last) {
		children.WriteString(" " + scalar)
	}
	for _, child := range w.objects(last) {
		inner := sized
		children.WriteString(" " + child.name + w.arguments(child, n, &inner, false) + w.leaf(child))
	}
	b.WriteString(children.String())
	b.WriteString(closing)
	return b.String()
}

func (w *walk) field(on, name string) schemaField {
	i := slices.IndexFunc(w.types[on].fields, func(f schemaField) bool { return f.name == name })
	return w.types[on].fields[i]
}

// into opens a field's selection at the object that the path goes on from.
func (w *walk) into(f schemaField, on string) (open, end string) {
	switch {
	case strings.HasSuffix(f.returns, "Connection"):
		return " { totalCount edges { node {", " } } }"
	case w.types[f.returns].kind == "INTERFACE":
		return " { ... on " + on + " {", " } }"
	default:
		return " {", " }"
	}
}

// leaf selects something of a field's objects, a page's facets among it.
func (w *walk) leaf(f schemaField) string {
	if !strings.HasSuffix(f.returns, "Connection") {
		return " { __typename" + w.connectionExtras(f.returns) + " }"
	}
	return " { totalCount nodes { __typename }" + w.connectionExtras(f.returns) + " }"
}

// connectionExtras selects the object fields of a type that is no entity: the
// facets of a page, and their values' objects.
func (w *walk) connectionExtras(name string) string {
	var b strings.Builder
	for _, f := range w.objects(name) {
		if strings.HasSuffix(name, "Connection") && (f.name == "edges" || f.name == "nodes" || f.name == "pageInfo") {
			continue
		}
		if !strings.HasSuffix(name, "Connection") && !strings.Contains(name, "Facet") {
			continue
		}
		b.WriteString(" " + f.name + " { __typename" + w.connectionExtras(f.returns) + " }")
	}
	return b.String()
}

// arguments gives a list its length and a root field what it needs.
func (w *walk) arguments(f schemaField, n int, sized *bool, root bool) string {
	switch {
	case f.args["first"] != "":
		length := 2
		if !*sized {
			length, *sized = n, true
		}
		return fmt.Sprintf("(first: %d)", length)
	case root && f.args["ids"] != "":
		*sized = true
		return "(ids: $ids)"
	case root && f.args["sku"] != "":
		return fmt.Sprintf("(sku: %q)", w.slug[f.returns])
	case root && f.args["slug"] != "":
		return fmt.Sprintf("(slug: %q)", w.slug[f.returns])
	case root && f.args["id"] != "":
		return fmt.Sprintf("(id: %q)", w.nodes[w.example(f.returns)][0])
	case f.list:
		*sized = true
	}
	return ""
}

// example is an entity of the type: any for an interface.
func (w *walk) example(name string) string {
	if len(w.nodes[name]) > 0 {
		return name
	}
	return "Product"
}

// variables has n IDs of a kind for `nodes`; of each kind for an interface, at
// most 100 in all.
func (w *walk) variables(kind string, n int) map[string]any {
	if ids := w.nodes[kind]; len(ids) > 0 {
		return map[string]any{"ids": ids[:n]}
	}
	kinds := slices.Sorted(maps.Keys(w.nodes))
	var ids []string
	for _, kind := range kinds {
		ids = append(ids, w.nodes[kind][:min(n, 100/len(kinds))]...)
	}
	return map[string]any{"ids": ids}
}

// sample finds a hundred IDs of every kind of entity.
func (w *walk) sample(t *testing.T, server *harness.Server) {
	answer := server.Query(t, `{
		products(first: 100) { nodes { id variants(first: 1) { nodes { id } } images(first: 1) { nodes { id } } reviews(first: 1) { nodes { id } } } }
		categories(first: 100) { nodes { id } }
		vendors(first: 100) { nodes { id } }
		collections(last: 100) { nodes { id } }
		customers(first: 100) { nodes { id addresses(first: 1) { nodes { id } } } }
		staffMembers(last: 100) { nodes { id } }
		roles(last: 100) { nodes { id } }
		apiKeys(first: 100) { nodes { id } }
		auditEvents(first: 100) { nodes { id } }
		importRuns(first: 100) { nodes { id } }
		jobs(first: 100) { nodes { id } }
		documents(first: 100) { nodes { id } }
		locations(first: 100) { nodes { id } }
		shop { id }
	}`, nil)
	w.nodes = map[string][]string{"Shop": slices.Repeat([]string{answer.At("shop", "id").(string)}, 100)} // there is one
	for field, name := range map[string]string{
		"products": "Product", "categories": "Category", "vendors": "Vendor", "collections": "Collection", "customers": "Customer", "staffMembers": "Staff",
		"roles": "Role", "apiKeys": "ApiKey", "auditEvents": "AuditEvent", "importRuns": "ImportRun", "jobs": "Job", "documents": "Document", "locations": "Location",
	} {
		items, _ := answer.At(field, "nodes").([]any)
		require.Len(t, items, 100, field)
		for _, item := range items {
			w.nodes[name] = append(w.nodes[name], harness.At(item, "id").(string))
			for field, child := range map[string]string{"variants": "ProductVariant", "images": "Image", "reviews": "Review", "addresses": "Address"} {
				if id, ok := harness.At(item, field, "nodes", 0, "id").(string); ok {
					w.nodes[child] = append(w.nodes[child], id)
				}
			}
		}
	}
	// The lists of what is called hub have a hundred items each.
	w.slug = map[string]string{"Product": "hub", "Category": "hub", "Vendor": "hub", "Collection": "hub", "ProductVariant": "hub-1"}
	for _, kind := range w.types["Node"].possible {
		require.Len(t, w.nodes[kind], 100, "no examples of %s: add some to sample", kind)
	}
}
