package executor

import (
	"context"
	"errors"
	"slices"

	"github.com/99designs/gqlgen/graphql"
	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/gqlerror"
)

// writing writes the answer of a run, and reports its errors.
type writing struct {
	run  *run
	ctx  context.Context
	buf  []byte
	from int // where the data begins
	path []step

	errors   int  // found so far
	reported int  // of them, before the writing began again
	objects  int  // written so far
	checkAt  int  // the length at which the bounds are looked at next
	off      bool // the run has been stopped: nobody wants the answer
	careful  bool // something panicked: each scalar is guarded
}

// step is an element of a path: a name, or an index if the name is empty.
type step struct {
	name  string
	index int
}

// The bounds are looked at after so many objects, and after so many bytes.
const (
	checkEvery = 64
	checkBytes = 4096
)

// mostRoom is how much room is made for an answer before it is written.
const mostRoom = 1 << 20

// write writes the answer of a run, and returns its data.
func (r *run) write(ctx context.Context) []byte {
	w := &r.writing
	w.run, w.ctx = r, ctx
	out := &w.buf
	if r.schema.options.Output != nil {
		out = r.schema.options.Output(ctx)
	}
	// Answers of an operation are about as large, though a variable can make one far larger.
	if size := min(int(r.plan.size.Load()), mostRoom); cap(*out)-len(*out) < size {
		*out = slices.Grow(*out, size+size/8)
	}
	w.buf, w.from = *out, len(*out)
	data := w.data()
	*out = w.buf
	r.plan.size.Store(int64(len(data)))
	return data
}

// data writes the data of the answer. After a panic it is written again, with a guard
// around each scalar, so that a panic is the error of its field.
func (w *writing) data() []byte {
	err := guardPanic(w.ctx, w.all)
	if err != nil {
		w.reported, w.careful = w.errors, true
		err = guardPanic(w.ctx, w.all)
	}
	if err != nil {
		graphql.AddError(w.ctx, err)
		return []byte("null")
	}
	return w.buf[w.from:]
}

// all writes the answer from its beginning.
func (w *writing) all() error {
	root := w.run.root
	w.errors, w.objects, w.path, w.buf = 0, 0, w.path[:0], w.buf[:w.from]
	rewind(root)
	w.check()
	ok := w.writeObject(root)
	if w.check(); w.off || !ok {
		w.buf = AppendNull(w.buf[:w.from])
	}
	return nil
}

// rewind lets the objects of a batch and all below it be written again.
func rewind(b *batch) {
	b.next = 0
	for i := range b.columns {
		c := &b.columns[i]
		c.slot, c.at = 0, 0
		for _, below := range c.values.batches {
			if below != nil {
				rewind(below)
			}
		}
	}
}

// writeObject writes the next object of a batch. It writes nothing and returns false if
// the object is null because of one of its fields. It goes through all fields in any case,
// since the errors of all are reported and each must take its values.
func (w *writing) writeObject(b *batch) bool {
	i := b.next
	b.next++
	if w.objects++; w.objects%checkEvery == 0 {
		w.check()
	}
	if w.off {
		return false
	}
	start, ok := len(w.buf), true
	buf := append(w.buf, '{') // on the stack: while garbage is collected, each store to w has a price
	for n, f := range b.selection.fields {
		if len(buf) >= w.checkAt {
			w.buf = buf
			w.check()
		}
		if w.off {
			return false
		}
		if n > 0 {
			buf = append(buf, ',')
		}
		buf = append(buf, f.prefix...)
		if f.typename != nil {
			buf = append(buf, f.typename...)
			continue
		}
		if f.Field.Append != nil && !f.guarded && !w.careful {
			if longer, err := f.Append(buf, b.objects[i]); err == nil {
				buf = longer
				continue
			}
		}
		w.buf = buf
		w.path = append(w.path, step{name: f.collected.Alias})
		if !w.writeField(b, n, i) {
			ok = false
		}
		w.path = w.path[:len(w.path)-1]
		buf = w.buf
	}
	if w.buf = append(buf, '}'); !ok {
		w.buf = w.buf[:start]
	}
	return ok
}

// writeField writes a field of an object. It returns false if it is null and must not be.
func (w *writing) writeField(b *batch, n, i int) bool {
	f, none := b.selection.fields[n], column{}
	c := &none
	if b.columns != nil {
		c = &b.columns[n]
	}
	if c.refused != nil && c.refused[i] != nil {
		return w.fail(f, c.refused[i], true)
	}
	slot := c.slot
	c.slot++
	switch {
	case c.err != nil:
		return w.fail(f, c.err, c.located)
	case c.errs != nil && c.errs[slot] != nil:
		return w.fail(f, c.errs[slot], c.located)
	case f.leaf || f.Marshal != nil:
		return w.writeLeaf(f, c, b.objects[i], slot)
	}
	return w.writeValue(c, f.typ, true)
}

// writeLeaf writes a scalar or an enum, or a list of them, or what gqlgen's own code has
// for a field of introspection.
func (w *writing) writeLeaf(f *field, c *column, parent any, slot int) bool {
	buf, err := w.buf, error(nil)
	write := func() error {
		buf, err = f.appendValue(buf, c, parent, slot)
		return err
	}
	if w.careful {
		err = guardPanic(w.ctx, write)
	} else {
		err = write()
	}
	list, ok := errors.AsType[*listError](err)
	switch {
	case ok:
		w.failElements(f, list)
		if list.null && f.typ.NonNull {
			return false
		}
		if list.null {
			buf = AppendNull(w.buf)
		}
	case errors.Is(err, errReported):
		return false
	case err != nil:
		return w.fail(f, err, false)
	}
	w.buf = buf
	return true
}

// errReported is for a null of gqlgen's own code, which has reported its error.
var errReported = errors.New("reported already")

// appendValue appends the value of a field that has no fields below it.
func (f *field) appendValue(b []byte, c *column, parent any, slot int) ([]byte, error) {
	switch {
	case f.Append != nil:
		return f.Append(b, parent)
	case f.AppendContext != nil:
		return f.AppendContext(c.ctx, b, parent)
	case f.AppendResult != nil:
		return f.AppendResult(b, c.results, slot)
	case f.AppendResultContext != nil:
		return f.AppendResultContext(c.ctx, b, c.results, slot)
	}
	m := c.results.(graphql.Marshaler)
	if m == graphql.Null && f.typ.NonNull {
		return b, errReported
	}
	return AppendMarshaler(b, m), nil
}

// failElements reports the errors of a list's elements. Those of enums are at the place of
// the element, and those of scalars at the list's, where a null is reported once, as gqlgen
// does.
func (w *writing) failElements(f *field, list *listError) {
	enum := w.run.schema.schema.Types[f.typ.Name()].Kind == ast.Enum
	depth, null := len(w.path), false
	for _, element := range list.elements {
		switch {
		case enum:
			for _, index := range slices.Backward(element.indexes) {
				w.path = append(w.path, step{index: index})
			}
		case !errors.Is(element.err, ErrNullElement):
		case null:
			continue
		default:
			null = true
		}
		w.add(element.err, false, f)
		w.path = w.path[:depth]
	}
}

// writeValue writes the next value of a column: an object, a list of values, or null. It
// writes nothing and returns false if it is null and must not be.
func (w *writing) writeValue(c *column, typ *ast.Type, top bool) bool {
	token := c.values.tokens[c.at]
	c.at++
	switch {
	case token >= 0:
		if w.writeList(c, typ, int(token)) {
			return true
		}
	case token <= objectToken:
		if w.writeObject(c.values.batches[objectToken-token]) {
			return true
		}
	case !typ.NonNull:
	case token == hiddenToken:
		w.add(c.values.hidden, true, c.values.field)
	case token == nilToken && top:
		w.add(ErrNull, false, c.values.field)
	default:
		w.add(ErrNullElement, false, c.values.field)
	}
	if typ.NonNull {
		return false
	}
	w.buf = AppendNull(w.buf)
	return true
}

// writeList writes a list of n values.
func (w *writing) writeList(c *column, typ *ast.Type, n int) bool {
	start, ok, first := len(w.buf), true, true
	w.buf = append(w.buf, '[')
	w.path = append(w.path, step{})
	for i := range n {
		if w.off {
			ok = false
			break
		}
		if typ.Elem.NonNull && c.values.tokens[c.at] == hiddenToken {
			c.at++ // it looks as if it did not exist
			continue
		}
		if !first {
			w.buf = append(w.buf, ',')
		}
		first = false
		w.path[len(w.path)-1].index = i
		if !w.writeValue(c, typ.Elem, false) {
			ok = false
		}
	}
	w.path = w.path[:len(w.path)-1]
	if !ok {
		w.buf = w.buf[:start]
		return false
	}
	w.buf = append(w.buf, ']')
	return true
}

// fail reports the error of a field, which is null.
func (w *writing) fail(f *field, err error, located bool) bool {
	w.add(err, located, f)
	if f.typ.NonNull {
		return false
	}
	w.buf = AppendNull(w.buf)
	return true
}

// add reports an error at the current path. f is the field of located errors.
func (w *writing) add(err error, located bool, f *field) {
	if list, ok := any(err).(gqlerror.List); ok && !located { // of a batch resolver; not one that is wrapped, as with gqlgen
		for _, one := range list {
			w.add(one, located, f)
		}
		return
	}
	if p, ok := errors.AsType[*panicError](err); ok {
		err, located = p.error, false
	}
	w.errors++
	if w.errors <= w.reported || w.off {
		return
	}
	path := w.pathNow()
	own := &gqlerror.Error{Err: err, Message: err.Error(), Path: path}
	if shaped, ok := errors.AsType[*gqlerror.Error](err); ok {
		*own = *shaped // others may share it
		if own.Path == nil {
			own.Path = path
		}
		if argument, ok := errors.AsType[*argumentError](err); ok && argument.below != nil {
			own.Path = append(path, argument.below...)
		}
	}
	if at := f.position(); located && own.Locations == nil && at != nil {
		own.Locations = []gqlerror.Location{{Line: at.Line, Column: at.Column}}
	}
	graphql.AddError(w.ctx, own)
	w.check()
}

func (w *writing) pathNow() ast.Path {
	path := make(ast.Path, len(w.path))
	for i, at := range w.path {
		if at.name != "" {
			path[i] = ast.PathName(at.name)
		} else {
			path[i] = ast.PathIndex(at.index)
		}
	}
	return path
}

// check looks at what bounds the run.
func (w *writing) check() {
	w.checkAt = len(w.buf) + checkBytes
	if w.run.meter != nil {
		if err := w.run.meter.Bytes(len(w.buf) - w.from); err != nil {
			w.off = true
		}
	}
	if errors.Is(w.ctx.Err(), context.Canceled) {
		w.off = true
	}
}
