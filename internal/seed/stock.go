package seed

import "souk/internal/importer"

// The locations that hold stock.
const (
	warehouse = "Rotterdam Warehouse"
	storeOne  = "Lisbon Store"
	storeTwo  = "Berlin Store"
)

// stock draws the quantity of each variant at each location. Some products are
// out of stock, and some of these can be ordered anyway; the stock of a few is
// not tracked. Stock that is only at the warehouse is emitted with the variant,
// because the importer stores it together with the product.
func (g *generator) stock(it *item) {
	d := g.set(streamStock, uint64(it.number))
	untracked := d.chance(0.03)
	soldOut := d.chance(0.07)
	onOrder := d.chance(0.4)
	inStores := d.chance(0.35)
	for _, v := range it.variants {
		eBook := len(v.OptionValues) == 1 && v.OptionValues[0] == "E-Book"
		if untracked || eBook {
			v.InventoryTracked = false
			continue
		}
		gone := soldOut || d.chance(0.06)
		v.SellWhenOutOfStock = gone && onOrder
		level := g.level(v, warehouse, gone, 240)
		if !inStores {
			v.Available = &level.OnHand
			continue
		}
		it.levels = append(it.levels, level)
		for _, store := range []string{storeOne, storeTwo} {
			if d.chance(0.7) {
				it.levels = append(it.levels, g.level(v, store, gone, 24))
			}
		}
	}
}

func (g *generator) level(v *importer.Variant, location string, gone bool, most float64) *importer.Level {
	level := &importer.Level{
		Place: v.Place, ProductKey: v.ProductKey, OptionValues: v.OptionValues, SKU: v.SKU, Location: location,
	}
	if gone {
		level.Incoming = int64(g.IntN(3) * 20)
		return level
	}
	level.OnHand = int64(g.between(1, most, 2))
	level.Committed = min(int64(g.IntN(4)), level.OnHand-1)
	if g.chance(0.05) {
		level.Unavailable = min(1, level.OnHand-level.Committed-1)
	}
	return level
}
