package cache

import "sync"

// flights are the values that are being read. Who misses a value joins the one who reads it.
type flights struct {
	mu sync.Mutex
	by map[key]*flight
}

// flight is a value that a call reads.
type flight struct {
	by   *call
	done chan struct{} // closed when the value is there, or will not come
	item *memoryItem   // nil: it did not come, or must not be kept
}

// join returns the flight of a key. own is true if the caller must read the value, and land.
func (f *flights) join(k key, by *call) (joined *flight, own bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if joined = f.by[k]; joined != nil {
		return joined, false
	}
	if f.by == nil {
		f.by = map[key]*flight{}
	}
	joined = &flight{by: by, done: make(chan struct{})}
	f.by[k] = joined
	return joined, true
}

// land ends a flight. It may be called twice.
func (f *flights) land(k key, landed *flight, item *memoryItem) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.by[k] != landed {
		return
	}
	delete(f.by, k)
	landed.item = item
	close(landed.done)
}
