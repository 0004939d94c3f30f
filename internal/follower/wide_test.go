package follower

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"souk/internal/coherence"
)

func TestTransactionNumbersGetTheirEpoch(t *testing.T) {
	const epoch = 1 << 32
	for _, c := range []struct {
		reference uint64
		xid       uint32
		want      uint64
	}{
		{100, 90, 90},
		{100, 120, 120},
		{3*epoch + 10, 5, 3*epoch + 5},
		{3*epoch + 10, 0xFFFFFFF0, 3*epoch - 16}, // a long transaction of the epoch before
		{3*epoch - 16, 5, 3*epoch + 5},           // the first of the next
		{3*epoch + 1<<31 + 7, 8, 3*epoch + 8},
	} {
		s := session{reference: c.reference}
		require.Equal(t, c.want, s.wide(c.xid))
	}
}

func TestSlotNamesAreThoseOfSlots(t *testing.T) {
	require.Equal(t, "souk_cache_shop_1", SlotName("shop_1"))
	seen := map[string]bool{}
	for _, database := range []string{
		"Shop", "shop!", "shop?", "", "магазин", strings.Repeat("x", 63), strings.Repeat("x", 62), strings.Repeat("ab-", 21),
	} {
		name := SlotName(database)
		require.Regexp(t, `^[a-z0-9_]{1,63}$`, name)
		require.False(t, seen[name], name)
		seen[name] = true
	}
}

func TestSnapshotsAreParsed(t *testing.T) {
	s, err := parseSnapshot("10:20:10,14,15")
	require.NoError(t, err)
	require.Equal(t, coherence.Snapshot{Min: 10, Max: 20, Running: []uint64{10, 14, 15}}, s)
	s, err = parseSnapshot("10:10:")
	require.NoError(t, err)
	require.Equal(t, coherence.Snapshot{Min: 10, Max: 10}, s)
	for _, damaged := range []string{"", "10", "10:20", "10:20:x", "x:1:", "1:x:"} {
		_, err := parseSnapshot(damaged)
		require.Error(t, err, damaged)
	}
}
