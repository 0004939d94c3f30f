package documents

import (
	"context"
	"slices"
	"strconv"
	"testing"

	"github.com/stretchr/testify/require"

	"souk/internal/fault"
)

// refusing is a store that refuses all names that are asked for together with a bad one, as
// Postgres does.
type refusing struct {
	Store
	bad   []string
	asked int
}

func (s *refusing) Known(_ context.Context, names []string, generation int64) (found []Known, current int64, err error) {
	s.asked++
	for _, name := range names {
		if slices.Contains(s.bad, name) {
			return nil, 0, fault.Wrap(nil, fault.CodeBadUserInput, "a text contains a character that is not allowed")
		}
		found = append(found, Known{Name: name, Text: "{ a }"})
	}
	return found, generation, nil
}

// TestARefusedNameFailsAlone asks for 500 names of which the store refuses two.
func TestARefusedNameFailsAlone(t *testing.T) {
	names := make([]string, maxAsked)
	for i := range names {
		names[i] = string(rune('一' + i))
	}
	s := &refusing{bad: []string{names[7], names[300]}}
	found, err := New(Options{Mode: Only, Store: s}).ask(t.Context(), names)
	require.NoError(t, err)
	require.Len(t, found, len(names)-2)
	require.NotContains(t, found, names[7])
	require.LessOrEqual(t, s.asked, 40, "halves, and not each name")
}

// TestATrustedDocumentStaysTrusted when the same text is registered by a client, or read as
// such, until a later generation.
func TestATrustedDocumentStaysTrusted(t *testing.T) {
	library := New(Options{Mode: Prefer, Store: &refusing{}, MemoryBytes: 1 << 20})
	trusted := func() bool { known, _ := library.inMemory("a"); return known.Trusted }
	library.keep(0, 1, []Known{{Name: "a", Text: "{ a }", Trusted: true}, {Name: "a", Text: "{ a }"}})
	require.True(t, trusted())
	library.keep(1, 1, []Known{{Name: "a", Text: "{ a }"}})
	require.True(t, trusted())
	library.keep(1, 2, []Known{{Name: "a", Text: "{ a }"}})
	require.False(t, trusted(), "it was removed, and registered by a client")
}

// TestNamesForWhichNobodyWaits fills the queue behind a statement that does not end. More names
// fail at once, and those whose clients have left are not asked for.
func TestNamesForWhichNobodyWaits(t *testing.T) {
	asking, answer := make(chan []string), make(chan struct{})
	l := &lookups{ask: func(_ context.Context, names []string) (map[string]Known, error) {
		asking <- names
		<-answer
		found := map[string]Known{}
		for _, name := range names {
			found[name] = Known{Name: name}
		}
		return found, nil
	}}
	first, stays := l.join("first"), (*lookup)(nil)
	require.Equal(t, []string{"first"}, <-asking)
	left, leave := context.WithCancel(t.Context())
	leave()
	for i := range maxQueued {
		if name := strconv.Itoa(i); i == maxQueued-1 {
			stays = l.join(name)
		} else {
			_, _, err := l.find(left, name)
			require.ErrorIs(t, err, context.Canceled)
		}
	}
	require.Nil(t, l.join("one more"))
	answer <- struct{}{}
	<-first.done
	require.Equal(t, []string{strconv.Itoa(maxQueued - 1)}, <-asking)
	answer <- struct{}{}
	<-stays.done
	require.True(t, stays.found)
}
