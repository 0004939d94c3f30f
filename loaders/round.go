package loaders

import (
	"context"
	"fmt"
	"runtime/debug"
	"slices"
	"time"

	"github.com/graph-gophers/dataloader/v7"
)

// backstop is the time after which the dataloader sends a batch that was never flushed.
// Every batch is flushed; the backstop only prevents a bug here from blocking a request
// for ever. It is far longer than a level can take: on busy cores a shorter time split
// batches.
const backstop = 10 * time.Second

// fewAsks is how many keys the dataloader takes at once. They are calls of Load, of which a
// level has a handful; more than these wait a moment.
const fewAsks = 32

// asking is what one call of a loader asks for, of any types. It is the dataloader's key: a
// key for each row would cost more than the rows.
type asking interface{ kind() kind }

// kind is a memory of any types.
type kind interface {
	readFor(asks []asking) Read
	settle(read Read, asks []asking)
}

// newCollector makes the dataloader of a response.
func (l *Loaders) newCollector() *dataloader.Loader[asking, struct{}] {
	return dataloader.NewBatchedLoader(l.load,
		dataloader.WithCache(&dataloader.NoCache[asking, struct{}]{}), // the memories remember
		dataloader.WithInputCapacity[asking, struct{}](fewAsks), dataloader.WithWait[asking, struct{}](backstop))
}

// collect adds what is asked for to the next round.
func (l *Loaders) collect(ctx context.Context, a asking) {
	l.mu.Lock()
	if l.collector == nil {
		l.collector = l.newCollector()
	}
	collector := l.collector
	l.mu.Unlock()
	thunk := collector.Load(ctx, a)
	l.mu.Lock()
	defer l.mu.Unlock()
	l.loaded = thunk
}

func (l *Loaders) isAsked() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.loaded != nil
}

// Dispatch reads all that has been asked for, with one call of the source. The executor
// calls it when all resolvers wait: see executor.Options. Nobody may load meanwhile. last
// says that no resolver is called after those that wait.
func (l *Loaders) Dispatch(last bool) {
	l.mu.Lock()
	loaded, collector := l.loaded, l.collector
	l.loaded, l.last = nil, last
	l.mu.Unlock()
	if loaded == nil {
		return
	}
	collector.Flush()
	_, _ = loaded() // each entry has its own error
}

// load reads what the dataloader has collected, one read for each kind.
func (l *Loaders) load(ctx context.Context, asks []asking) []*dataloader.Result[struct{}] {
	var kinds []kind
	var of [][]asking // of each kind
	for _, a := range asks {
		i := slices.Index(kinds, a.kind())
		if i < 0 {
			i = len(kinds)
			kinds, of = append(kinds, a.kind()), append(of, nil)
		}
		of[i] = append(of[i], a)
	}
	reads := make([]Read, len(kinds))
	for i, k := range kinds {
		reads[i] = k.readFor(of[i])
	}
	l.mu.Lock()
	last := l.last
	l.mu.Unlock()
	guarded(ctx, l.source, reads, last && !slices.ContainsFunc(reads, Read.isLeading))
	for i, k := range kinds {
		k.settle(reads[i], of[i])
	}
	return slices.Repeat([]*dataloader.Result[struct{}]{{}}, len(asks))
}

// guarded reads, and turns a panic into the error of all reads; the dataloader would
// write it to the process's standard logger.
func guarded(ctx context.Context, source Source, reads []Read, last bool) {
	defer onPanic(func(err error) {
		for _, read := range reads {
			read.fail(err)
		}
	})
	source.Read(ctx, reads, last)
}

// onPanic, deferred, ends a panic and calls fail with it as an error.
func onPanic(fail func(error)) {
	if p := recover(); p != nil {
		fail(fmt.Errorf("panic: %v\n%s", p, debug.Stack()))
	}
}
