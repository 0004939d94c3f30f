package inflight

import (
	"context"
	"fmt"
	"slices"
	"time"
)

// victim is an answer to cut, and the limit that asks for it.
type victim struct {
	*entry
	scope Scope
}

// reserve waits until there is room for e, and enters it.
func (l *Ledger) reserve(ctx context.Context, e *entry) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	begun := time.Now()
	for {
		now := time.Now()
		victims, lacking := l.plan(e, now)
		if lacking == "" {
			l.cut(victims)
			l.enter(e, now)
			return nil
		}
		left := maxWait - now.Sub(begun)
		if left <= 0 || !l.mayWait(e, lacking) {
			l.fulls[lacking]++
			return &Full{Scope: lacking}
		}
		if err := l.wait(ctx, e, min(left, l.nextEvidence(now))); err != nil {
			return err
		}
	}
}

// plan returns the answers to cut so that e has room, slowest first, or the
// scope that lacks room although all who can be judged were cut.
func (l *Ledger) plan(e *entry, now time.Time) (victims []victim, lacking Scope) {
	var judged []*entry // slowest first
	for _, scope := range []Scope{Connection, Caller, Process} {
		limit, limited := l.limits[scope]
		over := l.usedIn(scope, e) + e.held - limit
		if !limited || over <= 0 {
			continue
		}
		if judged == nil {
			judged = l.judged(now)
		}
		for _, v := range victims {
			if v.in(scope, e) {
				over -= v.held
			}
		}
		for _, other := range judged {
			if over <= 0 {
				break
			}
			if other.in(scope, e) && !slices.ContainsFunc(victims, func(v victim) bool { return v.entry == other }) {
				victims = append(victims, victim{other, scope})
				over -= other.held
			}
		}
		if over > 0 {
			return nil, scope
		}
	}
	return victims, ""
}

// judged returns the answers that were written long enough to know their
// readers' speed, slowest first.
func (l *Ledger) judged(now time.Time) []*entry {
	known := make([]*entry, 0, len(l.entries))
	for _, e := range l.entries {
		if now.Sub(e.begun) >= evidence {
			e.rate = e.rateAt(now)
			known = append(known, e)
		}
	}
	slices.SortFunc(known, func(a, b *entry) int {
		switch {
		case a.rate < b.rate:
			return -1
		case a.rate > b.rate:
			return 1
		}
		return a.begun.Compare(b.begun)
	})
	return known
}

func (l *Ledger) usedIn(scope Scope, e *entry) int64 {
	switch scope {
	case Connection:
		return l.connections[e.connection]
	case Caller:
		return l.callers[e.caller]
	}
	return l.used
}

// mayWait reports whether e fits into the memory for those that wait. A caller
// who has something there may not have more than half of it, so that a burst of
// one caller leaves room for others.
func (l *Ledger) mayWait(e *entry, lacking Scope) bool {
	if e.held > l.limits[lacking] {
		return false // it would wait for ever
	}
	limit, limited := l.limits[Process]
	if !limited {
		return true
	}
	room, has := limit/waitingPart, l.waiting[e.caller]
	return l.allWaiting+e.held <= room && (has == 0 || has+e.held <= room/2)
}

// wait releases the lock until there may be room, or longest has passed.
func (l *Ledger) wait(ctx context.Context, e *entry, longest time.Duration) error {
	if l.changed == nil {
		l.changed = make(chan struct{})
	}
	changed := l.changed
	l.allWaiting += e.held
	addTo(l.waiting, e.caller, e.held)
	l.mu.Unlock()
	timer := time.NewTimer(longest)
	defer timer.Stop()
	var err error
	select {
	case <-changed:
	case <-timer.C:
	case <-ctx.Done():
		err = fmt.Errorf("wait for room for the answer: %w", ctx.Err())
	}
	l.mu.Lock()
	l.allWaiting -= e.held
	addTo(l.waiting, e.caller, -e.held)
	return err
}

// nextEvidence is how long it takes until one more answer can be judged.
func (l *Ledger) nextEvidence(now time.Time) time.Duration {
	next := maxWait
	for _, e := range l.entries {
		if left := evidence - now.Sub(e.begun); left > 0 {
			next = min(next, left)
		}
	}
	return next
}
