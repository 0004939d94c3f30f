package cache

import (
	slugs "souk/internal/slug"
	"souk/store"
)

// kinds are the reads that are kept, by the name of the store's method, with the tables that
// they read and the tags of their values. All others are passed on. What is searched for is
// never kept: the statements depend on too much.
var kinds = byName(
	row("ProductsByIDs", byDrafts, "Product", from("products"),
		func(t *tags, id store.ProductID, _ *store.Product) { of(t, "product", id) }),
	row("VariantsByIDs", byDrafts, "ProductVariant", from("variants", "products"),
		func(t *tags, id store.VariantID, v *store.Variant) {
			of(t, "variant", id)
			if v == nil {
				t.hiding()
				return
			}
			of(t, "product", v.ProductID)
		}),
	row("ImagesByIDs", byDrafts, "Image", from("images", "products"),
		func(t *tags, id store.ImageID, i *store.Image) {
			of(t, "image", id)
			if i == nil {
				t.hiding()
				return
			}
			of(t, "product", i.ProductID)
		}),
	row("ReviewsByIDs", byShoppers, "Review", from("reviews", "products"),
		func(t *tags, id store.ReviewID, r *store.Review) {
			of(t, "review", id)
			if r == nil {
				t.hiding()
				return
			}
			of(t, "product", r.ProductID)
		}),
	row("CategoriesByIDs", byAll, "Category", from("categories"),
		func(t *tags, id store.CategoryID, _ *store.Category) { of(t, "category", id) }),
	row("VendorsByIDs", byAll, "Vendor", from("vendors"),
		func(t *tags, id store.VendorID, _ *store.Vendor) { of(t, "vendor", id) }),
	row("CollectionsByIDs", byAll, "Collection", from("collections"),
		func(t *tags, id store.CollectionID, _ *store.Collection) { of(t, "collection", id) }),
	row("AuthorsByIDs", byAll, "", from("customers"),
		func(t *tags, id store.CustomerID, _ *store.Author) { of(t, "customer", id) }),
	row("ShopsByIDs", byAll, "Shop", from("shop"),
		func(t *tags, _ store.ShopID, _ *store.Shop) { t.all("shop") }),
	whole[*store.Shop]("Shop", "Shop", from("shop"), "shop"),

	row("OptionsByProductIDs", byAll, "", from("product_options"),
		func(t *tags, id store.ProductID, _ []*store.ProductOption) { of(t, "options-of", id) }),

	named("ProductBySlug", byDrafts, "Product", from("products", "product_slugs"),
		func(t *tags, slug string, p *store.Product) {
			t.named("slug", slugs.Handle(slug))
			if p == nil {
				t.hiding()
				return
			}
			of(t, "product", p.ID)
		}),
	named("CategoryBySlug", byAll, "Category", from("categories"),
		func(t *tags, slug string, c *store.Category) {
			t.named("category-slug", slugs.Handle(slug))
			if c != nil {
				of(t, "category", c.ID)
			}
		}),
	named("VendorBySlug", byAll, "Vendor", from("vendors"),
		func(t *tags, slug string, v *store.Vendor) {
			t.named("vendor-slug", slugs.Handle(slug))
			if v != nil {
				of(t, "vendor", v.ID)
			}
		}),
	named("CollectionBySlug", byAll, "Collection", from("collections"),
		func(t *tags, slug string, c *store.Collection) {
			t.named("collection-slug", slugs.Handle(slug))
			if c != nil {
				of(t, "collection", c.ID)
			}
		}),
	named("VariantsBySKU", byDrafts, "ProductVariant", from("variants", "products"),
		func(t *tags, sku string, found []*store.Variant) {
			t.named("sku", sku)
			t.hiding()
			if t.shown != nil { // the tags above say all that a kept value needs
				ofEach(t, "product", found, func(v *store.Variant) store.ProductID { return v.ProductID })
			}
		}),

	page("ListVariants", "ProductVariant", from("variants"),
		func(t *tags, id store.ProductID, _ store.Page[store.Variant]) { of(t, "variants-of", id) }),
	page("ListImages", "Image", from("images"),
		func(t *tags, id store.ProductID, _ store.Page[store.Image]) { of(t, "images-of", id) }),
	page("ListReviews", "Review", from("reviews"),
		func(t *tags, id store.ProductID, _ store.Page[store.Review]) { of(t, "reviews-of", id) }),
	page("ListProductCategories", "Category", from("product_categories", "categories"),
		func(t *tags, id store.ProductID, _ store.Page[store.Category]) {
			of(t, "filed", id)
			t.all("categories") // another name can bring one onto the page
		}),
	page("ListChildCategories", "Category", from("categories"),
		func(t *tags, id store.CategoryID, _ store.Page[store.Category]) { of(t, "children-of", id) }),
	whole[store.Page[store.Category]]("ListCategories", "Category", from("categories"), "categories"),
	whole[store.Page[store.Vendor]]("ListVendors", "Vendor", from("vendors"), "vendors"),
	whole[store.Page[store.Collection]]("ListCollections", "Collection", from("collections"), "collections"),

	count("CountVariants", from("variants"), func(t *tags, id store.ProductID) { of(t, "variants-of", id) }),
	count("CountImages", from("images"), func(t *tags, id store.ProductID) { of(t, "images-of", id) }),
	count("CountReviews", from("reviews"), func(t *tags, id store.ProductID) { of(t, "reviews-of", id) }),
	count("CountProductCategories", from("product_categories"), func(t *tags, id store.ProductID) { of(t, "filed", id) }),
	count("CountChildCategories", from("categories"), func(t *tags, id store.CategoryID) { of(t, "children-of", id) }),
	whole[store.Count]("CountCategories", "", from("categories"), "categories"),
	whole[store.Count]("CountVendors", "", from("vendors"), "vendors"),
	whole[store.Count]("CountCollections", "", from("collections"), "collections"),

	listed("ListProducts", "Product", func(t *tags, l store.Listing, f store.ProductFilter, p store.Page[store.Product]) {
		t.listing("listing", l, f)
		ofEach(t, "product", p.Items, func(p *store.Product) store.ProductID { return p.ID })
	}),
	listed("CountProducts", "", func(t *tags, l store.Listing, f store.ProductFilter, n store.Count) {
		t.listing("listing", l, f)
		t.none = n.Estimated
	}),
	listed("ProductFacets", "", func(t *tags, l store.Listing, f store.ProductFilter, _ store.Facets) {
		t.listing("listing", l, f)
		t.all("listings") // the facet of categories counts the listings of other scopes
		t.all("categories")
		t.all("products") // the facet of options moves no listing
		t.all("options")
	}),
)
