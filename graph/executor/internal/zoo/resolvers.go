package zoo

import (
	"context"

	"souk/graph/executor/internal/zoo/model"
)

type keeper struct{}

func (keeper) Self(ctx context.Context, parents []*model.Keeper) ([]*model.Keeper, error) {
	return batch[*model.Keeper](ctx, "Keeper.self", parents)
}

func (keeper) Keeper(ctx context.Context, parents []*model.Keeper) ([]*model.Keeper, error) {
	return batch[*model.Keeper](ctx, "Keeper.keeper", parents)
}

func (keeper) Score(ctx context.Context, parents []*model.Keeper) ([]int, error) {
	return batch[int](ctx, "Keeper.score", parents)
}

func (keeper) ScoreMaybe(ctx context.Context, parents []*model.Keeper) ([]*int, error) {
	return batch[*int](ctx, "Keeper.scoreMaybe", parents)
}

func (keeper) Weight(ctx context.Context, parents []*model.Keeper) ([]float64, error) {
	return batch[float64](ctx, "Keeper.weight", parents)
}

func (keeper) Weights(ctx context.Context, parents []*model.Keeper) ([][]*float64, error) {
	return batch[[]*float64](ctx, "Keeper.weights", parents)
}

func (keeper) Tag(ctx context.Context, parents []*model.Keeper) ([]*model.Tag, error) {
	return batch[*model.Tag](ctx, "Keeper.tag", parents)
}

func (keeper) Tags(ctx context.Context, parents []*model.Keeper) ([][]*model.Tag, error) {
	return batch[[]*model.Tag](ctx, "Keeper.tags", parents)
}

func (keeper) Moods(ctx context.Context, parents []*model.Keeper) ([][]model.Mood, error) {
	return batch[[]model.Mood](ctx, "Keeper.moods", parents)
}

func (keeper) MoodGrid(ctx context.Context, parents []*model.Keeper) ([][][]model.Mood, error) {
	return batch[[][]model.Mood](ctx, "Keeper.moodGrid", parents)
}

func (keeper) Ghost(ctx context.Context, parents []*model.Keeper) ([]int, error) {
	return batch[int](ctx, "Keeper.ghost", parents)
}

func (keeper) Any(ctx context.Context, parents []*model.Keeper) ([]any, error) {
	return batch[any](ctx, "Keeper.any", parents)
}

func (keeper) Stamp(ctx context.Context, parents []*model.Keeper) ([]*model.Stamp, error) {
	return batch[*model.Stamp](ctx, "Keeper.stamp", parents)
}

func (keeper) Lion(ctx context.Context, parents []*model.Keeper) ([]*model.Lion, error) {
	return batch[*model.Lion](ctx, "Keeper.lion", parents)
}

func (keeper) LionMust(ctx context.Context, parents []*model.Keeper) ([]*model.Lion, error) {
	return batch[*model.Lion](ctx, "Keeper.lionMust", parents)
}

func (keeper) Lions(ctx context.Context, parents []*model.Keeper, first int, filter *model.Filter) ([][]*model.Lion, error) {
	return batch[[]*model.Lion](ctx, "Keeper.lions", parents, first, filter)
}

func (keeper) LionsList(ctx context.Context, parents []*model.Keeper, even *int) ([][]*model.Lion, error) {
	return batch[[]*model.Lion](ctx, "Keeper.lionsList", parents, even)
}

func (keeper) LionGrid(ctx context.Context, parents []*model.Keeper) ([][][]*model.Lion, error) {
	return batch[[][]*model.Lion](ctx, "Keeper.lionGrid", parents)
}

func (keeper) Fish(ctx context.Context, parents []*model.Keeper) ([]*model.Fish, error) {
	return batch[*model.Fish](ctx, "Keeper.fish", parents)
}

func (keeper) Fishes(ctx context.Context, parents []*model.Keeper) ([][]*model.Fish, error) {
	return batch[[]*model.Fish](ctx, "Keeper.fishes", parents)
}

func (keeper) Being(ctx context.Context, parents []*model.Keeper) ([]model.Being, error) {
	return batch[model.Being](ctx, "Keeper.being", parents)
}

func (keeper) BeingMust(ctx context.Context, parents []*model.Keeper) ([]model.Being, error) {
	return batch[model.Being](ctx, "Keeper.beingMust", parents)
}

func (keeper) Beings(ctx context.Context, parents []*model.Keeper) ([][]model.Being, error) {
	return batch[[]model.Being](ctx, "Keeper.beings", parents)
}

func (keeper) BeingsList(ctx context.Context, parents []*model.Keeper) ([][]model.Being, error) {
	return batch[[]model.Being](ctx, "Keeper.beingsList", parents)
}

func (keeper) BeingGrid(ctx context.Context, parents []*model.Keeper) ([][][]model.Being, error) {
	return batch[[][]model.Being](ctx, "Keeper.beingGrid", parents)
}

func (keeper) Thing(ctx context.Context, parents []*model.Keeper, kind *model.Kind) ([]model.Thing, error) {
	return batch[model.Thing](ctx, "Keeper.thing", parents, kind)
}

func (keeper) ThingMust(ctx context.Context, parents []*model.Keeper) ([]model.Thing, error) {
	return batch[model.Thing](ctx, "Keeper.thingMust", parents)
}

func (keeper) Things(ctx context.Context, parents []*model.Keeper, kinds []model.Kind) ([][]model.Thing, error) {
	return batch[[]model.Thing](ctx, "Keeper.things", parents, kinds)
}

func (keeper) Named(ctx context.Context, parents []*model.Keeper) ([]model.Named, error) {
	return batch[model.Named](ctx, "Keeper.named", parents)
}

func (keeper) Rocks(ctx context.Context, parents []*model.Keeper) ([][][]*model.Rock, error) {
	return batch[[][]*model.Rock](ctx, "Keeper.rocks", parents)
}

type lion struct{}

func (lion) Name(ctx context.Context, parents []*model.Lion, upper *bool) ([]*string, error) {
	return batch[*string](ctx, "Lion.name", parents, upper)
}

func (lion) Self(ctx context.Context, parents []*model.Lion) ([]*model.Lion, error) {
	return batch[*model.Lion](ctx, "Lion.self", parents)
}

func (lion) Keeper(ctx context.Context, parents []*model.Lion) ([]*model.Keeper, error) {
	return batch[*model.Keeper](ctx, "Lion.keeper", parents)
}

func (lion) Label(ctx context.Context, parents []*model.Lion) ([]string, error) {
	return batch[string](ctx, "Lion.label", parents)
}

func (lion) Leaves(ctx context.Context, parents []*model.Lion) ([]*model.Leaves, error) {
	return batch[*model.Leaves](ctx, "Lion.leaves", parents)
}

func (lion) Cubs(ctx context.Context, parents []*model.Lion, first int) ([][]*model.Lion, error) {
	return batch[[]*model.Lion](ctx, "Lion.cubs", parents, first)
}

func (lion) Prey(ctx context.Context, parents []*model.Lion) ([][]model.Being, error) {
	return batch[[]model.Being](ctx, "Lion.prey", parents)
}

func (lion) Pride(ctx context.Context, parents []*model.Lion) ([]int, error) {
	return batch[int](ctx, "Lion.pride", parents)
}

type query struct{}

func (query) Keeper(ctx context.Context, id *string) (*model.Keeper, error) {
	return root[*model.Keeper](ctx, "keeper", id)
}

func (query) KeeperMust(ctx context.Context) (*model.Keeper, error) {
	return root[*model.Keeper](ctx, "keeperMust")
}

func (query) Keepers(ctx context.Context, first int) ([]*model.Keeper, error) {
	return root[[]*model.Keeper](ctx, "keepers", first)
}

func (query) KeepersList(ctx context.Context) ([]*model.Keeper, error) {
	return root[[]*model.Keeper](ctx, "keepersList")
}

func (query) KeeperGrid(ctx context.Context) ([][]*model.Keeper, error) {
	return root[[][]*model.Keeper](ctx, "keeperGrid")
}

func (query) Lion(ctx context.Context) (*model.Lion, error) {
	return root[*model.Lion](ctx, "lion")
}

func (query) Fish(ctx context.Context) (*model.Fish, error) {
	return root[*model.Fish](ctx, "fish")
}

func (query) Rock(ctx context.Context) (*model.Rock, error) {
	return root[*model.Rock](ctx, "rock")
}

func (query) Leaves(ctx context.Context) (*model.Leaves, error) {
	return root[*model.Leaves](ctx, "leaves")
}

func (query) LeavesMust(ctx context.Context) (*model.Leaves, error) {
	return root[*model.Leaves](ctx, "leavesMust")
}

func (query) LeavesEach(ctx context.Context) ([]*model.Leaves, error) {
	return root[[]*model.Leaves](ctx, "leavesEach")
}

func (query) Being(ctx context.Context) (model.Being, error) {
	return root[model.Being](ctx, "being")
}

func (query) BeingMust(ctx context.Context) (model.Being, error) {
	return root[model.Being](ctx, "beingMust")
}

func (query) Beings(ctx context.Context, first int) ([]model.Being, error) {
	return root[[]model.Being](ctx, "beings", first)
}

func (query) BeingGrid(ctx context.Context) ([][]model.Being, error) {
	return root[[][]model.Being](ctx, "beingGrid")
}

func (query) Named(ctx context.Context) ([]model.Named, error) {
	return root[[]model.Named](ctx, "named")
}

func (query) Pet(ctx context.Context) (model.Pet, error) {
	return root[model.Pet](ctx, "pet")
}

func (query) Pets(ctx context.Context) ([]model.Pet, error) {
	return root[[]model.Pet](ctx, "pets")
}

func (query) Thing(ctx context.Context, kind *model.Kind) (model.Thing, error) {
	return root[model.Thing](ctx, "thing", kind)
}

func (query) Things(ctx context.Context) ([]model.Thing, error) {
	return root[[]model.Thing](ctx, "things")
}

func (query) Count(ctx context.Context) (int, error) {
	return root[int](ctx, "count")
}

func (query) Ghost(ctx context.Context) (int, error) {
	return root[int](ctx, "ghost")
}

func (query) Weight(ctx context.Context) (*float64, error) {
	return root[*float64](ctx, "weight")
}

func (query) Tags(ctx context.Context) ([]*model.Tag, error) {
	return root[[]*model.Tag](ctx, "tags")
}

func (query) Moods(ctx context.Context) ([]model.Mood, error) {
	return root[[]model.Mood](ctx, "moods")
}

func (query) Any(ctx context.Context) (any, error) {
	return root[any](ctx, "any")
}

type leaves struct{}

func (leaves) Keeper(ctx context.Context, parents []*model.Leaves) ([]*model.Keeper, error) {
	return batch[*model.Keeper](ctx, "Leaves.keeper", parents)
}

func (leaves) Beings(ctx context.Context, parents []*model.Leaves, first int) ([][]model.Being, error) {
	return batch[[]model.Being](ctx, "Leaves.beings", parents, first)
}
