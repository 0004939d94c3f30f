package schemadiff

import (
	"regexp"
	"slices"
	"time"

	"github.com/vektah/gqlparser/v2/ast"
)

// removedAfter is how the reason of @deprecated says until when clients can rely on what is
// deprecated: "Use `by`. Removed after 2027-03-01."
var removedAfter = regexp.MustCompile(`Removed after (\d{4}-\d{2}-\d{2})\.`)

// removalDate returns the last day on which what is deprecated must be there.
func removalDate(directives ast.DirectiveList) (date time.Time, ok bool) {
	deprecated := directives.ForName("deprecated")
	if deprecated == nil {
		return time.Time{}, false
	}
	reason := deprecated.Arguments.ForName("reason")
	if reason == nil {
		return time.Time{}, false
	}
	found := removedAfter.FindStringSubmatch(reason.Value.Raw)
	if found == nil {
		return time.Time{}, false
	}
	date, err := time.Parse(time.DateOnly, found[1])
	// The whole day belongs to those who rely on it.
	return date.AddDate(0, 0, 1).Add(-time.Nanosecond), err == nil
}

// compareDates notes that a date is earlier than the one that clients were promised. After
// that day it may say anything.
func (c *comparison) compareDates(path string, was, is ast.DirectiveList) {
	promised, ok := removalDate(was)
	if !ok || c.today.After(promised) {
		return
	}
	if date, ok := removalDate(is); ok && date.Before(promised) {
		c.broke(path, nil, "it was to stay until %s, and now until %s only; clients were promised the later date", promised.Format(time.DateOnly), date.Format(time.DateOnly))
	}
}

func (c *comparison) expired(directives ast.DirectiveList) bool {
	date, ok := removalDate(directives)
	return ok && c.today.After(date)
}

// typesThatMayGo returns the removed types that no client can still rely on. A type cannot be
// deprecated itself, so it may go when all its fields or values have expired, or when all
// that leads to it has: fields, arguments and inputs that expired, and types that may go too.
func (c *comparison) typesThatMayGo() map[string]bool {
	may := map[string]bool{}
	for name := range c.older.Types {
		if c.newer.Types[name] == nil {
			may[name] = true
		}
	}
	for changed := true; changed; {
		changed = false
		for name := range may {
			if !c.hasExpired(c.older.Types[name]) && (c.isRoot(name) || c.isUsed(name, may)) {
				delete(may, name)
				changed = true
			}
		}
	}
	return may
}

// hasExpired reports whether all that a type has is deprecated with a date that has passed.
func (c *comparison) hasExpired(d *ast.Definition) bool {
	for _, field := range d.Fields {
		if !c.expired(field.Directives) {
			return false
		}
	}
	for _, value := range d.EnumValues {
		if !c.expired(value.Directives) {
			return false
		}
	}
	return len(d.Fields)+len(d.EnumValues) > 0
}

func (c *comparison) isRoot(name string) bool {
	for _, root := range []*ast.Definition{c.older.Query, c.older.Mutation, c.older.Subscription} {
		if root != nil && root.Name == name {
			return true
		}
	}
	return false
}

// isUsed reports whether a client can still need a type: something that has not expired leads
// to it, in a type that stays or must stay. An object is reached through its interfaces and
// unions too.
func (c *comparison) isUsed(name string, leaving map[string]bool) bool {
	was := c.older.Types[name]
	for _, above := range was.Interfaces {
		if !leaving[above] {
			return true
		}
	}
	for _, d := range c.older.Types {
		if leaving[d.Name] {
			continue
		}
		if slices.Contains(d.Types, name) || c.usedByFields(d, name) {
			return true
		}
	}
	for _, d := range c.older.Directives {
		if slices.ContainsFunc(d.Arguments, func(a *ast.ArgumentDefinition) bool { return a.Type.Name() == name }) {
			return true
		}
	}
	return false
}

func (c *comparison) usedByFields(d *ast.Definition, name string) bool {
	for _, field := range d.Fields {
		if c.expired(field.Directives) {
			continue
		}
		if field.Type.Name() == name {
			return true
		}
		for _, argument := range field.Arguments {
			if argument.Type.Name() == name && !c.expired(argument.Directives) {
				return true
			}
		}
	}
	return false
}
