package relay

import (
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"souk/internal/fault"
	"souk/store"
)

const someList = "products NEWEST:DESC"

func TestCursorIsReadBackAsItWasWritten(t *testing.T) {
	for name, at := range map[string]store.Position{
		"a time and a key": {"2026-03-01 12:00:00.123456+00", "01900000-0000-7000-8000-0000000001ff"},
		"empty values":     {"", ""},
		"no values":        {},
		"any bytes":        {"\x00\xff", "é|,\"", string(make([]byte, 300))},
	} {
		t.Run(name, func(t *testing.T) {
			cursor := cursorOf(someList, at)
			require.Equal(t, cursor, cursorOf(someList, slices.Clone(at)), "the same row, the same cursor")
			got, err := parseCursor("after", cursor, someList, len(at))
			require.NoError(t, err)
			require.Equal(t, at, got)
		})
	}
}

func TestCursorOfAnotherListIsTold(t *testing.T) {
	cursor := cursorOf(someList, store.Position{"a", "b"})
	for _, other := range []string{"products NEWEST:ASC", "products linen NEWEST:DESC", "reviews NEWEST:DESC", ""} {
		_, err := parseCursor("before", cursor, other, 2)
		require.ErrorContains(t, err, "`before` is a cursor of another list or another order")
		require.True(t, fault.Is(err, fault.CodeBadUserInput))
	}
}

func TestDamagedCursorIsTold(t *testing.T) {
	cursor := cursorOf(someList, store.Position{"2026-03-01", "b"})
	damaged := []string{"", "x", cursor + "A", cursor + "=", cursor[1:], cursor[:len(cursor)-1], cursor[:4] + "\n" + cursor[4:], "MTA"}
	for i := range cursor { // any one letter changed
		other := byte('A')
		if cursor[i] == other {
			other = 'B'
		}
		damaged = append(damaged, cursor[:i]+string(other)+cursor[i+1:])
	}
	for _, c := range damaged {
		_, err := parseCursor("after", c, someList, 2)
		require.ErrorContains(t, err, "`after` is not a cursor", c)
		require.True(t, fault.Is(err, fault.CodeBadUserInput))
	}
	_, err := parseCursor("after", cursor, someList, 3)
	require.ErrorContains(t, err, "`after` is not a cursor", "the order has one value more")
}

// FuzzParseCursor wants that only what cursorOf writes is read, each cursor in
// one spelling.
func FuzzParseCursor(f *testing.F) {
	f.Add(cursorOf(someList, store.Position{"a", "b"}), 2)
	f.Add(cursorOf(someList, store.Position{""}), 1)
	f.Add("AAAAAAAAAAA", 0)
	f.Fuzz(func(t *testing.T, cursor string, values int) {
		if values < 0 || values > 10 {
			return
		}
		at, err := parseCursor("after", cursor, someList, values)
		if err != nil {
			require.True(t, fault.Is(err, fault.CodeBadUserInput))
			return
		}
		require.Len(t, at, values)
		require.Equal(t, cursor, cursorOf(someList, at))
	})
}

// FuzzPosition goes the other way, from values to a cursor and back.
func FuzzPosition(f *testing.F) {
	f.Add("2026-03-01", "01900000-0000-7000-8000-0000000001ff")
	f.Add("", "\x80")
	f.Fuzz(func(t *testing.T, first, second string) {
		at := store.Position{first, second}
		got, err := parseCursor("after", cursorOf(someList, at), someList, 2)
		require.NoError(t, err)
		require.Equal(t, at, got)
	})
}
