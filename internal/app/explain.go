package app

import (
	"cmp"
	"context"
	"slices"
	"strings"
	"time"

	"souk/graph/executor"
	"souk/internal/auth"
	"souk/internal/config"
	"souk/internal/explain"
	"souk/internal/fault"
	"souk/loaders"
	"souk/store"
)

// explains returns who may see how an operation got its data: everybody in development.
func explains(env config.Env) func(context.Context) bool {
	return func(ctx context.Context) bool {
		return env == config.Development || auth.For(ctx).May(auth.DiagnosticsRead)
	}
}

// watcher is told of the levels of an operation that is explained.
func watcher(ctx context.Context) executor.Watcher {
	if recorder := explain.For(ctx); recorder != nil {
		return levels{recorder, loaders.For(ctx)}
	}
	return nil
}

// levels records those of an operation.
type levels struct {
	recorder *explain.Recorder
	load     *loaders.Loaders
}

func (l levels) Level(fields []executor.LevelField) {
	l.load.BeginLevel()
	recorded := make([]explain.Field, len(fields))
	for i, f := range fields {
		recorded[i] = explain.Field{Path: strings.Join(f.Path, "."), Field: f.Field, Parents: f.Parents}
	}
	l.recorder.Level(recorded)
}

// database returns the source that reads with a reader, and is recorded if the response is
// explained.
func database(ctx context.Context, reader *store.Reader) loaders.Source {
	recorder := explain.For(ctx)
	if recorder == nil {
		return loaders.FromStore(reader)
	}
	return loaders.FromStoreWatched(reader, func(took time.Duration, reads []loaders.Done) {
		recorder.Round(took, batches(reads))
	})
}

// cached is database for a source behind caches: its calls are a part of those of recorded.
func cached(ctx context.Context, reader *store.Reader) loaders.Source {
	if explain.For(ctx) == nil {
		return loaders.FromStore(reader)
	}
	return timedStore{reader}
}

// recorded returns a source with caches, which is recorded if the response is explained: also
// what the caches answer alone.
func recorded(ctx context.Context, source loaders.Source) loaders.Source {
	if recorder := explain.For(ctx); recorder != nil {
		return recordedSource{source, recorder}
	}
	return source
}

// loadersFor returns the loaders of a response, which are recorded if it is explained.
func loadersFor(ctx context.Context, source loaders.Source, writer func(store.Origin) *store.Writer) *loaders.Loaders {
	load := loaders.New(source, writer)
	if recorder := explain.For(ctx); recorder != nil {
		load.OnKnown(recorder.Known)
	}
	return load
}

// batches are the reads of a round, by name: they have no order.
func batches(reads []loaders.Done) []explain.Batch {
	recorded := make([]explain.Batch, len(reads))
	for i, r := range reads {
		recorded[i] = batch(r)
	}
	sortBatches(recorded)
	return recorded
}

func batch(r loaders.Done) explain.Batch {
	return explain.Batch{
		Read: r.Name, Keys: r.Keys, Objects: r.Objects, Millis: explain.Millis(r.Took), Error: string(fault.CodeOf(r.Err)),
	}
}

func sortBatches(batches []explain.Batch) {
	slices.SortStableFunc(batches, func(a, b explain.Batch) int {
		return cmp.Or(cmp.Compare(a.Read, b.Read), cmp.Compare(a.Keys, b.Keys), cmp.Compare(a.Objects, b.Objects))
	})
}
