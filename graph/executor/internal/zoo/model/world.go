// Package model has the Go types of the zoo's schema, and makes values of them. What it
// makes is a function of a world and of dice, so that two executors get the same.
package model

import (
	"errors"
	"fmt"
	"math"
	"reflect"
	"strings"
	"time"

	"github.com/vektah/gqlparser/v2/gqlerror"
)

// Odds are of a thousand.
type Odds struct {
	// Null is for each pointer, slice and interface.
	Null int
	// NilPointer is for an interface to hold a nil pointer.
	NilPointer int
	// Stranger is for an interface to hold what the schema does not know, but in a list.
	Stranger int
	// Error is for each parent of a resolver or method, and for values that cannot be
	// written; Panic for methods.
	Error, Panic int
	// Whole is for a resolver of all parents to fail for all its parents, by an error, a panic, or a
	// wrong number of results.
	Whole int
}

// World is the objects that there are. It does not change.
type World struct {
	Odds    Odds
	keepers []*Keeper
	lions   []*Lion
	fishes  []*Fish
	rocks   []*Rock
	leaves  []*Leaves
}

// NewWorld makes the objects of a world.
func NewWorld(seed uint64, odds Odds) *World {
	w := &World{Odds: odds}
	d := Dice(seed).With("world")
	w.leaves = objects[Leaves](w, d, 60)
	w.fishes, w.lions = objects[Fish](w, d, 20), objects[Lion](w, d, 30)
	w.rocks, w.keepers = objects[Rock](w, d, 20), objects[Keeper](w, d, 40)
	for _, l := range w.leaves {
		w.fill(reflect.ValueOf(l).Elem(), Dice(l.N))
	}
	for _, f := range w.fishes {
		w.fill(reflect.ValueOf(f).Elem(), Dice(f.N))
	}
	for _, l := range w.lions {
		w.fill(reflect.ValueOf(l).Elem(), Dice(l.N))
	}
	for _, r := range w.rocks {
		w.fill(reflect.ValueOf(r).Elem(), Dice(r.N))
	}
	for _, k := range w.keepers {
		w.fill(reflect.ValueOf(k).Elem(), Dice(k.N))
	}
	return w
}

func objects[T any](w *World, d Dice, n int) []*T {
	made := make([]*T, n)
	for i := range made {
		made[i] = new(T)
		core := reflect.ValueOf(made[i]).Elem().FieldByName("Core").Addr().Interface().(*Core)
		*core = Core{N: uint64(d.With(fmt.Sprintf("%T", made[i])).At(i)), World: w}
	}
	return made
}

// fill gives the fields of a struct values.
func (w *World) fill(v reflect.Value, d Dice) {
	for i := range v.NumField() {
		if field := v.Type().Field(i); field.Name != "Core" {
			v.Field(i).Set(w.value(field.Type, d.With(field.Name), HintOf(field.Name)))
		}
	}
}

// Hint is what the Go type of a field does not tell.
type Hint int

// The hints.
const (
	Plain Hint = iota
	// Ghostly numbers are few, and some are null or panic when they are written.
	Ghostly
	// Unwritable values are there: the field can be null, or the elements of its list can.
	Unwritable
)

// HintOf returns the hint for a field.
func HintOf(field string) Hint {
	switch field {
	case "Ghost", "GhostMust", "GhostHard", "GhostList", "GhostEach", "GhostHardEach", "GhostSome", "GhostGrid", "GhostGridMust", "GhostGridSome", "GhostCube", "ghost":
		return Ghostly
	case "Weight", "WeightList", "WeightSome", "WeightGridSome", "Stamp", "StampList", "StampSome", "StampGridSome", "weights":
		return Unwritable
	}
	return Plain
}

// Make makes a value of a type for a field.
func Make[T any](w *World, d Dice, field string) T {
	var made T
	reflect.ValueOf(&made).Elem().Set(w.value(reflect.TypeFor[T](), d, HintOf(field)))
	return made
}

// Method is Make for a method that may panic.
func Method[T any](c *Core, name string) T {
	d := c.of(name)
	if d.With("panic").Chance(c.World.Odds.Panic) {
		panic(name)
	}
	return Make[T](c.World, d, name)
}

// Try is Method for one that may fail.
func Try[T any](c *Core, name, args string) (T, error) {
	d := c.of(name).With(args)
	if d.With("error").Chance(c.World.Odds.Error) {
		var none T
		return none, d.Error()
	}
	if d.With("panic").Chance(c.World.Odds.Panic) {
		panic(name)
	}
	return Make[T](c.World, d, name), nil
}

// value makes a value of a type.
func (w *World) value(t reflect.Type, d Dice, hint Hint) reflect.Value {
	none := reflect.Zero(t)
	switch t.Kind() {
	case reflect.Pointer, reflect.Slice, reflect.Interface, reflect.Map:
		if d.With("nil").Chance(w.Odds.Null) {
			return none
		}
	}
	if known := w.known(t, d); known.IsValid() {
		return known
	}
	v := reflect.New(t).Elem()
	switch t.Kind() {
	case reflect.Pointer:
		v.Set(reflect.New(t.Elem()))
		v.Elem().Set(w.value(t.Elem(), d, hint))
	case reflect.Slice:
		w := &World{Odds: w.Odds, keepers: w.keepers, lions: w.lions, fishes: w.fishes, rocks: w.rocks, leaves: w.leaves}
		w.Odds.Stranger = 0
		v.Set(reflect.MakeSlice(t, d.With("len").N(4), 4))
		for i := range v.Len() {
			v.Index(i).Set(w.value(t.Elem(), d.At(i), hint))
		}
	case reflect.Interface:
		v.Set(reflect.ValueOf([]any{"any", 1.5, true, []any{1, nil}, map[string]any{"a": "b"}}[d.N(5)]))
	case reflect.Map:
		v.Set(reflect.ValueOf(map[string]any{"n": d.N(3), "nil": nil}))
	default:
		w.scalar(v, d, hint)
	}
	return v
}

// known returns one of the objects of the world; the zero Value if the type is not theirs.
func (w *World) known(t reflect.Type, d Dice) reflect.Value {
	switch reflect.Zero(reflect.PointerTo(t)).Interface().(type) {
	case **Leaves:
		return reflect.ValueOf(pick(w.leaves, d))
	case *Leaves:
		return reflect.ValueOf(*pick(w.leaves, d))
	case **Rock:
		return reflect.ValueOf(pick(w.rocks, d))
	case *Rock:
		return reflect.ValueOf(*pick(w.rocks, d))
	case **Fish:
		return reflect.ValueOf(pick(w.fishes, d))
	case *Fish:
		return reflect.ValueOf(*pick(w.fishes, d))
	case **Keeper:
		return reflect.ValueOf(pick(w.keepers, d))
	case **Lion:
		return reflect.ValueOf(pick(w.lions, d))
	}
	if t.Kind() == reflect.Interface && t.NumMethod() > 0 && t != reflect.TypeFor[Named]() {
		switch {
		case d.With("nil pointer").Chance(w.Odds.NilPointer):
			return reflect.ValueOf((*Fish)(nil))
		case d.With("stranger").Chance(w.Odds.Stranger):
			return reflect.ValueOf(Stranger{})
		}
	}
	switch reflect.Zero(reflect.PointerTo(t)).Interface().(type) {
	case *Being:
		return reflect.ValueOf([]Being{pick(w.keepers, d), pick(w.lions, d), *pick(w.fishes, d), pick(w.fishes, d)}[d.N(4)])
	case *Named:
		return reflect.ValueOf([]Named{pick(w.keepers, d), pick(w.lions, d)}[d.N(2)])
	case *Pet:
		return reflect.ValueOf([]Pet{pick(w.lions, d), *pick(w.fishes, d)}[d.N(2)])
	case *Thing:
		return reflect.ValueOf([]Thing{pick(w.keepers, d), pick(w.lions, d), *pick(w.fishes, d), pick(w.rocks, d)}[d.N(4)])
	}
	return reflect.Value{}
}

func pick[T any](from []*T, d Dice) *T { return from[d.With("pick").N(len(from))] }

// scalar gives a scalar or an enum a value.
func (w *World) scalar(v reflect.Value, d Dice, hint Hint) {
	fails := hint == Unwritable && d.With("unwritable").Chance(w.Odds.Error)
	switch p := v.Addr().Interface().(type) {
	case *Colour:
		*p = []Colour{Red, Green, Blue, "of another schema"}[d.N(4)]
	case *Mood:
		*p = AllMood[d.N(len(AllMood))]
	case *Size:
		*p = Size(1 + d.N(2))
	case *Tag:
		p.Name = texts[d.N(len(texts))]
	case *Stamp:
		if p.No = d.N(9); fails {
			p.No = -1 - p.No
		}
	case *time.Time:
		*p = time.Unix(int64(d.N(1e9)), int64(d.N(1e9))).UTC()
	case *float64:
		if *p = floats[d.N(len(floats))]; fails {
			*p = -1
		}
	case *bool:
		*p = d.N(2) == 0
	default:
		if v.Kind() == reflect.String {
			v.SetString(texts[d.N(len(texts))])
		} else if hint == Ghostly {
			v.SetInt(int64(d.ghost(w.Odds)))
		} else {
			v.SetInt(int64(d.N(2000)) - 1000)
		}
	}
}

func (d Dice) ghost(odds Odds) int {
	switch d = d.With("ghost"); {
	case d.Chance(odds.Null):
		return 0
	case d.With("panic").Chance(odds.Panic):
		return 1
	}
	return 2 + d.N(9)
}

var (
	texts  = []string{"", "a", "Löwe", "\"\\/\b\f\n\r\t\x00\x1f\x7f", "\u2028\u2029<&>", "\xff broken \xc3", "null", "🦁", strings.Repeat("long ", 30)}
	floats = []float64{0, 1, 0.1, 1e21, 1e20, 123456789, 1e-7, math.MaxFloat64, math.SmallestNonzeroFloat64, 1. / 3}
)

// Dice are numbers that look like chance.
type Dice uint64

// With returns other dice.
func (d Dice) With(what string) Dice {
	for i := range len(what) {
		d = (d ^ Dice(what[i])) * 0x100000001b3
	}
	return d.mixed()
}

// At returns other dice for an index.
func (d Dice) At(i int) Dice { return (d + Dice(i) + 1).mixed() }

func (d Dice) mixed() Dice {
	d ^= d >> 33
	d *= 0xff51afd7ed558ccd
	d ^= d >> 33
	d *= 0xc4ceb9fe1a85ec53
	return d ^ d>>33
}

// N returns a number of 0 to n-1.
func (d Dice) N(n int) int { return int(uint64(d.mixed()) % uint64(n)) }

// Chance reports whether something of these odds happens.
func (d Dice) Chance(ofThousand int) bool { return d.N(1000) < ofThousand }

// Error makes an error, of one of the kinds that gqlgen knows.
func (d Dice) Error() error {
	shaped := &gqlerror.Error{Message: "shaped", Extensions: map[string]any{"code": fmt.Sprint("C", d.N(3))}}
	switch d.With("kind").N(4) {
	case 0:
		return shaped
	case 1:
		return fmt.Errorf("wrapped: %w", shaped)
	case 2:
		return &gqlerror.Error{Message: "placed", Locations: []gqlerror.Location{{Line: 1000, Column: 1}}}
	}
	return errors.New("failed")
}
