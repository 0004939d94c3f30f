package executor

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/99designs/gqlgen/graphql"
	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/gqlerror"
)

// writing writes the answer of a run, and reports its errors.
type writing struct {
	run  *run
	ctx  context.Context
	root *batch
	buf  []byte
	path []step

	errors   int  // found so far
	reported int  // of them, before the writing began again
	objects  int  // written so far
	checkAt  int  // the bytes at which the bounds are looked at next
	off      bool // the run has been stopped: nobody wants the answer

	current place           // what is being written
	panics  map[place]error // what panicked
}

// place is a field of an object of a batch.
type place struct {
	batch         *batch
	field, object int
}

// step is an element of a path: a name, or an index if the name is empty.
type step struct {
	name  string
	index int
}

// maxPanics is how many fields of an answer may panic while they are written. Each makes
// the writing begin again.
const maxPanics = 10

// The bounds are looked at after so many objects, and after so many bytes.
const (
	checkEvery = 64
	checkBytes = 4096
)

// data returns the data of the answer.
func (w *writing) data() []byte {
	for range maxPanics {
		if done, data := w.try(); done {
			return data
		}
	}
	graphql.AddError(w.ctx, fmt.Errorf("%d fields panicked while the answer was written", maxPanics))
	return []byte("null")
}

// try writes the answer from its beginning. After a panic, the field that panicked has
// its error, and the answer must be written again.
func (w *writing) try() (done bool, data []byte) {
	defer func() {
		if p := recover(); p != nil {
			w.panicked(p)
		}
	}()
	w.errors, w.objects, w.checkAt, w.path, w.buf = 0, 0, checkBytes, w.path[:0], make([]byte, 0, 4096)
	rewind(w.root)
	ok := w.writeObject(w.root)
	if w.check(); w.off {
		return true, []byte("null")
	}
	if !ok {
		w.buf = append(w.buf, "null"...)
	}
	return true, w.buf
}

// panicked gives what was being written the error of a panic.
func (w *writing) panicked(value any) {
	w.reported = max(w.reported, w.errors)
	err := w.run.op.Recover(w.ctx, value)
	if err == nil {
		err = fmt.Errorf("panic: %v", value)
	}
	if w.panics == nil {
		w.panics = map[place]error{}
	}
	w.panics[w.current] = err
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
	w.buf = append(w.buf, '{')
	for n, f := range b.selection.fields {
		if len(w.buf) >= w.checkAt {
			w.check()
		}
		if n > 0 {
			w.buf = append(w.buf, ',')
		}
		w.buf = append(w.buf, f.prefix...)
		if f.typename != nil {
			w.buf = append(w.buf, f.typename...)
			continue
		}
		w.current = place{b, n, i}
		if f.Field.Append != nil && !f.guarded && w.panics == nil {
			if buf, err := f.Append(w.buf, b.objects[i]); err == nil {
				w.buf = buf
				continue
			}
		}
		w.path = append(w.path, step{name: f.collected.Alias})
		if !w.writeField(b, n, i) {
			ok = false
		}
		w.path = w.path[:len(w.path)-1]
	}
	if !ok {
		w.buf = w.buf[:start]
		return false
	}
	w.buf = append(w.buf, '}')
	return true
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
	switch err := w.panics[place{b, n, i}]; {
	case err != nil:
		return w.fail(f, err, false)
	case c.err != nil:
		return w.fail(f, c.err, c.located)
	case c.errs != nil && c.errs[slot] != nil:
		return w.fail(f, c.errs[slot], c.located)
	case f.Append != nil:
		buf, err := f.Append(w.buf, b.objects[i])
		return w.writeLeaf(f, buf, err)
	case f.Marshal != nil:
		return w.writeMarshaler(f, c.results)
	case f.leaf:
		buf, err := f.AppendResult(w.buf, c.results, slot)
		return w.writeLeaf(f, buf, err)
	}
	return w.writeValue(c, f.typ, true)
}

// writeLeaf takes what a scalar or an enum, or a list of them, appended.
func (w *writing) writeLeaf(f *field, buf []byte, err error) bool {
	if err != nil {
		return w.fail(f, err, false)
	}
	w.buf = buf
	return true
}

func (w *writing) writeMarshaler(f *field, result any) bool {
	m := result.(graphql.Marshaler)
	if m == graphql.Null {
		w.buf = AppendNull(w.buf)
		return !f.typ.NonNull
	}
	w.buf = AppendMarshaler(w.buf, m)
	return true
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
	w.errors++
	if w.errors <= w.reported || w.off {
		return
	}
	path := w.pathNow()
	if element, ok := errors.AsType[*elementError](err); ok {
		err = element.err
		if w.run.schema.schema.Types[f.typ.Name()].Kind == ast.Enum { // as gqlgen has it
			path = append(path, ast.PathIndex(element.index))
		}
	}
	own := &gqlerror.Error{Err: err, Message: err.Error(), Path: path}
	if shaped, ok := errors.AsType[*gqlerror.Error](err); ok {
		*own = *shaped // others may share it
		if shaped.Path == nil {
			own.Path = path
		} else if _, ok := errors.AsType[*argumentError](err); ok {
			own.Path = append(path, shaped.Path[f.depth:]...)
		}
	}
	if at := f.position(); located && own.Locations == nil && at != nil {
		own.Locations = []gqlerror.Location{{Line: at.Line, Column: at.Column}}
	}
	graphql.AddError(w.ctx, own)
	w.check()
}

func (w *writing) pathNow() ast.Path {
	path := make(ast.Path, len(w.path), len(w.path)+1)
	for i, at := range w.path {
		if at.name != "" {
			path[i] = ast.PathName(at.name)
		} else {
			path[i] = ast.PathIndex(at.index)
		}
	}
	return slices.Clip(path)
}

// check looks at what bounds the run.
func (w *writing) check() {
	w.checkAt = len(w.buf) + checkBytes
	if w.run.meter != nil {
		if err := w.run.meter.Bytes(len(w.buf)); err != nil {
			w.off = true
		}
	}
	if errors.Is(w.ctx.Err(), context.Canceled) {
		w.off = true
	}
}
