package documents

import (
	"bytes"
	"cmp"
	"slices"
	"strings"
	"sync"
	"time"
	"unicode"
	"unicode/utf8"

	"souk/internal/documents/latency"
	"souk/internal/door"
)

// Client is the program that sends a request, as it calls itself: anybody can write any
// name.
type Client struct{ Name, Version string }

// Use is one operation of a document.
type Use struct {
	Key       door.Key
	Client    Client
	Operation string
	Trusted   bool
	Took      time.Duration
	Cost      int64
}

// Count is what was counted of a document and a client.
type Count struct {
	Key       door.Key
	Client    Client
	Operation string // that ran last
	Trusted   bool
	Uses      int64
	Cost      int64 // of all uses, in points
	// Latencies counts the uses by how long they took, in the buckets of package latency.
	Latencies [latency.Buckets]int64
	LastUsed  time.Time
}

const (
	// maxClientText is in bytes, of a client's name or version.
	maxClientText = 64
	// maxClients is how many names and versions of clients an instance tells apart in an
	// hour. The others have the name "(other)".
	maxClients   = 500
	clientsReset = time.Hour
	// maxKnownClients is how many of them are those that have used pushed documents most:
	// whoever makes up names takes the room of new ones only.
	maxKnownClients = maxClients / 2
	// maxCounted bounds the memory between two flushes; at half of it, one begins.
	maxCounted = 20_000
)

// otherClient stands for those that are too many to tell apart.
var otherClient = Client{Name: "(other)"}

// uses counts uses until they are taken.
type uses struct {
	mu      sync.Mutex
	counts  map[countKey]*Count
	clients map[Client]struct{} // that are told apart: see knowClients
	lost    int64
	full    chan struct{} // has a value when many are counted
}

type countKey struct {
	key    door.Key
	client Client
	// trusted keeps what ran before a document was pushed apart from what ran after it.
	trusted bool
}

func newUses() uses {
	return uses{counts: map[countKey]*Count{}, clients: map[Client]struct{}{}, full: make(chan struct{}, 1)}
}

// Use counts a use. Texts without a name are counted in the mode Prefer, and in Only those
// that run; in the others nobody needs to know who sends them, and anybody can send any
// number of them. A text that is refused is not a use: Counts has how many there were.
func (l *Library) Use(u Use, f Found) {
	if l.Store == nil || !f.Named && !f.Trusted && l.Mode != Prefer && l.Mode != Only {
		return
	}
	l.uses.add(u, time.Now())
}

func (s *uses) add(u Use, now time.Time) {
	client := Client{tidy(u.Client.Name), tidy(u.Client.Version)}
	s.mu.Lock()
	defer s.mu.Unlock()
	if _, known := s.clients[client]; !known {
		if len(s.clients) >= maxClients {
			client = otherClient
		}
		s.clients[client] = struct{}{}
	}
	at := countKey{u.Key, client, u.Trusted}
	c := s.counts[at]
	if c == nil {
		if len(s.counts) >= maxCounted {
			s.lost++
			return
		}
		c = &Count{Key: u.Key, Client: client, Trusted: u.Trusted}
		s.counts[at] = c
		if len(s.counts) == maxCounted/2 {
			select {
			case s.full <- struct{}{}:
			default:
			}
		}
	}
	c.Operation, c.LastUsed = tidy(u.Operation), now
	c.Uses++
	c.Cost += u.Cost
	c.Latencies[latency.Bucket(u.Took)]++
}

// know tells apart the clients, and as many others as there is room for.
func (s *uses) know(clients []Client) {
	s.mu.Lock()
	defer s.mu.Unlock()
	clear(s.clients)
	for _, client := range clients {
		s.clients[client] = struct{}{}
	}
}

// UsesLost returns how many uses were not counted.
func (l *Library) UsesLost() int64 {
	l.uses.mu.Lock()
	defer l.uses.mu.Unlock()
	return l.uses.lost
}

// take returns what was counted, in order, and begins again.
func (s *uses) take() []Count {
	s.mu.Lock()
	counted := s.counts
	s.counts = map[countKey]*Count{}
	s.mu.Unlock()
	list := make([]Count, 0, len(counted))
	for _, c := range counted {
		list = append(list, *c)
	}
	slices.SortFunc(list, func(a, b Count) int {
		return cmp.Or(bytes.Compare(a.Key[:], b.Key[:]), cmp.Compare(a.Client.Name, b.Client.Name), cmp.Compare(a.Client.Version, b.Client.Version), compareTrusted(a, b))
	})
	return list
}

// compareTrusted is the order of booleans in Postgres.
func compareTrusted(a, b Count) int {
	switch {
	case a.Trusted == b.Trusted:
		return 0
	case b.Trusted:
		return -1
	}
	return 1
}

// giveBack counts again what could not be written.
func (s *uses) giveBack(counts []Count) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, back := range counts {
		at := countKey{back.Key, back.Client, back.Trusted}
		c := s.counts[at]
		switch {
		case c != nil:
			c.Uses += back.Uses
			c.Cost += back.Cost
			for i, n := range back.Latencies {
				c.Latencies[i] += n
			}
		case len(s.counts) < maxCounted:
			s.counts[at] = &back
		default:
			s.lost += back.Uses
		}
	}
}

// tidy cuts what a client calls itself, and removes what a terminal would obey.
func tidy(text string) string {
	text = strings.Map(func(r rune) rune {
		if unicode.IsControl(r) || r == utf8.RuneError {
			return -1
		}
		return r
	}, text[:min(len(text), 4*maxClientText)])
	for len(text) > maxClientText {
		_, last := utf8.DecodeLastRuneInString(text)
		text = text[:len(text)-last]
	}
	return text
}
