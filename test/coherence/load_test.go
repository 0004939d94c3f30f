package coherence

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/http"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/stretchr/testify/require"
)

const (
	readers = 8
	writers = 4
	// pause is how long a writer waits at most between two writes. Without it the readers would
	// wait for the writers.
	pause = 20 * time.Millisecond
	// secret is in what each variant of the shop cost, which no shopper may see.
	secret = "777777"
)

// terms are what must hold while something is broken.
type terms struct {
	// Bound is how old an answer without a token may be; 0: what is declared.
	Bound time.Duration
	// FailedWrites says that there may be some. FailedPrimary also lets the reads fail that need
	// the primary: those of staff, whose permissions are there, and those with a token.
	FailedWrites, FailedPrimary bool
	// FailedPlain lets all reads fail: there is no replica.
	FailedPlain bool
	// LateWrites says that it does not matter how late others see a write.
	LateWrites bool
	// Values is how many values are checked besides those during the fault; 0: a row's usual number.
	Values int64
	// Uncached says that the caches may be out of use all the time.
	Uncached bool
}

// load is the readers and writers of one row.
type load struct {
	*system
	terms
	t       testing.TB
	checker *Checker
	began   time.Time
	client  *http.Client
	seed    uint64
	newest  atomic.Pointer[tokenOf]
	writing sync.RWMutex // held by each writer while it writes

	mu                       sync.Mutex
	reads, values, writes    int64
	readErrors, writeErrors  []string
	failedReads, failedWrite int64
	failedPlain              int64 // of failedReads: did not need the primary
	durations                []time.Duration
	measured                 int // of durations, by slowest
	broken                   []Violation
	violations               int
	lags                     []time.Duration // until others have seen a write
}

// tokenOf is a write with its token.
type tokenOf struct {
	*Write
	token string
}

// during reads and writes while a fault is made and undone, and wants the terms to hold.
func (s *system) during(t *testing.T, terms terms, fault func(*load)) {
	t.Helper()
	hits := s.hits(t)
	l := s.run(t, terms, fault)
	hits = s.hits(t) - hits
	l.report(hits)
	l.require(hits)
}

// run reads and writes while a fault is made and undone.
func (s *system) run(t *testing.T, terms terms, fault func(*load)) *load {
	t.Helper()
	l := &load{system: s, terms: terms, t: t, began: time.Now(), seed: *seed}
	if l.seed == 0 {
		l.seed = rand.Uint64()
	}
	l.checker = &Checker{Bound: max(terms.Bound, bound) + slack}
	l.client = &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: readers + writers}, Timeout: time.Minute}
	defer l.client.CloseIdleConnections()
	l.begin()
	*s.unknown = true
	ctx, stop := context.WithCancel(t.Context())
	var running sync.WaitGroup
	end := func() { stop(); running.Wait() }
	defer end()
	for n := range uint64(readers) {
		running.Go(func() { l.read(ctx, rand.New(rand.NewPCG(l.seed, n))) })
	}
	for n := range uint64(writers) {
		running.Go(func() { l.write(ctx, rand.New(rand.NewPCG(l.seed, readers+n))) })
	}
	l.more(usual(terms.Values) / 3)
	fault(l)
	l.more(usual(terms.Values) / 3)
	end()
	l.settle()
	*s.unknown = false
	return l
}

// usual is how many values a row checks.
func usual(values int64) int64 { return cmp.Or(values, chosen[int64](6_000, 6_000, 200_000)) }

// begin notes what is there before the first write: what the last row has left.
func (l *load) begin() {
	for _, c := range l.shop.cells {
		w := &Write{Way: "the beginning", Through: "nobody", Changes: c.beginning, Begin: -time.Hour}
		l.checker.Begin(w)
		l.checker.End(w, -time.Hour)
	}
}

func (l *load) now() time.Duration { return time.Since(l.began) }

// settle writes once more what may have been saved or not: the next row has to know.
func (l *load) settle() {
	direct := &session{url: l.Primary}
	defer direct.close()
	for _, c := range l.shop.cells {
		if c.beginning != nil {
			continue
		}
		require.Eventually(l.t, func() bool {
			c.n++
			a := c.ways[len(c.ways)-1](c.n) // by SQL
			l.change(l.t.Context(), c, a, l.instances[0], func(ctx context.Context) error { return direct.exec(ctx, a.sql) })
			return c.beginning != nil
		}, time.Minute, 50*time.Millisecond)
	}
}

// more waits until more values have been checked.
func (l *load) more(values int64) {
	l.t.Helper()
	count := func() int64 { l.mu.Lock(); defer l.mu.Unlock(); return l.values }
	target := count() + values
	require.Eventually(l.t, func() bool { return count() >= target || l.enough() }, 10*time.Minute, 10*time.Millisecond)
}

// enough reports whether so much is wrong that the row can end.
func (l *load) enough() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.violations > 100
}

// slowest returns the longest read since the last call.
func (l *load) slowest() (longest time.Duration) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, took := range l.durations[l.measured:] {
		longest = max(longest, took)
	}
	l.measured = len(l.durations)
	return longest
}

// read asks at random until ctx ends.
func (l *load) read(ctx context.Context, r *rand.Rand) {
	for ctx.Err() == nil {
		q := l.shop.ask(r)
		i := l.instances[r.IntN(len(l.instances))]
		if i.frozen.Load() {
			continue
		}
		var after *tokenOf
		if r.IntN(3) == 0 {
			after = l.newest.Load()
		}
		l.ask(ctx, i, q, after)
	}
}

// ask asks one question, and judges the answer.
func (l *load) ask(ctx context.Context, i *instance, q question, after *tokenOf) (read Read) {
	credential, token := "", ""
	switch {
	case q.view == Staff:
		credential = i.staff
	case q.customer > 0:
		credential = i.customers[l.shop.customers[q.customer-1].String()]
	}
	read = Read{Way: q.way, Instance: i.name, View: q.view, Begin: l.now()}
	if after != nil {
		read.After, token = after.Write, after.token
	}
	a, err := post(ctx, l.client, i.URL, credential, token, q.query)
	read.End = l.now()
	if ctx.Err() != nil {
		return read
	}
	var broken []Violation
	if err == nil {
		read.Seen = withExpected(seenIn(a.Data, "", nil), q.expected)
		broken = l.checker.Judge(read)
		if text := q.leaked(string(a.raw)); text != "" {
			broken = append(broken, Violation{Rule: Private, Key: fmt.Sprint("an answer to customer ", q.customer), Value: text, Read: read})
		}
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.durations = append(l.durations, read.End-read.Begin)
	if err != nil {
		l.failedReads++
		if q.view == Shopper && q.customer == 0 && after == nil {
			q.way += ", which does not need the primary,"
			l.failedPlain++
		}
		l.readErrors = note(l.readErrors, fmt.Sprintf("%v: %s on %s: %v", read.Begin, q.way, i.name, err))
		return read
	}
	l.asked.count(q)
	l.reads++
	l.values += int64(len(read.Seen))
	l.violations += len(broken)
	l.broken = append(l.broken, broken[:min(len(broken), max(0, 10-len(l.broken)))]...)
	return read
}

// note keeps the first few.
func note(list []string, text string) []string {
	if len(list) < 5 {
		list = append(list, text)
	}
	return list
}

// write changes something at random until ctx ends.
func (l *load) write(ctx context.Context, r *rand.Rand) {
	direct := &session{}
	defer direct.close()
	for ctx.Err() == nil {
		l.writing.RLock()
		l.writeOne(ctx, r, direct)
		l.writing.RUnlock()
		select {
		case <-ctx.Done():
		case <-time.After(time.Duration(r.Int64N(int64(pause)))):
		}
	}
}

// hush keeps all writers from writing until resume is called.
func (l *load) hush() (resume func()) {
	l.writing.Lock()
	return l.writing.Unlock
}

// writeOne changes something at random that nobody else is changing.
func (l *load) writeOne(ctx context.Context, r *rand.Rand, direct *session) {
	direct.lead(l.Primary)
	c := l.shop.cells[r.IntN(len(l.shop.cells))]
	if !c.mu.TryLock() {
		return
	}
	c.n++
	a := c.ways[r.IntN(len(c.ways))](c.n)
	i := l.instances[r.IntN(len(l.instances))]
	if i.frozen.Load() {
		i = l.instances[0]
	}
	w := l.change(ctx, c, a, i, func(ctx context.Context) error { return direct.exec(ctx, a.sql) })
	c.mu.Unlock()
	if w != nil && c.probe != "" && r.IntN(3) == 0 {
		l.probe(ctx, c.probe, w)
	}
}

// change makes a write and notes it. run is what runs its SQL. The cell must be locked. What has
// begun is ended also after the load: the next row has to know what is there. It returns nil if the
// write may not be saved.
func (l *load) change(ctx context.Context, c *cell, a action, i *instance, run func(context.Context) error) *Write {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), time.Minute)
	defer cancel()
	w := &Write{Way: a.way, Through: i.name, Changes: a.changes, Begin: l.now()}
	if a.sql != "" {
		w.Through = "the primary"
	}
	l.checker.Begin(w)
	var token string
	var data any
	var err error
	if a.sql != "" {
		err = run(ctx)
	} else {
		token, data, err = l.mutate(ctx, i, a)
	}
	at := l.now()
	l.mu.Lock()
	if l.writes++; err != nil {
		l.failedWrite++
		l.writeErrors = note(l.writeErrors, fmt.Sprintf("%v: %s through %s: %v", w.Begin, a.way, w.Through, err))
	}
	l.mu.Unlock()
	if err != nil {
		c.beginning = nil // not known, until the next write
		return nil
	}
	c.beginning = a.changes
	l.checker.End(w, at)
	if a.after != nil {
		a.after(data)
	}
	if token != "" {
		l.newest.Store(&tokenOf{w, token})
	}
	return w
}

// probe asks each instance until it shows a write, and notes how long that took.
func (l *load) probe(ctx context.Context, query string, w *Write) {
	const limit = 5 * time.Second
	for _, i := range l.instances {
		if i.frozen.Load() {
			continue
		}
		for shown := false; !shown && ctx.Err() == nil && l.now() < w.End+limit; {
			shown = l.checker.Shows(l.ask(ctx, i, question{way: "a probe", query: query}, nil), w)
		}
		if ctx.Err() == nil {
			l.mu.Lock()
			l.lags = append(l.lags, l.now()-w.End)
			l.mu.Unlock()
		}
	}
}

func (l *load) mutate(ctx context.Context, i *instance, a action) (token string, data any, err error) {
	credential := i.staff
	if a.customer != "" {
		credential = i.customers[a.customer]
	}
	answer, err := post(ctx, l.client, i.URL, credential, "", a.mutation)
	if err != nil {
		return "", nil, err
	}
	return answer.token, answer.Data, refusal(answer.Data)
}

// session is a connection to a database that is opened again after it broke.
type session struct {
	url  string
	conn *pgx.Conn
}

// exec runs SQL, again if it was the victim of a deadlock: other writers lock in another order.
func (s *session) exec(ctx context.Context, sql string) (err error) {
	for range 20 {
		err = s.execOnce(ctx, sql)
		if dead := (*pgconn.PgError)(nil); !errors.As(err, &dead) || dead.Code != "40P01" {
			return err
		}
		if _, err := s.conn.Exec(ctx, "ROLLBACK"); err != nil {
			return err
		}
	}
	return err
}

func (s *session) execOnce(ctx context.Context, sql string) (err error) {
	if s.conn == nil || s.conn.IsClosed() {
		if s.conn, err = pgx.Connect(ctx, s.url); err != nil {
			return err
		}
	}
	_, err = s.conn.Exec(ctx, sql)
	return err
}

// lead has the next statement go to another server, if it is one.
func (s *session) lead(url string) {
	if s.url != url {
		s.close()
		*s = session{url: url}
	}
}

func (s *session) close() {
	if s.conn != nil {
		_ = s.conn.Close(context.Background())
	}
}

// report says what the row has shown.
func (l *load) report(hits float64) {
	t := l.t
	t.Helper()
	slices.Sort(l.durations)
	slices.Sort(l.lags)
	t.Logf("seed %d: %d values of %d reads (%d failed), %d writes (%d failed), %.0f keys from caches; p50 %v, p99 %v; a write is seen after %v (median), %v (p99); oldest %v",
		l.seed, l.values, l.reads, l.failedReads, l.writes, l.failedWrite, hits, round(Quantile(l.durations, 0.5)), round(Quantile(l.durations, 0.99)),
		round(Quantile(l.lags, 0.5)), round(Quantile(l.lags, 0.99)), round(l.checker.Oldest()))
	for _, list := range [][]string{l.readErrors, l.writeErrors} {
		for _, text := range list {
			t.Log("failed:", text)
		}
	}
	for _, v := range l.broken {
		t.Log(v)
	}
}

// require fails if a term was not kept.
func (l *load) require(hits float64) {
	t := l.t
	t.Helper()
	require.Zero(t, l.violations, "violations; -seed=%d", l.seed)
	require.True(t, l.FailedPlain || l.failedPlain == 0, "failed reads that do not need the primary")
	require.True(t, l.FailedPrimary || l.failedReads == 0, "failed reads")
	require.True(t, l.FailedPrimary || l.FailedWrites || l.failedWrite == 0, "failed writes")
	require.True(t, l.LateWrites || Quantile(l.lags, 0.5) < 150*time.Millisecond, "others see a write too late")
	require.NotZero(t, l.reads)
	require.NotZero(t, l.writes-l.failedWrite)
	if !*uncached && !l.Uncached {
		require.NotZero(t, hits, "the caches were not used: nothing is proved")
	}
}

func round(d time.Duration) time.Duration { return d.Round(10 * time.Microsecond) }
