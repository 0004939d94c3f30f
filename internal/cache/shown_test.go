package cache

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"souk/internal/follower"
	"souk/store"
)

func newShown() *Shown {
	return &Shown{Name: func(noun string, id [16]byte) string { return noun + ":" + uuid.UUID(id).String()[:4] }}
}

// TestEveryTagIsShownAsSomething looks for a tag that a value can have, and that no name of a
// response stands for.
func TestEveryTagIsShownAsSomething(t *testing.T) {
	special := map[string]bool{
		"customer": true, "listing": true, "collected": true, // see row and listing
		// No kind has these.
		"listing-set": true, "filed-under": true, "reviews-by": true,
	}
	for tag := range follower.MovedBy() {
		_, row := rowNames[tag]
		_, all := allNames[tag]
		require.True(t, row || all || special[tag], tag)
	}
}

func TestNamesOfAListing(t *testing.T) {
	id := func(n byte) [16]byte { return [16]byte{n} }
	category := store.CategoryID(id(2))
	for want, listing := range map[string]struct {
		of     store.Listing
		filter store.ProductFilter
	}{
		"all products":                         {store.WholeShop(), store.ProductFilter{}},
		"all products category:0200":           {store.WholeShop(), store.ProductFilter{Category: &category}},
		"all products category:0100":           {store.InCategory(id(1)), store.ProductFilter{}},
		"all products vendor:0100":             {store.OfVendor(id(1)), store.ProductFilter{}},
		"all products vendor:0300 vendor:0400": {store.WholeShop(), store.ProductFilter{Vendors: []store.VendorID{id(3), id(4)}}},
		"all products ":                        {store.RelatedTo(&store.Product{ID: id(5)}), store.ProductFilter{}},
	} {
		s := newShown()
		s.listing(listing.of, listing.filter)
		require.Equal(t, strings.TrimSpace(want), strings.Join(s.Names(1000), " "))
	}
}

func TestNamesThatDoNotFitAreMany(t *testing.T) {
	s := newShown()
	s.list("products")
	for n := range byte(100) {
		s.object("product", [16]byte{n})
	}
	require.Len(t, s.Names(5000), 102)
	require.Equal(t, []string{"all", "products", "many"}, s.Names(500))
	require.Nil(t, s.Names(10))
	for within := range 2000 {
		names := strings.Join(s.Names(within), " ")
		require.LessOrEqual(t, len(names), within, fmt.Sprint(within))
	}
}

func TestNobodysCustomerIsNamed(t *testing.T) {
	s := newShown()
	s.row("customer", [16]byte{1})
	require.Equal(t, []string{"all", "authors"}, s.Names(1000))
}
