package telemetry

import (
	"context"
	"errors"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/metric"
)

// cacheInstruments are those of the caches and of the log that they follow.
type cacheInstruments struct {
	keys, redisKeys, redisFailures  metric.Int64Counter
	redisDropped, redisBytes        metric.Int64Counter
	epochs, messages, commits, tags metric.Int64Counter
	samples                         metric.Int64Counter
	sampleLag                       metric.Float64Histogram
}

func (c *cacheInstruments) create(meter metric.Meter) error {
	var errs []error
	counter := func(name, help string, o ...metric.Int64CounterOption) metric.Int64Counter {
		made, err := meter.Int64Counter(name, append(o, metric.WithDescription(help))...)
		errs = append(errs, err)
		return made
	}
	c.keys = counter("souk_cache_keys",
		"Keys of the loaders' reads by what became of them. hit_memory and hit_redis are those that no database was asked for. Many that are refused mean that what is read changes all the time, or that the log is followed late; bypass means that the read is not kept, or that the caches are not trusted.")
	c.redisKeys = counter("souk_cache_redis_keys",
		"Keys that Redis was asked for, by result. A value that was found can still be refused, if it has changed since. Few hits mean that Redis has too little memory for the shop, or that values change all the time.")
	c.redisFailures = counter("souk_cache_redis_failures",
		"Calls to Redis that failed or took longer than 30 ms, by call. Above zero, Redis or the network is overloaded; requests go on without it.")
	c.redisDropped = counter("souk_cache_redis_dropped",
		"Values that were not written to Redis, because it is left out, has failed, or is slower than the databases. The database is asked for them again.")
	c.redisBytes = counter("souk_cache_redis_traffic",
		"Bytes of values to and from Redis.", metric.WithUnit("By"))
	c.epochs = counter("souk_cache_epochs",
		"Epochs that this instance has begun, by reason. Each one drops all that is cached, in all instances: the databases carry the whole load until it is there again. More than a few a day: look for the reason.")
	c.messages = counter("souk_cache_feed_messages",
		"Messages that this instance has published of the primary's log. The instance that leads publishes about ten a second.")
	c.commits = counter("souk_cache_feed_commits",
		"Transactions in these messages that changed what is cached.")
	c.tags = counter("souk_cache_feed_tags",
		"Tags in these messages: what the transactions changed. Thousands a second are an import, or an update of a whole table.")
	c.samples = counter("souk_cache_samples",
		"Values from caches that were compared with the primary, by outcome. differed are those that the primary had changed and the cache did not know yet, within the bound of 1 s. late above zero is a bug: a value was still used after that. The log has the message cached value is too old, with its read and key.")
	var err error
	c.sampleLag, err = meter.Float64Histogram("souk_cache_sample_lag", metric.WithUnit("s"), secondBuckets,
		metric.WithDescription("For how long a cache still had an old value after the primary had shown the new one, of values that were compared and differed. Normally below 0.3 s."))
	return errors.Join(append(errs, err)...)
}

// startCacheAtZero begins the counters of the caches. Keys have one series for each result
// without the name of a read: with one for each read these were hundreds that stay at zero.
func (m *Metrics) startCacheAtZero(ctx context.Context, o Options) {
	for _, result := range o.CacheResults {
		m.Cache(ctx, "", result, 0)
	}
	for _, reason := range o.CacheEpochReasons {
		m.caches.epochs.Add(ctx, 0, m.label(labelKey{"cache_epoch", reason, "", ""}).add...)
	}
	for _, result := range []string{redisHit, redisMiss} {
		m.CacheRedisKeys(ctx, result == redisHit, 0)
	}
	for _, call := range []string{"get", "set", "lease", "probe"} {
		m.caches.redisFailures.Add(ctx, 0, m.label(labelKey{"cache_redis_failure", call, "", ""}).add...)
	}
	for _, outcome := range o.CacheSampleOutcomes {
		m.caches.samples.Add(ctx, 0, m.label(labelKey{"cache_sample", outcome, "", ""}).add...)
	}
	m.CacheRedisDropped(ctx, 0)
	m.CacheRedisBytes(ctx, true, 0)
	m.CacheRedisBytes(ctx, false, 0)
	for _, c := range []metric.Int64Counter{m.caches.messages, m.caches.commits, m.caches.tags} {
		c.Add(ctx, 0)
	}
}

// Cache counts keys of a loader's read. result is what became of them.
func (m *Metrics) Cache(ctx context.Context, read, result string, keys int) {
	m.caches.keys.Add(ctx, int64(keys), m.label(labelKey{"cache", read, result, ""}).add...)
}

const redisHit, redisMiss = "hit", "miss"

// CacheRedisKeys counts keys that Redis was asked for.
func (m *Metrics) CacheRedisKeys(ctx context.Context, found bool, keys int) {
	result := redisMiss
	if found {
		result = redisHit
	}
	m.caches.redisKeys.Add(ctx, int64(keys), m.label(labelKey{"cache_redis_keys", result, "", ""}).add...)
}

// CacheRedisFailed counts a failed call: get, set, lease or probe.
func (m *Metrics) CacheRedisFailed(ctx context.Context, call string) {
	m.caches.redisFailures.Add(ctx, 1, m.label(labelKey{"cache_redis_failure", call, "", ""}).add...)
}

// CacheRedisDropped counts values that were not written.
func (m *Metrics) CacheRedisDropped(ctx context.Context, values int) {
	m.caches.redisDropped.Add(ctx, int64(values))
}

// CacheRedisBytes counts the bytes of values that were read, or written.
func (m *Metrics) CacheRedisBytes(ctx context.Context, read bool, bytes int) {
	direction := "written"
	if read {
		direction = "read"
	}
	m.caches.redisBytes.Add(ctx, int64(bytes), m.label(labelKey{"cache_redis_bytes", direction, "", ""}).add...)
}

// CacheEpoch counts an epoch that this instance has begun.
func (m *Metrics) CacheEpoch(ctx context.Context, reason string) {
	m.caches.epochs.Add(ctx, 1, m.label(labelKey{"cache_epoch", reason, "", ""}).add...)
}

// CachePublished counts a message that was published of the log.
func (m *Metrics) CachePublished(ctx context.Context, commits, tags int) {
	m.caches.messages.Add(ctx, 1)
	m.caches.commits.Add(ctx, int64(commits))
	m.caches.tags.Add(ctx, int64(tags))
}

// CacheSample counts a value that was compared with the primary. lasted is for how long the cache had
// the old one; 0: it did not.
func (m *Metrics) CacheSample(ctx context.Context, outcome string, lasted time.Duration) {
	m.caches.samples.Add(ctx, 1, m.label(labelKey{"cache_sample", outcome, "", ""}).add...)
	if lasted > 0 {
		m.caches.sampleLag.Record(ctx, lasted.Seconds())
	}
}

// CacheState is a snapshot of an instance's caches.
type CacheState struct {
	// MemoryBytes and MemoryValues are those of the tier within the process.
	MemoryBytes, MaxMemoryBytes int64
	MemoryValues                int
	// Trusted reports whether the caches are used.
	Trusted bool
	// HeardSeconds is how long ago the instance set its newest nonce that has come back; negative: none
	// has.
	HeardSeconds float64
	// Leads reports whether this instance follows the log for all, and Outbox whether what is
	// followed is the outbox instead.
	Leads, Outbox bool
	// RedisUp reports whether Redis is used; false also without one.
	RedisUp bool
}

// ObserveCache exports the state of the caches. stat is called at each scrape, until stop is
// called. It must not block.
func (m *Metrics) ObserveCache(stat func() CacheState) (stop func(), err error) {
	var errs []error
	gauge := func(name, help string, o ...metric.Int64ObservableGaugeOption) metric.Int64ObservableGauge {
		made, err := m.meter.Int64ObservableGauge(name, append(o, metric.WithDescription(help))...)
		errs = append(errs, err)
		return made
	}
	bytes := gauge("souk_cache_memory", "Heap that the cached values of this process take, by estimate.", metric.WithUnit("By"))
	limit := gauge("souk_cache_memory_max", "The maximum of souk_cache_memory_bytes: SOUK_CACHE_MEMORY_BYTES. If it is reached and hit_memory is a small part of souk_cache_keys_total, raise it.", metric.WithUnit("By"))
	values := gauge("souk_cache_memory_values", "Values that are cached in this process.")
	trusted := gauge("souk_cache_trusted", "1 while the caches are used, 0 while this instance cannot prove that it hears of all changes. At 0 the databases carry the whole load: the log has the message caches out, with the reason.")
	leads := gauge("souk_cache_follower_leads", "1 on the instance that follows the primary's log for all. If the sum over all instances stays at 0, the caches are out.")
	outbox := gauge("souk_cache_outbox", "1 if caches follow the outbox, which triggers fill, and 0 if they follow the log.")
	redis := gauge("souk_cache_redis_up", "1 while Redis is used for caches, 0 while it is left out because it does not respond in time, and without REDIS_URL.")
	heard, failed := m.meter.Float64ObservableGauge("souk_cache_heard_age", metric.WithUnit("s"),
		metric.WithDescription("How far this instance may lag behind the primary's log: the age of the newest proof that it has heard of all changes. Normally below 0.3 s; from 1 s on the caches are not used. Absent before the first proof."))
	if err := errors.Join(append(errs, failed)...); err != nil {
		return nil, err
	}
	return m.register(func(_ context.Context, o metric.Observer) error {
		s := stat()
		o.ObserveInt64(bytes, s.MemoryBytes)
		o.ObserveInt64(limit, s.MaxMemoryBytes)
		o.ObserveInt64(values, int64(s.MemoryValues))
		o.ObserveInt64(trusted, oneIf(s.Trusted))
		o.ObserveInt64(leads, oneIf(s.Leads))
		o.ObserveInt64(outbox, oneIf(s.Outbox))
		o.ObserveInt64(redis, oneIf(s.RedisUp))
		if s.HeardSeconds >= 0 {
			o.ObserveFloat64(heard, s.HeardSeconds)
		}
		return nil
	}, bytes, limit, values, trusted, leads, outbox, redis, heard)
}

func oneIf(yes bool) int64 {
	if yes {
		return 1
	}
	return 0
}

// cacheLabels returns the labels of a measurement of the caches.
func (k labelKey) cacheLabels() (set attribute.Set, ok bool) {
	str := attribute.String
	switch k.kind {
	case "cache":
		return attribute.NewSet(str("read", k.a), str("result", k.b)), true
	case "cache_redis_keys":
		return attribute.NewSet(str("result", k.a)), true
	case "cache_redis_failure":
		return attribute.NewSet(str("call", k.a)), true
	case "cache_redis_bytes":
		return attribute.NewSet(str("direction", k.a)), true
	case "cache_sample":
		return attribute.NewSet(str("outcome", k.a)), true
	case "cache_epoch":
		return attribute.NewSet(str("reason", k.a)), true
	}
	return attribute.Set{}, false
}
