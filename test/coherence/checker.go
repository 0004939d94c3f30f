package coherence

import (
	"fmt"
	"slices"
	"sync"
	"time"
)

// State is what a write leaves of one key.
type State struct {
	// Value is what a reader sees; "": nothing is there.
	Value string
	// Draft says that only staff see it.
	Draft bool
}

// View is who reads.
type View int

// The views.
const (
	Shopper View = iota
	Staff
)

func (v View) String() string { return [...]string{"shopper", "staff"}[v] }

// seenBy is the value that a view sees.
func (s State) seenBy(v View) string {
	if s.Draft && v == Shopper {
		return ""
	}
	return s.Value
}

// Change is a key with its new state.
type Change struct {
	Key string
	State
}

// Write is a transaction. Times are since the beginning of the run.
type Write struct {
	// Way says how it was made, and Through by which server.
	Way, Through string
	Changes      []Change
	// Begin is before it was asked for, and End after it was answered.
	Begin, End time.Duration

	ended bool // well: it is saved
}

// Read is an answer to a request.
type Read struct {
	Way, Instance string
	View          View
	Begin, End    time.Duration
	// After is the write whose token the request had; nil: it had none.
	After *Write
	Seen  []Seen
}

// Seen is the value of a key in an answer; "": the key was not there.
type Seen struct{ Key, Value string }

// Rule is what an answer can break.
type Rule string

// The rules.
const (
	// OwnWrites: an answer to a token is never older than its write.
	OwnWrites Rule = "older than the write of its token"
	// Bounded: nothing is older than the bound.
	Bounded Rule = "older than the bound"
	// Private: what is no longer public for longer than the bound is not shown.
	Private Rule = "shown, though not public"
	// Published: what is public for longer than the bound is not missing.
	Published Rule = "missing, though public"
	// Written: every value was written by somebody, before it was read.
	Written Rule = "never written"
)

// Violation is an answer that breaks a rule.
type Violation struct {
	Rule Rule
	Key  string
	Read Read
	// Value is what was seen, and Want the state that a newer write left.
	Value string
	Want  State
	Newer *Write
}

func (v Violation) String() string {
	text := fmt.Sprintf("%s: %q of %s\n  read: %s by %s from instance %s, %v to %v", v.Rule, v.Value, v.Key,
		v.Read.Way, v.Read.View, v.Read.Instance, v.Read.Begin, v.Read.End)
	if v.Read.After != nil {
		text += fmt.Sprintf(", after %s at %v", v.Read.After.Way, v.Read.After.End)
	}
	if v.Newer != nil {
		text += fmt.Sprintf("\n  written: %+v by %s through %s, %v to %v, which is %v before the read", v.Want,
			v.Newer.Way, v.Newer.Through, v.Newer.Begin, v.Newer.End, v.Read.Begin-v.Newer.End)
	}
	return text
}

// Checker judges answers by the writes before them. It is safe for concurrent use. All writes
// of a key must come one after another.
type Checker struct {
	// Bound is how much older than the newest write an answer without a token may be.
	Bound time.Duration

	mu   sync.Mutex
	keys map[string]*history
	age  time.Duration
}

// history is that of one key.
type history struct{ states []state }

type state struct {
	*Write
	State
}

// Begin notes a write that begins. Call it before the write is sent.
func (c *Checker) Begin(w *Write) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.keys == nil {
		c.keys = map[string]*history{}
	}
	for _, change := range w.Changes {
		h := c.keys[change.Key]
		if h == nil {
			h = &history{}
			c.keys[change.Key] = h
		}
		h.states = append(h.states, state{w, change.State})
	}
}

// End notes that a write is saved. One whose end is never noted may be saved or not.
func (c *Checker) End(w *Write, at time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	w.End, w.ended = at, true
}

// Current is the state that the last write of a key has left, or may have left.
func (c *Checker) Current(key string) State {
	c.mu.Lock()
	defer c.mu.Unlock()
	h := c.keys[key]
	return h.states[len(h.states)-1].State
}

// Judge returns the rules that an answer breaks. Keys that nobody has written are not judged.
// Call it after the answer has come.
func (c *Checker) Judge(r Read) (broken []Violation) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, seen := range r.Seen {
		h := c.keys[seen.Key]
		if h == nil {
			continue
		}
		shown := h.newest(func(s state) bool { return s.Begin <= r.End && s.seenBy(r.View) == seen.Value })
		byBound, byToken := h.demanded(r, c.Bound)
		want := max(byBound, byToken)
		if shown >= 0 && shown >= want {
			c.measure(h, r, shown)
			continue
		}
		v := Violation{Rule: Written, Key: seen.Key, Value: seen.Value, Read: r}
		if want >= 0 {
			v.Want, v.Newer = h.states[want].State, h.states[want].Write
		}
		if shown >= 0 {
			v.Rule = ruleOf(seen.Value, v.Want.seenBy(r.View), byToken > byBound)
		}
		broken = append(broken, v)
	}
	return broken
}

func ruleOf(got, want string, byToken bool) Rule {
	switch {
	case byToken:
		return OwnWrites
	case want == "":
		return Private
	case got == "":
		return Published
	}
	return Bounded
}

// newest is the place of the newest state that is so; -1: none.
func (h *history) newest(so func(state) bool) int {
	for i, s := range slices.Backward(h.states) {
		if so(s) {
			return i
		}
	}
	return -1
}

// demanded are the places of the oldest states that an answer may show: by the bound, and by the
// token. What was saved before the token's write began is before it in the log.
func (h *history) demanded(r Read, bound time.Duration) (byBound, byToken int) {
	byBound = h.newest(func(s state) bool { return s.ended && s.End+bound < r.Begin })
	if r.After == nil {
		return byBound, -1
	}
	return byBound, h.newest(func(s state) bool { return s.ended && (s.Write == r.After || s.End <= r.After.Begin) })
}

// measure notes how old what was read is.
func (c *Checker) measure(h *history, r Read, shown int) {
	if r.After == nil && shown+1 < len(h.states) && h.states[shown+1].ended {
		c.age = max(c.age, r.Begin-h.states[shown+1].End)
	}
}

// Oldest is how long before a read without a token what it showed had been replaced, at most.
func (c *Checker) Oldest() time.Duration {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.age
}

// Shows reports whether an answer shows a write, or a newer one of its first key.
func (c *Checker) Shows(r Read, w *Write) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	h := c.keys[w.Changes[0].Key]
	for _, seen := range r.Seen {
		if seen.Key == w.Changes[0].Key {
			return h.newest(func(s state) bool { return s.seenBy(r.View) == seen.Value }) >= h.newest(func(s state) bool { return s.Write == w })
		}
	}
	return false
}

// Quantile is a value of a sorted list; 0 if it is empty.
func Quantile(sorted []time.Duration, q float64) time.Duration {
	if len(sorted) == 0 {
		return 0
	}
	return sorted[int(q*float64(len(sorted)-1))]
}
