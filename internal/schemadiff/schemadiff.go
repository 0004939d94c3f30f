// Package schemadiff says what a change of a GraphQL schema does to clients that were
// written for the schema before it.
package schemadiff

import (
	"cmp"
	"fmt"
	"slices"
	"time"

	"github.com/vektah/gqlparser/v2/ast"
)

// Severity is what a change does to clients.
type Severity int

// The severities.
const (
	// Breaking makes documents invalid that were valid, or answers of another form.
	Breaking Severity = iota
	// Risky breaks only clients that do not expect what is new, such as another enum value.
	Risky
	// Expired would be breaking, but what changes was deprecated with a date that has
	// passed.
	Expired
)

// Change is one difference between two schemas.
type Change struct {
	Severity Severity
	// Path is what changed: Product.title, products(first:), @cost.
	Path string
	// What says how.
	What string
}

func (c Change) String() string { return c.Path + ": " + c.What }

// Compare returns the changes from one schema to the next that clients can notice, those
// that break clients first. What the older schema deprecates with a date before today may
// change in any way.
func Compare(older, newer *ast.Schema, today time.Time) []Change {
	c := &comparison{older: older, newer: newer, today: today}
	c.leaving = c.typesThatMayGo()
	for name, was := range older.Types {
		if !was.BuiltIn {
			c.compareType(was, newer.Types[name])
		}
	}
	for name, was := range older.Directives {
		c.compareDirective(was, newer.Directives[name])
	}
	slices.SortFunc(c.changes, func(a, b Change) int {
		return cmp.Or(cmp.Compare(a.Severity, b.Severity), cmp.Compare(a.Path, b.Path), cmp.Compare(a.What, b.What))
	})
	return c.changes
}

type comparison struct {
	older, newer *ast.Schema
	today        time.Time
	leaving      map[string]bool // types that are removed and may be
	changes      []Change
}

// broke notes a change that breaks clients, unless what changes has expired.
func (c *comparison) broke(path string, deprecated ast.DirectiveList, format string, a ...any) {
	change := Change{Breaking, path, fmt.Sprintf(format, a...)}
	switch date, ok := removalDate(deprecated); {
	case ok && c.today.After(date):
		change.Severity = Expired
	case ok:
		change.What += fmt.Sprintf("; it is deprecated, and may change after %s", date.Format(time.DateOnly))
	case deprecated.ForName("deprecated") != nil:
		change.What += "; it is deprecated without a date: write \"Removed after 2027-03-01.\" into the reason, and remove it after that day"
	}
	c.changes = append(c.changes, change)
}

func (c *comparison) risky(path, format string, a ...any) {
	c.changes = append(c.changes, Change{Risky, path, fmt.Sprintf(format, a...)})
}

func (c *comparison) compareType(was, is *ast.Definition) {
	switch {
	case is == nil && c.leaving[was.Name]:
		c.changes = append(c.changes, Change{Expired, was.Name, "the type is gone"})
	case is == nil:
		c.broke(was.Name, nil, "the type is gone")
	case is.Kind != was.Kind:
		c.broke(was.Name, nil, "it was of kind %s and is of kind %s", was.Kind, is.Kind)
	default:
		c.compareFields(was, is)
		c.compareValues(was, is)
		c.compareMembers(was, is)
		c.compareOneOf(was, is)
	}
}

func (c *comparison) compareFields(was, is *ast.Definition) {
	input := was.Kind == ast.InputObject
	for _, old := range was.Fields {
		path := was.Name + "." + old.Name
		field := is.Fields.ForName(old.Name)
		if field != nil {
			c.compareDates(path, old.Directives, field.Directives)
		}
		switch {
		case field == nil:
			c.broke(path, old.Directives, "the field is gone")
		case input:
			c.compareInput(path, old.Directives, given{old.Type, old.DefaultValue}, given{field.Type, field.DefaultValue})
		default:
			c.compareOutput(path, old, field)
			c.compareArguments(path, old.Directives, old.Arguments, field.Arguments)
		}
	}
	for _, field := range is.Fields {
		if input && was.Fields.ForName(field.Name) == nil && isRequired(field.Type, field.DefaultValue) {
			c.broke(was.Name+"."+field.Name, nil, "the new field is required; give it a default, or let it be left out")
		}
	}
}

func (c *comparison) compareOutput(path string, was, is *ast.FieldDefinition) {
	if !fitsOutput(was.Type, is.Type) {
		c.broke(path, was.Directives, "it was %s and is %s", was.Type, is.Type)
	}
	for _, level := range levels(was) {
		if !slices.Contains(levels(is), level) && !nonNullAt(is.Type, level) {
			c.broke(path, was.Directives, "null was an error only, at level %d of its type, and @semanticNonNull does not say so any more", level)
		}
	}
}

func (c *comparison) compareArguments(path string, deprecated ast.DirectiveList, was, is ast.ArgumentDefinitionList) {
	for _, old := range was {
		at := fmt.Sprintf("%s(%s:)", path, old.Name)
		own := old.Directives
		if own.ForName("deprecated") == nil {
			own = deprecated
		}
		if argument := is.ForName(old.Name); argument != nil {
			c.compareDates(at, old.Directives, argument.Directives)
			c.compareInput(at, own, given{old.Type, old.DefaultValue}, given{argument.Type, argument.DefaultValue})
		} else {
			c.broke(at, own, "the argument is gone")
		}
	}
	for _, argument := range is {
		if was.ForName(argument.Name) == nil && isRequired(argument.Type, argument.DefaultValue) {
			c.broke(fmt.Sprintf("%s(%s:)", path, argument.Name), deprecated, "the new argument is required; give it a default, or let it be left out")
		}
	}
}

// given is an argument or a field of an input.
type given struct {
	of       *ast.Type
	fallback *ast.Value
}

func (c *comparison) compareInput(path string, deprecated ast.DirectiveList, was, is given) {
	switch {
	case !fitsInput(was.of, is.of):
		if was.fallback == nil && is.of.NonNull && !was.of.NonNull && is.fallback == nil {
			c.broke(path, deprecated, "it could be left out, and is required: %s became %s", was.of, is.of)
			return
		}
		c.broke(path, deprecated, "it was %s and is %s", was.of, is.of)
	case isRequired(is.of, is.fallback) && !isRequired(was.of, was.fallback):
		c.broke(path, deprecated, "its default is gone, so that it is required")
	case text(was.fallback) != text(is.fallback):
		c.risky(path, "its default was %s and is %s", text(was.fallback), text(is.fallback))
	}
}

func (c *comparison) compareValues(was, is *ast.Definition) {
	for _, old := range was.EnumValues {
		path := was.Name + "." + old.Name
		if value := is.EnumValues.ForName(old.Name); value != nil {
			c.compareDates(path, old.Directives, value.Directives)
		} else {
			c.broke(path, old.Directives, "the value is gone")
		}
	}
	for _, value := range is.EnumValues {
		if was.EnumValues.ForName(value.Name) == nil {
			c.risky(was.Name+"."+value.Name, "the value is new: clients may not expect it")
		}
	}
}

// compareMembers compares the types of a union, and the interfaces of an object.
func (c *comparison) compareMembers(was, is *ast.Definition) {
	for _, name := range was.Types {
		if !slices.Contains(is.Types, name) && !c.leaving[name] {
			c.broke(was.Name, nil, "%s is no longer one of its types", name)
		}
	}
	for _, name := range is.Types {
		if !slices.Contains(was.Types, name) {
			c.risky(was.Name, "%s is a new one of its types: clients may not expect it", name)
		}
	}
	for _, name := range was.Interfaces {
		if !slices.Contains(is.Interfaces, name) && !c.leaving[name] {
			c.broke(was.Name, nil, "it no longer implements %s", name)
		}
	}
}

func (c *comparison) compareOneOf(was, is *ast.Definition) {
	if was.Directives.ForName("oneOf") == nil && is.Directives.ForName("oneOf") != nil {
		c.broke(was.Name, nil, "exactly one of its fields must be given now (@oneOf)")
	}
	before, after := specification(was), specification(is)
	if before != "" && before != after {
		c.risky(was.Name, "its specification was %q and is %q", before, after)
	}
}

func (c *comparison) compareDirective(was, is *ast.DirectiveDefinition) {
	path := "@" + was.Name
	if is == nil {
		c.broke(path, nil, "the directive is gone")
		return
	}
	for _, location := range was.Locations {
		if !slices.Contains(is.Locations, location) {
			c.broke(path, nil, "it is no longer allowed on %s", location)
		}
	}
	if was.IsRepeatable && !is.IsRepeatable {
		c.broke(path, nil, "it can no longer be repeated")
	}
	c.compareArguments(path, nil, was.Arguments, is.Arguments)
}
