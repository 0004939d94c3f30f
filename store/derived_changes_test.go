package store

import (
	"fmt"
	"testing"

	"github.com/google/uuid"

	"souk/internal/auth"
	"souk/internal/fault"
)

// derivedChanges are changes of all kinds from which something is derived, and some
// from which nothing is. Their values come from small sets, so that many changes
// change nothing.
var derivedChanges = []struct {
	name string
	do   func(*derivedShop, testing.TB) error
}{
	{"a title", func(s *derivedShop, t testing.TB) error {
		return s.update(t, ProductPatch{Title: set(s, "Blue Räkä shirt", "blue raka SHIRT", "A mug")})
	}},
	{"a description", func(s *derivedShop, t testing.TB) error {
		return s.update(t, ProductPatch{DescriptionHTML: set(s, "", "<p>Warm wool</p>", "<p><b>Warm</b> wool</p>", "<p>Made to last</p>")})
	}},
	{"a product type", func(s *derivedShop, t testing.TB) error {
		return s.update(t, ProductPatch{ProductType: set(s, "", "Clothes", "Crockery")})
	}},
	{"tags", func(s *derivedShop, t testing.TB) error {
		return s.update(t, ProductPatch{Tags: Patch[[]string]{true, oneOf(s, []string{}, []string{"sale", "new"}, []string{"winter"})}})
	}},
	{"attributes", func(s *derivedShop, t testing.TB) error {
		return s.update(t, ProductPatch{Attributes: Patch[[]*ProductAttribute]{true, oneOf(s, []*ProductAttribute{}, []*ProductAttribute{{"care", "Care", "Cold"}})}})
	}},
	{"a slug", func(s *derivedShop, t testing.TB) error {
		return s.update(t, ProductPatch{Slug: set(s, "one", "two", "three", "four")})
	}},
	{"a slug and a title", func(s *derivedShop, t testing.TB) error {
		return s.update(t, ProductPatch{Slug: set(s, "five", "six", "seven"), Title: set(s, "A thing", "Another thing")})
	}},
	{"a vendor and a title", func(s *derivedShop, t testing.TB) error {
		vendor := pick[VendorID](s, t, `SELECT id FROM vendors`)
		return s.update(t, ProductPatch{VendorID: Patch[*VendorID]{true, oneOf(s, nil, &vendor)}, Title: set(s, "A mug", "A jug")})
	}},
	{"a vendor's name", func(s *derivedShop, t testing.TB) error {
		return s.staff().UpdateVendor(t.Context(),
			VendorPatch{ID: pick[VendorID](s, t, `SELECT id FROM vendors`), Name: set(s, "Acme", "Bolt", "Crane")})
	}},
	{"a category's name", func(s *derivedShop, t testing.TB) error {
		return s.staff().UpdateCategory(t.Context(), CategoryPatch{ID: s.category(t), Name: set(s, "Zoo", "Attic", "Home")})
	}},
	{"a category's parent", func(s *derivedShop, t testing.TB) error {
		parent := s.category(t)
		return s.staff().MoveCategory(t.Context(), CategoryMove{ID: s.category(t), ParentID: Patch[*CategoryID]{true, oneOf(s, nil, &parent)}})
	}},
	{"a new category", func(s *derivedShop, t testing.TB) error {
		_, err := s.staff().CreateCategory(t.Context(), NewCategory{Name: fmt.Sprint("New ", s.random.IntN(1000))})
		return err
	}},
	{"a deleted category", func(s *derivedShop, t testing.TB) error {
		return s.staff().DeleteCategory(t.Context(), Ref[CategoryID]{ID: pick[CategoryID](s, t, `SELECT id FROM categories WHERE slug LIKE 'new%'`)})
	}},
	{"categories", func(s *derivedShop, t testing.TB) error {
		return s.staff().SetCategories(t.Context(), ProductCategoriesSet{
			ProductID: s.product(t), CategoryIDs: oneOf(s, nil, []CategoryID{s.category(t)}, []CategoryID{s.category(t), s.category(t)}),
		})
	}},
	{"products of a collection", func(s *derivedShop, t testing.TB) error {
		_, err := s.staff().AddCollectionProducts(t.Context(), CollectionProductsAdd{CollectionID: s.collection(t), ProductIDs: []ProductID{s.product(t)}})
		return err
	}},
	{"products taken from a collection", func(s *derivedShop, t testing.TB) error {
		id, product := s.manualCollection(t), s.product(t)
		_, err := s.staff().AddCollectionProducts(t.Context(), CollectionProductsAdd{CollectionID: id, ProductIDs: []ProductID{product}})
		if _, refused := fault.Rejected(err); err != nil && !refused { // refused: it is there already
			return err
		}
		return s.staff().ReorderCollectionProducts(t.Context(), CollectionProductsReorder{CollectionID: id, ProductIDs: []ProductID{product}})
	}},
	{"a new collection", func(s *derivedShop, t testing.TB) error {
		_, err := s.staff().CreateCollection(t.Context(), NewCollection{Title: fmt.Sprint("New ", s.random.IntN(1000)), Filter: oneOf(s, nil, &ProductFilter{})})
		return err
	}},
	{"a deleted collection", func(s *derivedShop, t testing.TB) error {
		return s.staff().DeleteCollection(t.Context(), Ref[CollectionID]{ID: s.collection(t)})
	}},
	{"a status", func(s *derivedShop, t testing.TB) error {
		return s.staff().SetProductStatus(t.Context(), Ref[ProductID]{ID: s.product(t)}, oneOf(s, ProductActive, ProductActive, ProductDraft))
	}},
	{"a bulk update", func(s *derivedShop, t testing.TB) error {
		_, err := s.staff().UpdateProducts(t.Context(), Bulk[ProductPatch]{ErrorPolicy: SkipFailed, Items: []ProductPatch{
			{ID: s.product(t), Title: set(s, "A pot", "A pan")},
			{ID: s.product(t), Title: set(s, "A lid", "")}, // refused
			{ID: s.product(t), Tags: Patch[[]string]{true, oneOf(s, []string{"old"}, []string{"new"})}},
			{ID: s.product(t), Slug: set(s, "eight", "nine")},
		}})
		return err
	}},
	{"options", func(s *derivedShop, t testing.TB) error {
		return s.staff().SetOptions(t.Context(), ProductOptionsSet{ProductID: s.product(t), Options: oneOf(s, nil,
			[]*ProductOptionInput{{"Number", []string{"1", "2", "3", "4", "5"}}},
			[]*ProductOptionInput{{"Number", []string{"4", "3", "2", "1"}}, {"Color", []string{"Blue", "Red"}}})})
	}},
	{"a new variant", func(s *derivedShop, t testing.TB) error { return s.upsert(t, s.product(t), nil) }},
	{"a variant", func(s *derivedShop, t testing.TB) error {
		id := s.variant(t)
		return s.upsert(t, pick[ProductID](s, t, `SELECT product_id FROM variants WHERE id = '`+uuid.UUID(id).String()+`'`), &id)
	}},
	{"a deleted variant", func(s *derivedShop, t testing.TB) error {
		id := s.variant(t)
		return s.staff().DeleteVariants(t.Context(), ProductVariantsDelete{
			ProductID: pick[ProductID](s, t, `SELECT product_id FROM variants WHERE id = '`+uuid.UUID(id).String()+`'`), IDs: []VariantID{id},
		})
	}},
	{"adjusted stock", func(s *derivedShop, t testing.TB) error {
		_, err := s.staff().AdjustInventory(t.Context(), InventoryAdjust{VariantID: s.tracked(t), LocationID: s.location(t), Delta: oneOf[int64](s, 1, -1, 2)})
		return err
	}},
	{"counted stock", func(s *derivedShop, t testing.TB) error {
		_, err := s.staff().SetInventory(t.Context(), InventorySet{VariantID: s.tracked(t), LocationID: s.location(t), Quantity: oneOf[int64](s, 0, 0, 3)})
		return err
	}},
	{"a new review", func(s *derivedShop, t testing.TB) error {
		_, err := s.customer(pick[CustomerID](s, t, `SELECT id FROM customers`)).CreateReview(t.Context(), NewReview{ProductID: s.product(t), Rating: 1 + s.random.IntN(5)})
		return err
	}},
	{"a review", func(s *derivedShop, t testing.TB) error {
		id := s.review(t)
		rating := 1 + s.random.IntN(2)
		return s.author(t, id).UpdateReview(t.Context(), ReviewPatch{
			ID: id, Rating: Patch[*int]{true, &rating}, Title: set(s, "Good", "Fine"),
		})
	}},
	{"a review's status", func(s *derivedShop, t testing.TB) error {
		return s.staff().ModerateReview(t.Context(), ReviewModerate{ID: s.review(t), Status: oneOf(s, ReviewPublished, ReviewPublished, ReviewRejected)})
	}},
	{"a deleted review", func(s *derivedShop, t testing.TB) error {
		id := s.review(t)
		return s.author(t, id).DeleteReview(t.Context(), Ref[ReviewID]{ID: id})
	}},
	{"an image", func(s *derivedShop, t testing.TB) error {
		_, err := s.staff().AddImages(t.Context(), ImagesAdd{
			ProductID: s.product(t), Images: []*ImageInput{{URL: fmt.Sprint("https://example.com/", s.random.IntN(50))}},
		})
		return err
	}},
	{"an image's text", func(s *derivedShop, t testing.TB) error {
		return s.staff().UpdateImage(t.Context(), ImagePatch{ID: pick[ImageID](s, t, `SELECT id FROM images`), AltText: set(s, "Front", "Back")})
	}},
	{"a new product", func(s *derivedShop, t testing.TB) error {
		_, err := s.staff().CreateProduct(t.Context(), NewProduct{
			Title: fmt.Sprint("New ", s.random.IntN(1000)), Status: oneOf(s, ProductActive, ProductDraft), CategoryIDs: []CategoryID{s.category(t)},
		})
		return err
	}},
	{"a deleted product", func(s *derivedShop, t testing.TB) error {
		return s.staff().DeleteProduct(t.Context(), Ref[ProductID]{ID: pick[ProductID](s, t, `SELECT id FROM products WHERE slug LIKE 'new%'`)})
	}},
}

// set returns a patch that sets one of the values.
func set(s *derivedShop, values ...string) Patch[*string] {
	value := oneOf(s, values...)
	return Patch[*string]{true, &value}
}

func (s *derivedShop) update(t testing.TB, p ProductPatch) error {
	p.ID = s.product(t)
	return s.staff().UpdateProduct(t.Context(), p)
}

func (s *derivedShop) upsert(t testing.TB, product ProductID, id *VariantID) error {
	in := VariantInput{ID: id}
	if id == nil {
		in.OptionValues = Patch[[]*SelectedOption]{true, []*SelectedOption{{"Number", oneOf(s, "1", "2", "3", "4")}}}
	}
	for range 2 {
		yes := oneOf(s, true, false)
		switch s.random.IntN(5) {
		case 0:
			in.Price = Patch[*MoneyInput]{Set: true}
		case 1:
			in.InventoryTracked = Patch[*bool]{true, &yes}
		case 2:
			in.SellWhenOutOfStock = Patch[*bool]{true, &yes}
		case 3:
			in.Barcode = set(s, "1", "2")
		default:
			in.Price = Patch[*MoneyInput]{true, &MoneyInput{oneOf(s, "5", "7.50", "12"), new(oneOf(s, "EUR", "EUR", "EUR", "USD"))}}
		}
	}
	_, err := s.staff().UpsertVariants(t.Context(), ProductVariantsUpsert{ProductID: product, Variants: []VariantInput{in}, ErrorPolicy: AllOrNothing})
	return err
}

func (s *derivedShop) product(t testing.TB) ProductID {
	return pick[ProductID](s, t, `SELECT id FROM products`)
}

func (s *derivedShop) category(t testing.TB) CategoryID {
	return pick[CategoryID](s, t, `SELECT id FROM categories`)
}

func (s *derivedShop) collection(t testing.TB) CollectionID {
	return pick[CollectionID](s, t, `SELECT id FROM collections`)
}

func (s *derivedShop) manualCollection(t testing.TB) CollectionID {
	return pick[CollectionID](s, t, `SELECT id FROM collections WHERE filter IS NULL`)
}

func (s *derivedShop) variant(t testing.TB) VariantID {
	return pick[VariantID](s, t, `SELECT id FROM variants`)
}

func (s *derivedShop) tracked(t testing.TB) VariantID {
	return pick[VariantID](s, t, `SELECT id FROM variants WHERE inventory_tracked`)
}

func (s *derivedShop) location(t testing.TB) LocationID {
	return pick[LocationID](s, t, `SELECT id FROM locations`)
}

func (s *derivedShop) review(t testing.TB) ReviewID {
	return pick[ReviewID](s, t, `SELECT id FROM reviews`)
}

func (s *derivedShop) customer(id CustomerID) *Writer {
	return s.writer(auth.Principal{Kind: auth.Customer, ID: uuid.UUID(id)})
}

// author returns a writer for the customer who wrote the review.
func (s *derivedShop) author(t testing.TB, id ReviewID) *Writer {
	return s.customer(pick[CustomerID](s, t, `SELECT customer_id FROM reviews WHERE id = '`+uuid.UUID(id).String()+`'`))
}
