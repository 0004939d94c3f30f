package documents

import (
	"context"
	"errors"
	"log/slog"
	"maps"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/maypok86/otter/v2"
	"golang.org/x/sync/singleflight"

	"souk/internal/door"
	"souk/internal/fault"
)

// Known is a document that has a name.
type Known struct {
	// Name is the one that it was asked for by.
	Name string
	// Key is that of its text.
	Key  door.Key
	Text string
	// Trusted means that it was pushed, and not registered by a client.
	Trusted bool
}

// Registration is an automatic document.
type Registration struct {
	Key  door.Key
	Text string
	// Owner is whom it counts for.
	Owner string
	// Bytes is what it counts as.
	Bytes int64
}

// Store is where all instances keep the documents.
type Store interface {
	// Known returns those of the names that exist, and the generation that they are of.
	// With an error it returns what it has. It must see what was registered before, and
	// not an older generation.
	Known(ctx context.Context, names []string, generation int64) ([]Known, int64, error)
	// Generation rises when a document is removed, and when one is pushed that a client has
	// registered before.
	Generation(ctx context.Context) (int64, error)
	// Recent returns documents to have in memory.
	Recent(ctx context.Context, limit int) ([]Known, error)
	Register(ctx context.Context, r Registration) error
	// TrimOwner removes automatic documents of an owner, and Trim those of all, until the
	// limits in bytes hold.
	TrimOwner(ctx context.Context, owner string, limit int64) error
	Trim(ctx context.Context, total, owner int64) error
	// Clients returns those that have used trusted documents most.
	Clients(ctx context.Context, limit int) ([]Client, error)
	// Record adds to what is recorded of uses, which are in order.
	Record(ctx context.Context, uses []Count) error
	RemoveOldUses(ctx context.Context) error
}

// Options are what a Library needs.
type Options struct {
	Mode Mode
	// Store may be nil in the mode Off.
	Store Store
	// MemoryBytes bounds the texts in this process.
	MemoryBytes int64
	// TableBytes bounds the automatic documents in the database, and OwnerBytes those of
	// one owner.
	TableBytes, OwnerBytes int64
	// Log receives failures of the store; nil discards them.
	Log *slog.Logger
}

// Library finds documents by their names. It is safe for concurrent use.
type Library struct {
	Options
	lookups     *lookups
	quota       quota
	uses        uses
	registering singleflight.Group
	again       again
	writing     chan struct{} // a place for each registration that is being written
	counters    counters

	mu         sync.Mutex // held while generation and memory change together
	generation int64
	memory     *otter.Cache[string, Known]

	stop    context.CancelFunc
	running sync.WaitGroup
}

const (
	// maxWriting bounds the connections that registrations take from the pool.
	maxWriting = 4
	// registerTimeout is what a client waits at most for its document to be kept. One that
	// is not kept is sent again.
	registerTimeout = 2 * time.Second
	// perDocument is what a document takes beside its text, in memory or in the table.
	perDocument = 256
)

// New returns a library. Start begins its work in the background.
func New(o Options) *Library {
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	l := &Library{Options: o, writing: make(chan struct{}, maxWriting), quota: newQuota(), uses: newUses(), counters: newCounters()}
	l.lookups = &lookups{ask: l.ask}
	if o.MemoryBytes > 0 {
		l.memory = otter.Must(&otter.Options[string, Known]{
			MaximumWeight: uint64(o.MemoryBytes),
			Weigher:       func(name string, k Known) uint32 { return uint32(len(name) + len(k.Text) + perDocument) },
		})
	}
	return l
}

// Found is the document of a request.
type Found struct {
	// Text and Key are those of the document. Key is zero for a text that has none yet.
	Text string
	Key  door.Key
	// Named means that the client sent the name and not the text.
	Named bool
	// Trusted means that the document was pushed.
	Trusted bool
	// Register means that the text is to be registered when it has passed the door.
	Register bool
}

// Find returns the document of a request that has a text, a name or both. mayText means
// that the caller may send a text also in the mode Only. Its error is a *Refusal or a
// *fault.Error.
func (l *Library) Find(ctx context.Context, ref Reference, text string, mayText bool) (Found, error) {
	found, err := l.find(ctx, ref, text, mayText)
	l.counters.add(resultOf(found, err))
	return found, err
}

func (l *Library) find(ctx context.Context, ref Reference, text string, mayText bool) (Found, error) {
	switch {
	case l.Mode == Off && text == "":
		return Found{}, errNotSupported
	case l.Mode == Off:
		return Found{Text: text}, nil
	case ref.ID == "":
		return l.text(Found{Text: text}, mayText)
	case text != "" && IsSHA256(ref.ID) && l.Mode == APQ:
		// The hash is right, and in this mode nobody asks whether it is trusted.
		known, _ := l.inMemory(ref.ID)
		return Found{Text: text, Trusted: known.Trusted, Register: ref.Automatic && !known.Trusted}, nil
	}
	known, ok, err := l.byName(ctx, ref.ID)
	switch {
	case err != nil:
		return Found{}, err
	case ok && text != "" && known.Text != text:
		return Found{}, errMismatch
	case ok && (known.Trusted || l.Mode != Only):
		return Found{
			Text: known.Text, Key: known.Key, Named: text == "", Trusted: known.Trusted,
			Register: text != "" && ref.Automatic && !known.Trusted,
		}, nil
	case text == "":
		return Found{}, errNotFound
	case ref.Automatic && !IsSHA256(ref.ID):
		return Found{}, errMismatch // the name of a text that this client registers is its hash
	}
	return l.text(Found{Text: text, Register: ref.Automatic && l.Mode != Only}, mayText)
}

func (l *Library) text(f Found, mayText bool) (Found, error) {
	if l.Mode == Only && !mayText {
		return Found{}, errNotTrusted
	}
	return f, nil
}

// byName returns the document with a name from memory or from the store.
func (l *Library) byName(ctx context.Context, name string) (Known, bool, error) {
	// It may have been pushed since.
	if known, ok := l.inMemory(name); ok && (known.Trusted || l.Mode != Only) {
		return known, true, nil
	}
	known, ok, err := l.lookups.find(ctx, name)
	switch {
	case err == nil, ok:
		return known, ok, nil
	case ctx.Err() != nil:
		return Known{}, false, ctx.Err()
	case l.Mode == Only:
		return Known{}, false, fault.Unavailable(err, "The registered documents cannot be read now. Try again in a moment.")
	}
	return Known{}, false, nil // the client will send the text, which runs without the store
}

func (l *Library) inMemory(name string) (Known, bool) {
	if l.memory == nil {
		return Known{}, false
	}
	return l.memory.GetIfPresent(name)
}

// ask reads names from the store and keeps what it finds.
func (l *Library) ask(ctx context.Context, names []string) (map[string]Known, error) {
	l.mu.Lock()
	asked := l.generation
	l.mu.Unlock()
	found, current, err := l.read(ctx, names, asked)
	if err != nil && !errors.Is(err, context.Canceled) {
		l.Log.Warn("documents not read", "error", err)
	}
	byName := make(map[string]Known, len(found))
	for _, known := range found {
		byName[known.Name] = known
	}
	l.keep(asked, current, found)
	return byName, err
}

// read reads names from the store. If it refuses them because of one, it reads each half
// alone, so that the others are found; the one that it refuses is not known.
func (l *Library) read(ctx context.Context, names []string, asked int64) (found []Known, current int64, err error) {
	found, current, err = l.Store.Known(ctx, names, asked)
	if !fault.Is(err, fault.CodeBadUserInput) {
		return found, current, err
	}
	if len(names) == 1 {
		l.Log.Warn("document's name refused", "error", err)
		return nil, asked, nil
	}
	half := len(names) / 2
	found, current, err = l.read(ctx, names[:half], asked)
	if err != nil {
		return found, current, err
	}
	more, later, err := l.read(ctx, names[half:], asked)
	return append(found, more...), min(current, later), err
}

// keep puts documents into memory, unless some were removed since they were asked for. A
// trusted document stays trusted: one that was registered at the same time is the same text.
func (l *Library) keep(asked, current int64, found []Known) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.generation != asked || l.memory == nil {
		return
	}
	l.renew(current)
	for _, known := range found {
		if old, ok := l.memory.GetIfPresent(known.Name); !ok || known.Trusted || !old.Trusted {
			l.memory.Set(known.Name, known)
		}
	}
}

// renew forgets all documents if the generation is a later one.
func (l *Library) renew(generation int64) {
	if generation > l.generation {
		l.generation = generation
		if l.memory != nil {
			l.memory.InvalidateAll()
		}
	}
}

// Register keeps a text that has passed the door, under its hash. It returns when other
// instances can find it, or when that failed, which is logged: the client will then send
// the text once more. A text that is in memory may have been removed from the store since, and
// is kept again, once in a while.
func (l *Library) Register(ctx context.Context, owner string, key door.Key, text string) {
	name := key.String()
	due := l.again.due(key, time.Now())
	if known, ok := l.inMemory(name); ok && (known.Trusted || !due) {
		return
	}
	_, err, _ := l.registering.Do(name, func() (any, error) {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), registerTimeout)
		defer cancel()
		return nil, l.register(ctx, Registration{Key: key, Text: text, Owner: owner, Bytes: int64(len(text)) + perDocument})
	})
	if err != nil {
		l.counters.add(NotRegistered)
		l.Log.Warn("document not registered", "document", name, "error", err)
		return
	}
	l.counters.add(Registered)
}

const (
	// registerAgain is how often a text that clients send with its hash is kept again.
	registerAgain = time.Minute
	// maxAgain bounds the texts that are remembered between.
	maxAgain = 10_000
)

// again remembers which texts were registered in the last minute.
type again struct {
	mu    sync.Mutex
	since time.Time
	keys  map[door.Key]struct{}
}

// due reports whether a text may be registered again, and remembers it.
func (a *again) due(key door.Key, now time.Time) bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	if now.Sub(a.since) >= registerAgain {
		a.since, a.keys = now, map[door.Key]struct{}{}
	}
	if _, known := a.keys[key]; known || len(a.keys) >= maxAgain {
		return false
	}
	a.keys[key] = struct{}{}
	return true
}

func (l *Library) register(ctx context.Context, r Registration) error {
	if r.Bytes > l.OwnerBytes {
		return errors.New("it is larger than what one client may register (SOUK_DOCUMENTS_CLIENT_BYTES)")
	}
	select {
	case l.writing <- struct{}{}:
		defer func() { <-l.writing }()
	case <-ctx.Done():
		return ctx.Err()
	}
	l.mu.Lock()
	asked := l.generation
	l.mu.Unlock()
	if err := l.Store.Register(ctx, r); err != nil {
		return err
	}
	l.keep(asked, asked, []Known{{Name: r.Key.String(), Key: r.Key, Text: r.Text}})
	l.quota.add(r.Owner, r.Bytes, l.OwnerBytes/trimParts, l.TableBytes/trimParts)
	return nil
}

// trimParts is into how many parts a limit is divided: after each part that an instance
// has added, it removes what is too much.
const trimParts = 16

// maxOwners bounds the owners that are counted between two trims of the whole table.
const maxOwners = 10_000

// quota counts what this instance has added since the last trim. What instances add between
// two trims is a part of the limit, so that the table is never much larger.
type quota struct {
	mu        sync.Mutex
	total     int64
	owners    map[string]int64
	dueAll    bool                // all are to be trimmed
	dueOwners map[string]struct{} // these are
	due       chan struct{}       // has a value when something is to be trimmed
}

func newQuota() quota {
	return quota{owners: map[string]int64{}, dueOwners: map[string]struct{}{}, due: make(chan struct{}, 1)}
}

// add says when it is time to trim an owner, or all.
func (q *quota) add(owner string, bytes, ofOwner, ofAll int64) {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.total += bytes
	q.owners[owner] += bytes
	if q.total > ofAll || len(q.owners) > maxOwners {
		q.total, q.dueAll = 0, true
		clear(q.owners)
	} else if q.owners[owner] > ofOwner {
		delete(q.owners, owner)
		q.dueOwners[owner] = struct{}{}
	} else {
		return
	}
	select {
	case q.due <- struct{}{}:
	default:
	}
}

// take returns what is to be trimmed.
func (q *quota) take() (all bool, owners []string) {
	q.mu.Lock()
	defer q.mu.Unlock()
	all, owners = q.dueAll, slices.Sorted(maps.Keys(q.dueOwners))
	q.dueAll = false
	clear(q.dueOwners)
	return all, owners
}

// Memory returns how much the texts in memory take.
func (l *Library) Memory() int64 {
	if l.memory == nil {
		return 0
	}
	return int64(l.memory.WeightedSize())
}

// Result is what became of a request's document.
type Result string

// The results.
const (
	HitTrusted    Result = "hit_trusted"
	HitAutomatic  Result = "hit_automatic"
	Miss          Result = "miss"
	Text          Result = "text"
	TextAndName   Result = "text_and_name"
	Registered    Result = "registered"
	NotRegistered Result = "not_registered"
	RefusedText   Result = "refused_text"
	RefusedHash   Result = "refused_hash"
	Failed        Result = "failed"
)

// Results returns all results.
func Results() []Result {
	return []Result{HitTrusted, HitAutomatic, Miss, Text, TextAndName, Registered, NotRegistered, RefusedText, RefusedHash, Failed}
}

func resultOf(f Found, err error) Result {
	refusal, refused := errors.AsType[*Refusal](err)
	switch {
	case refused && refusal.Code == NotTrusted:
		return RefusedText
	case refused && refusal.Code == Mismatch:
		return RefusedHash
	case refused:
		return Miss
	case err != nil:
		return Failed
	case f.Named && f.Trusted:
		return HitTrusted
	case f.Named:
		return HitAutomatic
	case f.Register || f.Trusted:
		return TextAndName
	}
	return Text
}

type counters map[Result]*atomic.Int64

func newCounters() counters {
	c := counters{}
	for _, result := range Results() {
		c[result] = &atomic.Int64{}
	}
	return c
}

func (c counters) add(result Result) { c[result].Add(1) }

// Counts returns how often each result came.
func (l *Library) Counts() map[Result]int64 {
	counts := make(map[Result]int64, len(l.counters))
	for result, n := range l.counters {
		counts[result] = n.Load()
	}
	return counts
}
