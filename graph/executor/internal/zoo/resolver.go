package zoo

import (
	"context"
	"errors"
	"math/rand/v2"
	"strings"
	"sync/atomic"

	"github.com/99designs/gqlgen/graphql"
	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/gqlerror"

	"souk/graph/executor"
	"souk/graph/executor/internal/zoo/model"
	"souk/graph/executor/randquery"
)

// Visit is one operation's visit to the zoo: what its resolvers need.
type Visit struct {
	World *model.World
	// Seed is another fate in the same world.
	Seed uint64
	// Give has what resolvers return in place of chance, by their names: "keeper",
	// "Keeper.score". It is a result, for a resolver of all parents a slice of them, an
	// error, or a [Result]. A func(context.Context) is called before chance decides.
	Give map[string]any

	store *atomic.Int64 // what mutations write
}

// Result is a result with an error.
type Result struct {
	Value any
	Err   error
}

// given returns what a resolver is to return; false if that is left to chance.
func given[T any](ctx context.Context, v *Visit, field string) (result T, err error, ok bool) {
	give, ok := v.Give[field]
	if do, is := give.(func(context.Context)); is {
		do(ctx)
		return result, nil, false
	}
	switch give := give.(type) {
	case error:
		return result, give, true
	case Result:
		result, _ = give.Value.(T)
		return result, give.Err, true
	case T:
		return give, nil, true
	}
	return result, nil, ok
}

type visitKey struct{}

// With returns the context of a visit.
func With(ctx context.Context, v Visit) context.Context {
	v.store = new(atomic.Int64)
	return context.WithValue(ctx, visitKey{}, &v)
}

func of(ctx context.Context) *Visit { return ctx.Value(visitKey{}).(*Visit) }

// dice returns the dice for a field, before the parents are known.
func (v *Visit) dice(field string, args []any) model.Dice {
	return model.Dice(v.Seed).With(field).With(model.JSON(args))
}

type resolvers struct{}

// Resolvers answer the schema.
var _ ResolverRoot = resolvers{}

func (resolvers) Query() QueryResolver       { return query{} }
func (resolvers) Mutation() MutationResolver { return mutation{} }
func (resolvers) Keeper() KeeperResolver     { return keeper{} }
func (resolvers) Lion() LionResolver         { return lion{} }
func (resolvers) Leaves() LeavesResolver     { return leaves{} }
func (resolvers) Cage() CageResolver         { return cage{} }

// name is the name of a field without its type.
func name(field string) string { return field[strings.IndexByte(field, '.')+1:] }

// root resolves a root field.
func root[T any](ctx context.Context, field string, args ...any) (result T, err error) {
	v := of(ctx)
	if result, err, ok := given[T](ctx, v, field); ok {
		return result, err
	}
	d := v.dice(field, args)
	if v.Give == nil && executor.Awaits(ctx) && d.With("await").N(2) == 0 {
		executor.Await(ctx)
	}
	switch odds := v.World.Odds; {
	case d.With("error").Chance(odds.Error):
		return result, d.Error()
	case d.With("panic").Chance(odds.Panic):
		panic(field)
	}
	return model.Make[T](v.World, d, field), nil
}

// batch resolves a field of all parents. Whether it fails for all does not depend on the
// parents: gqlgen calls it for some of them at a time. Among them are nulls, which this
// package's executor leaves out.
func batch[T any, P interface {
	comparable
	Key() uint64
}](ctx context.Context, field string, parents []P, args ...any) ([]T, error) {
	v := of(ctx)
	if results, err, ok := given[[]T](ctx, v, field); ok {
		return results, err
	}
	d := v.dice(field, args)
	if v.Give == nil && executor.Awaits(ctx) && d.With("await").N(2) == 0 {
		executor.Await(ctx)
	}
	whole := -1
	if d.With("whole").Chance(v.World.Odds.Whole) {
		whole = d.With("how").N(5)
	}
	switch whole {
	case 0:
		return nil, d.Error()
	case 1:
		panic(field)
	case 2:
		return make([]T, len(parents)+1), nil
	case 3:
		return make([]T, len(parents)), make(graphql.BatchErrorList, len(parents)+1)
	case 4:
		return nil, gqlerror.List{{Message: "one"}, {Message: "other"}}
	}
	var none P
	results, errs := make([]T, len(parents)), make(graphql.BatchErrorList, len(parents))
	for i, parent := range parents {
		if parent != none {
			results[i], errs[i] = one[T](v, d.At(int(parent.Key()>>1)), name(field))
		}
	}
	if errs.Unwrap() == nil {
		return results, nil
	}
	return results, errs
}

// one is the result for one parent.
func one[T any](v *Visit, d model.Dice, field string) (result T, err error) {
	result = model.Make[T](v.World, d, field)
	if !d.With("error").Chance(v.World.Odds.Error) {
		return result, nil
	}
	switch d.With("how").N(7) {
	case 0:
		return result, gqlerror.List{{Message: "one"}, {Message: "other", Path: ast.Path{ast.PathName("elsewhere")}}}
	case 1:
		return result, errors.New("failed, with a result")
	case 2:
		return result, &gqlerror.Error{Message: "placed", Path: ast.Path{ast.PathName("elsewhere")}}
	}
	return result, d.Error()
}

func (query) Echo(_ context.Context, i *int, f *float64, s *string, b *bool, id *string, colour *model.Colour, mood *model.Mood, size *model.Size,
	even *int, weight *float64, tag *model.Tag, stamp *model.Stamp, text *string, anything any, mapped map[string]any,
	filter *model.Filter, must int, list []int, grid [][]*model.Colour, evens []int, filters []*model.Filter,
) (string, error) {
	return model.JSON([]any{
		i, f, s, b, id, colour, mood, size, even, weight, tag, stamp, text, anything, mapped, filter, must, list, grid, evens, filters,
	}), nil
}

type mutation struct{}

// made is a new cage, for what is in the store now.
func (v *Visit) made() *model.Cage {
	n := v.store.Load()
	return &model.Cage{Core: model.Core{N: uint64(n), World: v.World}, Then: int(n)}
}

func (mutation) Set(ctx context.Context, value int) (*model.Cage, error) {
	v := of(ctx)
	v.store.Store(int64(value))
	if _, err := root[int](ctx, "set", value); err != nil {
		return nil, err
	}
	return v.made(), nil
}

func (m mutation) SetMust(ctx context.Context, value int) (*model.Cage, error) {
	cage, err := m.Set(ctx, value)
	if of(ctx).dice("nothing", []any{value}).Chance(of(ctx).World.Odds.Null) {
		return nil, err
	}
	return cage, err
}

func (mutation) Bump(ctx context.Context) (int, error) {
	n := of(ctx).store.Add(1)
	_, err := root[int](ctx, "bump", n)
	return int(n), err
}

func (m mutation) BumpMaybe(ctx context.Context, fail bool) (*int, error) {
	n, err := m.Bump(ctx)
	if fail {
		return nil, nil
	}
	return &n, err
}

func (m mutation) Fill(ctx context.Context, filter *model.Filter) ([]*model.Cage, error) {
	v := of(ctx)
	v.store.Add(100)
	d := v.dice("fill", []any{filter})
	cages := make([]*model.Cage, d.N(4))
	for i := range cages {
		cages[i] = v.made()
	}
	return cages, nil
}

type cage struct{}

func (cage) Now(ctx context.Context, parents []*model.Cage) ([]int, error) {
	return now(ctx, "Cage.now", parents)
}

func (cage) NowHard(ctx context.Context, parents []*model.Cage) ([]int, error) {
	return now(ctx, "Cage.nowHard", parents)
}

// now is what is in the store, for parents that do not fail.
func now(ctx context.Context, field string, parents []*model.Cage) ([]int, error) {
	results, err := batch[int](ctx, field, parents)
	for i := range results {
		results[i] = int(of(ctx).store.Load())
	}
	return results, err
}

func (cage) Keeper(ctx context.Context, parents []*model.Cage) ([]*model.Keeper, error) {
	return batch[*model.Keeper](ctx, "Cage.keeper", parents)
}

func (cage) Cages(ctx context.Context, parents []*model.Cage, first int) ([][]*model.Cage, error) {
	cages := make([][]*model.Cage, len(parents))
	for i := range cages {
		for range min(first, 3) {
			cages[i] = append(cages[i], of(ctx).made())
		}
	}
	return cages, nil
}

// Scalar makes values for the schema's scalars, of which some are refused.
func Scalar(r *rand.Rand, at randquery.Place) (any, bool) {
	switch at.Named {
	case "Even":
		return []any{0, 2, 4, 6, 8, 3, 13, "no"}[r.IntN(8)], true
	case "Weight":
		return []any{0.5, 2, -1}[r.IntN(3)], true
	case "Stamp":
		return []any{1, 2, "x"}[r.IntN(3)], true
	case "Tag":
		return []any{"a", "b", "panic", 1}[r.IntN(4)], true
	case "Map":
		return map[string]any{"n": r.IntN(3), "list": []any{"a", true}}, true
	}
	return nil, false
}
