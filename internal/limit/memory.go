package limit

import (
	"sync"
	"time"
)

const (
	// sweepSample is how many keys are checked for each new one, so that
	// expired keys are removed faster than new ones arrive.
	sweepSample = 4

	// evictSample is how many keys are compared when one must be removed. A
	// flood of new keys then mostly removes new keys, not those near their
	// limit.
	evictSample = 16
)

// memory counts for this process only, for a limited number of keys.
type memory struct {
	maxKeys int

	mu      sync.Mutex
	entries map[hiddenKey]entry
}

type entry struct {
	used int
	ends time.Time
}

func newMemory(maxKeys int) *memory {
	return &memory{maxKeys: maxKeys, entries: map[hiddenKey]entry{}}
}

func (m *memory) take(key hiddenKey, limit int, window time.Duration, now time.Time) (bool, time.Duration) {
	m.mu.Lock()
	defer m.mu.Unlock()
	e, known := m.entries[key]
	switch {
	case !known:
		m.makeRoom(now)
		e = entry{ends: now.Add(window)}
	case !now.Before(e.ends):
		e = entry{ends: now.Add(window)}
	case e.used >= limit:
		return false, e.ends.Sub(now)
	}
	e.used++
	m.entries[key] = e
	return true, 0
}

func (m *memory) reset(key hiddenKey) {
	m.mu.Lock()
	defer m.mu.Unlock()
	delete(m.entries, key)
}

// makeRoom removes some keys whose window has ended. If none of the checked
// keys has ended and the memory is full, it removes the least used key of a
// sample. Iteration over a map starts at a random key.
func (m *memory) makeRoom(now time.Time) {
	seen := 0
	for key, e := range m.entries {
		if !now.Before(e.ends) {
			delete(m.entries, key)
		}
		if seen++; seen == sweepSample {
			break
		}
	}
	if len(m.entries) < m.maxKeys {
		return
	}
	var least hiddenKey
	var chosen entry
	seen = 0
	for key, e := range m.entries {
		if seen == 0 || e.used < chosen.used || e.used == chosen.used && e.ends.Before(chosen.ends) {
			least, chosen = key, e
		}
		if seen++; seen == evictSample {
			break
		}
	}
	delete(m.entries, least)
}
