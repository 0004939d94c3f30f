package access

import (
	"context"
	"fmt"
	"reflect"
	"strings"

	"github.com/99designs/gqlgen/graphql"
	"github.com/vektah/gqlparser/v2/ast"

	"souk/graph/executor"
	"souk/internal/auth"
	"souk/store"
)

// Owned is an object that may belong to a customer. Each type with an OWNER
// rule is bound to a Go type that implements Owned.
type Owned interface {
	// OwnedBy returns the owner; ok is false when nobody owns the object.
	OwnedBy() (owner store.CustomerID, ok bool)
}

// Guard applies rules to operations.
type Guard struct {
	rules  *Rules
	typeOf func(any) string
}

// NewGuard returns a guard. typeOf returns the name of the object type of a
// value of an abstract type, or "" for a value that it does not know; such a
// value is hidden.
func NewGuard(rules *Rules, typeOf func(any) string) *Guard {
	return &Guard{rules: rules, typeOf: typeOf}
}

// Around is an operation middleware. An operation that selects only fields for
// everyone costs one look at its selection, and nothing for each field. In any
// other operation, every field's rule is checked before its resolver runs:
// gqlgen calls ResolverMiddleware for each field except __typename, whether a
// struct field, a method, a resolver or a batch serves it.
func (g *Guard) Around(ctx context.Context, next graphql.OperationHandler) graphql.ResponseHandler {
	op := graphql.GetOperationContext(ctx)
	if g.rules.concern(op.Operation) {
		w := g.watch(auth.For(ctx))
		inner := op.ResolverMiddleware
		op.ResolverMiddleware = func(ctx context.Context, next graphql.Resolver) (any, error) {
			return w.field(ctx, inner, next)
		}
	}
	return next(ctx)
}

// Guarded reports whether access to a field of an object type depends on who asks.
func (g *Guard) Guarded(object, field string) bool {
	at, known := g.rules.checks[object][field]
	return !known || at.rule != 0 || at.hides
}

// Judge returns what the principal of ctx may read.
func (g *Guard) Judge(ctx context.Context) executor.Judge { return g.watch(auth.For(ctx)) }

// Field judges a field of an object type.
func (w *watch) Field(object, field string) (v executor.Verdict) {
	at, known := w.rules.checks[object][field]
	if !known {
		return executor.Verdict{Refusal: fmt.Errorf("%s.%s has no access rule", object, field)}
	}
	if at.hides {
		v.Hides = w.hidden
	}
	own := w.verdicts[at.rule]
	if v.Refusal = own.refusal; own.ofOwner {
		v.Of = func(parent any) error { return own.on(w.principal, parent) }
	}
	return v
}

// watch is a guard over one operation of one principal.
type watch struct {
	*Guard
	principal auth.Principal
	verdicts  []verdict // of rules.distinct: each rule is judged once
}

func (g *Guard) watch(p auth.Principal) *watch {
	w := &watch{Guard: g, principal: p, verdicts: make([]verdict, len(g.rules.distinct))}
	for i, rule := range g.rules.distinct {
		w.verdicts[i] = rule.judge(p)
	}
	return w
}

func (w *watch) field(ctx context.Context, inner graphql.FieldMiddleware, next graphql.Resolver) (any, error) {
	fc := graphql.GetFieldContext(ctx)
	if strings.HasPrefix(fc.Object, "__") || strings.HasPrefix(fc.Field.Name, "__") {
		return inner(ctx, next) // introspection
	}
	at, known := w.rules.checks[fc.Object][fc.Field.Name]
	if !known {
		return nil, fmt.Errorf("%s.%s has no access rule", fc.Object, fc.Field.Name)
	}
	if at.rule != 0 {
		if err := w.verdicts[at.rule].on(w.principal, parent(fc)); err != nil {
			return nil, err
		}
	}
	value, err := inner(ctx, next)
	if err != nil || !at.hides {
		return value, err
	}
	return w.visible(fc.Field.Definition.Type, value)
}

// on returns the error for a field of the object, or nil when the principal can
// read it.
func (v verdict) on(p auth.Principal, object any) error {
	if v.refusal == nil || v.ofOwner && owns(p, object) {
		return nil
	}
	return v.refusal
}

// parent returns the object that the field belongs to; nil when there is none.
func parent(fc *graphql.FieldContext) any {
	if fc.Parent == nil {
		return nil
	}
	return fc.Parent.Result
}

// owns reports whether the object belongs to the customer. An object without
// information about its owner belongs to nobody.
func owns(p auth.Principal, object any) bool {
	owned, ok := asOwned(object)
	if !ok {
		return false
	}
	owner, ok := owned.OwnedBy()
	return ok && p.Kind == auth.Customer && owner == store.CustomerID(p.ID)
}

// asOwned finds the object in what gqlgen keeps as a field's result: the
// object's pointer or, for an element of a list, that pointer's address.
func asOwned(result any) (owned Owned, ok bool) {
	value := reflect.ValueOf(result)
	for value.IsValid() {
		if owned, ok = value.Interface().(Owned); ok {
			return owned, value.Kind() != reflect.Pointer || !value.IsNil()
		}
		if value.Kind() != reflect.Pointer && value.Kind() != reflect.Interface {
			return nil, false
		}
		value = value.Elem()
	}
	return nil, false
}

// visible removes, from the result of a field of an abstract type, the objects
// whose type the principal cannot read. They must look as if they did not
// exist; otherwise __typename would reveal them. In a list they become null
// where the schema allows it. A non-null object is refused.
func (w *watch) visible(typ *ast.Type, value any) (any, error) {
	list := reflect.ValueOf(value)
	if list.Kind() != reflect.Slice {
		err := w.hidden(value)
		switch {
		case err == nil:
			return value, nil
		case typ.NonNull:
			return nil, err
		default:
			return nil, nil
		}
	}
	kept := reflect.MakeSlice(list.Type(), 0, list.Len())
	for i := range list.Len() {
		switch item := list.Index(i); {
		case w.hidden(item.Interface()) == nil:
			kept = reflect.Append(kept, item)
		case typ.Elem == nil || !typ.Elem.NonNull:
			kept = reflect.Append(kept, reflect.Zero(item.Type()))
		}
	}
	return kept.Interface(), nil
}

// hidden returns an error for an object whose type the principal cannot read,
// and nil for any other.
func (w *watch) hidden(object any) error {
	if object == nil {
		return nil
	}
	name := w.typeOf(object)
	if at, declared := w.rules.hidden[name]; declared {
		return w.verdicts[at].on(w.principal, object)
	}
	if _, known := w.rules.fields[name]; !known {
		return fmt.Errorf("%T has no type with access rules", object)
	}
	return nil
}
