package command

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"souk/internal/follower"
)

// TestStatesThatASharedServerCannotHave judges what a server of many tests must not be brought
// into.
func TestStatesThatASharedServerCannotHave(t *testing.T) {
	t.Parallel()
	healthy := func() cacheFacts {
		return cacheFacts{
			user: "souk", mayReplicate: true, mayWrite: true, slots: 1, maxSlots: 10, senders: 2, maxSenders: 10, keep: "4GB",
			slotName: "souk_cache_souk", slot: follower.SlotState{Exists: true, Active: true},
		}
	}
	for want, change := range map[string]func(*cacheFacts){
		"":                             func(*cacheFacts) {},
		"max_slot_wal_keep_size is -1": func(c *cacheFacts) { c.keep = "-1" },
		"souk_cache_souk has lost its log, as nobody read it for too long": func(c *cacheFacts) {
			c.slot = follower.SlotState{Exists: true, Lost: true}
		},
		"souk_cache_souk is read, 100.0 MB behind": func(c *cacheFacts) { c.slot.Behind = 100 << 20 },
		"10 of 10 replication slots in use":        func(c *cacheFacts) { c.slots, c.slot = 10, follower.SlotState{} },
		"10 of 10 WAL senders in use":              func(c *cacheFacts) { c.senders, c.slot.Active, c.slot.Exists = 10, false, false },
	} {
		facts := healthy()
		change(&facts)
		var noted []string
		for _, f := range judgeCaches(facts) {
			require.False(t, f.fatal)
			if f.cure != "" {
				noted = append(noted, f.found)
			}
		}
		require.Equal(t, want, strings.Join(noted, "\n"))
	}
	// Who holds the last slot and the last sender needs no other.
	facts := healthy()
	facts.slots, facts.senders = 10, 10
	for _, f := range judgeCaches(facts) {
		require.Empty(t, f.cure, f.what)
	}
}
