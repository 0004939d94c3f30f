package admit

import (
	"context"
	"math/rand/v2"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// The simulated server has workers that take service for each operation, so its
// capacity is 400 operations per second. A client gives up after patience, but
// the server does not notice.
const (
	workers  = 8
	service  = 20 * time.Millisecond
	capacity = workers * int(time.Second/service)
	patience = time.Second
)

// simulation runs in virtual time. Times are since its start.
type simulation struct {
	t        *testing.T
	admitter *Admitter
	random   *rand.Rand
	start    time.Time
	busy     chan struct{} // one for each worker
	running  sync.WaitGroup

	// trouble says what operations that begin at a time suffer: more time, or a
	// failure. nil: nothing.
	trouble func(at time.Duration) (slower time.Duration, fails bool)

	// database says how long an operation waits for something else than a worker.
	// nil: it does not.
	database func(Caller) time.Duration

	mu       sync.Mutex
	answers  []answer
	refusals []answer
}

// refusedAfter returns how long the refusals took that came after a time: in a burst,
// callers wait before they are refused.
func (s *simulation) refusedAfter(from time.Duration) (took []time.Duration) {
	for _, r := range s.refusals {
		if r.at > from {
			took = append(took, r.took)
		}
	}
	return took
}

type answer struct {
	by       string
	at, took time.Duration
}

func simulate(t *testing.T, limited bool) *simulation {
	maxConcurrency := 0
	if limited {
		maxConcurrency = 256
	}
	a, err := New(Options{MaxConcurrency: maxConcurrency, StartAt: 16})
	require.NoError(t, err)
	return &simulation{
		t: t, admitter: a, start: time.Now(), busy: make(chan struct{}, workers),
		random: rand.New(rand.NewPCG(1, 2)),
	}
}

func (s *simulation) now() time.Duration { return time.Since(s.start) }

// request does one operation and reports whether it was accepted.
func (s *simulation) request(c Caller) bool {
	begun := s.now()
	release, err := s.admitter.Admit(context.Background(), c)
	if err != nil {
		var overloaded *Overloaded
		require.ErrorAs(s.t, err, &overloaded)
		s.mu.Lock()
		defer s.mu.Unlock()
		s.refusals = append(s.refusals, answer{c.Network, s.now(), s.now() - begun})
		return false
	}
	if s.database != nil {
		time.Sleep(s.database(c))
	}
	worked := s.serve()
	release(worked)
	if worked {
		s.mu.Lock()
		defer s.mu.Unlock()
		s.answers = append(s.answers, answer{c.Network, s.now(), s.now() - begun})
	}
	return true
}

func (s *simulation) serve() (worked bool) {
	s.busy <- struct{}{}
	defer func() { <-s.busy }()
	took, fails := service, false
	if s.trouble != nil {
		var slower time.Duration
		slower, fails = s.trouble(s.now())
		took += slower
	}
	time.Sleep(took)
	return !fails
}

// offer sends requests at random times, perSecond on average, for a duration,
// whatever becomes of them.
func (s *simulation) offer(perSecond float64, length time.Duration, caller func() Caller) {
	var at time.Duration
	for at < length {
		at += time.Duration(s.random.ExpFloat64() / perSecond * float64(time.Second))
		time.Sleep(at - s.now())
		c := caller()
		s.running.Go(func() { s.request(c) })
	}
}

// client is a loop that sends the next request when the last is answered. After
// a refusal it does not wait as long as it is told to.
func (s *simulation) client(c Caller, think, length time.Duration) {
	pause := time.Duration(s.random.Int64N(int64(50*time.Millisecond))) + 10*time.Millisecond
	s.running.Go(func() {
		for s.now() < length {
			if !s.request(c) {
				time.Sleep(pause)
			}
			time.Sleep(think)
		}
	})
}

// between returns the throughput that clients had the patience for, and the 99th
// percentile of the times of all answers.
func (s *simulation) between(from, to time.Duration) (perSecond int, p99 time.Duration) {
	s.mu.Lock()
	defer s.mu.Unlock()
	var took []time.Duration
	good := 0
	for _, a := range s.answers {
		if from <= a.at && a.at < to {
			took = append(took, a.took)
			if a.took <= patience {
				good++
			}
		}
	}
	if len(took) == 0 {
		return 0, 0
	}
	slices.Sort(took)
	return int(float64(good) / (to - from).Seconds()), took[len(took)*99/100]
}

// of counts an address's answers.
func (s *simulation) of(address string, from, to time.Duration) (n int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, a := range s.answers {
		if a.by == address && from <= a.at && a.at < to {
			n++
		}
	}
	return n
}

func one(c Caller) func() Caller { return func() Caller { return c } }
