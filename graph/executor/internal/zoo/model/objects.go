package model

import (
	"context"
	"fmt"
	"strings"
)

// Core is what each object has: a number that says what it is like, and the world in
// which it is.
type Core struct {
	N     uint64
	World *World
}

// Key is the number; 0 of a nil pointer.
func (c *Core) Key() uint64 {
	if c == nil {
		return 0
	}
	return c.N
}

// of returns the dice for a method of the object.
func (c *Core) of(method string) Dice { return Dice(c.N).With(method) }

// The interfaces and the union.
type (
	Being interface{ IsBeing() }
	Named interface{ IsNamed() }
	Pet   interface {
		Being
		IsPet()
	}
	Thing interface{ IsThing() }
)

// Keeper has the shapes of objects: in its struct, by methods, by resolvers.
type Keeper struct {
	Core
	ID int

	Leaves         Leaves
	LeavesMaybe    *Leaves
	LeavesHard     *Leaves
	LeavesList     []*Leaves
	LeavesEach     []Leaves
	LeavesHardEach []*Leaves
	LeavesGrid     [][]Leaves
	LeavesGridSome [][]*Leaves
	LeavesCube     [][][]*Leaves
	Optional       *[]string
	OptionalLeaves *[]Leaves
	Held           Being
	HeldMust       Being
	HeldBeings     []Being
	HeldThings     []Thing
	HeldGrid       [][]Thing
}

func (*Keeper) IsBeing() {}
func (*Keeper) IsNamed() {}
func (*Keeper) IsThing() {}

// Name is a method with an argument.
func (k *Keeper) Name(upper *bool) *string {
	name := Make[*string](k.World, k.of("name"), "name")
	if name != nil && upper != nil && *upper {
		*name = strings.ToUpper(*name)
	}
	return name
}

// Label is a method without an error, as are Motto, MottoMust, Portrait, PortraitMust and
// Idol: they are read as the struct's fields are, and may panic.
func (k *Keeper) Label() string { return Method[string](&k.Core, "label") }

func (k *Keeper) Motto() *string            { return Method[*string](&k.Core, "motto") }
func (k *Keeper) MottoMust() string         { return Method[string](&k.Core, "mottoMust") }
func (k *Keeper) Portrait() *Leaves         { return Method[*Leaves](&k.Core, "portrait") }
func (k *Keeper) PortraitMust() Leaves      { return Method[Leaves](&k.Core, "portraitMust") }
func (k *Keeper) Idol() Being               { return Method[Being](&k.Core, "idol") }
func (k *Keeper) Shouts() ([]string, error) { return Try[[]string](&k.Core, "shouts", "") }

// Shout is a method with a context, and may fail, as may the ones below.
func (k *Keeper) Shout(context.Context) (string, error) { return Try[string](&k.Core, "shout", "") }

func (k *Keeper) Whisper(times, even *int) (*string, error) {
	return Try[*string](&k.Core, "whisper", JSON([]any{times, even}))
}

func (k *Keeper) Peer(_ context.Context, colour *Colour) (*Keeper, error) {
	return Try[*Keeper](&k.Core, "peer", JSON(colour))
}

func (k *Keeper) Pals(_ context.Context, first int) ([]*Lion, error) {
	return Try[[]*Lion](&k.Core, "pals", fmt.Sprint(first))
}

// Lion has resolvers for most of its fields.
type Lion struct {
	Core
	ID   string
	Mood Mood
}

func (*Lion) IsBeing() {}
func (*Lion) IsNamed() {}
func (*Lion) IsPet()   {}
func (*Lion) IsThing() {}

// Fish is a value where an interface has it.
type Fish struct {
	Core
	ID     string
	Mood   Mood
	Keeper *Keeper
}

func (Fish) IsBeing() {}
func (Fish) IsPet()   {}
func (Fish) IsThing() {}

// Name is a method that may fail.
func (f Fish) Name(upper *bool) (*string, error) { return Try[*string](&f.Core, "name", JSON(upper)) }

// Self is the fish.
func (f Fish) Self() Fish { return f }

// Rock has no interface.
type Rock struct {
	Core
	Weight float64
	Leaves *Leaves
	Sitter Being
	Below  []Rock
}

func (*Rock) IsThing() {}

// Stranger looks as if it were of the schema.
type Stranger struct{ Fish }

// Cage is what the store of an operation has.
type Cage struct {
	Core
	Then int
}
