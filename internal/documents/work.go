package documents

import (
	"context"
	"errors"
	"time"

	"souk/internal/door"
)

const (
	// generationEvery is how long a removed document still runs, at most.
	generationEvery = 2 * time.Second
	// recordEvery is how old the recorded uses are, at most.
	recordEvery = 5 * time.Second
	// trimEvery is for what several instances have added together.
	trimEvery = time.Minute
	// workTimeout ends a statement on a database that does not answer.
	workTimeout = 10 * time.Second
	// maxRecorded bounds the uses of one round trip.
	maxRecorded = 500

	// maxWarm is how many documents of each kind are read at start: more than any shop's
	// apps have. Those that are not among them are read when they are asked for.
	maxWarm = 2000
	// warmPause is how many times as long as reading a document the pause after it is: an
	// instance that starts has a quarter of a core for it, and answers meanwhile.
	warmPause = 3
)

// Start begins the work in the background. warm is called for the documents that were used
// last, one after the other, with pauses; nil does nothing.
func (l *Library) Start(warm func(door.Key, string)) {
	if l.Store == nil || l.Mode == Off {
		return
	}
	ctx, stop := context.WithCancel(context.Background())
	l.stop = stop
	l.running.Go(func() { l.every(ctx, generationEvery, nil, l.lookForRemoved) })
	l.running.Go(func() { l.every(ctx, recordEvery, l.uses.full, l.recordWhole) })
	l.running.Go(func() {
		l.knowClients(ctx)
		l.every(ctx, clientsReset, nil, l.knowClients)
	})
	l.running.Go(func() { l.every(ctx, trimEvery, nil, l.trimAll) })
	l.running.Go(func() { l.every(ctx, trimEvery, l.quota.due, l.trimDue) })
	l.running.Go(func() { l.warm(ctx, warm) })
}

// Stop ends the work and records what was counted. It may be called twice.
func (l *Library) Stop(ctx context.Context) error {
	if l.stop == nil {
		return nil
	}
	l.stop()
	l.running.Wait()
	l.record(ctx)
	return nil
}

// every does something again and again, and also when there is a value in sooner.
func (l *Library) every(ctx context.Context, pause time.Duration, sooner <-chan struct{}, do func(context.Context)) {
	ticks := time.NewTicker(pause)
	defer ticks.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-ticks.C:
		case <-sooner:
		}
		bounded, cancel := context.WithTimeout(ctx, workTimeout)
		do(bounded)
		cancel()
	}
}

func (l *Library) lookForRemoved(ctx context.Context) {
	generation, err := l.Store.Generation(ctx)
	if err != nil {
		return // an instance goes on with what it has; the health checks tell of the database
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.renew(generation)
}

// recordWhole records also what is being written when the library stops.
func (l *Library) recordWhole(ctx context.Context) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), workTimeout)
	defer cancel()
	l.record(ctx)
}

// record writes what was counted. What cannot be written is counted again.
func (l *Library) record(ctx context.Context) {
	counts := l.uses.take()
	for len(counts) > 0 {
		n := min(len(counts), maxRecorded)
		if err := l.Store.Record(ctx, counts[:n]); err != nil {
			l.uses.giveBack(counts)
			l.Log.Warn("uses of documents not recorded", "documents", len(counts), "error", err)
			return
		}
		counts = counts[n:]
	}
}

// knowClients begins anew to tell clients apart, with those that are known.
func (l *Library) knowClients(ctx context.Context) {
	clients, err := l.Store.Clients(ctx, maxKnownClients)
	if err != nil && ctx.Err() == nil {
		l.Log.Warn("clients of documents not read", "error", err)
	}
	l.uses.know(clients)
}

// trimDue keeps the limits of those that have registered much.
func (l *Library) trimDue(ctx context.Context) {
	all, owners := l.quota.take()
	var errs []error
	if all {
		errs = append(errs, l.Store.Trim(ctx, l.TableBytes, l.OwnerBytes))
		owners = nil // whose limit holds now too
	}
	for _, owner := range owners {
		errs = append(errs, l.Store.TrimOwner(ctx, owner, l.OwnerBytes))
	}
	if err := errors.Join(errs...); err != nil && ctx.Err() == nil {
		l.Log.Warn("documents not trimmed", "error", err)
	}
}

func (l *Library) trimAll(ctx context.Context) {
	if err := l.Store.Trim(ctx, l.TableBytes, l.OwnerBytes); err != nil && ctx.Err() == nil {
		l.Log.Warn("documents not trimmed", "error", err)
	}
	if err := l.Store.RemoveOldUses(ctx); err != nil && ctx.Err() == nil {
		l.Log.Warn("uses of documents not removed", "error", err)
	}
}

// warm reads the documents that were used last, so that their first request after a start
// needs no statement, no parse and no plan.
func (l *Library) warm(ctx context.Context, each func(door.Key, string)) {
	began := time.Now()
	l.lookForRemoved(ctx) // or what is kept now would be forgotten at once
	l.mu.Lock()
	asked := l.generation
	l.mu.Unlock()
	recent, err := l.Store.Recent(ctx, maxWarm)
	if err != nil {
		if ctx.Err() == nil {
			l.Log.Warn("documents not read at start", "error", err)
		}
		return
	}
	l.keep(asked, asked, recent)
	for i, known := range recent {
		if each == nil || ctx.Err() != nil {
			return
		}
		at := time.Now()
		each(known.Key, known.Text)
		if pause(ctx, warmPause*time.Since(at)) != nil {
			return
		}
		if i == len(recent)-1 {
			l.Log.Info("documents in memory", "documents", len(recent), "took_ms", time.Since(began).Milliseconds())
		}
	}
}

func pause(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-timer.C:
		return nil
	}
}
