package loaders

import (
	"context"
	"fmt"
	"runtime/debug"
	"slices"
)

// round is what all resolvers have asked for that wait at one moment.
type round struct {
	last    bool
	members []asked // which have not brought their read yet
	reads   []Read
	done    chan struct{}
}

// ask notes that a memory has keys to read.
func (l *Loaders) ask(m asked) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if !slices.Contains(l.asked, m) {
		l.asked = append(l.asked, m)
	}
}

func (l *Loaders) isAsked() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return len(l.asked) > 0
}

// Dispatch reads all that has been asked for, with one call of the source. The executor
// calls it when all resolvers wait: see executor.Options. Nobody may load meanwhile. last
// says that no resolver is called after those that wait.
func (l *Loaders) Dispatch(_ context.Context, last bool) {
	l.mu.Lock()
	members := l.asked
	if len(members) == 0 {
		l.mu.Unlock()
		return
	}
	this := &round{last: last, members: slices.Clone(members), done: make(chan struct{})}
	l.asked, l.round = nil, this
	l.mu.Unlock()
	for _, m := range members {
		m.Flush()
	}
	<-this.done
}

// read reads what the dataloader of a memory has collected: with the others of its round,
// or alone if it was not flushed by Dispatch.
func (l *Loaders) read(ctx context.Context, m asked, read Read) {
	l.mu.Lock()
	this := l.round
	i := -1
	if this != nil {
		i = slices.Index(this.members, m)
	}
	if i < 0 {
		if at := slices.Index(l.asked, m); at >= 0 {
			l.asked = slices.Delete(l.asked, at, at+1)
		}
		l.mu.Unlock()
		guarded(ctx, l.source, []Read{read}, false)
		return
	}
	this.members = slices.Delete(this.members, i, i+1)
	this.reads = append(this.reads, read)
	last := len(this.members) == 0
	if last {
		l.round = nil
	}
	l.mu.Unlock()
	if last {
		guarded(ctx, l.source, this.reads, this.last && !slices.ContainsFunc(this.reads, Read.leads))
		close(this.done)
	}
	<-this.done
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
