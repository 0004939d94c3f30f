package importer

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// TestWhatASecondImportChangesSaysWhen changes something of each kind of row that an
// import updates.
func TestWhatASecondImportChangesSaysWhen(t *testing.T) {
	s := newShop(t)
	const header = "Handle,Title,Option1 Name,Option1 Value,Variant Price,Variant Inventory Tracker,Variant Inventory Qty,Image Src,Image Alt Text\n"
	s.shopify(header + "mug,Mug,Size,S,5,shopify,3,https://img/a,A mug\n")
	read := func(table string) (version int64, updated time.Time) {
		return one[int64](s, `SELECT version FROM `+table), one[time.Time](s, `SELECT updated_at FROM `+table)
	}
	type state struct {
		version int64
		updated time.Time
	}
	before := map[string]state{}
	tables := []string{"products", "images", "variants", "inventory_levels"}
	for _, table := range tables {
		version, updated := read(table)
		before[table] = state{version, updated}
	}

	s.shopify(header + "mug,Large mug,Size,S,6,shopify,4,https://img/a,A large mug\n")
	for _, table := range tables {
		t.Run(table, func(t *testing.T) {
			version, updated := read(table)
			require.Greater(t, version, before[table].version)
			require.True(t, updated.After(before[table].updated), "updated_at was %s and is %s", before[table].updated, updated)
		})
	}
}
