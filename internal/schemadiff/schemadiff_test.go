package schemadiff

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"github.com/vektah/gqlparser/v2"
	"github.com/vektah/gqlparser/v2/ast"
)

func load(t *testing.T, text string) *ast.Schema {
	t.Helper()
	schema, err := gqlparser.LoadSchema(&ast.Source{Name: "schema", Input: text})
	require.NoError(t, err, text)
	return schema
}

var today = time.Date(2027, 3, 2, 9, 0, 0, 0, time.UTC)

// TestCompare changes a schema in each way that there is. A change that nobody notices has no
// line.
func TestCompare(t *testing.T) {
	const (
		past   = `@deprecated(reason: "Use b. Removed after 2027-03-01.")`
		future = `@deprecated(reason: "Use b. Removed after 2027-03-02.")`
		before = `@deprecated(reason: "Use b. Removed after 2027-01-01.")`
		later  = `@deprecated(reason: "Use b. Removed after 2027-06-01.")`
		q      = `type Query { x: Int } `
	)
	for name, tc := range map[string]struct {
		was, is  string
		severity Severity
		change   string // "" means none
	}{
		"nothing":         {`type Query { a: Int }`, `type Query { a: Int }`, 0, ``},
		"another order":   {`type Query { a: Int b: Int }`, `type Query { b: Int a: Int }`, 0, ``},
		"a description":   {`type Query { a: Int }`, `type Query { "A." a: Int }`, 0, ``},
		"a deprecation":   {`type Query { a: Int }`, `type Query { a: Int @deprecated }`, 0, ``},
		"a new type":      {q, q + `type A { a: Int }`, 0, ``},
		"a new field":     {`type Query { a: Int }`, `type Query { a: Int b: Int }`, 0, ``},
		"a new directive": {q, q + `directive @a on FIELD`, 0, ``},

		"a type is gone":         {`type Query { x: Int a: A } type A { a: Int }`, q, Breaking, `A: the type is gone`},
		"a type of another kind": {q + `type A { a: Int }`, q + `input A { a: Int }`, Breaking, `A: it was of kind OBJECT and is of kind INPUT_OBJECT`},
		"a scalar's specification": {
			q + `scalar A @specifiedBy(url: "a:b")`, q + `scalar A @specifiedBy(url: "a:c")`, Risky,
			`A: its specification was "a:b" and is "a:c"`,
		},

		"a field is gone":                    {`type Query { x: Int a: Int }`, q, Breaking, `Query.a: the field is gone`},
		"a field of another type":            {`type Query { a: Int }`, `type Query { a: Float }`, Breaking, `Query.a: it was Int and is Float`},
		"a field that becomes a list":        {`type Query { a: Int }`, `type Query { a: [Int] }`, Breaking, `Query.a: it was Int and is [Int]`},
		"a field that may be null now":       {`type Query { a: Int! }`, `type Query { a: Int }`, Breaking, `Query.a: it was Int! and is Int`},
		"an element that may be null now":    {`type Query { a: [Int!]! }`, `type Query { a: [Int]! }`, Breaking, `Query.a: it was [Int!]! and is [Int]!`},
		"a field that is never null now":     {`type Query { a: [Int] }`, `type Query { a: [Int!]! }`, 0, ``},
		"a field of an interface is gone":    {q + `interface A { a: Int b: Int }`, q + `interface A { a: Int }`, Breaking, `A.b: the field is gone`},
		"an object leaves its interface":     {q + `interface A { a: Int } type B implements A { a: Int }`, q + `interface A { a: Int } type B { a: Int }`, Breaking, `B: it no longer implements A`},
		"an object gets an interface":        {q + `interface A { a: Int } type B { a: Int }`, q + `interface A { a: Int } type B implements A { a: Int }`, 0, ``},
		"null at a level says less":          {q + semantic + `type A { a: [Int] @semanticNonNull(levels: [0, 1]) }`, q + semantic + `type A { a: [Int] @semanticNonNull }`, Breaking, `A.a: null was an error only, at level 1 of its type, and @semanticNonNull does not say so any more`},
		"null only by error becomes no null": {q + semantic + `type A { a: Int @semanticNonNull }`, q + semantic + `type A { a: Int! }`, 0, ``},

		"an argument is gone":             {`type Query { a(b: Int): Int }`, `type Query { a: Int }`, Breaking, `Query.a(b:): the argument is gone`},
		"an argument of another type":     {`type Query { a(b: Int): Int }`, `type Query { a(b: ID): Int }`, Breaking, `Query.a(b:): it was Int and is ID`},
		"an argument that is required":    {`type Query { a(b: Int): Int }`, `type Query { a(b: Int!): Int }`, Breaking, `Query.a(b:): it could be left out, and is required: Int became Int!`},
		"an argument that is not":         {`type Query { a(b: Int!): Int }`, `type Query { a(b: Int): Int }`, 0, ``},
		"an argument without its default": {`type Query { a(b: Int! = 1): Int }`, `type Query { a(b: Int!): Int }`, Breaking, `Query.a(b:): its default is gone, so that it is required`},
		"an argument's other default":     {`type Query { a(b: Int = 1): Int }`, `type Query { a(b: Int = 2): Int }`, Risky, `Query.a(b:): its default was 1 and is 2`},
		"a new argument":                  {`type Query { a: Int }`, `type Query { a(b: Int): Int }`, 0, ``},
		"a new required argument":         {`type Query { a: Int }`, `type Query { a(b: Int!): Int }`, Breaking, `Query.a(b:): the new argument is required; give it a default, or let it be left out`},
		"a new argument with a default":   {`type Query { a: Int }`, `type Query { a(b: Int! = 1): Int }`, 0, ``},

		"an input's field is gone":           {q + `input A { a: Int b: Int }`, q + `input A { a: Int }`, Breaking, `A.b: the field is gone`},
		"an input's field of another type":   {q + `input A { a: Int }`, q + `input A { a: [Int] }`, Breaking, `A.a: it was Int and is [Int]`},
		"an input's field that is required":  {q + `input A { a: Int }`, q + `input A { a: Int! }`, Breaking, `A.a: it could be left out, and is required: Int became Int!`},
		"an input's field that is not":       {q + `input A { a: Int! }`, q + `input A { a: Int }`, 0, ``},
		"an input's new field":               {q + `input A { a: Int }`, q + `input A { a: Int b: Int }`, 0, ``},
		"an input's new required field":      {q + `input A { a: Int }`, q + `input A { a: Int b: Int! }`, Breaking, `A.b: the new field is required; give it a default, or let it be left out`},
		"an input of which one may be given": {q + `input A { a: Int }`, q + `input A @oneOf { a: Int }`, Breaking, `A: exactly one of its fields must be given now (@oneOf)`},
		"an input of which all may be given": {q + `input A @oneOf { a: Int }`, q + `input A { a: Int }`, 0, ``},

		"a value is gone":       {q + `enum A { B C }`, q + `enum A { B }`, Breaking, `A.C: the value is gone`},
		"a new value":           {q + `enum A { B }`, q + `enum A { B C }`, Risky, `A.C: the value is new: clients may not expect it`},
		"a union's type leaves": {q + `type A { a: Int } type B { a: Int } union C = A | B`, q + `type A { a: Int } type B { a: Int } union C = A`, Breaking, `C: B is no longer one of its types`},
		"a union's new type":    {q + `type A { a: Int } type B { a: Int } union C = A`, q + `type A { a: Int } type B { a: Int } union C = A | B`, Risky, `C: B is a new one of its types: clients may not expect it`},

		"a directive is gone":                {q + `directive @a on FIELD`, q, Breaking, `@a: the directive is gone`},
		"a directive's place is gone":        {q + `directive @a on FIELD | QUERY`, q + `directive @a on FIELD`, Breaking, `@a: it is no longer allowed on QUERY`},
		"a directive that is once":           {q + `directive @a repeatable on FIELD`, q + `directive @a on FIELD`, Breaking, `@a: it can no longer be repeated`},
		"a directive's argument is gone":     {q + `directive @a(b: Int) on FIELD`, q + `directive @a on FIELD`, Breaking, `@a(b:): the argument is gone`},
		"a directive's argument is required": {q + `directive @a on FIELD`, q + `directive @a(b: Int!) on FIELD`, Breaking, `@a(b:): the new argument is required; give it a default, or let it be left out`},

		"a field that expired":                {`type Query { x: Int a: Int ` + past + ` }`, q, Expired, `Query.a: the field is gone`},
		"a field that expires today":          {`type Query { x: Int a: Int ` + future + ` }`, q, Breaking, `Query.a: the field is gone; it is deprecated, and may change after 2027-03-02`},
		"a field that never expires":          {`type Query { x: Int a: Int @deprecated }`, q, Breaking, `Query.a: the field is gone; it is deprecated without a date: write "Removed after 2027-03-01." into the reason, and remove it after that day`},
		"a field that expired, of other type": {`type Query { a: Int! ` + past + ` }`, `type Query { a: Int ` + past + ` }`, Expired, `Query.a: it was Int! and is Int`},
		"a promise that is shortened":         {`type Query { a: Int ` + later + ` }`, `type Query { a: Int ` + future + ` }`, Breaking, `Query.a: it was to stay until 2027-06-01, and now until 2027-03-02 only; clients were promised the later date`},
		"an argument's, shortened":            {`type Query { a(b: Int ` + later + `): Int }`, `type Query { a(b: Int ` + past + `): Int }`, Breaking, `Query.a(b:): it was to stay until 2027-06-01, and now until 2027-03-01 only; clients were promised the later date`},
		"an input's field's, shortened":       {q + `input A { a: Int ` + later + ` }`, q + `input A { a: Int ` + past + ` }`, Breaking, `A.a: it was to stay until 2027-06-01, and now until 2027-03-01 only; clients were promised the later date`},
		"a value's, shortened":                {q + `enum A { B C ` + later + ` }`, q + `enum A { B C ` + past + ` }`, Breaking, `A.C: it was to stay until 2027-06-01, and now until 2027-03-01 only; clients were promised the later date`},
		"a promise that is extended":          {`type Query { a: Int ` + future + ` }`, `type Query { a: Int ` + later + ` }`, 0, ``},
		"a promise that has ended":            {`type Query { a: Int ` + past + ` }`, `type Query { a: Int ` + before + ` }`, 0, ``},
		"an argument that expired":            {`type Query { a(b: Int ` + past + `): Int }`, `type Query { a: Int }`, Expired, `Query.a(b:): the argument is gone`},
		"an argument of an expired field":     {`type Query { a(b: Int): Int ` + past + ` }`, `type Query { a: Int ` + past + ` }`, Expired, `Query.a(b:): the argument is gone`},
		"an input's field that expired":       {q + `input A { a: Int b: Int ` + past + ` }`, q + `input A { a: Int }`, Expired, `A.b: the field is gone`},
		"a value that expired":                {q + `enum A { B C ` + past + ` }`, q + `enum A { B }`, Expired, `A.C: the value is gone`},
		"a type to which nothing leads":       {q + `type A { a: Int }`, q, Expired, `A: the type is gone`},
		"a type of which all expired":         {`type Query { x: Int } interface I { x: Int } type A implements I { x: Int ` + past + ` }`, `type Query { x: Int } interface I { x: Int }`, Expired, `A: the type is gone`},
		"a type of an interface that stays":   {`type Query { x: Int } interface I { x: Int } type A implements I { x: Int }`, `type Query { x: Int } interface I { x: Int }`, Breaking, `A: the type is gone`},
		"a type of an argument that is there": {`type Query { x: Int a(b: A): Int } input A { a: Int }`, `type Query { x: Int a(b: Int): Int }`, Breaking, `A: the type is gone`},
	} {
		t.Run(name, func(t *testing.T) {
			changes := Compare(load(t, tc.was), load(t, tc.is), today)
			if tc.change == "" {
				require.Empty(t, changes)
				return
			}
			require.Contains(t, changes, Change{tc.severity, path(tc.change), tc.change[len(path(tc.change))+2:]})
		})
	}
}

const semantic = `directive @semanticNonNull(levels: [Int!]! = [0]) on FIELD_DEFINITION `

// path is what a change is about, of its text.
func path(change string) string {
	for i := range change {
		if change[i] == ':' && i+1 < len(change) && change[i+1] == ' ' {
			return change[:i]
		}
	}
	return change
}

// TestTypesThatLeaveTogether removes a part of a schema once what leads into it has expired:
// two types that use each other, and an interface with its objects.
func TestTypesThatLeaveTogether(t *testing.T) {
	const parts = ` type A implements I { x: Int b: B } type B { a: A u: U } interface I { x: Int } union U = A `
	const stays = `type Query { x: Int }`
	after := load(t, stays)
	for _, c := range Compare(load(t, `type Query { x: Int a: A @deprecated(reason: "Removed after 2027-03-01.") i: I @deprecated(reason: "Removed after 2027-03-01.") }`+parts), after, today) {
		require.Equal(t, Expired, c.Severity, c.String())
	}
	broken := map[string]bool{}
	for _, c := range Compare(load(t, `type Query { x: Int a: A i: I @deprecated(reason: "Removed after 2027-03-01.") }`+parts), after, today) {
		if c.Severity == Breaking {
			broken[c.Path] = true
		}
	}
	require.Equal(t, map[string]bool{"Query.a": true, "A": true, "B": true, "U": true}, broken, "I is reached by nothing that stays")
}

func TestTheWorstComesFirst(t *testing.T) {
	changes := Compare(
		load(t, `type Query { a: Int b: Int c: Int @deprecated(reason: "Removed after 2027-03-01.") } enum E { A }`),
		load(t, `type Query { x: Int } enum E { A B }`), today)
	var found []string
	for _, c := range changes {
		found = append(found, c.Path)
	}
	require.Equal(t, []string{"Query.a", "Query.b", "E.B", "Query.c"}, found)
}
