// Package admit decides which operations may run while the server has more
// work than it can do. It is asked after an operation has been read and priced,
// which is cheap, and before it is executed.
//
// The number of operations that run at once is limited, and the limit follows
// what the server can do: see estimator. Operations over the limit wait in a
// short queue. A free place goes to the waiter that ranks first: see ranks. When
// the queue is full, the one that ranks last is refused at once.
//
// # The bound of a wait
//
// The queue has three quarters as many places as the limit, so by Little's law a
// waiter that is served in order waits for three quarters of an operation's time.
// Others may pass it, so no wait is longer than that, and never longer than
// [Options].MaxWait. An accepted operation then takes less than three times what
// it takes on a server that is just busy.
//
// A burst is no overload: a page that sends 30 requests at once, or 20 shoppers in one
// moment. While the server was at most half busy within the last [burst], the queue has
// room for 256 operations and a wait may last until that time is over.
//
// # Why no library
//
// The adaptive limiter of failsafe-go 0.9.8 was tried on simulations like those
// of this package's tests, with windows of 100 ms. Its limit moves by one step per window and its baseline is a
// moving average of the same latencies that it judges, so the waiting that the
// limit itself allows becomes normal. With 16 workers the limit wandered between
// 2 and 156, the p99 reached 20 times the service time, and an outage of 20 s
// left it at 2, with 17 % of the goodput for the next ten seconds. Its queue is
// first come, first served; its priorities are a threshold that a goroutine
// recomputes; and it has no shares.
package admit

import (
	"context"
	"fmt"
	"math/rand/v2"
	"runtime"
	"sync"
	"time"
)

const (
	defaultMaxWait = 100 * time.Millisecond
	// minWait lets a burst of very short operations pass: below it the scheduler's
	// own delays would decide.
	minWait = 5 * time.Millisecond

	// burst is how long a server that was not busy takes all that comes. It is so short
	// that those who waited in it are less than a hundredth of a minute's answers.
	burst = 500 * time.Millisecond
	// calmFor is how long a server is at most half busy before it is taken for not
	// busy.
	calmFor = 200 * time.Millisecond
	// burstQueue is the queue's places during a burst: the requests of eight pages of
	// 30, or the browsers' six connections of 40 shoppers.
	burstQueue = 256

	// minLimit keeps one slow operation from stopping all others.
	minLimit = 2
	// minQueue is for a server with a small limit, where half of it is nothing.
	minQueue = 4

	// retryAfter is the shortest time before a refused client should return.
	// Clients are spread over retrySpread more, so that they do not return at
	// once.
	retryAfter  = time.Second
	retrySpread = 2 * time.Second
)

// Priority orders callers whose addresses both have less than their share. The
// higher goes first, without exception: while there are enough mutations to keep
// the server busy, nobody browses.
type Priority int

// The priorities.
const (
	// Browsing is a query of a visitor who is not signed in.
	Browsing Priority = iota
	// SignedIn is a query of a customer or of staff, or a mutation of a visitor.
	SignedIn
	// Mutation is a mutation of a customer or of staff: a cart or an order that is
	// refused costs more than a page.
	Mutation
)

// Caller is who asks for admission.
type Caller struct {
	// Network is what shares one account: the client's address, or the network that
	// its provider gives to one customer.
	Network  string
	Priority Priority
}

// Reason says why an operation was refused. There are few, so that they can be
// labels of a metric.
type Reason string

// The reasons.
const (
	// QueueFull means that all who wait rank before the caller.
	QueueFull Reason = "queue_full"
	// Displaced means that the caller waited until one who ranks before it
	// needed the place in the queue.
	Displaced Reason = "displaced"
	// WaitedTooLong means that no place became free within the bound of a wait.
	WaitedTooLong Reason = "waited_too_long"
)

// Overloaded is the refusal of an operation. Nothing has been executed, so a
// client can repeat it, mutations included.
type Overloaded struct {
	Reason Reason
	// RetryAfter is when the client should try again: 1 s to 3 s, random.
	RetryAfter time.Duration
}

// Error returns a message for a log.
func (o *Overloaded) Error() string { return "overloaded: " + string(o.Reason) }

// Options configure an Admitter.
type Options struct {
	// MaxConcurrency bounds the number of operations that run at once, however
	// well the server does. 0 switches admission off: everything runs.
	MaxConcurrency int
	// MaxWait bounds the time in the queue, whatever operations take; 0 means
	// 100 ms, after which a shopper's page feels slow.
	MaxWait time.Duration
	// StartAt is the limit before anything was measured; 0 means 8 for each
	// processor, about where a server whose operations wait for a database half
	// of their time is busy.
	StartAt int
}

// Admitter admits operations. It is safe for concurrent use, has no goroutine
// and need not be closed. Its memory is bounded by the limit and the queue: an
// address is known only while it has an operation.
type Admitter struct {
	maxWait time.Duration
	reserve int // one place in so many; 0 is none
	off     bool

	mu       sync.Mutex
	limit    *estimator
	accounts map[string]*account
	queue    []*waiter // in order of arrival
	recent   recent
	calm     time.Time // since when at most half of the limit is in use; zero when more is
	idle     time.Time // when that was the last time for calmFor or longer
	inFlight int
	admitted int64
	refused  map[Reason]int64
}

// account is what an address has at the moment.
type account struct {
	key               string
	inFlight, waiting int
}

// waiter is an operation in the queue. Its channel has room for the one answer
// that it gets: nil, or the reason of the refusal.
type waiter struct {
	account  *account
	priority Priority
	answer   chan Reason
}

// granted is the answer to a waiter that may run.
const granted Reason = ""

// New returns an Admitter.
func New(o Options) (*Admitter, error) {
	if o.MaxConcurrency < 0 || o.MaxWait < 0 || o.StartAt < 0 {
		return nil, fmt.Errorf("admission: the concurrency, the wait and the start cannot be negative: %+v", o)
	}
	if o.MaxWait == 0 {
		o.MaxWait = defaultMaxWait
	}
	if o.StartAt == 0 {
		o.StartAt = 8 * runtime.GOMAXPROCS(0)
	}
	return &Admitter{
		maxWait:  o.MaxWait,
		reserve:  reserved,
		off:      o.MaxConcurrency == 0,
		limit:    newEstimator(o.StartAt, max(o.MaxConcurrency, minLimit), time.Now()),
		accounts: map[string]*account{},
		calm:     time.Now(),
		idle:     time.Now(),
		refused:  map[Reason]int64{},
	}, nil
}

// Release ends an admitted operation. It must be called exactly once. worked
// reports whether the operation did its work: how long an operation took that
// failed, or that its client or its deadline cut short, says nothing about what
// the server can do.
type Release func(worked bool)

// Admit waits until the caller's operation may run. The error is an
// *Overloaded, or the context's when it ends first.
func (a *Admitter) Admit(ctx context.Context, c Caller) (Release, error) {
	if a.off {
		return func(bool) {}, nil
	}
	key := c.Network
	now := time.Now()

	a.mu.Lock()
	a.recent.saw(key, now)
	a.noteIdle(now)
	who := a.account(key)
	if len(a.queue) == 0 && a.hasRoomFor(who, now) {
		a.start(who, now)
		a.mu.Unlock()
		return a.release(who, now), nil
	}
	a.limit.full()
	w := &waiter{account: who, priority: c.Priority, answer: make(chan Reason, 1)}
	who.waiting++
	a.queue = append(a.queue, w)
	a.dispatch(now) // those who wait may be over their shares, and this caller not
	a.trim(now)
	wait := a.waitBound(now)
	a.mu.Unlock()
	return a.await(ctx, w, wait)
}

// await waits for the answer to w.
func (a *Admitter) await(ctx context.Context, w *waiter, wait time.Duration) (Release, error) {
	select {
	case reason := <-w.answer: // the usual end under overload, without a timer
		return a.answered(w, reason)
	default:
	}
	timer := time.NewTimer(wait)
	defer timer.Stop()
	select {
	case reason := <-w.answer:
		return a.answered(w, reason)
	case <-timer.C:
		if reason, gone := a.leave(w, WaitedTooLong); !gone {
			return a.answered(w, reason)
		}
		return nil, refusal(WaitedTooLong)
	case <-ctx.Done():
		if reason, gone := a.leave(w, ""); !gone && reason == granted {
			a.finish(w.account, time.Now(), 0, false)
		}
		return nil, fmt.Errorf("wait for admission: %w", ctx.Err())
	}
}

func (a *Admitter) answered(w *waiter, reason Reason) (Release, error) {
	if reason != granted {
		return nil, refusal(reason)
	}
	return a.release(w.account, time.Now()), nil
}

func refusal(reason Reason) *Overloaded {
	return &Overloaded{Reason: reason, RetryAfter: retryAfter + rand.N(retrySpread)}
}

func (a *Admitter) release(who *account, begun time.Time) Release {
	return func(worked bool) {
		now := time.Now()
		a.finish(who, now, now.Sub(begun), worked)
	}
}

func (a *Admitter) finish(who *account, now time.Time, took time.Duration, worked bool) {
	a.mu.Lock()
	defer a.mu.Unlock()
	who.inFlight--
	a.inFlight--
	a.limit.finished(now, took, worked)
	a.forget(who)
	a.dispatch(now)
	a.noteIdle(now)
}

// leave takes w out of the queue. If it has been answered meanwhile, leave
// returns that answer.
func (a *Admitter) leave(w *waiter, reason Reason) (answer Reason, gone bool) {
	a.mu.Lock()
	defer a.mu.Unlock()
	for i, other := range a.queue {
		if other == w {
			a.remove(i)
			a.forget(w.account)
			if reason != "" {
				a.refused[reason]++
			}
			return "", true
		}
	}
	return <-w.answer, false
}

// Stat is a snapshot for metrics.
type Stat struct {
	// Limit is how many operations may run at once; 0 when admission is off.
	Limit int
	// InFlight operations run, and Waiting ones queue.
	InFlight, Waiting int
	// Admitted and Refused count since the start.
	Admitted int64
	Refused  map[Reason]int64
}

// Stat returns the current numbers.
func (a *Admitter) Stat() Stat {
	a.mu.Lock()
	defer a.mu.Unlock()
	s := Stat{InFlight: a.inFlight, Waiting: len(a.queue), Admitted: a.admitted, Refused: map[Reason]int64{}}
	if !a.off {
		s.Limit = int(a.limit.limit)
	}
	for _, reason := range []Reason{QueueFull, Displaced, WaitedTooLong} {
		s.Refused[reason] = a.refused[reason]
	}
	return s
}
