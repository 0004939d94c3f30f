// Package access enforces the schema's @access directives, which say who can
// read a field. Compile reads the rules and refuses a schema that lacks one. A
// Guard applies them to each operation.
package access

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/vektah/gqlparser/v2/ast"

	"souk/internal/auth"
)

const directiveName = "access"

// Rules are the rules of a schema. They are read-only and safe for concurrent use.
type Rules struct {
	schema *ast.Schema
	types  map[string]Rule            // of object types: the directive on the type itself
	fields map[string]map[string]Rule // by object type and field

	// The fields below are derived from the rules, for speed.

	distinct []Rule                           // each rule once, the one that lets all pass first
	hidden   map[string]int                   // types, as indexes into distinct
	checks   map[string]map[string]fieldCheck // fields by object type
	// guarded are the fields of object and abstract types that may be refused
	// or hidden. Every type has an entry: a type without one is unknown here,
	// and nothing of it may be shown.
	guarded map[string]map[string]bool
}

// fieldCheck describes the check of a field.
type fieldCheck struct {
	rule  int  // index into distinct
	hides bool // whether its result may be hidden: see hides
}

// Compile reads the rules of a schema. Its error lists everything that is
// wrong: fields without a rule, rules without effect, and fields that a refusal
// could not make null. A root field needs its own rule. Any other field has its
// type's rule unless it has its own.
func Compile(schema *ast.Schema) (*Rules, error) {
	r := &Rules{schema: schema, types: map[string]Rule{}, fields: map[string]map[string]Rule{}}
	var faults []error
	for _, name := range slices.Sorted(maps.Keys(schema.Types)) {
		def := schema.Types[name]
		if def.Kind != ast.Object || def.BuiltIn || strings.HasPrefix(name, "__") {
			continue
		}
		faults = append(faults, r.compileType(def)...)
	}
	if len(faults) > 0 {
		return nil, fmt.Errorf("the schema's access rules have %d errors:\n%w", len(faults), errors.Join(faults...))
	}
	r.derive()
	return r, nil
}

func (r *Rules) compileType(def *ast.Definition) (faults []error) {
	root := r.isRoot(def)
	general, declared, err := read(def.Directives)
	switch {
	case err != nil:
		return []error{fmt.Errorf("%s: %w", def.Name, err)}
	case declared && root:
		faults = append(faults, fmt.Errorf("%s: @access has no effect on a root type; each of its fields needs its own rule", def.Name))
	case declared:
		r.types[def.Name] = general
	}
	fields := make(map[string]Rule, len(def.Fields))
	r.fields[def.Name] = fields
	for _, field := range def.Fields {
		if strings.HasPrefix(field.Name, "__") {
			continue
		}
		rule, own, err := read(field.Directives)
		switch {
		case err != nil:
		case !own && root:
			err = errors.New("no rule; a root field needs its own @access")
		case !own && !declared:
			err = errors.New("no rule; add @access to the field or to its type")
		case own && root && rule.To == Owner:
			err = errors.New("OWNER has no effect on a root field: the root object has no owner")
		case !own:
			rule = general
		case field.Type.NonNull && r.refusedAlone(def) && !general.implies(rule):
			err = errors.New("it must be nullable: it is refused to some who can read the object, and the null would take the object with it")
		}
		if err != nil {
			faults = append(faults, fmt.Errorf("%s.%s: %w", def.Name, field.Name, err))
		}
		fields[field.Name] = rule
	}
	return faults
}

func (r *Rules) isRoot(def *ast.Definition) bool {
	return def == r.schema.Query || def == r.schema.Mutation || def == r.schema.Subscription
}

// refusedAlone reports whether a type's fields are refused one by one. The root types
// are public; a mutation is not part of a page, and its payload is never null.
func (r *Rules) refusedAlone(def *ast.Definition) bool {
	return def != r.schema.Mutation && def != r.schema.Subscription
}

// read reads the directive; declared is false when there is none.
func read(directives ast.DirectiveList) (rule Rule, declared bool, err error) {
	d := directives.ForName(directiveName)
	if d == nil {
		return Rule{}, false, nil
	}
	if to := d.Arguments.ForName("to"); to != nil {
		rule.To = Audience(to.Value.Raw)
	}
	if permission := d.Arguments.ForName("permission"); permission != nil && permission.Value.Kind != ast.NullValue {
		rule.Permission = auth.Permission(permission.Value.Raw)
	}
	return rule, true, rule.check()
}

// check returns an error for an invalid rule.
func (r Rule) check() error {
	switch r.To {
	case Public, Customer, SignedIn:
		if r.Permission != "" {
			return fmt.Errorf("%s takes no permission: %s would have no effect", r.To, r.Permission)
		}
	case Owner, Staff:
		if r.Permission != "" && !slices.Contains(auth.AllPermissions(), r.Permission) {
			return fmt.Errorf("there is no permission %s", r.Permission)
		}
	default:
		return fmt.Errorf("there is no audience %q", r.To)
	}
	return nil
}

// Of returns the rule of an object type's field.
func (r *Rules) Of(object, field string) (rule Rule, ok bool) {
	rule, ok = r.fields[object][field]
	return rule, ok
}

// OfType returns the rule of an object type itself. It decides whether an
// object found by its ID exists for the caller. It is the zero Rule for a type
// whose fields all have their own rules.
func (r *Rules) OfType(object string) Rule { return r.types[object] }

// With returns rules in which one type or field, "Type" or "Type.field", has
// another rule than in the schema; for tests. Fields with their own rule keep
// it.
func (r *Rules) With(target string, rule Rule) *Rules {
	changed := &Rules{schema: r.schema, types: maps.Clone(r.types), fields: maps.Clone(r.fields)}
	object, field, ok := strings.Cut(target, ".")
	fields := maps.Clone(r.fields[object])
	if ok {
		fields[field] = rule
	} else {
		for name, own := range fields {
			if own == r.types[object] {
				fields[name] = rule
			}
		}
		changed.types[object] = rule
	}
	changed.fields[object] = fields
	changed.derive()
	return changed
}
