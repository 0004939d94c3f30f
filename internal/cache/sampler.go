package cache

import (
	"bytes"
	"context"
	"fmt"
	"math/rand/v2"
	"reflect"
	"sync"
	"sync/atomic"
	"time"

	"github.com/google/uuid"

	"souk/internal/coherence"
	"souk/loaders"
)

// Sampling says which hits are compared with the primary.
type Sampling struct {
	// OneIn is the share of hits: one in so many. 0: none is compared.
	OneIn int
	// PerSecond bounds how many are compared.
	PerSecond int
	// Tell is told of each. It must be safe for concurrent use.
	Tell func(Sampled)
}

// Sampled is a hit that was compared with the primary.
type Sampled struct {
	Read, Key string
	Outcome   string
	// Lasted is how long the cache still had the old value after the primary had shown another
	// one; of one that is late, at least.
	Lasted time.Duration
}

// The outcomes of a comparison.
const (
	// SampleSame: the primary has the same value.
	SampleSame = "same"
	// SampleChanged: it has another one, and the cache would no longer have used its own.
	SampleChanged = "changed"
	// SampleDiffered: it has another one, and the cache heard of it within the bound.
	SampleDiffered = "differed"
	// SampleLate: it had another one, and the cache still used its own when the bound had passed.
	// That must never happen.
	SampleLate = "late"
	// SampleFailed: the primary could not be asked.
	SampleFailed = "failed"
)

// SampleOutcomes returns all outcomes, for metrics.
func SampleOutcomes() []string {
	return []string{SampleSame, SampleChanged, SampleDiffered, SampleLate, SampleFailed}
}

const (
	// samplers is how many samples are judged at once. One that differs takes up to the bound.
	samplers = 8
	// sampleTimeout bounds a read of the primary.
	sampleTimeout = 2 * time.Second
	// sampleTick is how often it is looked whether the cache has heard of a change.
	sampleTick = 5 * time.Millisecond
)

// sampler has the samples that wait to be judged.
type sampler struct {
	Sampling
	began time.Time
	next  atomic.Int64 // when the next one is admitted, in nanoseconds from began
	queue chan sample
}

func newSampler(s Sampling) *sampler {
	if s.OneIn <= 0 || s.PerSecond <= 0 {
		return nil
	}
	return &sampler{Sampling: s, began: time.Now(), queue: make(chan sample, samplers)}
}

// Sample compares hits with the primary until ctx ends. Nothing is compared while it does not
// run.
func (c *Cache) Sample(ctx context.Context) {
	if c.sampler == nil {
		return
	}
	var running sync.WaitGroup
	for range samplers {
		running.Go(func() {
			for {
				select {
				case <-ctx.Done():
					return
				case s := <-c.sampler.queue:
					c.sampler.judge(ctx, s)
				}
			}
		})
	}
	running.Wait()
}

// pick reports whether one of so many hits is to be compared, and which.
func (s *sampler) pick(hits int) (which int, ok bool) {
	if s == nil || hits == 0 {
		return 0, false
	}
	which = rand.IntN(max(s.OneIn, hits)) // the hits are the first of so many places
	return which, which < hits
}

// admits reports whether a sample is within the bound of a second.
func (s *sampler) admits() bool {
	now, next := int64(time.Since(s.began)), s.next.Load()
	return now >= next && s.next.CompareAndSwap(next, now+int64(time.Second)/int64(s.PerSecond))
}

// offer queues a sample, unless too many wait.
func (s *sampler) offer(made sample) {
	select {
	case s.queue <- made:
	default:
	}
}

// sample is a hit, of any types.
type sample interface {
	// named returns the read and the key, for a log.
	named() (read, key string)
	// held returns what the cache has used, as bytes.
	held() []byte
	// fresh returns what the primary has, as bytes.
	fresh(ctx context.Context) ([]byte, error)
	// used reports whether the cache would use what it has used.
	used() bool
	// now returns what the cache would use now; nil: nothing.
	now(ctx context.Context) sample
}

// judge compares a sample with the primary, and, if the cache then has another value, that one
// too.
func (s *sampler) judge(ctx context.Context, made sample) {
	const values = 2
	for range values {
		outcome, lasted := s.compare(ctx, made)
		if ctx.Err() != nil {
			return
		}
		read, key := made.named()
		s.Tell(Sampled{read, key, outcome, lasted})
		if outcome != SampleDiffered && outcome != SampleChanged {
			return
		}
		if made = made.now(ctx); made == nil {
			return
		}
	}
}

// compare waits until a value that differs is no longer used, or until the bound has passed. All
// that the primary has shown by then must have been consumed by a clock that trusts its caches, so
// a value that is still used is wrong.
func (s *sampler) compare(ctx context.Context, made sample) (outcome string, lasted time.Duration) {
	reading, cancel := context.WithTimeout(ctx, sampleTimeout)
	defer cancel()
	fresh, err := made.fresh(reading)
	shown := time.Now()
	if err != nil {
		return SampleFailed, 0
	}
	if bytes.Equal(made.held(), fresh) {
		return SampleSame, 0
	}
	if !made.used() {
		return SampleChanged, 0
	}
	ticks := time.NewTicker(sampleTick)
	defer ticks.Stop()
	for {
		select {
		case <-ctx.Done():
			return SampleFailed, 0
		case <-ticks.C:
		}
		lasted = time.Since(shown) // before the cache is asked
		if !made.used() {
			return SampleDiffered, lasted
		}
		if lasted >= coherence.TrustFor {
			return SampleLate, lasted
		}
	}
}

// sampleOf is a hit of values of type V.
type sampleOf[K comparable, V any] struct {
	*kindOf[K, V]
	cache   *Cache
	key     key
	loader  loaders.Loader[K, V]
	id      K
	taken   memoryItem // that the cache has used
	primary func() Database
}

// sampleMemory takes one of the values that the memory had as a sample, by chance.
func (p *partOf[K, V]) sampleMemory() {
	place, ok := p.call.cache.sampler.pick(len(p.keys) - len(p.left))
	if !ok {
		return
	}
	for _, left := range p.left { // in their order
		if left <= place {
			place++
		}
	}
	if item, ok := p.call.cache.memory.Get(p.keys[place]); ok {
		p.sample(place, item)
	}
}

// sampleRemote takes a value that the remote tier had, by chance.
func (p *partOf[K, V]) sampleRemote(place int, item memoryItem) {
	if _, ok := p.call.cache.sampler.pick(1); ok {
		p.sample(place, item)
	}
}

func (p *partOf[K, V]) sample(place int, item memoryItem) {
	c := p.call.cache
	if p.call.primary == nil || !c.sampler.admits() {
		return
	}
	c.sampler.offer(&sampleOf[K, V]{p.kindOf, c, p.keys[place], p.batch.Loader, p.batch.Keys[place], item, p.call.primary})
}

func (s *sampleOf[K, V]) named() (read, key string) {
	if id := reflect.ValueOf(s.id); id.CanConvert(reflect.TypeFor[uuid.UUID]()) {
		return s.method, id.Convert(reflect.TypeFor[uuid.UUID]()).Interface().(uuid.UUID).String()
	}
	return s.method, fmt.Sprintf("%+v", s.id)
}

func (s *sampleOf[K, V]) held() []byte { return s.encoded(s.taken.Value.(V)) }

func (s *sampleOf[K, V]) encoded(value V) []byte {
	return s.form.Append(nil, stored[V]{Value: value})
}

func (s *sampleOf[K, V]) fresh(ctx context.Context) ([]byte, error) {
	read := &loaders.Batch[K, V]{Loader: s.loader, Keys: []K{s.id}}
	s.primary().Source.Read(ctx, []loaders.Read{read}, true)
	value, err := read.Value(0)
	if err != nil {
		return nil, err
	}
	return s.encoded(value), nil
}

func (s *sampleOf[K, V]) used() bool {
	moment := s.cache.Clock.Now() // before the value is judged
	return moment.Trusted() && s.cache.Clock.Valid(s.taken.Entry)
}

func (s *sampleOf[K, V]) now(ctx context.Context) sample {
	next := *s
	item, ok := s.cache.memory.Get(s.key)
	if !ok && s.cache.Remote != nil {
		ctx, cancel := context.WithTimeout(ctx, sampleTimeout)
		defer cancel()
		item, ok = s.decode(s.cache.Remote.GetMany(ctx, []string{s.cache.remoteKey(s.key)})[0])
	}
	next.taken = item
	if !ok || !next.used() {
		return nil
	}
	return &next
}
