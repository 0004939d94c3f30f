package documents_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/require"

	"souk/internal/documents"
	"souk/internal/door"
)

// shelf is a store in memory that counts its statements.
type shelf struct {
	mu         sync.Mutex
	known      map[string]documents.Known
	generation int64
	broken     bool

	asked, names atomic.Int64
}

func (s *shelf) Known(_ context.Context, names []string, _ int64) (found []documents.Known, generation int64, err error) {
	s.asked.Add(1)
	s.names.Add(int64(len(names)))
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.broken {
		return nil, 0, errors.New("connection refused")
	}
	for _, name := range names {
		if known, ok := s.known[name]; ok {
			found = append(found, known)
		}
	}
	return found, s.generation, nil
}

func (s *shelf) Register(_ context.Context, r documents.Registration) error {
	s.put(documents.Known{Name: r.Key.String(), Key: r.Key, Text: r.Text})
	return nil
}

func (s *shelf) put(known documents.Known) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.known == nil {
		s.known = map[string]documents.Known{}
	}
	s.known[known.Name] = known
}

func (s *shelf) Generation(context.Context) (int64, error)              { return s.generation, nil }
func (s *shelf) Recent(context.Context, int) ([]documents.Known, error) { return nil, nil }
func (s *shelf) TrimOwner(context.Context, string, int64) error         { return nil }
func (s *shelf) Trim(context.Context, int64, int64) error               { return nil }
func (s *shelf) Clients(context.Context, int) ([]documents.Client, error) {
	return nil, nil
}
func (s *shelf) Record(context.Context, []documents.Count) error { return nil }
func (s *shelf) RemoveOldUses(context.Context) error             { return nil }

func newLibrary(s *shelf, mode documents.Mode) *documents.Library {
	return documents.New(documents.Options{Mode: mode, Store: s, MemoryBytes: 1 << 20, TableBytes: 64 << 20, OwnerBytes: 4 << 20})
}

// TestAFloodOfUnknownNamesSharesStatements has fifty clients that make up names, and one that
// registers a document elsewhere in between, which is found at once.
func TestAFloodOfUnknownNamesSharesStatements(t *testing.T) {
	s := &shelf{}
	library := newLibrary(s, documents.APQ)
	var clients sync.WaitGroup
	const each = 100
	for c := range 50 {
		clients.Go(func() {
			for i := range each {
				_, err := library.Find(t.Context(), documents.Reference{ID: fmt.Sprint(c, "-", i)}, "", false)
				if err == nil {
					t.Error("found what nobody registered")
				}
			}
		})
	}
	for i := range 20 {
		text := fmt.Sprintf("query Q%d { a }", i)
		ref := documents.Reference{ID: documents.HashOf(text)}
		_, err := library.Find(t.Context(), ref, "", false)
		require.Error(t, err)
		s.put(documents.Known{Name: ref.ID, Key: door.KeyOf(text), Text: text})
		found, err := library.Find(t.Context(), ref, "", false)
		require.NoError(t, err)
		require.Equal(t, text, found.Text)
	}
	clients.Wait()
	require.Equal(t, int64(50*each+40), s.names.Load(), "each was looked up")
	require.Less(t, s.asked.Load(), int64(50*each/10), "by few statements")
}

// TestWithoutItsStore a library sends clients their own way where they may send texts, and
// says that it is not available where they may not.
func TestWithoutItsStore(t *testing.T) {
	s := &shelf{broken: true}
	_, err := newLibrary(s, documents.APQ).Find(t.Context(), documents.Reference{ID: "a"}, "", false)
	var refusal *documents.Refusal
	require.ErrorAs(t, err, &refusal)
	require.Equal(t, documents.NotFound, refusal.Code)
	_, err = newLibrary(s, documents.Only).Find(t.Context(), documents.Reference{ID: "a"}, "", false)
	require.ErrorContains(t, err, "UNAVAILABLE")
}

// TestMemoryIsBounded puts more into memory than fits, and what is used often stays.
func TestMemoryIsBounded(t *testing.T) {
	s := &shelf{}
	library := newLibrary(s, documents.APQ)
	often := "query Often { a }"
	library.Register(t.Context(), "app", door.KeyOf(often), often)
	for i := range 5000 {
		text := fmt.Sprintf("query Q%d { a } #%s", i, strings.Repeat(" ", 1000))
		library.Register(t.Context(), "flood", door.KeyOf(text), text)
		_, err := library.Find(t.Context(), documents.Reference{ID: documents.HashOf(often)}, "", false)
		require.NoError(t, err)
	}
	require.LessOrEqual(t, library.Memory(), int64(1<<20)*11/10)
	before := s.asked.Load()
	_, err := library.Find(t.Context(), documents.Reference{ID: documents.HashOf(often)}, "", false)
	require.NoError(t, err)
	require.Equal(t, before, s.asked.Load(), "it is in memory still")
}
