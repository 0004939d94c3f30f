package store

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"time"
)

// A server that is frozen, or behind a network that drops everything, does not fail: it says
// nothing. If a replica answers neither a read nor the probe that is sent because of that, its
// reads end with errSilent and go to the primary, long before their own time is up.

var errSilent = errors.New("the replica answers nothing")

const (
	listenInterval = 20 * time.Millisecond

	// A replica may be silent for as long as a probe usually takes, as TCP reckons it, and
	// within these bounds. Then it gets a probe, and the same time again.
	minSilence = 100 * time.Millisecond
	maxSilence = time.Second

	// latenessFactor is how often as long as this process was late a server may be.
	latenessFactor = 8
)

// silence notices when a server says nothing. It is safe for concurrent use.
type silence struct {
	heard  atomic.Int64 // when it answered last; times are nanoseconds since the process began
	asked  atomic.Int64 // when the probe was sent that it has not answered; 0: it has
	usual  atomic.Int64 // silence that is no sign yet, in nanoseconds
	smooth time.Duration
	spread time.Duration // smooth and spread are used only by who probes

	mu    sync.Mutex
	reads map[*wait]struct{}
}

// wait is a read that waits for the server.
type wait struct {
	began  time.Duration
	cancel context.CancelCauseFunc
}

// reading begins a read that ends with errSilent as its cause if the server says nothing. done
// must be called at its end, with its error.
func (s *silence) reading(ctx context.Context) (_ context.Context, done func(error) error) {
	ctx, cancel := context.WithCancelCause(ctx)
	w := &wait{began: sinceStart(), cancel: cancel}
	s.mu.Lock()
	if s.reads == nil {
		s.reads = map[*wait]struct{}{}
	}
	s.reads[w] = struct{}{}
	s.mu.Unlock()
	return ctx, func(err error) error {
		s.mu.Lock()
		delete(s.reads, w)
		s.mu.Unlock()
		if err != nil && errors.Is(context.Cause(ctx), errSilent) {
			err = errSilent
		}
		cancel(nil)
		if err == nil || sqlState(err) != "" {
			s.heard.Store(int64(sinceStart()))
		}
		return err
	}
}

// probing notes that a probe is sent. answered must be called at its end.
func (s *silence) probing() (answered func(bool)) {
	began := sinceStart()
	s.asked.Store(int64(began))
	return func(ok bool) {
		s.asked.Store(0)
		if ok {
			now := sinceStart()
			s.heard.Store(int64(now))
			s.reckon(now - began)
		}
	}
}

// reckon takes how long a probe took, as RFC 6298 does for a retransmission timer.
func (s *silence) reckon(took time.Duration) {
	if s.smooth == 0 {
		s.smooth, s.spread = took, took/2
	} else {
		s.spread += ((s.smooth - took).Abs() - s.spread) / 4
		s.smooth += (took - s.smooth) / 8
	}
	s.usual.Store(int64(min(max(s.smooth+4*s.spread, minSilence), maxSilence)))
}

// since returns for how long reads have waited without a word of the server, and its probe
// without an answer; 0: they do not wait.
func (s *silence) since() (reads, probe time.Duration) {
	now, heard := sinceStart(), time.Duration(s.heard.Load())
	if asked := time.Duration(s.asked.Load()); asked > 0 && heard < asked {
		probe = now - asked
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	for w := range s.reads {
		reads = max(reads, now-max(w.began, heard))
	}
	return reads, probe
}

// end ends all reads.
func (s *silence) end() {
	s.mu.Lock()
	defer s.mu.Unlock()
	for w := range s.reads {
		w.cancel(errSilent)
	}
}

// listen looks after a replica's silence until ctx ends. probe has it probed soon.
func (r *router) listen(ctx context.Context, replica *server, probe chan<- struct{}) {
	tick := time.NewTicker(listenInterval)
	defer tick.Stop()
	looked, late := sinceStart(), time.Duration(0)
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		// A process that runs late itself, on a busy machine, may not have seen an answer yet.
		now := sinceStart()
		late = max(late/2, now-looked-listenInterval)
		looked = now
		limit := max(time.Duration(replica.silence.usual.Load()), minSilence) + latenessFactor*late
		switch reads, probed := replica.silence.since(); {
		case probed > limit:
			replica.replayed.Store(0)
			r.mark(replica, false, unreachable)
			replica.silence.end()
		case reads > limit && probed == 0:
			select {
			case probe <- struct{}{}:
			default: // it is about to be probed
			}
		}
	}
}
