package executor

import (
	"context"
	"runtime"
	"slices"
	"strings"
	"sync"
	"time"
	"weak"

	"github.com/99designs/gqlgen/graphql"
	"github.com/vektah/gqlparser/v2/ast"
)

// Options are what surrounds the resolvers. All may be left out.
type Options struct {
	// Dispatch loads what the resolvers that wait in [Await] have asked for. It must
	// neither panic nor call Await. last says that no resolver is called after those that
	// wait now, though these may load more.
	Dispatch func(ctx context.Context, last bool)

	// AfterChange is called after each root field of a mutation, before the next one and
	// before the fields of its payload: what was loaded before may have changed.
	AfterChange func(ctx context.Context)

	// Guarded reports whether access to a field of an object type depends on who asks. It
	// is called once for each field of a plan.
	Guarded func(object, field string) bool
	// Judge returns what the caller of an operation may read. It is called once for each
	// run that selects guarded fields; nil lets it read everything.
	Judge func(ctx context.Context) Judge

	// Summarize makes something of the fields that an operation selects, which is then kept
	// with its plan: it is called once for each combination of the values of @skip and
	// @include. See [Selected.Summary].
	Summarize func(*Selected) any

	// Meter returns what bounds an operation; it is called once for each run.
	Meter func(ctx context.Context) Meter

	// Output returns where the answer of a run is appended to, behind what is there. The data
	// of the response is then a part of it, so it must be kept until the response is sent.
	// Without Output, each run has a buffer of its own.
	Output func(ctx context.Context) *[]byte

	// Observe is called after each call of a resolver, with the number of its parents.
	Observe func(ctx context.Context, field string, parents int, took time.Duration, err error)

	// Watch returns who is told of the levels of a run. It is called once for each run; nil
	// is nobody, which costs nothing.
	Watch func(ctx context.Context) Watcher
}

// Judge decides what the caller may read.
type Judge interface {
	// Field judges a guarded field of an object type.
	Field(object, field string) Verdict
}

// Verdict is about a guarded field.
type Verdict struct {
	// Refusal is the error of the field; nil lets everybody read it.
	Refusal error
	// Of, when set, returns the error for one parent, in place of Refusal.
	Of func(parent any) error
	// Hides, when set, returns an error for an object that the field returned and that the
	// caller cannot see. Such an object is left out of a list, or is null in it if the
	// schema lets it be; a field that cannot be null fails with the error.
	Hides func(object any) error
}

// Meter bounds a run. The first error that one of its methods returns ends the run. It
// must be safe for concurrent use.
type Meter interface {
	// Objects counts n objects that a field has returned for a number of parents, before
	// anything below them is resolved.
	Objects(field *ast.Field, parents, n int) error
	// Bytes is called now and then with the bytes of the answer so far.
	Bytes(n int) error
}

// Schema runs operations. It is safe for concurrent use.
type Schema struct {
	graphql.ExecutableSchema // gqlgen's
	types                    Types
	options                  Options
	schema                   *ast.Schema
	plans                    sync.Map // weak.Pointer[ast.OperationDefinition] → *variants
}

var _ graphql.ExecutableSchema = (*Schema)(nil)

// New returns a schema that runs its operations with types.
func New(generated graphql.ExecutableSchema, types Types, options Options) *Schema {
	if options.Dispatch == nil {
		options.Dispatch = func(context.Context, bool) {}
	}
	return &Schema{ExecutableSchema: generated, types: types, options: options, schema: generated.Schema()}
}

// Exec runs the operation of the context when the handler is called, which is once.
func (s *Schema) Exec(ctx context.Context) graphql.ResponseHandler {
	if graphql.GetOperationContext(ctx).Operation.Operation == ast.Subscription {
		return s.ExecutableSchema.Exec(ctx)
	}
	done := false
	return func(ctx context.Context) *graphql.Response {
		if done {
			return nil
		}
		done = true
		return &graphql.Response{Data: s.run(ctx)}
	}
}

func (s *Schema) rootOf(operation ast.Operation) *Object {
	definition := s.schema.Query
	if operation == ast.Mutation {
		definition = s.schema.Mutation
	}
	if definition == nil {
		return nil
	}
	return s.types[definition.Name]
}

// possible returns the names of the object types that a composite type can be.
func (s *Schema) possible(definition *ast.Definition) []string {
	if definition.Kind == ast.Object {
		return []string{definition.Name}
	}
	var names []string
	for _, object := range s.schema.PossibleTypes[definition.Name] {
		if object.Kind == ast.Object {
			names = append(names, object.Name)
		}
	}
	slices.Sort(names)
	return slices.Compact(names)
}

// variants are the plans of an operation: one for each combination of the values that
// @skip and @include have.
type variants struct {
	conditions []string // the variables
	mu         sync.Mutex
	plans      map[string]*plan
}

// maxVariants bounds the plans that are kept of an operation. Apps have a handful of
// conditions, of which few combinations occur.
const maxVariants = 32

// planOf returns the plan of an operation. It is kept until the document is collected.
func (s *Schema) planOf(op *graphql.OperationContext) (*plan, error) {
	key := weak.Make(op.Operation)
	known, ok := s.plans.Load(key)
	if !ok {
		var added bool
		known, added = s.plans.LoadOrStore(key, &variants{conditions: conditionsOf(op.Doc), plans: map[string]*plan{}})
		if !added {
			runtime.AddCleanup(op.Operation, func(key weak.Pointer[ast.OperationDefinition]) { s.plans.Delete(key) }, key)
		}
	}
	v := known.(*variants)
	values := make([]byte, len(v.conditions))
	for i, name := range v.conditions {
		if on, _ := op.Variables[name].(bool); on {
			values[i] = 1
		}
	}
	v.mu.Lock()
	defer v.mu.Unlock()
	if p := v.plans[string(values)]; p != nil {
		return p, nil
	}
	variables := make(map[string]any, len(v.conditions))
	for i, name := range v.conditions {
		variables[name] = values[i] == 1
	}
	p, err := newPlan(s, op.Operation, variables)
	if err == nil && len(v.plans) < maxVariants {
		v.plans[string(values)] = p
	}
	return p, err
}

// Plan plans an operation before somebody runs it. Of its variables, those of @skip and
// @include count.
func (s *Schema) Plan(op *graphql.OperationContext) error {
	_, err := s.planOf(op)
	return err
}

// conditionsOf returns the variables that @skip and @include use in a document.
func conditionsOf(document *ast.QueryDocument) []string {
	var names []string
	var visit func(ast.SelectionSet)
	read := func(directives ast.DirectiveList) {
		for _, d := range directives {
			if d.Name != "skip" && d.Name != "include" {
				continue
			}
			if value := d.Arguments.ForName("if").Value; value.Kind == ast.Variable {
				names = append(names, strings.TrimPrefix(value.Raw, "$"))
			}
		}
	}
	visit = func(set ast.SelectionSet) {
		for _, item := range set {
			switch item := item.(type) {
			case *ast.Field:
				read(item.Directives)
				visit(item.SelectionSet)
			case *ast.InlineFragment:
				read(item.Directives)
				visit(item.SelectionSet)
			case *ast.FragmentSpread:
				read(item.Directives)
			}
		}
	}
	for _, operation := range document.Operations {
		visit(operation.SelectionSet)
	}
	for _, fragment := range document.Fragments {
		visit(fragment.SelectionSet)
	}
	slices.Sort(names)
	return slices.Compact(names)
}
