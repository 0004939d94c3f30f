package access

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"
	gql "github.com/vektah/gqlparser/v2/ast"

	"souk/graph/access"
	"souk/internal/auth"
	"souk/internal/dbtest"
	"souk/test/harness"
)

const (
	// waysAtOnce, refusalsAtOnce and restAtOnce are how many parts one request has.
	waysAtOnce     = 15
	refusalsAtOnce = 40
	restAtOnce     = 8
)

// matrix asks for every field by every way as every caller, and compares what
// comes with what the rules say.
type matrix struct {
	*atlas
	rules  *access.Rules
	server *harness.Server
	db     *dbtest.DB
	conn   *pgx.Conn // to the primary; see checksums
	sum    string
	// only, when set, is the one place that is asked for, and by only these.
	only    string
	callers []caller
	// onlyMutation, when set, is the one mutation that is sent.
	onlyMutation string
	// declared is set when the rules are the schema's: then what is refused is
	// nullable, and its null must not spread.
	declared bool

	asked, requests int
	alone           int             // the refusals that left all other fields as they are
	found           map[string]bool // the ways that somebody found objects by
	counts          map[string]int  // how many objects a caller found by a way: see countKey
	reached         map[string]bool // the places that somebody was shown
	violations      []string
}

// newMatrix starts a server over a shop of its own, guarded by what guard returns, or as
// the schema says when guard is nil.
func newMatrix(t testing.TB, rules *access.Rules, guard func() *access.Guard) *matrix {
	db := accessShop(t)
	server := harness.Start(t, db, func(s *harness.Setup) {
		s.Options.Guard, s.Config.Limits.Errors = guard, 1<<20 // each refusal is judged
	})
	for _, c := range everyCaller() { // lest somebody is made while the matrix counts, or is not on the replica yet
		server.As(t, c.Principal)
	}
	require.NoError(t, db.WaitReplica(t.Context()))
	return &matrix{
		atlas: newAtlas(t), rules: rules, server: server, db: db, declared: guard == nil,
		found: map[string]bool{}, counts: map[string]int{}, reached: map[string]bool{},
	}
}

// ask is a part of a request: fields of the objects that a way leads to, as one
// caller.
type ask struct {
	way    way
	caller caller
	fields []*gql.FieldDefinition
	want   want
}

// want is what a caller is to get of a field.
type want int

const (
	all     want = iota
	ownOnes      // of those objects that are the caller's
	nothing      // and perhaps an error
	anError      // and nothing else
)

// run asks for everything. What passes goes first: it finds out which ways lead
// to objects, and so where an error must be.
func (m *matrix) run() {
	var pass, refused, rest []ask
	for _, name := range slices.Sorted(maps.Keys(m.schema.Types)) {
		for _, w := range m.waysTo(name) {
			for _, c := range m.callersOf(name) {
				p, alone := m.asks(w, c)
				pass = append(pass, p...)
				for _, one := range alone {
					if one.want == anError {
						refused = append(refused, one)
					} else {
						rest = append(rest, one)
					}
				}
			}
		}
	}
	m.send(pass, waysAtOnce)
	m.send(refused, refusalsAtOnce)
	m.send(rest, restAtOnce)
}

func (m *matrix) waysTo(name string) []way {
	if on, _, _ := strings.Cut(m.only, "."); m.only != "" && on != name {
		return nil
	}
	if name == "Query" {
		return []way{{on: name}}
	}
	return m.ways[name]
}

func (m *matrix) callersOf(name string) []caller {
	if m.callers != nil {
		return m.callers
	}
	var permissions []auth.Permission
	for _, field := range m.fields(name) {
		rule, _ := m.rules.Of(name, field.Name)
		if rule.Permission != "" && !slices.Contains(permissions, rule.Permission) {
			permissions = append(permissions, rule.Permission)
		}
	}
	if permissions == nil {
		permissions = []auth.Permission{auth.CatalogueRead} // any: it must make no difference
	}
	return callersFor(permissions)
}

// asks sorts a type's fields by what the caller is to get of them. What it gets
// all of goes together; the others go each alone, since a null may spread.
func (m *matrix) asks(w way, c caller) (pass, rest []ask) {
	whole := ask{way: w, caller: c, want: all}
	for _, field := range m.fields(w.on) {
		if place := w.on + "." + field.Name; m.only != "" && m.only != place {
			continue
		}
		m.asked++
		one := ask{way: w, caller: c, fields: []*gql.FieldDefinition{field}, want: m.wanted(w, c, field.Name)}
		switch {
		case one.want != all:
			rest = append(rest, one)
		case w.on == "Query":
			pass = append(pass, one)
		default:
			whole.fields = append(whole.fields, field)
		}
	}
	if len(whole.fields) > 0 {
		pass = append(pass, whole)
	}
	return pass, rest
}

// wanted reads the rules along the way and at its end.
func (m *matrix) wanted(w way, c caller, field string) want {
	so := all
	for i, place := range append(slices.Clone(w.places), w.on+"."+field) {
		on, name, _ := strings.Cut(place, ".")
		rule, known := m.rules.Of(on, name)
		require.True(m.t, known, place)
		so = so.then(expected(rule, c), anError)
		if narrowed := w.narrowed[i]; narrowed != "" {
			so = so.then(expected(m.rules.OfType(narrowed), c), nothing)
		}
	}
	switch {
	case so == ownOnes && w.owned && c.ID != ownerOfSamples:
		return nothing
	case so == anError && len(w.places) > 1 && w.places[0] == "Query.viewer":
		return nothing // one caller's viewer has objects where another's has none
	}
	return so
}

// then joins what was wanted so far with a rule's outcome; refusal is how the rule
// refuses.
func (so want) then(next outcome, refusal want) want {
	switch {
	case so == nothing || so == anError || next == passes:
		return so
	case next == ownOnly:
		return ownOnes
	case so == ownOnes:
		return nothing // it depends on whether there is an object of one's own
	default:
		return refusal
	}
}

// send sends the asks of each caller together, some at once.
func (m *matrix) send(asks []ask, atOnce int) {
	byCaller := map[string][]ask{}
	for _, a := range asks {
		byCaller[a.caller.name] = append(byCaller[a.caller.name], a)
	}
	for _, name := range slices.Sorted(maps.Keys(byCaller)) {
		for part := range slices.Chunk(byCaller[name], atOnce) {
			m.sendTogether(part)
		}
	}
}

func (m *matrix) sendTogether(asks []ask) {
	var query strings.Builder
	query.WriteString("{")
	for i, a := range asks {
		query.WriteString("\n" + m.text(a, "w"+strconv.Itoa(i)))
	}
	query.WriteString("\n}")
	answer := m.post(asks[0].caller.Principal, query.String())
	errors := map[string][]harness.Error{}
	for _, e := range answer.Errors {
		if len(e.Path) == 0 {
			m.t.Fatalf("%s\n%s", e.Message, query.String())
		}
		alias := e.Path[0].(string)
		errors[alias] = append(errors[alias], e)
	}
	if m.declared && answer.Data == nil {
		m.violations = append(m.violations, fmt.Sprintf("a refusal took the whole answer with it, as %s: %s", asks[0].caller.name, query.String()))
	}
	for i, a := range asks {
		alias := "w" + strconv.Itoa(i)
		if answer.Data == nil && len(asks) > 1 && (a.want != anError || len(errors[alias]) == 0) {
			m.sendTogether([]ask{a}) // another one's null has spread over it
			continue
		}
		if wrong := m.judge(a, alias, harness.At(answer.Data, alias), errors[alias]); wrong != "" {
			names := make([]string, len(a.fields))
			for i, f := range a.fields {
				names[i] = f.Name
			}
			m.violations = append(m.violations, fmt.Sprintf("%s.%s by %s as %s: %s\n\t%s",
				a.way.on, strings.Join(names, ","), a.way, a.caller.name, wrong, m.text(a, alias)))
		}
	}
}

func (m *matrix) text(a ask, alias string) string {
	if a.way.on == "Query" {
		return m.selects("Query", a.fields[0], alias)
	}
	var selection []string
	if a.want == ownOnes && m.isEntity(m.schema.Types[a.way.on]) {
		selection = append(selection, "own: id")
	}
	for i, field := range a.fields {
		selection = append(selection, m.selects(a.way.on, field, "f"+strconv.Itoa(i)))
	}
	return a.way.document(alias, strings.Join(selection, " "))
}

// post sends a query as somebody.
func (m *matrix) post(as auth.Principal, query string) *harness.Answer {
	m.t.Helper()
	m.requests++
	return m.server.As(m.t, as).Do(m.t, query, nil)
}
