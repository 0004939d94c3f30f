package relay

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"souk/store"
)

func ptr[V any](v V) *V { return &v }

func TestPageReadsItsArguments(t *testing.T) {
	list := List{Name: "products", Order: store.ProductsByNewest}
	at := store.Position{"a", "b"}
	cursor := cursorOf(someList, at)
	for name, tc := range map[string]struct {
		args Args
		want store.PageRequest
	}{
		"nothing":      {Args{}, store.PageRequest{Limit: DefaultPageSize}},
		"first":        {Args{First: ptr(1)}, store.PageRequest{Limit: 1}},
		"last":         {Args{Last: ptr(MaxPageSize)}, store.PageRequest{Limit: MaxPageSize, Backward: true}},
		"no items":     {Args{First: ptr(0)}, store.PageRequest{}},
		"no last":      {Args{Last: ptr(0)}, store.PageRequest{Backward: true}},
		"no cursor":    {Args{After: ptr(""), Before: ptr("")}, store.PageRequest{Limit: DefaultPageSize}},
		"after":        {Args{After: &cursor}, store.PageRequest{Limit: DefaultPageSize, After: at}},
		"both cursors": {Args{Last: ptr(3), After: &cursor, Before: &cursor}, store.PageRequest{Limit: 3, Backward: true, After: at, Before: at}},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := tc.args.Request(t.Context(), list)
			require.NoError(t, err)
			tc.want.Order = store.ProductsByNewest
			require.Equal(t, tc.want, got)
		})
	}
	for message, args := range map[string]Args{
		"give `first` or `last`, not both": {First: ptr(1), Last: ptr(1)},
		"`first` is -1; ask for 0 to 100":  {First: ptr(-1)},
		"`last` is -5; ask for 0 to 100":   {Last: ptr(-5)},
		"`first` is 101; ask for at":       {First: ptr(101)},
		"`after` is not a cursor":          {After: ptr("x")},
		"`before` is not a cursor":         {Before: ptr(" ")},
	} {
		_, err := args.Request(t.Context(), list)
		require.ErrorContains(t, err, message)
	}
}

func TestShareCountsKeepsALengthAndNoFailure(t *testing.T) {
	calls := 0
	broken := errors.New("connection lost")
	count := ShareCounts(func(context.Context) ([]store.Count, error) {
		if calls++; calls == 1 {
			return nil, broken
		}
		return []store.Count{{N: 7}}, nil
	})
	_, err := count(t.Context())
	require.ErrorIs(t, err, broken)
	for range 3 {
		found, err := count(t.Context())
		require.NoError(t, err)
		require.Equal(t, []store.Count{{N: 7}}, found)
	}
	require.Equal(t, 2, calls)
}

func TestConnectionOfNothingIsEmptyLists(t *testing.T) {
	c := Connect(List{Name: "vendors", Order: store.VendorsByName}, make([]store.Page[store.Vendor], 1), nil)[0]
	require.NotNil(t, c.Nodes())
	require.NotNil(t, c.Edges())
	require.Equal(t, &PageInfo{}, c.PageInfo())
}

func TestDateTimeIsUTCToTheMicrosecond(t *testing.T) {
	for want, in := range map[string]time.Time{
		`"2026-03-01T12:30:00Z"`:        time.Date(2026, 3, 1, 14, 30, 0, 0, time.FixedZone("", 2*3600)),
		`"2026-03-01T12:30:00.123456Z"`: time.Date(2026, 3, 1, 12, 30, 0, 123456789, time.UTC),
		`"2026-03-01T12:30:00.5Z"`:      time.Date(2026, 3, 1, 12, 30, 0, 5e8, time.UTC),
	} {
		var b strings.Builder
		MarshalDateTime(in).MarshalGQL(&b)
		require.Equal(t, want, b.String())
		back, err := UnmarshalDateTime(strings.Trim(want, `"`))
		require.NoError(t, err)
		require.True(t, back.Equal(in.Truncate(time.Microsecond)))
	}
	for _, wrong := range []any{"yesterday", "2026-03-01", 5, nil} {
		_, err := UnmarshalDateTime(wrong)
		require.ErrorContains(t, err, "RFC 3339")
	}
}
