package writes

import (
	"fmt"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"souk/internal/auth"
	"souk/store"
	"souk/test/harness"
	"souk/test/shop"
)

const levelShown = `inventoryLevel { onHand committed unavailable incoming available version updatedAt location { id name } variant { id } }`

// stockedShop is the goldens' shop with two locations. Of White / S there are 12 at
// the first, 2 of them promised; of White / M an import said -3.
func stockedShop(t testing.TB) (url string, start func(...auth.Permission) *harness.Server) {
	t.Helper()
	db := shop.New(t)
	harness.Execute(t, db.PrimaryURL, `
INSERT INTO locations (id, name) VALUES ('01900000-0000-7000-8000-000000000d01', 'Warehouse'), ('01900000-0000-7000-8000-000000000d02', 'High street');
INSERT INTO inventory_levels (variant_id, location_id, on_hand, committed, unavailable, incoming) VALUES
  ('01900000-0000-7000-8000-000000000201', '01900000-0000-7000-8000-000000000d01', 12, 2, 1, 5),
  ('01900000-0000-7000-8000-000000000202', '01900000-0000-7000-8000-000000000d01', -3, 0, 0, 0);
UPDATE variants SET available_quantity = 9 WHERE id = '01900000-0000-7000-8000-000000000201'`)
	require.NoError(t, db.WaitReplica(t.Context()))
	return db.PrimaryURL, func(permissions ...auth.Permission) *harness.Server {
		return harness.Start(t, db, harness.AsStaff(permissions...))
	}
}

var (
	whiteS    = shop.ID[store.VariantID]("201")
	whiteM    = shop.ID[store.VariantID]("202")
	untracked = shop.ID[store.VariantID]("204")
	warehouse = shop.ID[store.LocationID]("d01")
	street    = shop.ID[store.LocationID]("d02")
)

func TestLocations(t *testing.T) {
	url, start := stockedShop(t)
	server, pool := start(auth.InventoryWrite), poolOf(t, url)
	const shown = `location { id name version }`
	input := map[string]any{"name": "  attic ", "idempotencyKey": "l1"}
	made := applied(t, server, "locationCreate", shown, input)["location"]
	require.Equal(t, made, applied(t, server, "locationCreate", shown, input)["location"])
	id := harness.At(made, "id")
	got := applied(t, server, "locationUpdate", shown, map[string]any{"id": id, "name": "Attic", "expectedVersion": 1})["location"]
	require.Equal(t, map[string]any{"id": id, "name": "Attic", "version": 2.0}, got)

	applied(t, server, "locationUpdate", shown, map[string]any{"id": id, "name": "attic"})
	require.Eventually(t, func() bool {
		return fmt.Sprint(server.Query(t, `{ locations(first: 2) { nodes { name } totalCount pageInfo { hasNextPage } } }`, nil).At("locations")) ==
			`map[nodes:[map[name:attic] map[name:High street]] pageInfo:map[hasNextPage:true] totalCount:3]`
	}, eventually, poll)
	require.Equal(t, "Warehouse", server.Query(t, `query ($id: ID!) { node(id: $id) { ... on Location { name } } }`, map[string]any{"id": warehouse}).At("node", "name"))
	require.Equal(t, []string{"LOCATION name: attic > Attic", "LOCATION name: Attic > attic"}, auditOf(t, pool, "locationUpdate"))

	// Empty levels go with the location, and so does what is expected there.
	harness.Execute(t, url, `
INSERT INTO inventory_levels (variant_id, location_id, incoming)
SELECT '01900000-0000-7000-8000-000000000201', id, 4 FROM locations WHERE name = 'attic'`)
	deleted := applied(t, server, "locationDelete", `deletedLocationId`, map[string]any{"id": id, "expectedVersion": 3})
	require.Equal(t, id, deleted["deletedLocationId"])
	require.Zero(t, valueOf[int](t, pool, `SELECT count(*)::int FROM inventory_levels l WHERE l.incoming = 4`))
	require.Equal(t, []string{"LOCATION name: attic > -"}, auditOf(t, pool, "locationDelete"))
	id = street

	for name, tc := range map[string]struct {
		mutation string
		input    map[string]any
		want     string
	}{
		"stock there":          {"locationDelete", map[string]any{"id": warehouse}, "IN_USE at input.id"},
		"a location of old":    {"locationDelete", map[string]any{"id": id, "expectedVersion": 9}, "VERSION_CONFLICT at input.expectedVersion"},
		"no location":          {"locationDelete", map[string]any{"id": shop.ShirtID}, "NOT_FOUND at input.id"},
		"a name that is taken": {"locationCreate", map[string]any{"name": "Warehouse"}, "TAKEN at input.name"},
		"no name":              {"locationCreate", map[string]any{"name": ""}, "REQUIRED at input.name"},
		"a long name":          {"locationCreate", map[string]any{"name": strings.Repeat("x", 256)}, "TOO_LONG at input.name"},
		"another's name":       {"locationUpdate", map[string]any{"id": id, "name": "Warehouse"}, "TAKEN at input.name"},
		"null":                 {"locationUpdate", map[string]any{"id": id, "name": nil}, "REQUIRED at input.name"},
		"an old version":       {"locationUpdate", map[string]any{"id": id, "name": "X", "expectedVersion": 9}, "VERSION_CONFLICT at input.expectedVersion"},
		"nowhere":              {"locationUpdate", map[string]any{"id": shop.ShirtID, "name": "X"}, "NOT_FOUND at input.id"},
	} {
		t.Run(name, func(t *testing.T) {
			require.Equal(t, []string{tc.want}, refusals(sendInput(t, server, tc.mutation, `__typename`, tc.input)))
		})
	}
}

func TestInventoryAdjust(t *testing.T) {
	url, start := stockedShop(t)
	server, pool := start(auth.InventoryWrite), poolOf(t, url)
	version := `SELECT version FROM products WHERE slug = 'linen-shirt'`
	before := valueOf[int64](t, pool, version)

	payload := applied(t, server, "inventoryAdjust", `inventoryLevel { onHand committed unavailable incoming available version
		location { name } variant { id availableQuantity product { availability } } }`,
		map[string]any{"variantId": whiteS, "locationId": warehouse, "delta": -12, "reason": " water damage "})
	require.Equal(t, map[string]any{
		"onHand": 0.0, "committed": 2.0, "unavailable": 1.0, "incoming": 5.0, "available": -3.0, "version": 2.0,
		"location": map[string]any{"name": "Warehouse"},
		"variant":  map[string]any{"id": whiteS, "availableQuantity": -3.0, "product": map[string]any{"availability": "BACKORDER"}},
	}, payload["inventoryLevel"])
	require.Greater(t, valueOf[int64](t, pool, version), before)
	require.Equal(t, []string{"VARIANT onHand: 12 > 0, location: Warehouse > Warehouse, reason: - > water damage"}, auditOf(t, pool, "inventoryAdjust"))

	got := applied(t, server, "inventoryAdjust", levelShown, map[string]any{"variantId": whiteS, "locationId": street, "delta": 7})["inventoryLevel"]
	require.Equal(t, []any{7.0, 1.0, street}, []any{harness.At(got, "onHand"), harness.At(got, "version"), harness.At(got, "location", "id")}, "made when it was not there")
	require.EqualValues(t, 4, valueOf[int64](t, pool, `SELECT available_quantity FROM variants WHERE sku = 'LS-W-S'`), "over both locations")
	got = applied(t, server, "inventoryAdjust", levelShown, map[string]any{"variantId": whiteM, "locationId": warehouse, "delta": 2})["inventoryLevel"]
	require.Equal(t, -1.0, harness.At(got, "onHand"), "what is below zero may be raised")
	requireDerived(t, pool)

	levels := server.Query(t, `query ($id: ID!) { productVariant(id: $id) { inventoryLevels(first: 1) { totalCount pageInfo { hasNextPage } edges { cursor node { location { name } } } } } }`,
		map[string]any{"id": whiteM}).At("productVariant", "inventoryLevels")
	require.Equal(t, 1.0, harness.At(levels, "totalCount"))
	require.Equal(t, "Warehouse", harness.At(levels, "edges", 0, "node", "location", "name"))

	adjust := func(more map[string]any) map[string]any {
		input := map[string]any{"variantId": whiteS, "locationId": street, "delta": 1}
		for k, v := range more {
			input[k] = v
		}
		return input
	}
	for name, tc := range map[string]struct {
		input map[string]any
		want  []string
	}{
		"more than there is":      {adjust(map[string]any{"delta": -8}), []string{"INSUFFICIENT_STOCK at input.delta"}},
		"from below zero":         {map[string]any{"variantId": whiteM, "locationId": warehouse, "delta": -1}, []string{"INSUFFICIENT_STOCK at input.delta"}},
		"from where nothing is":   {map[string]any{"variantId": whiteM, "locationId": street, "delta": -1}, []string{"INSUFFICIENT_STOCK at input.delta"}},
		"nothing":                 {adjust(map[string]any{"delta": 0}), []string{"INVALID at input.delta"}},
		"too many":                {adjust(map[string]any{"delta": 1_000_000_001}), []string{"INVALID at input.delta"}},
		"too few":                 {adjust(map[string]any{"delta": -1_000_000_001}), []string{"INVALID at input.delta"}},
		"more than a place holds": {adjust(map[string]any{"delta": 1_000_000_000}), []string{"INVALID at input.delta"}},
		"an essay":                {adjust(map[string]any{"delta": 0, "reason": strings.Repeat("x", 256)}), []string{"INVALID at input.delta", "TOO_LONG at input.reason"}},
		"no variant":              {adjust(map[string]any{"variantId": shop.ShirtID}), []string{"NOT_FOUND at input.variantId"}},
		"nobody's variant":        {adjust(map[string]any{"variantId": shop.ID[store.VariantID]("299")}), []string{"NOT_FOUND at input.variantId"}},
		"nowhere":                 {adjust(map[string]any{"locationId": shop.ID[store.LocationID]("dff")}), []string{"NOT_FOUND at input.locationId"}},
		"what is not counted":     {adjust(map[string]any{"variantId": untracked}), []string{"NOT_TRACKED at input.variantId"}},
	} {
		t.Run(name, func(t *testing.T) {
			payload := sendInput(t, server, "inventoryAdjust", levelShown, tc.input)
			require.Equal(t, tc.want, refusals(payload))
			require.Nil(t, payload["inventoryLevel"])
		})
	}
	refused := sendInput(t, server, "inventoryAdjust", levelShown, adjust(map[string]any{"delta": -8}))
	require.Equal(t, 7.0, harness.At(refused["userErrors"], 0, "available"))
	require.Zero(t, valueOf[int](t, pool, `SELECT count(*) FROM inventory_levels il JOIN variants v ON v.id = il.variant_id WHERE NOT v.inventory_tracked`))
}

func TestInventorySet(t *testing.T) {
	url, start := stockedShop(t)
	server, pool := start(auth.InventoryWrite), poolOf(t, url)
	set := func(quantity, from any) map[string]any {
		return map[string]any{"variantId": whiteS, "locationId": warehouse, "quantity": quantity, "changeFromQuantity": from}
	}
	got := applied(t, server, "inventorySet", levelShown, set(20, 12))["inventoryLevel"]
	require.Equal(t, []any{20.0, 17.0, 2.0}, []any{harness.At(got, "onHand"), harness.At(got, "available"), harness.At(got, "version")})
	require.EqualValues(t, 17, valueOf[int64](t, pool, `SELECT available_quantity FROM variants WHERE sku = 'LS-W-S'`))

	refused := sendInput(t, server, "inventorySet", levelShown, set(30, 12))
	require.Equal(t, []string{"VERSION_CONFLICT at input.changeFromQuantity"}, refusals(refused))
	require.Contains(t, harness.At(refused["userErrors"], 0, "message"), "There are now 20 on hand")
	require.Equal(t, 2.0, harness.At(refused["userErrors"], 0, "currentVersion"))
	require.Equal(t, "VersionConflict", harness.At(refused["userErrors"], 0, "__typename"))

	require.Equal(t, 5.0, harness.At(applied(t, server, "inventorySet", levelShown, set(5, nil)), "inventoryLevel", "onHand"), "whatever there was")
	version := valueOf[int64](t, pool, `SELECT sum(version) FROM products`)
	applied(t, server, "inventorySet", levelShown, set(5, 5))
	require.Equal(t, version, valueOf[int64](t, pool, `SELECT sum(version) FROM products`), "the same number changes nothing")
	made := applied(t, server, "inventorySet", levelShown, map[string]any{"variantId": whiteM, "locationId": street, "quantity": 0, "changeFromQuantity": 0})
	require.Equal(t, 1.0, harness.At(made, "inventoryLevel", "version"), "made when it was not there")
	require.Equal(t, 0.0, harness.At(applied(t, server, "inventorySet", levelShown, map[string]any{"variantId": whiteM, "locationId": warehouse, "quantity": 0, "changeFromQuantity": -3}), "inventoryLevel", "onHand"))
	requireDerived(t, pool)

	for name, tc := range map[string]struct {
		input map[string]any
		want  string
	}{
		"below zero":          {set(-1, nil), "INVALID at input.quantity"},
		"past the bound":      {set(1_000_000_001, nil), "INVALID at input.quantity"},
		"nowhere":             {map[string]any{"variantId": whiteS, "locationId": shop.LoomID, "quantity": 1}, "NOT_FOUND at input.locationId"},
		"what is not counted": {map[string]any{"variantId": untracked, "locationId": street, "quantity": 1}, "NOT_TRACKED at input.variantId"},
		"nobody's variant":    {map[string]any{"variantId": "?", "locationId": street, "quantity": 1}, "NOT_FOUND at input.variantId"},
	} {
		t.Run(name, func(t *testing.T) {
			require.Equal(t, []string{tc.want}, refusals(sendInput(t, server, "inventorySet", levelShown, tc.input)))
		})
	}
}

func TestConcurrentAdjustsSumExactly(t *testing.T) {
	url, start := stockedShop(t)
	server, pool := start(auth.InventoryWrite), poolOf(t, url)
	var work sync.WaitGroup
	for i := range 100 {
		work.Go(func() {
			place := []string{warehouse, street}[i%2]
			applied(t, server, "inventoryAdjust", `inventoryLevel { onHand }`, map[string]any{"variantId": whiteS, "locationId": place, "delta": i + 1})
		})
	}
	work.Wait()
	require.EqualValues(t, 12+5050, valueOf[int64](t, pool, `SELECT sum(on_hand)::bigint FROM inventory_levels WHERE variant_id = '01900000-0000-7000-8000-000000000201'`))
	require.EqualValues(t, 12+5050-3, valueOf[int64](t, pool, `SELECT available_quantity FROM variants WHERE sku = 'LS-W-S'`))
	require.EqualValues(t, 51, valueOf[int64](t, pool, `SELECT min(version) FROM inventory_levels WHERE on_hand > 100 AND committed = 2`))
	require.Len(t, auditOf(t, pool, "inventoryAdjust"), 100)
	requireDerived(t, pool)
}

func TestConcurrentSalesNeverTakeMoreThanThereIs(t *testing.T) {
	url, start := stockedShop(t)
	server, pool := start(auth.InventoryWrite), poolOf(t, url)
	results := make([][]string, 30)
	var work sync.WaitGroup
	for i := range results {
		work.Go(func() {
			results[i] = refusals(sendInput(t, server, "inventoryAdjust", `inventoryLevel { onHand }`, map[string]any{"variantId": whiteS, "locationId": warehouse, "delta": -1}))
		})
	}
	work.Wait()
	taken := 0
	for _, faults := range results {
		if len(faults) == 0 {
			taken++
		}
	}
	require.Equal(t, 12, taken)
	require.Zero(t, valueOf[int64](t, pool, `SELECT on_hand FROM inventory_levels WHERE variant_id = '01900000-0000-7000-8000-000000000201'`))
}

func TestAnAdjustUnderOneKeyCountsOnce(t *testing.T) {
	url, start := stockedShop(t)
	server, pool := start(auth.InventoryWrite), poolOf(t, url)
	input := map[string]any{"variantId": whiteS, "locationId": warehouse, "delta": 3, "idempotencyKey": "delivery 7"}
	levels := make([]any, 50)
	var work sync.WaitGroup
	for i := range levels {
		work.Go(func() {
			levels[i] = applied(t, server, "inventoryAdjust", levelShown, input)["inventoryLevel"]
		})
	}
	work.Wait()
	require.Equal(t, 15.0, harness.At(levels[0], "onHand"))
	for _, level := range levels {
		require.Equal(t, levels[0], level)
	}
	applied(t, server, "inventoryAdjust", levelShown, map[string]any{"variantId": whiteS, "locationId": warehouse, "delta": 10})
	require.Equal(t, levels[0], applied(t, server, "inventoryAdjust", levelShown, input)["inventoryLevel"], "the figures of then, not of now")
	require.EqualValues(t, 25, valueOf[int64](t, pool, `SELECT on_hand FROM inventory_levels WHERE variant_id = '01900000-0000-7000-8000-000000000201'`))
	require.Len(t, auditOf(t, pool, "inventoryAdjust"), 2)
	input["delta"] = 4
	require.Equal(t, []string{"IDEMPOTENCY_CONFLICT at input.idempotencyKey"}, refusals(sendInput(t, server, "inventoryAdjust", levelShown, input)))
}

func TestInventoryBulk(t *testing.T) {
	url, start := stockedShop(t)
	server, pool := start(auth.InventoryWrite), poolOf(t, url)
	const shown = `results { index inventoryLevel { onHand location { name } variant { sku } } userErrors { code } }`
	items := []any{
		map[string]any{"variantId": whiteS, "locationId": warehouse, "delta": 1},
		map[string]any{"variantId": untracked, "locationId": warehouse, "delta": 1},
		map[string]any{"variantId": whiteS, "locationId": street, "delta": -1},
		map[string]any{"variantId": whiteM, "locationId": warehouse, "delta": 4},
		map[string]any{"variantId": "?", "locationId": warehouse, "delta": 4},
	}
	want := []string{"NOT_TRACKED at input.items.1.variantId", "INSUFFICIENT_STOCK at input.items.2.delta", "NOT_FOUND at input.items.4.variantId"}
	none := sendInput(t, server, "inventoryBulkAdjust", shown, map[string]any{"items": items})
	require.Equal(t, want, refusals(none))
	for i := range items {
		require.Nil(t, harness.At(none["results"], i, "inventoryLevel"))
	}
	require.Equal(t, []any{}, harness.At(none["results"], 3, "userErrors"), "fine, and undone with the others")
	require.EqualValues(t, 12, valueOf[int64](t, pool, `SELECT max(on_hand) FROM inventory_levels`), "all or nothing")
	require.Empty(t, auditOf(t, pool, "inventoryBulkAdjust"))

	input := map[string]any{"items": items, "errorPolicy": "SKIP_FAILED", "idempotencyKey": "b"}
	some := sendInput(t, server, "inventoryBulkAdjust", shown, input)
	require.Equal(t, want, refusals(some))
	refusal := func(index float64, code string) map[string]any {
		return map[string]any{"index": index, "inventoryLevel": nil, "userErrors": []any{map[string]any{"code": code}}}
	}
	level := func(index, onHand float64, sku string) map[string]any {
		return map[string]any{"index": index, "userErrors": []any{}, "inventoryLevel": map[string]any{
			"onHand": onHand, "location": map[string]any{"name": "Warehouse"}, "variant": map[string]any{"sku": sku},
		}}
	}
	require.Equal(t, []any{
		level(0, 13, "LS-W-S"), refusal(1, "NOT_TRACKED"), refusal(2, "INSUFFICIENT_STOCK"),
		level(3, 1, "LS-W-M"), refusal(4, "NOT_FOUND"),
	}, some["results"])
	require.Equal(t, some, sendInput(t, server, "inventoryBulkAdjust", shown, input), "once under one key, refusals included")
	require.Len(t, auditOf(t, pool, "inventoryBulkAdjust"), 2)

	counted := applied(t, server, "inventoryBulkSet", shown, map[string]any{"items": []any{
		map[string]any{"variantId": whiteS, "locationId": warehouse, "quantity": 9, "changeFromQuantity": 13},
		map[string]any{"variantId": whiteS, "locationId": street, "quantity": 2},
	}})
	require.Equal(t, 9.0, harness.At(counted["results"], 0, "inventoryLevel", "onHand"))
	require.EqualValues(t, 8, valueOf[int64](t, pool, `SELECT available_quantity FROM variants WHERE sku = 'LS-W-S'`))
	requireDerived(t, pool)

	require.Equal(t, []string{"REQUIRED at input.items"}, refusals(sendInput(t, server, "inventoryBulkSet", shown, map[string]any{"items": []any{}})))
	many := make([]any, 101)
	for i := range many {
		many[i] = items[0]
	}
	require.Equal(t, []string{"TOO_MANY at input.items"}, refusals(sendInput(t, server, "inventoryBulkAdjust", shown, map[string]any{"items": many})))
}

// Lists of the same variants in opposite orders do not lock each other out.
func TestBulkAdjustsInOppositeOrdersSumExactly(t *testing.T) {
	url, start := stockedShop(t)
	server, pool := start(auth.InventoryWrite), poolOf(t, url)
	mug, shirt := shop.ID[store.VariantID]("206"), whiteS
	before := valueOf[int64](t, pool, `SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()`)
	var work sync.WaitGroup
	for i := range 20 {
		work.Go(func() {
			order := []string{mug, shirt}
			if i%2 == 1 {
				order = []string{shirt, mug}
			}
			var items []any
			for _, id := range order {
				items = append(items, map[string]any{"variantId": id, "locationId": street, "delta": 1})
			}
			applied(t, server, "inventoryBulkAdjust", `results { index }`, map[string]any{"items": items})
		})
	}
	work.Wait()
	require.EqualValues(t, 40, valueOf[int64](t, pool, `SELECT sum(on_hand)::bigint FROM inventory_levels il JOIN locations l ON l.id = il.location_id WHERE l.name = 'High street'`))
	require.Equal(t, before, valueOf[int64](t, pool, `SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()`))
}
