package yamlfile

import (
	"reflect"
	"slices"
	"strconv"
	"strings"

	"github.com/goccy/go-yaml/ast"
)

type reader struct {
	file   string
	faults *Faults
}

func (r reader) place(n ast.Node) Place { return Place{File: r.file, Line: lineOf(n)} }

func (r reader) fault(n ast.Node, format string, args ...any) {
	r.faults.Add(r.place(n), format, args...)
}

// read reads a node into the variable that into points to.
func (r reader) read(n ast.Node, into any) {
	if text, is := into.(*Text); is {
		text.Place = r.place(n)
		r.read(n, &text.Value)
		return
	}
	v := reflect.ValueOf(into).Elem()
	switch v.Kind() {
	case reflect.Struct:
		r.fields(n, v)
	case reflect.Map:
		r.entries(n, v)
	case reflect.Slice:
		r.items(n, v)
	case reflect.String:
		if text, ok := r.scalar(n); ok {
			v.SetString(text)
		}
	case reflect.Bool:
		r.parse(n, "true or false", func(text string) error {
			if text != "true" && text != "false" {
				return strconv.ErrSyntax
			}
			v.SetBool(text == "true")
			return nil
		})
	case reflect.Int:
		r.parse(n, "a whole number", func(text string) error {
			number, err := strconv.ParseInt(text, 10, strconv.IntSize)
			v.SetInt(number)
			return err
		})
	case reflect.Float64:
		r.parse(n, "a number", func(text string) error {
			number, err := strconv.ParseFloat(text, 64)
			v.SetFloat(number)
			return err
		})
	default:
		r.fault(n, "a value cannot become a %s", v.Type())
	}
}

// scalar is the text of a single value. Numbers and booleans are texts too: a model may
// be called 24 or true.
func (r reader) scalar(n ast.Node) (string, bool) {
	switch n := n.(type) {
	case *ast.StringNode:
		return n.Value, true
	case *ast.LiteralNode:
		return n.Value.Value, true
	case *ast.IntegerNode, *ast.FloatNode, *ast.BoolNode:
		return n.GetToken().Value, true
	}
	r.fault(n, "this must be a single value")
	return "", false
}

func (r reader) parse(n ast.Node, what string, set func(text string) error) {
	text, ok := r.scalar(n)
	if !ok {
		return
	}
	if err := set(text); err != nil {
		r.fault(n, "%q must be %s", text, what)
	}
}

func (r reader) items(n ast.Node, v reflect.Value) {
	list, is := n.(*ast.SequenceNode)
	if !is {
		r.fault(n, "this must be a list")
		return
	}
	v.Set(reflect.MakeSlice(v.Type(), len(list.Values), len(list.Values)))
	for i, item := range list.Values {
		r.read(item, v.Index(i).Addr().Interface())
	}
}

// pairs are the keys and values of a map, without keys that come a second time. It
// reports whether the node is a map.
func (r reader) pairs(n ast.Node) (all []*ast.MappingValueNode, is bool) {
	switch n := n.(type) {
	case *ast.MappingNode:
		all = n.Values
	case *ast.MappingValueNode:
		all = []*ast.MappingValueNode{n}
	default:
		r.fault(n, "this must be a map of keys and values")
		return nil, false
	}
	seen := make(map[string]bool, len(all))
	all = slices.DeleteFunc(slices.Clone(all), func(pair *ast.MappingValueNode) bool {
		key := keyOf(pair)
		if seen[key] {
			r.fault(pair.Key, "the key %s comes twice", key)
			return true
		}
		seen[key] = true
		return false
	})
	return all, true
}

func keyOf(pair *ast.MappingValueNode) string { return pair.Key.GetToken().Value }

func (r reader) entries(n ast.Node, v reflect.Value) {
	pairs, _ := r.pairs(n)
	v.Set(reflect.MakeMapWithSize(v.Type(), len(pairs)))
	for _, pair := range pairs {
		value := reflect.New(v.Type().Elem())
		r.read(pair.Value, value.Interface())
		v.SetMapIndex(reflect.ValueOf(keyOf(pair)).Convert(v.Type().Key()), value.Elem())
	}
}

func (r reader) fields(n ast.Node, v reflect.Value) {
	pairs, is := r.pairs(n)
	if !is {
		return
	}
	var known []string
	for i := range v.NumField() {
		field := v.Type().Field(i)
		if place, is := v.Field(i).Addr().Interface().(*Place); is {
			*place = r.place(n)
			continue
		}
		key, optional := strings.CutSuffix(field.Tag.Get("yaml"), ",optional")
		if key == "" {
			continue
		}
		known = append(known, key)
		at := slices.IndexFunc(pairs, func(pair *ast.MappingValueNode) bool { return keyOf(pair) == key })
		switch {
		case at >= 0:
			r.read(pairs[at].Value, v.Field(i).Addr().Interface())
		case !optional:
			r.fault(n, "the key %s is missing", key)
		}
	}
	for _, pair := range pairs {
		if !slices.Contains(known, keyOf(pair)) {
			r.fault(pair.Key, "there is no key %s here: the keys are %s", keyOf(pair), strings.Join(known, ", "))
		}
	}
}
