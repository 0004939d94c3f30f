package access

import (
	"cmp"
	"fmt"
	"reflect"
	"slices"
	"strconv"

	gql "github.com/vektah/gqlparser/v2/ast"

	"souk/internal/fault"
	"souk/test/harness"
)

// judge says what is wrong with what came for an ask; "" when nothing is.
func (m *matrix) judge(a ask, alias string, data any, errors []harness.Error) string {
	if a.way.on == "Query" {
		return m.judgeRoot(a, data, errors)
	}
	objects := objectsOf(a.way, alias, data)
	switch a.want {
	case all:
		if len(errors) > 0 {
			return "the rules let it pass, and it fails: " + errors[0].Message
		}
		m.note(a, len(objects))
		m.counts[countKey(a)] = len(objects)
		return m.judgeHidden(a, objects)
	case ownOnes:
		return cmp.Or(m.judgeOwn(a, objects, errors), m.judgeRest(a, objects, errors))
	}
	for _, object := range objects {
		if value := object.fields["f0"]; value != nil {
			return fmt.Sprintf("leak: %v", value)
		}
	}
	if a.want == anError && m.found[a.way.on+a.way.String()] {
		return cmp.Or(wrongRefusal(a, errors), m.judgeRest(a, objects, errors))
	}
	return ""
}

func countKey(a ask) string { return a.caller.name + " " + a.way.document("", a.way.on) }

// judgeRest wants that a refused field is null alone: each object is there that the
// caller finds by the way when they ask for nothing that is refused.
func (m *matrix) judgeRest(a ask, objects []object, errors []harness.Error) string {
	count, counted := m.counts[countKey(a)]
	switch {
	case !m.declared || !counted:
		return ""
	case len(objects) != count:
		return fmt.Sprintf("the refusal left %d of %d objects", len(objects), count)
	case a.want == anError && len(errors) != count:
		return fmt.Sprintf("%d errors for %d objects", len(errors), count)
	}
	m.alone++
	return ""
}

func (m *matrix) judgeRoot(a ask, data any, errors []harness.Error) string {
	switch {
	case a.want != all && data != nil:
		return fmt.Sprintf("leak: %v", data)
	case a.want != all:
		return wrongRefusal(a, errors)
	case len(errors) > 0:
		return "the rules let it pass, and it fails: " + errors[0].Message
	}
	m.note(a, 1)
	return ""
}

// judgeHidden wants no object that the data hides from the caller.
func (m *matrix) judgeHidden(a ask, objects []object) string {
	if !m.isEntity(m.schema.Types[a.way.on]) {
		return ""
	}
	at := slices.IndexFunc(a.fields, func(f *gql.FieldDefinition) bool { return f.Name == "id" })
	for _, o := range objects {
		if at >= 0 && m.hides(a, o.fields["f"+strconv.Itoa(at)]) {
			return "leak: this is hidden from the caller"
		}
	}
	return ""
}

// hides says whether an ID is of a sample that the data hides from the caller.
func (m *matrix) hides(a ask, id any) bool {
	return slices.ContainsFunc(m.samples[a.way.on], func(s sample) bool {
		return s.hidden != nil && s.hidden(a.caller.Principal) && sampleID(m.t, a.way.on, s.key) == id
	})
}

// judgeOwn wants the field of the caller's own objects, and of no others.
func (m *matrix) judgeOwn(a ask, objects []object, errors []harness.Error) string {
	rule, _ := m.rules.Of(a.way.on, a.fields[0].Name)
	isEntity := m.isEntity(m.schema.Types[a.way.on])
	for _, o := range objects {
		id, _ := o.fields["own"].(string)
		own := m.owns(a.caller, a.way.on, id)
		failed := slices.ContainsFunc(errors, func(e harness.Error) bool {
			return reflect.DeepEqual(e.Path, append(slices.Clone(o.path), any("f0")))
		})
		switch {
		case isEntity && m.hides(a, id):
			return "leak: this is hidden from the caller"
		case isEntity && expected(rule, a.caller) == ownOnly && !own && o.fields["f0"] != nil:
			return fmt.Sprintf("leak: %v of somebody else's", o.fields["f0"])
		case own && failed:
			return "refused to its owner"
		case own || !isEntity && !failed:
			m.note(a, 1)
		}
	}
	return ""
}

func (m *matrix) owns(c caller, on, id string) bool {
	return slices.ContainsFunc(m.samples[on], func(s sample) bool { return s.of == c.ID && sampleID(m.t, on, s.key) == id })
}

func wrongRefusal(a ask, errors []harness.Error) string {
	if len(errors) == 0 {
		return "refused, and without an error"
	}
	for _, e := range errors {
		if e.Extensions["code"] != refusalCode(a.caller) {
			return fmt.Sprintf("refused with %v (%s) in place of %s", e.Extensions["code"], e.Message, refusalCode(a.caller))
		}
	}
	return ""
}

// note keeps that somebody was shown the fields of some objects.
func (m *matrix) note(a ask, objects int) {
	if objects == 0 {
		return
	}
	m.found[a.way.on+a.way.String()] = true
	for _, field := range a.fields {
		m.reached[a.way.on+"."+field.Name] = true
	}
}

// object is one that a way led to, with its place in the answer.
type object struct {
	fields map[string]any
	path   []any
}

// objectsOf finds the objects of the way's type in what came below an alias.
func objectsOf(w way, alias string, data any) []object {
	found := descend(data, []any{alias})
	for _, key := range w.keys[1:] {
		var deeper []object
		for _, o := range found {
			deeper = append(deeper, descend(o.fields[key], append(slices.Clone(o.path), key))...)
		}
		found = deeper
	}
	return slices.DeleteFunc(found, func(o object) bool { return o.fields["t"] != w.on })
}

// descend returns an object, or those of a list, nested ones too.
func descend(value any, path []any) []object {
	switch value := value.(type) {
	case map[string]any:
		return []object{{value, path}}
	case []any:
		var found []object
		for i, item := range value {
			found = append(found, descend(item, append(slices.Clone(path), float64(i)))...)
		}
		return found
	}
	return nil
}

// isRefusal reports whether a rule refused.
func isRefusal(e harness.Error) bool {
	code := e.Extensions["code"]
	return code == string(fault.CodeUnauthenticated) || code == string(fault.CodeForbidden)
}
