package access

import (
	"fmt"
	"slices"
	"strings"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"
	gql "github.com/vektah/gqlparser/v2/ast"

	"souk/internal/auth"
	"souk/test/harness"
)

// runMutations sends every mutation as everybody whom its rule tells apart: first
// as those who may not, which must run no statement and change no row, then as
// those who may, with the payload's fields.
func (m *matrix) runMutations() {
	counter := harness.CountStatements(m.t, m.db)
	mutations := slices.DeleteFunc(m.fields("Mutation"), func(f *gql.FieldDefinition) bool { return m.onlyMutation != "" && f.Name != m.onlyMutation })
	for _, mutation := range mutations {
		m.refusedMutation(mutation, counter)
	}
	for _, mutation := range mutations {
		for _, c := range m.mutationCallers(mutation) {
			if m.mutationWant(mutation, c) == passes {
				for _, input := range m.inputs(mutation) {
					m.passedMutation(mutation, c, input)
				}
			}
		}
	}
}

func (m *matrix) mutationCallers(mutation *gql.FieldDefinition) []caller {
	rule, _ := m.rules.Of("Mutation", mutation.Name)
	if rule.Permission == "" {
		return callersFor([]auth.Permission{auth.CatalogueRead})
	}
	return callersFor([]auth.Permission{rule.Permission})
}

func (m *matrix) mutationWant(mutation *gql.FieldDefinition, c caller) outcome {
	rule, known := m.rules.Of("Mutation", mutation.Name)
	require.True(m.t, known, mutation.Name)
	return expected(rule, c)
}

// refusedMutation sends a mutation with each of its inputs as everybody who may
// not, by its name and in a fragment.
func (m *matrix) refusedMutation(mutation *gql.FieldDefinition, counter *harness.Statements) {
	before := m.checksums()
	statements := counter.During(m.t, func() {
		for _, c := range m.mutationCallers(mutation) {
			if m.mutationWant(mutation, c) == passes {
				continue
			}
			for _, input := range m.inputs(mutation) {
				m.asked++
				text := mutation.Name + input
				answer := m.post(c.Principal, "mutation { ...f } fragment f on Mutation { ... { other: "+text+" { __typename } } }")
				switch {
				case harness.At(answer.Data, "other") != nil:
					m.violations = append(m.violations, fmt.Sprintf("mutation %s as %s: leak: %s", text, c.name, answer.Raw))
				case len(answer.Errors) != 1 || answer.Errors[0].Extensions["code"] != refusalCode(c):
					m.violations = append(m.violations, fmt.Sprintf("mutation %s as %s: refused in another way: %s", text, c.name, answer.Raw))
				}
			}
		}
	})
	for _, name := range []string{"StaffPrincipal", "APIKeyPrincipal", "NoteAPIKeyUse"} {
		delete(statements, name) // they say who asks
	}
	if len(statements) > 0 {
		m.violations = append(m.violations, fmt.Sprintf("mutation %s: refused after statements: %v", mutation.Name, statements))
	}
	if m.checksums() != before {
		m.violations = append(m.violations, fmt.Sprintf("mutation %s: refused, and it changed the database", mutation.Name))
	}
}

// inputs are the arguments that a mutation is sent with.
func (m *matrix) inputs(mutation *gql.FieldDefinition) []string {
	inputs := []string{m.arguments("Mutation", mutation, "")}
	for _, input := range accessInputs[mutation.Name] {
		inputs = append(inputs, accessInput(m.t, input))
	}
	return inputs
}

// passedMutation sends a mutation with all that its payload says, two levels deep.
func (m *matrix) passedMutation(mutation *gql.FieldDefinition, c caller, input string) {
	if mutation.Name == "sessionRevoke" && !c.IsAnonymous() {
		c.ID = uuid.Must(uuid.NewV7()) // somebody else of the kind: the session is needed
	}
	payload := mutation.Type.Name()
	var selection strings.Builder
	var fields []*gql.FieldDefinition
	for _, field := range m.fields(payload) {
		m.asked++
		if rule, _ := m.rules.Of(payload, field.Name); expected(rule, c) != passes {
			m.refusedPayload(mutation, c, input, field)
			continue
		}
		fields = append(fields, field)
		selection.WriteString(" " + field.Name + m.within(field))
	}
	answer := m.post(c.Principal, "mutation { it: "+mutation.Name+input+" { __typename"+selection.String()+" } }")
	for _, e := range answer.Errors {
		if isRefusal(e) && len(e.Path) <= 2 {
			m.violations = append(m.violations, fmt.Sprintf("mutation %s%s as %s: the rules let it pass, and it fails: %s", mutation.Name, input, c.name, e.Message))
		}
	}
	it, _ := harness.At(answer.Data, "it").(map[string]any)
	if it == nil {
		return
	}
	m.reached["Mutation."+mutation.Name] = true
	for _, field := range fields {
		if list, isList := it[field.Name].([]any); it[field.Name] != nil && (!isList || len(list) > 0) {
			m.reached[payload+"."+field.Name] = true
		}
		for _, o := range descend(it[field.Name], nil) {
			name, _ := o.fields["t"].(string)
			for key := range o.fields {
				if f, ok := strings.CutPrefix(key, name+"_"); ok {
					m.reached[name+"."+f] = true
				}
			}
		}
	}
}

// refusedPayload sends a mutation that the caller may, with a field of its payload
// that the caller may not see.
func (m *matrix) refusedPayload(mutation *gql.FieldDefinition, c caller, input string, field *gql.FieldDefinition) {
	answer := m.post(c.Principal, "mutation { it: "+mutation.Name+input+" { "+m.selects(mutation.Type.Name(), field, "f0")+" } }")
	if harness.At(answer.Data, "it", "f0") != nil || len(answer.Errors) == 0 || !isRefusal(answer.Errors[0]) {
		m.violations = append(m.violations, fmt.Sprintf("mutation %s%s as %s: leak of %s.%s: %s",
			mutation.Name, input, c.name, mutation.Type.Name(), field.Name, answer.Raw))
	}
}

// within selects the simple fields of what a payload's field returns, and which
// type it is of.
func (m *matrix) within(field *gql.FieldDefinition) string {
	returned := m.schema.Types[field.Type.Name()]
	if !returned.IsCompositeType() {
		return ""
	}
	var b strings.Builder
	b.WriteString(" { t: __typename")
	for _, object := range m.schema.GetPossibleTypes(returned) {
		b.WriteString(" ... on " + object.Name + " {")
		if m.isEntity(object) {
			b.WriteString(" " + object.Name + "_id: id")
		} else {
			for _, f := range m.fields(object.Name) {
				b.WriteString(" " + m.selects(object.Name, f, object.Name+"_"+f.Name))
			}
		}
		b.WriteString(" }")
	}
	b.WriteString(" }")
	return b.String()
}

// checksums sums up every row of every table, but for when a credential was last
// used.
func (m *matrix) checksums() string {
	ctx := m.t.Context()
	if m.conn == nil {
		var err error
		m.conn, err = pgx.Connect(ctx, m.db.PrimaryURL)
		require.NoError(m.t, err)
		m.t.Cleanup(func() { _ = m.conn.Close(ctx) })
		rows, err := m.conn.Query(ctx, `SELECT format('SELECT %L || coalesce(sum(hashtextextended((to_jsonb(t) - ''last_used_at'')::text, 0)), 0) FROM %s AS t', relname, oid::regclass)
			FROM pg_class WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace ORDER BY relname`)
		require.NoError(m.t, err)
		parts, err := pgx.CollectRows(rows, pgx.RowTo[string])
		require.NoError(m.t, err)
		m.sum = "SELECT string_agg(line, ' ') FROM (" + strings.Join(parts, " UNION ALL ") + ") AS all_tables(line)"
	}
	var sum string
	require.NoError(m.t, m.conn.QueryRow(ctx, m.sum).Scan(&sum))
	return sum
}
