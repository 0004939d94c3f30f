// Package limit counts attempts, such as sign-ins by account and by address,
// and says when there have been too many. Redis counts for all instances.
// Without it each process counts for itself, so an outage weakens a limit but
// never removes it.
package limit

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"hash"
	"log/slog"
	"slices"
	"time"

	"souk/internal/redis"
)

const (
	// defaultTimeout is how long a sign-in can wait for a dead Redis; a working
	// one responds in under a millisecond.
	defaultTimeout = 50 * time.Millisecond

	// retryInterval is the pause between two attempts to use a failed Redis.
	// One caller waits for each.
	retryInterval = time.Second

	// defaultMaxKeys is about 8 MB.
	defaultMaxKeys = 1 << 16

	// minSaltBytes makes it impossible to find a salt by trying.
	minSaltBytes = 16

	keyPrefix = "souk:limit:"
)

// Config configures a Limiter.
type Config struct {
	// Redis counts for all instances; nil means that this process counts alone.
	// The Limiter does not close it.
	Redis *redis.Client
	// Salt hides the keys, which may be e-mail addresses, from people who can
	// read Redis or a memory dump. At least 16 bytes, secret, and the same for
	// all instances.
	Salt []byte
	// Timeout bounds each call to Redis; zero means 50 ms.
	Timeout time.Duration
	// MaxKeys bounds the memory of this process; zero means 65,536. Beyond it,
	// the key with the fewest attempts of a sample is forgotten.
	MaxKeys int
	// Now is the clock of this process; nil means time.Now. Redis has its own.
	Now func() time.Time
	// Logger receives a record when Redis fails and when it is back; nil means
	// none.
	Logger *slog.Logger
}

// Limiter counts attempts. It is safe for concurrent use, has no goroutine and
// need not be closed.
type Limiter struct {
	config  Config           // without the salt
	newMAC  func() hash.Hash // has the salt, so that printing a Limiter does not show it
	script  redis.Script     // nil without Redis
	breaker breaker
	local   *memory
}

// New returns a Limiter. It does not use the network.
func New(config Config) (*Limiter, error) {
	switch {
	case len(config.Salt) < minSaltBytes:
		return nil, errors.New("a limiter needs a salt of 16 bytes or more")
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
	salt := slices.Clone(config.Salt)
	newMAC := func() hash.Hash { return hmac.New(sha256.New, salt) }
	config.Salt = nil
	l := &Limiter{config: config, newMAC: newMAC, local: newMemory(config.MaxKeys)}
	if config.Redis != nil {
		l.script = config.Redis.Script(takeScript)
	}
	return l, nil
}

// Take counts an attempt under the key. If there were already limit attempts
// within the window, which begins with the first attempt, the attempt is
// refused and not counted, and retryAfter says when the window ends. A limit
// below 1 allows nothing. Take never fails: without Redis, this process counts.
func (l *Limiter) Take(ctx context.Context, key string, limit int, window time.Duration) (allowed bool, retryAfter time.Duration) {
	window = max(window, time.Millisecond) // the shortest time in Redis
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

// Reset forgets the key's attempts, for example after a successful sign-in. If
// Redis fails, its count ends with its window.
func (l *Limiter) Reset(ctx context.Context, key string) {
	hidden := l.hide(key)
	l.local.reset(hidden)
	if l.config.Redis == nil || !l.breaker.try(l.config.Now()) {
		return
	}
	limited, cancel := context.WithTimeout(ctx, l.config.Timeout)
	defer cancel()
	l.judge(ctx, l.config.Redis.Delete(limited, redisKey(hidden)))
}

// hiddenKey is a salted hash, so that neither Redis nor its log nor this
// process stores the key.
type hiddenKey [sha256.Size]byte

func (l *Limiter) hide(key string) hiddenKey {
	mac := l.newMAC()
	mac.Write([]byte(key))
	return hiddenKey(mac.Sum(nil))
}

func redisKey(key hiddenKey) string { return keyPrefix + hex.EncodeToString(key[:]) }

// takeScript counts for all instances at once. It returns -1 when the attempt
// is allowed, otherwise the milliseconds until the window ends. A key that lost
// its expiry would lock its owner out for ever, so it counts as missing.
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

// takeShared returns a negative duration when the attempt is allowed, otherwise
// how long to wait.
func (l *Limiter) takeShared(ctx context.Context, key hiddenKey, limit int, window time.Duration) (time.Duration, error) {
	limited, cancel := context.WithTimeout(ctx, l.config.Timeout)
	defer cancel()
	left, err := l.script(limited, []string{redisKey(key)}, limit, window.Milliseconds())
	l.judge(ctx, err)
	return time.Duration(left) * time.Millisecond, err
}

// judge tells the breaker the result of a call to Redis. A call that its caller
// cancelled says nothing about Redis.
func (l *Limiter) judge(ctx context.Context, err error) {
	switch {
	case err == nil:
		if l.breaker.succeeded() {
			l.config.Logger.InfoContext(ctx, "redis counts attempts again")
		}
	case ctx.Err() != nil:
	case l.breaker.failed(l.config.Now()):
		l.config.Logger.WarnContext(ctx, "redis is unavailable, each process counts its own attempts", "error", err)
	}
}
