package admit

import (
	"slices"
	"time"
)

// reserved is the part of the limit, one in so many places, that an address over
// its share leaves free when others were seen lately. An operation cannot be
// interrupted: without a free place, one address whose operations take 30 s
// would keep all others out until they end.
const reserved = 8

// lately is how long an address counts as one that may return: a shopper looks
// at a page for some seconds.
const lately = 10 * time.Second

func (a *Admitter) account(key string) *account {
	who, ok := a.accounts[key]
	if !ok {
		who = &account{key: key}
		a.accounts[key] = who
	}
	return who
}

func (a *Admitter) forget(who *account) {
	if who.inFlight == 0 && who.waiting == 0 {
		delete(a.accounts, who.key)
	}
}

// share is how many operations of one address may run while others wait.
func (a *Admitter) share() int { return a.shareAmong(len(a.accounts)) }

func (a *Admitter) shareAmong(addresses int) int {
	return max(1, (a.limit.level+addresses-1)/addresses)
}

// hasRoomFor reports whether an operation of the account may start. An address
// that is alone may use everything.
func (a *Admitter) hasRoomFor(who *account, now time.Time) bool {
	if who.inFlight == 0 && a.reserve > 0 && a.inFlight >= a.limit.level && a.inFlight < a.limit.top() {
		// While nothing ends, a low window does not end either: long operations of an
		// address with more than its share do not keep one out that has none. Where
		// each has its share, the window must be low, or nothing is measured.
		return a.anyOverShare()
	}
	room := a.limit.level - a.inFlight
	if a.reserve > 0 && who.inFlight >= a.shareAmong(max(2, len(a.accounts))) && a.recent.others(who.key, now) {
		room -= (a.limit.level + a.reserve - 1) / a.reserve
	}
	return room > 0
}

// anyOverShare reports whether an address runs more than its share.
func (a *Admitter) anyOverShare() bool {
	share := a.share()
	for _, who := range a.accounts {
		if who.inFlight > share {
			return true
		}
	}
	return false
}

func (a *Admitter) start(who *account, now time.Time) {
	who.inFlight++
	a.inFlight++
	a.admitted++
	a.limit.started(now)
}

// dispatch starts waiters while there is room. A scan of the queue for each is
// fast enough, because the queue is short.
func (a *Admitter) dispatch(now time.Time) {
	for len(a.queue) > 0 && a.inFlight < a.limit.top() {
		best := 0
		for i, w := range a.queue {
			if a.ranks(w, a.queue[best]) {
				best = i
			}
		}
		w := a.queue[best]
		if !a.hasRoomFor(w.account, now) {
			return // who ranks lower has no room either
		}
		a.remove(best)
		a.start(w.account, now)
		w.answer <- granted
	}
}

// ranks reports whether v goes before w: first those whose address has less
// than its share, then by priority, then the address with the fewest operations,
// then the order of arrival.
func (a *Admitter) ranks(v, w *waiter) bool {
	share := a.share()
	within, other := v.account.inFlight < share, w.account.inFlight < share
	switch {
	case within != other:
		return within
	case v.priority != w.priority:
		return v.priority > w.priority
	}
	return v.account.inFlight < w.account.inFlight
}

// trim refuses waiters that the queue has no place for: of the address that asks
// for most over its share, then of the lowest priority, then the newest.
func (a *Admitter) trim(now time.Time) {
	for len(a.queue) > a.places(now) {
		worst, share := 0, a.share()
		for i, w := range a.queue {
			if !yields(a.queue[worst], w, share) {
				worst = i
			}
		}
		w, reason := a.queue[worst], Displaced
		if worst == len(a.queue)-1 {
			reason = QueueFull // it has just come
		}
		a.remove(worst)
		a.forget(w.account)
		a.refused[reason]++
		w.answer <- reason
	}
}

// yields reports whether v gives up its place in the queue before w does.
func yields(v, w *waiter, share int) bool {
	over := func(who *account) int { return max(0, who.inFlight+who.waiting-share) }
	if o, p := over(v.account), over(w.account); o != p {
		return o > p
	}
	return v.priority < w.priority
}

func (a *Admitter) remove(i int) {
	a.queue[i].account.waiting--
	a.queue = slices.Delete(a.queue, i, i+1)
}

// noteIdle remembers when the server was last at most half busy. A moment does not
// count: operations that began together also end together.
func (a *Admitter) noteIdle(now time.Time) {
	half := len(a.queue) == 0 && a.inFlight <= a.limit.level/2
	if !a.calm.IsZero() && now.Sub(a.calm) >= calmFor {
		a.idle = now
	}
	switch {
	case !half:
		a.calm = time.Time{}
	case a.calm.IsZero():
		a.calm = now
	}
}

// places is how many may wait.
func (a *Admitter) places(now time.Time) int {
	if now.Sub(a.idle) < burst {
		return burstQueue
	}
	return max(minQueue, a.limit.level*3/4)
}

// waitBound is how long a caller that comes now may wait: until a burst is over, or
// three quarters of a mean operation. See the package's comment.
func (a *Admitter) waitBound(now time.Time) time.Duration {
	return max(burst-now.Sub(a.idle), min(max(a.limit.latency*3/4, minWait), a.maxWait))
}

// recent remembers the two addresses that were seen last, which is enough to
// say of each address whether there are others.
type recent [2]struct {
	key string
	at  time.Time
}

func (r *recent) saw(key string, now time.Time) {
	if r[0].key != key {
		r[0], r[1] = r[1], r[0]
	}
	r[0].key, r[0].at = key, now
}

// others reports whether an address other than key was seen lately.
func (r *recent) others(key string, now time.Time) bool {
	for _, seen := range r {
		if seen.key != key && !seen.at.IsZero() && now.Sub(seen.at) < lately {
			return true
		}
	}
	return false
}
