// Package explain records what an operation does to have its data, for the extension
// explain of its answer. The edge makes a [Recorder] for an operation that asks for it. It
// is in the operation's context, where the executor's levels, the rounds of the loaders and
// the statements of the database find it. Other operations have none, and nothing is
// recorded of them.
//
// What is recorded has names and numbers, and never a key, a parameter or a message of
// Postgres: these quote what customers typed.
package explain

import (
	"context"
	"encoding/json"
	"slices"
	"sync"
	"time"
)

// maxBytes bounds the extension, and what is recorded. A page of a shop with ten levels
// has about 20 KB, most of which are the texts of its statements.
const maxBytes = 64 << 10

// Most bytes that parts of the extension have as JSON, without their texts. Numbers are
// counted with ten digits each.
const (
	answerBytes    = 400 + tiersBytes
	levelBytes     = 50
	fieldBytes     = 60
	knownBytes     = 40
	roundBytes     = 50
	batchBytes     = 90
	tiersBytes     = 125
	statementBytes = 50
	runBytes       = 90
)

// Recorder records one response of an operation. It is safe for concurrent use.
type Recorder struct {
	mu     sync.Mutex
	answer Answer
	took   time.Duration // of all rounds
	room   int           // bytes that are left
	closed bool          // the answer is made
}

// New returns a recorder.
func New() *Recorder {
	return &Recorder{answer: Answer{Levels: []Level{}, Statements: []Statement{}}, room: maxBytes - answerBytes}
}

type contextKey struct{}

// With returns a context whose operation is recorded.
func With(ctx context.Context, r *Recorder) context.Context {
	return context.WithValue(ctx, contextKey{}, r)
}

// For returns what records the operation of a context; nil if nothing does.
func For(ctx context.Context) *Recorder {
	r, _ := ctx.Value(contextKey{}).(*Recorder)
	return r
}

// Level begins a level of the execution, in which the fields are resolved.
func (r *Recorder) Level(fields []Field) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.answer.Totals.Levels++
	size := levelBytes
	for _, f := range fields {
		size += fieldBytes + len(f.Path) + len(f.Field)
	}
	if r.fits(size) {
		r.answer.Levels = append(r.answer.Levels, Level{Fields: fields})
	}
}

// Round adds reads that were made at once.
func (r *Recorder) Round(took time.Duration, batches []Batch) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.took += took
	r.answer.Totals.Rounds++
	r.answer.Totals.Batches += len(batches)
	size := roundBytes
	for _, b := range batches {
		r.answer.Totals.Keys += b.Keys
		size += batchBytes + len(b.Read) + len(b.Error)
		if b.Cache != nil {
			size += tiersBytes
			r.cached(b.Cache)
		}
	}
	if r.fits(size) {
		reads := r.reads()
		reads.Rounds = append(reads.Rounds, Round{Millis(took), batches})
	}
}

// cached adds to the totals of caches.
func (r *Recorder) cached(t *Tiers) {
	if r.answer.Totals.Cache == nil {
		r.answer.Totals.Cache = &Tiers{}
	}
	r.answer.Totals.Cache.add(t)
}

// Known adds keys that did not have to be read, because the response had their values
// already.
func (r *Recorder) Known(read string, keys int) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.answer.Totals.Memory += keys
	reads := r.reads()
	i := slices.IndexFunc(reads.Memory, func(k Known) bool { return k.Read == read })
	switch {
	case r.closed || r.answer.Truncated: // the level may have been left out
	case i >= 0:
		reads.Memory[i].Keys += keys
	case r.fits(knownBytes + len(read)):
		reads.Memory = append(reads.Memory, Known{read, keys})
	}
}

// Statement adds a run of the statement with a name and a text.
func (r *Recorder) Statement(name, text string, run Run) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.answer.Totals.Statements++
	run.Level = r.answer.Totals.Levels
	size := runBytes + len(run.Server) + len(run.Error)
	i := slices.IndexFunc(r.answer.Statements, func(s Statement) bool { return s.Name == name && s.Text == text })
	if i < 0 {
		size += statementBytes + len(name) + encodedLen(text)
	}
	switch {
	case !r.fits(size):
	case i < 0:
		r.answer.Statements = append(r.answer.Statements, Statement{name, text, []Run{run}})
	default:
		r.answer.Statements[i].Runs = append(r.answer.Statements[i].Runs, run)
	}
}

// Answer returns what was recorded. Nothing is recorded after it.
func (r *Recorder) Answer() Answer {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.closed = true
	r.answer.Totals.ReadMillis = Millis(r.took)
	r.answer.sort()
	for i := range r.answer.Levels {
		r.answer.Levels[i].sort()
	}
	return r.answer
}

// fits reports whether there is room for a part with so many bytes, and takes it. After
// the first part without room there is none for any other, so that what is left out is the
// end.
func (r *Recorder) fits(size int) bool {
	if r.closed || r.answer.Truncated || size > r.room {
		r.answer.Truncated = r.answer.Truncated || !r.closed
		return false
	}
	r.room -= size
	return true
}

// reads are those of the level that is running, or of none.
func (r *Recorder) reads() *Reads {
	if n := len(r.answer.Levels); n > 0 {
		return &r.answer.Levels[n-1].Reads
	}
	return &r.answer.Reads
}

// encodedLen is the number of bytes that a text has as JSON.
func encodedLen(text string) int {
	encoded, _ := json.Marshal(text) // a string has no error
	return len(encoded)
}

// Millis is a duration in milliseconds, to the microsecond.
func Millis(d time.Duration) float64 { return float64(d.Microseconds()) / 1000 }
