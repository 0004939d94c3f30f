package gql

import (
	"context"
	"errors"
	"runtime"
	"slices"
	"sync"
	"time"
)

const (
	// pauseTimes is how many times as long as a document took its caller's next one
	// waits. A caller's documents then take an eighth of half of the processors. On one
	// processor, fifty clients at one address that sent hostile documents as fast as
	// they could had 45 % of it: operations of others took twelve times as long as
	// alone, so many were at work at once, and one in six was refused. With the pause
	// they take two to three times as long, and none is refused. A pause of three times
	// was too short.
	pauseTimes = 7
	// longestTurn is what a document can be charged for. Reading the worst one takes
	// less; what is over it is the machine's delay.
	longestTurn = 10 * time.Millisecond
	// maxTurnWait is about how long a shopper waits.
	maxTurnWait = time.Second
)

// turns makes a caller's unknown documents wait for each other. To read and validate
// one takes up to some milliseconds, before it is known what it would cost to run, so
// admission comes too late for it. What apps send is in the door's memory, and waits
// for nothing: a caller's unknown documents are few, or an attack.
//
// Who waits is not refused at once. A client that is refused sends the next document;
// one that waits does not.
type turns struct {
	most int // of a caller at a time

	mu      sync.Mutex
	callers map[string]*line // those who have a turn
}

// line is what a caller has.
type line struct {
	taken   int             // turns, with those whose pause has not ended
	waiting []chan struct{} // each is closed when its turn comes
}

// errTurn is the error of a document that waited for too long.
var errTurn = errors.New("too many unknown documents of one caller")

func newTurns() *turns {
	return &turns{most: max(1, runtime.GOMAXPROCS(0)/2), callers: map[string]*line{}}
}

// take waits for a turn. done ends it, and must be called once. The error is errTurn,
// or the context's.
func (t *turns) take(ctx context.Context, caller string) (done func(), err error) {
	t.mu.Lock()
	l, known := t.callers[caller]
	if !known {
		l = &line{}
		t.callers[caller] = l
	}
	if l.taken < t.most {
		l.taken++
		t.mu.Unlock()
		return t.done(caller), nil
	}
	turn := make(chan struct{})
	l.waiting = append(l.waiting, turn)
	t.mu.Unlock()

	timer := time.NewTimer(maxTurnWait)
	defer timer.Stop()
	select {
	case <-turn:
		return t.done(caller), nil
	case <-timer.C:
		err = errTurn
	case <-ctx.Done():
		err = ctx.Err()
	}
	t.leave(caller, turn)
	return nil, err
}

// done returns the function that ends a turn which begins now.
func (t *turns) done(caller string) func() {
	began := time.Now()
	return func() {
		took := min(time.Since(began), longestTurn)
		time.AfterFunc(pauseTimes*took, func() { t.end(caller) })
	}
}

// leave takes a turn out of the line, or gives it back if it came in the same moment.
func (t *turns) leave(caller string, turn chan struct{}) {
	t.mu.Lock()
	l := t.callers[caller]
	i := slices.Index(l.waiting, turn)
	if i >= 0 {
		l.waiting = slices.Delete(l.waiting, i, i+1)
	}
	t.mu.Unlock()
	if i < 0 {
		t.end(caller)
	}
}

// end gives a turn to the next in line.
func (t *turns) end(caller string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	l := t.callers[caller]
	if len(l.waiting) > 0 {
		close(l.waiting[0])
		l.waiting = l.waiting[1:]
		return
	}
	if l.taken--; l.taken == 0 {
		delete(t.callers, caller)
	}
}
