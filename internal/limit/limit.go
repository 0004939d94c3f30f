// Package limit counts attempts, such as logins by account and by address, and
// says when there have been too many. Redis counts for all instances; without it
// each process counts for itself, so that an outage loosens a limit and never
// lifts it.
package limit

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"log/slog"
	"time"

	"github.com/redis/go-redis/v9"
)

const (
	// defaultTimeout is what a login can bear to lose on a dead Redis; a live one
	// answers in under a millisecond.
	defaultTimeout = 50 * time.Millisecond

	// retryInterval is the pause between two tries of a Redis that failed. One
	// caller pays for each.
	retryInterval = time.Second

	// defaultMaxKeys is about 8 MB.
	defaultMaxKeys = 1 << 16

	// minSaltBytes makes it hopeless to find a salt by trying.
	minSaltBytes = 16

	keyPrefix = "souk:limit:"
)

// Config says where attempts are counted.
type Config struct {
	// Redis counts for all instances; nil means that this process counts alone.
	// Its ContextTimeoutEnabled must be set, or a dead one would hold a login for
	// seconds. The Limiter does not close it.
	Redis *redis.Client
	// Salt hides the keys, which may be e-mail addresses, from whoever reads Redis
	// or a dump of memory. At least 16 bytes, secret, and the same for all
	// instances.
	Salt []byte
	// Timeout bounds each call to Redis; zero means 50 ms.
	Timeout time.Duration
	// MaxKeys bounds what this process remembers; zero means 65,536. Beyond it the
	// key with the fewest attempts of a sample is forgotten.
	MaxKeys int
	// Now is the clock of this process; nil means time.Now. Redis has its own.
	Now func() time.Time
	// Logger hears when Redis fails and when it is back; nil means nobody does.
	Logger *slog.Logger
}

// Limiter counts attempts. It is safe for concurrent use, has no goroutine and
// need not be closed.
type Limiter struct {
	config  Config
	script  *redis.Script
	breaker breaker
	local   *memory
}

// New returns a Limiter. It does not use the network.
func New(config Config) (*Limiter, error) {
	switch {
	case len(config.Salt) < minSaltBytes:
		return nil, errors.New("a limiter needs a salt of 16 bytes or more")
	case config.Redis != nil && !config.Redis.Options().ContextTimeoutEnabled:
		return nil, errors.New("a limiter needs a Redis client with ContextTimeoutEnabled")
	case config.Timeout < 0 || config.MaxKeys < 0:
		return nil, errors.New("a limiter's timeout and number of keys cannot be negative")
	}
	if config.Timeout == 0 {
		config.Timeout = defaultTimeout
	}
	if config.MaxKeys == 0 {
		config.MaxKeys = defaultMaxKeys
	}
	if config.Now == nil {
		config.Now = time.Now
	}
	if config.Logger == nil {
		config.Logger = slog.New(slog.DiscardHandler)
	}
	return &Limiter{config: config, script: redis.NewScript(takeScript), local: newMemory(config.MaxKeys)}, nil
}

// Take counts an attempt under the key, unless there were limit of them within
// the window that the first one began: then it is not allowed, not counted, and
// retryAfter says when the window ends. A limit below 1 allows nothing. It never
// fails: when Redis does, this process counts.
func (l *Limiter) Take(ctx context.Context, key string, limit int, window time.Duration) (allowed bool, retryAfter time.Duration) {
	window = max(window, time.Millisecond) // Redis knows nothing shorter
	if limit < 1 {
		return false, window
	}
	hidden := l.hide(key)
	if l.config.Redis != nil && l.breaker.try(l.config.Now()) {
		if left, err := l.takeShared(ctx, hidden, limit, window); err == nil {
			return left < 0, max(left, 0)
		}
	}
	return l.local.take(hidden, limit, window, l.config.Now())
}

// Reset forgets the key's attempts, as after a login that worked. What Redis
// cannot be told now ends with its window.
func (l *Limiter) Reset(ctx context.Context, key string) {
	hidden := l.hide(key)
	l.local.reset(hidden)
	if l.config.Redis == nil || !l.breaker.try(l.config.Now()) {
		return
	}
	limited, cancel := context.WithTimeout(ctx, l.config.Timeout)
	defer cancel()
	l.judge(ctx, l.config.Redis.Del(limited, redisKey(hidden)).Err())
}

// hiddenKey is a salted hash: neither Redis, nor its log, nor this process holds
// what was counted.
type hiddenKey [sha256.Size]byte

func (l *Limiter) hide(key string) hiddenKey {
	mac := hmac.New(sha256.New, l.config.Salt)
	mac.Write([]byte(key))
	return hiddenKey(mac.Sum(nil))
}

func redisKey(key hiddenKey) string { return keyPrefix + hex.EncodeToString(key[:]) }

// takeScript counts at once for all instances. It returns -1 when the attempt is
// allowed, else the milliseconds until the window ends. A key that lost its
// expiry would lock its owner out for ever, so it counts as none.
const takeScript = `
local used = tonumber(redis.call('GET', KEYS[1]) or '0')
local left = redis.call('PTTL', KEYS[1])
if left < 0 then
  redis.call('SET', KEYS[1], 1, 'PX', ARGV[2])
  return -1
end
if used >= tonumber(ARGV[1]) then
  return math.max(left, 1)
end
redis.call('INCR', KEYS[1])
return -1`

// takeShared returns a negative duration when the attempt is allowed, else how
// long to wait.
func (l *Limiter) takeShared(ctx context.Context, key hiddenKey, limit int, window time.Duration) (time.Duration, error) {
	limited, cancel := context.WithTimeout(ctx, l.config.Timeout)
	defer cancel()
	left, err := l.script.Run(limited, l.config.Redis, []string{redisKey(key)}, limit, window.Milliseconds()).Int64()
	l.judge(ctx, err)
	return time.Duration(left) * time.Millisecond, err
}

// judge tells the breaker how a call to Redis went. One that ended because its
// caller went away says nothing of Redis.
func (l *Limiter) judge(ctx context.Context, err error) {
	switch {
	case err == nil:
		if l.breaker.succeeded() {
			l.config.Logger.InfoContext(ctx, "redis counts attempts again")
		}
	case ctx.Err() != nil:
	case l.breaker.failed(l.config.Now()):
		l.config.Logger.WarnContext(ctx, "redis does not count attempts, each process counts its own", "error", err)
	}
}
