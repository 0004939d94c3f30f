package executor

import (
	"context"
	"errors"
	"slices"
	"sync"
	"time"

	"github.com/99designs/gqlgen/graphql"
	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/gqlerror"
)

// run is one run of an operation.
type run struct {
	*memory
	schema *Schema
	plan   *plan
	op     *graphql.OperationContext
	meter  Meter
	judge  Judge
	judged bool // judge has been asked for
	rounds *rounds
	watch  Watcher

	mu      sync.Mutex
	stopped error // why the run has ended before its time
}

// batch are the objects of a selection, all of which are of one level.
type batch struct {
	selection *selection
	objects   []any
	columns   []column // of its fields; nil while none has anything
	next      int      // the object that is written next
}

// column is what a field has for the objects of a batch. An object that the caller may not
// read the field of has no slot among the values and results; an object whose resolver
// failed has one among the results only.
type column struct {
	refused []error         // by object; nil when no object has its own verdict
	err     error           // of all objects with a slot
	errs    []error         // by slot; nil when none failed alone
	located bool            // err and errs have the place of the field in the document
	values  Values          // objects
	results any             // of a resolver that returns scalars
	ctx     context.Context // for the marshalers of scalars that take one

	slot int // the slot that is written next
	at   int // the token that is written next
}

// run runs the operation and returns its data.
func (s *Schema) run(ctx context.Context) []byte {
	op := graphql.GetOperationContext(ctx)
	p, err := s.planOf(op)
	if err != nil {
		graphql.AddError(ctx, err)
		return []byte("null")
	}
	r := &run{memory: p.begin(), schema: s, plan: p, op: op, rounds: &rounds{dispatch: s.options.Dispatch}}
	if s.options.Meter != nil {
		r.meter = s.options.Meter(ctx)
	}
	if s.options.Watch != nil {
		r.watch = s.options.Watch(ctx)
	}
	ctx = context.WithValue(ctx, roundsKey{}, r.rounds)
	if op.Operation.Operation == ast.Mutation {
		r.serially(ctx)
	} else {
		r.level = append(r.level, r.root)
		r.levels(ctx)
	}
	data := r.write(ctx)
	p.end(r.memory)
	return data
}

// serially runs the root fields of a mutation one after the other, each with all that is
// below it.
func (r *run) serially(ctx context.Context) {
	for i := range r.root.selection.fields {
		if r.followField(ctx, r.root, i); len(r.calls) == 0 {
			continue
		}
		root := r.calls[0] // it has a resolver
		r.resolveAll(ctx)
		if after := r.schema.options.AfterChange; after != nil {
			after(ctx)
		}
		r.take(root.column())
		r.levels(ctx)
	}
}

// levels runs everything that is below the batches of a level.
func (r *run) levels(ctx context.Context) {
	for len(r.level) > 0 {
		r.follow(ctx)
		r.resolveAll(ctx)
		r.level = r.level[:0]
		for _, c := range r.calls {
			r.take(c.column())
		}
	}
	r.calls = r.calls[:0]
}

// take adds the batches that a column's objects make to the level.
func (r *run) take(c *column) {
	for _, b := range c.values.batches {
		if b != nil && len(b.objects) > 0 {
			r.level = append(r.level, b)
		}
	}
}

// follow adds the objects that those of the level have in them, and collects the calls of
// the resolvers that the level needs.
func (r *run) follow(ctx context.Context) {
	r.calls = r.calls[:0]
	for n := 0; n < len(r.level); n++ { // it grows
		b := r.level[n]
		for i := range b.selection.fields {
			r.followField(ctx, b, i)
		}
	}
}

func (r *run) followField(ctx context.Context, b *batch, i int) {
	f := b.selection.fields[i]
	if f.guarded {
		r.judgeField(ctx, b, i)
	}
	if f.Field == nil || f.Append != nil {
		return
	}
	c := call{b, i}
	column := c.column() // now, since resolvers run at the same time
	switch {
	case column.err != nil:
		return
	case f.AppendContext != nil:
		column.ctx, _ = f.context(ctx)
		return
	case f.Children == nil:
		r.calls = append(r.calls, c)
		return
	}
	parents := column.parents(b.objects)
	column.addEach(ctx, len(parents), func(from int) { f.Children(parents[from:], &column.values) })
	r.took(f, len(parents), column)
	r.take(column)
}

// call is a call of a resolver.
type call struct {
	batch *batch
	index int
}

func (c call) field() *field { return c.batch.selection.fields[c.index] }

// leads reports whether another resolver may be called for what this one returns.
func (c call) leads() bool { return c.field().leads() }

// column is the field's, which exists from the first call on.
func (c call) column() *column {
	if c.batch.columns == nil {
		c.batch.columns = make([]column, len(c.batch.selection.fields))
	}
	column := &c.batch.columns[c.index]
	column.values.field = c.field()
	return column
}

// parents are the objects that have a slot.
func (c *column) parents(objects []any) []any {
	if c.refused == nil {
		return objects
	}
	var parents []any
	for i, object := range objects {
		if c.refused[i] == nil {
			parents = append(parents, object)
		}
	}
	return parents
}

// addEach calls add, which adds the objects of the n parents with a slot, from one on. A
// panic is the error of the parent whose objects it was about.
func (c *column) addEach(ctx context.Context, n int, add func(from int)) {
	v, own := &c.values, false
	v.parents, v.tokens = n, slices.Grow(v.tokens, n)
	for next := 0; next < n; next++ {
		mark := len(v.tokens)
		err := guardPanic(ctx, func() error { add(next); return nil })
		if err == nil {
			return
		}
		for ; ; next++ {
			if v.Failed(next) {
				continue
			}
			end, complete := v.end(mark)
			if !complete {
				break
			}
			mark = end
		}
		v.cut(mark)
		if !own { // they are the resolver's
			c.errs, own = append(make([]error, 0, n), c.errs...)[:n], true
		}
		c.errs[next] = err
	}
}

// fail gives all objects with a slot an error, and forgets what there was.
func (c *column) fail(err error, located bool) {
	c.values.forget()
	c.results, c.errs = nil, nil
	c.err, c.located = err, located
}

// resolveAll runs the resolvers of the level at the same time.
func (r *run) resolveAll(ctx context.Context) {
	r.tell(r.calls)
	r.rounds.start(len(r.calls), !slices.ContainsFunc(r.calls, call.leads))
	for i, c := range r.calls {
		if i == len(r.calls)-1 {
			r.resolveOne(ctx, c)
			break
		}
		r.others.Go(func() { r.resolveOne(ctx, c) })
	}
	r.others.Wait()
}

func (r *run) resolveOne(ctx context.Context, c call) {
	defer r.rounds.end(ctx)
	column, f := c.column(), c.field()
	if column.err != nil {
		return
	}
	if err := r.ended(ctx); err != nil {
		column.fail(err, false)
		return
	}
	parents := column.parents(c.batch.objects)
	if len(parents) == 0 {
		return
	}
	began := time.Now()
	err := guardPanic(ctx, func() error { return r.callResolver(ctx, f, parents, column) })
	if err != nil {
		column.fail(err, false)
	}
	if !f.leaf {
		r.took(f, len(parents), column)
	}
	if observe := r.schema.options.Observe; observe != nil {
		observe(ctx, f.object+"."+f.collected.Name, len(parents), time.Since(began), column.err)
	}
}

// callResolver calls the resolver of a field, and takes its results. Its error is one of
// the arguments.
func (r *run) callResolver(ctx context.Context, f *field, parents []any, column *column) error {
	if f.Marshal != nil { // which adds the field itself
		column.results = f.Marshal(graphql.WithFieldContext(ctx, &graphql.FieldContext{Object: f.object}), f.collected)
		return nil
	}
	ctx, fc := f.context(ctx)
	ctx = context.WithValue(ctx, fieldKey{}, f)
	if err := r.arguments(ctx, f, fc); err != nil {
		return err
	}
	results, err := r.op.ResolverMiddleware(ctx, func(ctx context.Context) (any, error) {
		return f.Resolve(ctx, parents, fc.Args)
	})
	column.located = f.above == nil || f.Method
	if each, ok := any(err).(graphql.BatchErrors); ok && len(each.Errors()) == len(parents) {
		column.errs = each.Errors()
	} else if err != nil {
		column.fail(err, column.located)
		return nil
	}
	if f.leaf {
		column.results, column.ctx = results, ctx
	} else {
		column.values.failed = column.errs
		column.addEach(ctx, len(parents), func(from int) { f.ResultChildren(results, from, &column.values) })
	}
	return nil
}

// arguments coerces the arguments of a field, once for all parents.
func (r *run) arguments(ctx context.Context, f *field, fc *graphql.FieldContext) error {
	if f.Args == nil {
		return nil
	}
	keep := f.constant && r.op.Operation.Operation == ast.Query
	if known := f.args.Load(); keep && known != nil {
		fc.Args = *known
		return nil
	}
	args, err := f.Args(ctx, f.collected.ArgumentMap(r.op.Variables))
	if err != nil {
		return newArgumentError(err, fc.Path())
	}
	fc.Args = args
	if keep {
		f.args.Store(&args)
	}
	return nil
}

// argumentsFail reports whether the arguments of a field are wrong, which then is its error.
func (r *run) argumentsFail(ctx context.Context, f *field, column *column) bool {
	if f.Args == nil {
		return false
	}
	ctx, fc := f.context(ctx)
	err := guardPanic(ctx, func() error { return r.arguments(ctx, f, fc) })
	if err != nil {
		column.fail(err, false)
	}
	return err != nil
}

// argumentError is the error of an argument.
type argumentError struct {
	error
	below ast.Path // of the field to the value; nil if the error has a path of its own
}

func (e *argumentError) Unwrap() error { return e.error }

// newArgumentError returns the error of an argument of a field. Its path begins with the
// field's, in which there are no indexes.
func newArgumentError(err error, field ast.Path) error {
	made := &argumentError{error: err}
	shaped, ok := errors.AsType[*gqlerror.Error](err)
	if n := len(field); ok && len(shaped.Path) > n && slices.Equal(shaped.Path[:n], field) {
		made.below = shaped.Path[n:]
	}
	return made
}

// context is that of the field's resolver. It has the chain of the fields above, for paths
// without indexes.
func (f *field) context(ctx context.Context) (context.Context, *graphql.FieldContext) {
	if f.above == nil {
		ctx = graphql.WithRootFieldContext(ctx, &graphql.RootFieldContext{Object: f.collected.Name, Field: f.collected})
	}
	chain := make([]graphql.FieldContext, f.depth+2) // in one piece; the last is that of the root
	fc := &chain[0]
	fc.IsMethod, fc.IsResolver = true, true
	ctx = graphql.WithFieldContext(ctx, fc)
	for i := range f.depth + 1 {
		chain[i].Object, chain[i].Field, chain[i].Parent = f.object, f.collected, &chain[i+1]
		chain[i+1].Object = f.object
		f = f.above
	}
	return ctx, fc
}

// took counts the objects that a field has returned.
func (r *run) took(f *field, parents int, c *column) {
	if r.meter == nil {
		return
	}
	if err := r.meter.Objects(f.collected.Field, parents, c.values.objects); err != nil {
		r.stop(err)
	}
}

// judgeField asks whether the caller may read a field of the objects of a batch.
func (r *run) judgeField(ctx context.Context, b *batch, i int) {
	if !r.judged {
		r.judge, r.judged = r.schema.options.Judge(ctx), true
	}
	if r.judge == nil {
		return
	}
	f := b.selection.fields[i]
	verdict := r.judge.Field(f.object, f.collected.Name)
	if verdict.Refusal == nil && verdict.Hides == nil {
		return
	}
	column := call{b, i}.column()
	column.values.hides = verdict.Hides
	switch {
	case verdict.Refusal == nil:
	case r.argumentsFail(ctx, f, column): // which gqlgen says first
	case verdict.Of == nil:
		column.fail(verdict.Refusal, true)
	default:
		column.refused = make([]error, len(b.objects))
		for n, object := range b.objects {
			column.refused[n] = verdict.Of(object)
		}
	}
}

// guardPanic turns a panic into the error that gqlgen's recover function makes of it.
func guardPanic(ctx context.Context, do func() error) (err error) {
	defer func() {
		if p := recover(); p != nil {
			made := graphql.GetOperationContext(ctx).RecoverFunc(ctx, p)
			if made == nil {
				made = errors.New("internal system error") // as graphql.DefaultRecover has it
			}
			err = &panicError{made}
		}
	}()
	return do()
}

// panicError is the error of a panic. It has no place in the document, as with gqlgen.
type panicError struct{ error }

func (e *panicError) Unwrap() error { return e.error }

func (r *run) stop(err error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.stopped == nil {
		r.stopped = err
	}
}

// ended returns why nothing more is to be resolved; nil while the run goes on.
func (r *run) ended(ctx context.Context) error {
	if err := ctx.Err(); err != nil {
		return context.Cause(ctx)
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.stopped
}
