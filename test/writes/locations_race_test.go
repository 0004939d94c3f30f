package writes

import (
	"context"
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"souk/internal/auth"
	"souk/test/harness"
)

// TestALocationAndItsStockAtOnce lets one transaction wait for another that is not
// committed yet.
func TestALocationAndItsStockAtOnce(t *testing.T) {
	const level = `FROM inventory_levels WHERE location_id = '01900000-0000-7000-8000-000000000d02'`
	stock := map[string]any{"items": []any{map[string]any{"variantId": whiteS, "locationId": street, "quantity": 5}}}
	for name, tc := range map[string]struct {
		first    string // not committed yet
		mutation string
		input    map[string]any
		want     []string
		after    string
	}{
		"stock booked at an empty level is not deleted": {
			`UPDATE inventory_levels SET on_hand = 7 WHERE location_id = '01900000-0000-7000-8000-000000000d02'`,
			"locationDelete",
			map[string]any{"id": street},
			[]string{"IN_USE at input.id"},
			"7",
		},
		"stock booked for the first time is not deleted": {
			`INSERT INTO inventory_levels (variant_id, location_id, on_hand)
			 VALUES ('01900000-0000-7000-8000-000000000202', '01900000-0000-7000-8000-000000000d02', 7)`,
			"locationDelete",
			map[string]any{"id": street},
			[]string{"IN_USE at input.id"},
			"7",
		},
		"stock for a location that is being deleted is refused": {
			`WITH l AS (DELETE ` + level + `) SELECT; DELETE FROM locations WHERE id = '01900000-0000-7000-8000-000000000d02'`,
			"inventoryBulkSet", stock,
			[]string{"NOT_FOUND at input.items.0.locationId"},
			"0",
		},
	} {
		t.Run(name, func(t *testing.T) {
			url, start := stockedShop(t)
			server, pool := start(auth.InventoryWrite), poolOf(t, url)
			harness.Execute(t, url, `INSERT INTO inventory_levels (variant_id, location_id)
				VALUES ('01900000-0000-7000-8000-000000000201', '01900000-0000-7000-8000-000000000d02')`)
			tx, err := pool.Begin(t.Context())
			require.NoError(t, err)
			defer func() { _ = tx.Rollback(context.WithoutCancel(t.Context())) }()
			_, err = tx.Conn().PgConn().Exec(t.Context(), tc.first).ReadAll()
			require.NoError(t, err)

			answer := make(chan []string, 1)
			go func() {
				defer close(answer) // also if the answer is an error, which ends the goroutine
				answer <- refusals(sendInput(t, server, tc.mutation, `__typename`, tc.input))
			}()
			require.Eventually(t, func() bool {
				return valueOf[bool](t, pool, `SELECT EXISTS (SELECT FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock')`)
			}, eventually, poll)
			require.NoError(t, tx.Commit(t.Context()))
			require.Equal(t, tc.want, <-answer)
			require.Equal(t, tc.after, fmt.Sprint(valueOf[int64](t, pool, `SELECT coalesce(sum(on_hand), 0)::bigint `+level)))
		})
	}
}
