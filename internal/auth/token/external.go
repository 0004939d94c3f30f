package token

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"net/url"
	"sync"
	"time"
)

const (
	// fetchTimeout bounds one whole fetch, with redirects and body. A request
	// may be waiting for it.
	fetchTimeout = 3 * time.Second

	// missInterval is how often, for all callers together, an unknown key ID
	// may cause a fetch. Anyone can send an invented ID.
	missInterval = 30 * time.Second

	// refreshRetry is the pause between two attempts to refresh existing keys.
	refreshRetry = 30 * time.Second

	// firstRetry is the pause while there are no keys at all and every token of
	// the provider is refused.
	firstRetry = 5 * time.Second

	// defaultFresh is for a provider that does not say how long its keys are
	// valid. What a provider says counts between minFresh and maxFresh.
	defaultFresh = 10 * time.Minute
	minFresh     = time.Minute
	maxFresh     = time.Hour
)

// ExternalConfig describes an external identity provider.
type ExternalConfig struct {
	// Issuer is its iss claim, compared exactly. Audience must be in aud of its
	// tokens for us. Both are required.
	Issuer   string
	Audience string
	// URL is the address of its JWK set: https, or http to a loopback address.
	URL string
	// Now is the clock; nil means time.Now.
	Now func() time.Time
	// Logger receives failed fetches; nil means that they are not logged.
	Logger *slog.Logger
}

// External caches the keys of an external identity provider. They are fetched
// when a token needs them and refreshed in the background when they are stale.
// During an outage the last keys stay in use. It is safe for concurrent use,
// and has a goroutine only while it fetches.
type External struct {
	config ExternalConfig
	client *http.Client
	ctx    context.Context // ends at Stop
	cancel context.CancelFunc
	wg     sync.WaitGroup

	mu       sync.Mutex
	stopped  bool
	keys     map[keyName]any // nil until the first fetch that worked
	staleAt  time.Time       // when keys want a refresh
	triedAt  time.Time       // when the latest fetch began
	missedAt time.Time       // when an unknown key ID last caused one
	failed   bool            // whether the latest fetch failed
	inflight chan struct{}   // closed at its end; nil when nothing is fetched
}

// keyName finds a key. The algorithm is part of it, so that no key is used with
// an algorithm that it was not read for.
type keyName struct{ id, alg string }

// NewExternal returns a provider without keys. It does not use the network.
func NewExternal(config ExternalConfig) (*External, error) {
	if config.Issuer == "" || config.Audience == "" {
		return nil, errors.New("an external identity provider needs an issuer and an audience")
	}
	address, err := url.Parse(config.URL)
	if err != nil || address.Host == "" || address.User != nil || !safeScheme(address, true) {
		return nil, errors.New("the URL of the external identity provider's keys is not https:// (or http:// to a loopback address), or contains a password")
	}
	if config.Now == nil {
		config.Now = time.Now
	}
	if config.Logger == nil {
		config.Logger = slog.New(slog.DiscardHandler)
	}
	ctx, cancel := context.WithCancel(context.Background())
	return &External{config: config, client: newClient(address), ctx: ctx, cancel: cancel}, nil
}

// Start begins the first fetch without waiting for it, so that the first token
// does not have to. Without Start that token begins the fetch.
func (e *External) Start() {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.keys == nil && e.inflight == nil {
		e.fetchLocked()
	}
}

// Stop cancels a running fetch and waits for its goroutine. Cached keys still
// verify afterwards. It may be called twice.
func (e *External) Stop() {
	e.mu.Lock()
	e.stopped = true
	e.mu.Unlock()
	e.cancel()
	e.wg.Wait()
	e.client.CloseIdleConnections()
}

// key returns the key of that name. It waits for the network only while there
// are no keys, or for the one fetch that unknown names can cause.
func (e *External) key(ctx context.Context, name keyName) (any, error) {
	// Try twice: a fetch that was already running may have been answered before
	// the provider had the key.
	for range 2 {
		key, fetch := e.lookup(name)
		if key != nil {
			return key, nil
		}
		if fetch == nil {
			break
		}
		select {
		case <-fetch:
		case <-ctx.Done():
			return nil, &refusal{sentinel: ErrUnavailable, cause: "the caller did not wait for them"}
		}
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	switch key := e.keys[name]; {
	case key != nil:
		return key, nil
	case e.failed || e.keys == nil:
		return nil, &refusal{sentinel: ErrUnavailable, cause: "the latest attempt failed"}
	}
	return nil, invalid("kid is unknown, or of a key for another alg")
}

// lookup returns the key, or a fetch to wait for, or neither.
func (e *External) lookup(name keyName) (any, <-chan struct{}) {
	e.mu.Lock()
	defer e.mu.Unlock()
	now := e.config.Now()
	if key := e.keys[name]; key != nil {
		if e.inflight == nil && !now.Before(e.staleAt) && now.Sub(e.triedAt) >= refreshRetry {
			e.fetchLocked()
		}
		return key, nil
	}
	switch {
	case e.inflight != nil:
	case e.keys == nil:
		if now.Sub(e.triedAt) >= firstRetry {
			e.fetchLocked()
		}
	case now.Sub(e.missedAt) >= missInterval:
		e.missedAt = now
		e.fetchLocked()
	}
	return nil, e.inflight
}

// fetchLocked starts the one fetch. The caller holds the lock and has checked
// that none is running.
func (e *External) fetchLocked() {
	if e.stopped {
		return
	}
	e.triedAt = e.config.Now()
	done := make(chan struct{})
	e.inflight = done
	e.wg.Go(func() {
		defer close(done)
		ctx, cancel := context.WithTimeout(e.ctx, fetchTimeout)
		defer cancel()
		keys, fresh, err := fetchKeys(ctx, e.client, e.config.URL)
		if err != nil && e.ctx.Err() == nil {
			e.config.Logger.WarnContext(ctx, "the keys of the identity provider could not be fetched", "error", err)
		}
		e.mu.Lock()
		defer e.mu.Unlock()
		e.inflight, e.failed = nil, err != nil
		if err == nil {
			e.keys, e.staleAt = keys, e.config.Now().Add(fresh)
		}
	})
}
