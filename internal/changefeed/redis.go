package changefeed

import (
	"context"
	"fmt"
	"strconv"
	"strings"
	"sync"
	"time"

	"souk/internal/coherence"
	"souk/internal/redis"
)

const (
	// redisKeeps is about how many messages the stream keeps. At ten beats a second these
	// are 16 minutes: to an instance that starts, older entries are unknown.
	redisKeeps = 10_000
	readAtOnce = 1_000

	// redisTimeout bounds a call. The instances trust their caches for a second without a
	// message, so a follower that needs longer may as well let another try.
	redisTimeout = 500 * time.Millisecond
	// readBlock is how long a read waits for a message. There are ten a second, so after
	// this the stream may have begun anew.
	readBlock = time.Second

	// staleAfter is how long a nonce stands unchanged before its instance counts as ended.
	// Instances set theirs several times a second.
	staleAfter = time.Minute

	streamStart = "0-0"
)

// Redis is a feed over a stream in a Redis.
type Redis struct {
	stream redis.Stream
	nonces redis.Hash
	now    func() time.Time

	mu   sync.Mutex
	seen map[string]sighting // by instance
}

// sighting is since when an instance's nonce has been the same.
type sighting struct {
	number string
	since  time.Time
}

// NewRedis returns a feed under keys with a prefix, such as "souk:" and the name of a database:
// several shops can share a Redis.
func NewRedis(client *redis.Client, prefix string) *Redis {
	return &Redis{
		stream: client.Stream(prefix + ":changes"), nonces: client.Hash(prefix + ":nonces"),
		now: time.Now, seen: map[string]sighting{},
	}
}

// Publish appends a message. A Redis that fails over may lose it all the same; the next one
// tells by its From.
func (r *Redis) Publish(ctx context.Context, m coherence.Message) error {
	ctx, cancel := context.WithTimeout(ctx, redisTimeout)
	defer cancel()
	return r.stream.Append(ctx, Encode(m), redisKeeps)
}

// Last returns the newest message. One of an unknown version counts as none.
func (r *Redis) Last(ctx context.Context) (coherence.Message, bool, error) {
	ctx, cancel := context.WithTimeout(ctx, redisTimeout)
	defer cancel()
	e, ok, err := r.stream.Newest(ctx)
	if err != nil || !ok {
		return coherence.Message{}, false, err
	}
	m, err := Decode(e.Value)
	return m, err == nil, nil
}

// Follow calls take with the messages that are kept and with each new one. It leaves out those
// that it cannot read: to who takes them, these are gaps.
func (r *Redis) Follow(ctx context.Context, take func(coherence.Message)) error {
	for after := streamStart; ; {
		found, err := r.read(ctx, after)
		if err != nil {
			return err
		}
		for _, e := range found {
			if m, err := Decode(e.Value); err == nil {
				take(m)
			}
			after = e.ID
		}
		if len(found) > 0 {
			continue
		}
		anew, err := r.beganAnew(ctx, after)
		if err != nil {
			return err
		}
		if anew {
			after = streamStart
		}
	}
}

func (r *Redis) read(ctx context.Context, after string) ([]redis.Entry, error) {
	ctx, cancel := context.WithTimeout(ctx, readBlock+redisTimeout)
	defer cancel()
	return r.stream.Read(ctx, after, readAtOnce, readBlock)
}

// beganAnew reports whether the stream ends before an ID that was read of it: it was removed, or
// a replica without its end has become the server. New messages can then have lower IDs, if
// the new server's clock is behind.
func (r *Redis) beganAnew(ctx context.Context, after string) (bool, error) {
	ctx, cancel := context.WithTimeout(ctx, redisTimeout)
	defer cancel()
	newest, ok, err := r.stream.Newest(ctx)
	return !ok || before(newest.ID, after), err
}

// before compares IDs of a stream, such as 1764396241000-3.
func before(a, b string) bool {
	aTime, aNumber := partsOf(a)
	bTime, bNumber := partsOf(b)
	return aTime < bTime || aTime == bTime && aNumber < bNumber
}

func partsOf(id string) (ms, number uint64) {
	left, right, _ := strings.Cut(id, "-")
	ms, _ = strconv.ParseUint(left, 10, 64)
	number, _ = strconv.ParseUint(right, 10, 64)
	return ms, number
}

// SetNonce says that an instance waits for its nonce.
func (r *Redis) SetNonce(ctx context.Context, n coherence.Nonce) error {
	ctx, cancel := context.WithTimeout(ctx, redisTimeout)
	defer cancel()
	return r.nonces.Set(ctx, strconv.FormatUint(n.Instance, 36), strconv.FormatUint(n.Number, 36))
}

// Nonces returns the nonces that instances have set, and removes those of instances that have
// ended.
func (r *Redis) Nonces(ctx context.Context) ([]coherence.Nonce, error) {
	ctx, cancel := context.WithTimeout(ctx, redisTimeout)
	defer cancel()
	found, err := r.nonces.All(ctx)
	if err != nil {
		return nil, err
	}
	if stale := r.stale(found); len(stale) > 0 {
		// An instance that has slept sets its nonce again.
		if err := r.nonces.Remove(ctx, stale...); err != nil {
			return nil, fmt.Errorf("remove the nonces of ended instances: %w", err)
		}
	}
	all := make([]coherence.Nonce, 0, len(found))
	for instance, number := range found {
		i, err := strconv.ParseUint(instance, 36, 64)
		n, err2 := strconv.ParseUint(number, 36, 64)
		if err == nil && err2 == nil {
			all = append(all, coherence.Nonce{Instance: i, Number: n})
		}
	}
	return all, nil
}

// stale returns the instances whose nonces have not changed for long. It compares no clocks:
// what counts is how long this process has seen the same nonce.
func (r *Redis) stale(found map[string]string) (stale []string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	now := r.now()
	for instance := range r.seen {
		if _, ok := found[instance]; !ok {
			delete(r.seen, instance)
		}
	}
	for instance, number := range found {
		last, ok := r.seen[instance]
		switch {
		case !ok || last.number != number:
			r.seen[instance] = sighting{number, now}
		case now.Sub(last.since) > staleAfter:
			stale = append(stale, instance)
		}
	}
	return stale
}
