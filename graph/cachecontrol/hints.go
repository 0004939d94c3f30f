// Package cachecontrol reads the schema's @cacheControl directives, and tells for how long
// caches that several people share can keep what an operation selects.
//
// The directives mean what they mean in Apollo Server. What they do not say, the access rules
// do: a field that not everybody can read, or that leads to an object of the caller, is
// private, whatever its hint.
package cachecontrol

import (
	"errors"
	"fmt"
	"iter"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/vektah/gqlparser/v2/ast"

	"souk/graph/access"
)

const directiveName = "cacheControl"

// noLimit is the hint of a field that adds none to that of the field above.
const noLimit time.Duration = -1

// Policy is for how long an answer can be kept.
type Policy struct {
	// MaxAge is 0 if it cannot be kept at all.
	MaxAge time.Duration
	// Private means that only the caller can keep it.
	Private bool
}

// Hints are those of a schema. They are read-only and safe for concurrent use.
type Hints struct {
	fields map[string]map[string]Policy // of composite types; MaxAge can be noLimit
}

// Compile reads the hints of a schema. Its error lists all that are wrong, among them those
// that would share what the access rules do not give to everybody.
func Compile(schema *ast.Schema, rules *access.Rules) (*Hints, error) {
	c := compiler{schema: schema, rules: rules, personal: personal(schema, rules)}
	h := &Hints{fields: map[string]map[string]Policy{}}
	var faults []error
	for _, name := range slices.Sorted(maps.Keys(schema.Types)) {
		def := schema.Types[name]
		if !def.IsCompositeType() || strings.HasPrefix(name, "__") {
			continue
		}
		h.fields[name] = map[string]Policy{}
		for _, field := range def.Fields {
			if strings.HasPrefix(field.Name, "__") {
				continue
			}
			policy, err := c.field(def, field)
			if err != nil {
				faults = append(faults, fmt.Errorf("%s.%s: %w", name, field.Name, err))
			}
			h.fields[name][field.Name] = policy
		}
	}
	return h, errors.Join(faults...)
}

// Of returns the policy of a field of a composite type alone. limits is false if the field
// adds no limit to that of the field above.
func (h *Hints) Of(typ, field string) (p Policy, limits bool) {
	p, known := h.fields[typ][field]
	if !known {
		return Policy{Private: true}, true
	}
	if p.MaxAge == noLimit {
		return Policy{Private: p.Private}, false
	}
	return p, true
}

// Policy returns the policy of fields that are selected together, each with the type that it
// is selected on: the strictest. Without any field that sets a limit, it allows nothing.
func (h *Hints) Policy(selected iter.Seq2[string, string]) (all Policy) {
	limited := false
	for typ, field := range selected {
		switch {
		case field == "__typename", strings.HasPrefix(typ, "__"):
			continue // it depends on nothing but the objects
		case strings.HasPrefix(field, "__"): // the schema changes with a deployment, which purges nothing
			all.MaxAge, limited = 0, true
			continue
		}
		p, limits := h.Of(typ, field)
		all.Private = all.Private || p.Private
		if limits && (!limited || p.MaxAge < all.MaxAge) {
			all.MaxAge, limited = p.MaxAge, true
		}
	}
	if all.Private {
		all.MaxAge = 0
	}
	return all
}

type compiler struct {
	schema   *ast.Schema
	rules    *access.Rules
	personal map[string]bool
}

// field returns the policy of a field: its own hint, over that of the type that it returns.
func (c *compiler) field(def *ast.Definition, field *ast.FieldDefinition) (Policy, error) {
	returned := c.schema.Types[field.Type.Name()]
	own, err := read(field.Directives)
	ofType, typeErr := read(returned.Directives)
	if err = errors.Join(err, typeErr); err != nil {
		return Policy{Private: true}, err
	}
	h := ofType.under(own)
	p := Policy{MaxAge: h.maxAge, Private: h.private}
	root := def == c.schema.Query || def == c.schema.Mutation || def == c.schema.Subscription
	if !h.limits && (root || returned.IsCompositeType() && !h.inherits) {
		p.MaxAge = 0
	}
	if c.dependsOnCaller(def, field) {
		if own.limits && own.maxAge > 0 && !own.private {
			err = errors.New("its hint shares it, and not everybody can read it, or it leads to what belongs to the caller")
		}
		p = Policy{Private: true}
	}
	return p, err
}

func (c *compiler) dependsOnCaller(def *ast.Definition, field *ast.FieldDefinition) bool {
	rule, ruled := c.rules.Of(def.Name, field.Name)
	return ruled && !rule.IsPublic() || c.personal[field.Type.Name()]
}

// personal returns the object types whose objects are not for everybody, and those that are
// but lead to such an object without a rule in between: what Viewer.customer returns is the
// caller's, so a Viewer is.
func personal(schema *ast.Schema, rules *access.Rules) map[string]bool {
	found := map[string]bool{}
	for name, def := range schema.Types {
		if def.Kind == ast.Object && !rules.OfType(name).IsPublic() {
			found[name] = true
		}
	}
	leads := func(def *ast.Definition) bool {
		return slices.ContainsFunc(def.Fields, func(field *ast.FieldDefinition) bool {
			rule, ruled := rules.Of(def.Name, field.Name)
			return ruled && rule.IsPublic() && found[field.Type.Name()]
		})
	}
	for grown := true; grown; {
		grown = false
		for name, def := range schema.Types {
			if def.Kind == ast.Object && def != schema.Query && !found[name] && leads(def) {
				found[name], grown = true, true
			}
		}
	}
	return found
}

// hint is a directive.
type hint struct {
	maxAge   time.Duration // noLimit without limits
	limits   bool
	inherits bool
	private  bool
	scoped   bool
}

// under returns what holds when a field with its own hint returns a type with hint h.
func (h hint) under(own hint) hint {
	if own.limits || own.inherits {
		h.maxAge, h.limits, h.inherits = own.maxAge, own.limits, own.inherits
	}
	if own.scoped {
		h.private = own.private
	}
	return h
}

// read reads the directive; without one, the hint says nothing.
func read(directives ast.DirectiveList) (h hint, err error) {
	h.maxAge = noLimit
	d := directives.ForName(directiveName)
	if d == nil {
		return h, nil
	}
	given := func(name string) string {
		if argument := d.Arguments.ForName(name); argument != nil && argument.Value.Kind != ast.NullValue {
			return argument.Value.Raw
		}
		return ""
	}
	if text := given("maxAge"); text != "" {
		seconds, err := strconv.ParseInt(text, 10, 32)
		if err != nil || seconds < 0 {
			return h, fmt.Errorf("@cacheControl(maxAge: %s): write 0 or more seconds", text)
		}
		h.maxAge, h.limits = time.Duration(seconds)*time.Second, true
	}
	h.inherits = given("inheritMaxAge") == "true"
	if h.inherits && h.limits {
		return h, errors.New("@cacheControl has both maxAge and inheritMaxAge")
	}
	scope := given("scope")
	h.scoped, h.private = scope != "", scope == "PRIVATE"
	return h, nil
}
