package store

import (
	"context"
	"errors"
	"strings"

	"souk/internal/fault"
	"souk/internal/richtext"
)

// ProductPatch has the fields of a product that an update changes. Null removes the
// vendor; the other fields refuse null.
type ProductPatch struct {
	ID              ProductID
	ExpectedVersion *int64

	Title           Patch[*string]
	Slug            Patch[*string]
	DescriptionHTML Patch[*string]
	ProductType     Patch[*string]
	Tags            Patch[[]string]
	Attributes      Patch[[]*ProductAttribute]
	VendorID        Patch[*VendorID]
}

// check finds the problems that can be found without the database. UpdateProduct
// reports them together with those that the database knows of.
func (p *ProductPatch) check() (problems fault.Problems) {
	required(&problems, "title", &p.Title, nonEmptyLine(maxLine))
	required(&problems, "slug", &p.Slug, slugText)
	required(&problems, "descriptionHtml", &p.DescriptionHTML, cleanHTML)
	required(&problems, "productType", &p.ProductType, line(maxLine))
	requiredList(&problems, "tags", &p.Tags, checkTags)
	requiredList(&problems, "attributes", &p.Attributes, checkAttributes)
	if p.VendorID.Value != nil {
		checkID(&problems, "vendorId", *p.VendorID.Value, "vendor")
	}
	return problems
}

// UpdateProduct changes the fields that the patch sets. An old slug still leads to
// the product.
func (w *Writer) UpdateProduct(ctx context.Context, p ProductPatch) error {
	problems := p.check()
	return w.inTx(ctx, func(tx *Tx) error { return tx.updateProduct(ctx, p, problems) })
}

func (tx *Tx) updateProduct(ctx context.Context, p ProductPatch, problems fault.Problems) error {
	// The vendor is locked before the product, in the same order as by the renaming
	// of a vendor.
	if err := tx.checkVendor(ctx, &problems, p.VendorID.Value); err != nil {
		return err
	}
	old, err := tx.lockProduct(ctx, p.ID, p.ExpectedVersion)
	if err := problems.Include(err); err != nil {
		return err
	}
	if p.Slug.Set && (old == nil || *p.Slug.Value != old.Slug) {
		if err := tx.checkSlugFree(ctx, &problems, *p.Slug.Value); err != nil {
			return err
		}
	}
	if err := problems.Err(); err != nil {
		return err
	}
	a := productAssignments(old, p)
	if !a.any() {
		return nil
	}
	what := a.deriveSearch()
	if a.has("slug") {
		err = tx.changeSlug(ctx, p.ID, old.Slug, *p.Slug.Value, func() error { return tx.update(ctx, "UpdateProduct", "products", p.ID, a) })
	} else {
		tx.queue(a.statement("UpdateProduct", "products", p.ID))
	}
	if err != nil {
		return err
	}
	tx.changed(SubjectProduct, p.ID, a.changes, refreshesProducts(what, p.ID))
	return nil
}

// productAssignments returns the columns of a product that a patch changes.
func productAssignments(old *Product, p ProductPatch) *assignments {
	a := &assignments{}
	assign(a, "title", p.Title, old.Title)
	assign(a, "slug", p.Slug, old.Slug)
	if assign(a, "description_html", p.DescriptionHTML, old.DescriptionHTML); a.has("description_html") {
		a.derive("description", richtext.Plain(*p.DescriptionHTML.Value))
	}
	assign(a, "product_type", p.ProductType, old.ProductType)
	assignList(a, "tags", p.Tags, old.Tags)
	if p.Attributes.Set {
		replaceAttributes(a, old.Attributes, p.Attributes.Value)
	}
	if p.VendorID.Set {
		replaceKey(a, "vendor_id", SubjectVendor, old.VendorID, p.VendorID.Value)
	}
	return a
}

// deriveSearch adds the search words to an update that changes them, so that the row
// is written once. It returns what else must be derived. (A second statement would
// create a second version of the row, with an entry in each index.)
func (a *assignments) deriveSearch() derived {
	values := []string{"id"}
	follows := derivedNothing
	for _, column := range []string{"title", "vendor_id", "product_type", "tags", "description"} {
		switch {
		case !a.has(column):
			values = append(values, column)
			continue
		case column == "vendor_id":
			follows |= derivedAll
		default:
			follows |= derivedFromWords
		}
		values = append(values, "@"+column)
	}
	if follows != derivedNothing {
		a.terms = append(a.terms, "search = product_words("+strings.Join(values, ", ")+")")
	}
	return follows
}

// checkVendor adds a problem if the vendor does not exist. If it exists, checkVendor
// locks it against deletion and renaming until the transaction ends.
func (tx *Tx) checkVendor(ctx context.Context, problems *fault.Problems, id *VendorID) error {
	if id == nil || *id == (VendorID{}) {
		return nil
	}
	found, err := tx.holdVendors(ctx, id)
	if err == nil && found == 0 {
		problems.Add(fault.ReasonNotFound, "vendorId", notFound, "vendor")
	}
	return err
}

// SetProductStatus sets the status of a product.
func (w *Writer) SetProductStatus(ctx context.Context, ref Ref[ProductID], status ProductStatus) error {
	return w.inTx(ctx, func(tx *Tx) error { return tx.setProductStatus(ctx, ref, status) })
}

func (tx *Tx) setProductStatus(ctx context.Context, ref Ref[ProductID], status ProductStatus) error {
	old, err := tx.lockProduct(ctx, ref.ID, ref.ExpectedVersion)
	if err != nil || old.Status == status {
		return err
	}
	var a assignments
	replace(&a, "status", old.Status, status)
	if err := tx.update(ctx, "SetProductStatus", "products", ref.ID, &a); err != nil {
		return err
	}
	tx.changed(SubjectProduct, ref.ID, a.changes, refreshesProducts(derivedAll, ref.ID))
	return nil
}

// DeleteProduct deletes a product with its variants, images and reviews.
func (w *Writer) DeleteProduct(ctx context.Context, ref Ref[ProductID]) error {
	return w.inTx(ctx, func(tx *Tx) error { return tx.deleteProduct(ctx, ref) })
}

func (tx *Tx) deleteProduct(ctx context.Context, ref Ref[ProductID]) error {
	old, err := tx.lockProduct(ctx, ref.ID, ref.ExpectedVersion)
	if err != nil {
		return err
	}
	if err := tx.delete(ctx, "DeleteProduct", "products", ref.ID); err != nil {
		return err
	}
	tx.changed(SubjectProduct, ref.ID, []AuditChange{removedField("title", old.Title), removedField("slug", old.Slug)})
	return nil
}

// lockProduct returns a product with any status, and locks it and everything under it
// until the transaction ends. Every change below a product starts here, so that all
// changes lock in the same order.
func (tx *Tx) lockProduct(ctx context.Context, id ProductID, expected *int64) (*Product, error) {
	found, err := lockRow[Product](ctx, tx, "product", `-- name: LockProduct
SELECT `+productColumns.sql()+`
FROM products p
WHERE p.id = @id
FOR NO KEY UPDATE`, args{"id": id})
	if err != nil {
		return nil, err
	}
	return found, checkVersion(found.Version, expected)
}

// lockParent is lockProduct for an input whose field for the product is productId.
func (tx *Tx) lockParent(ctx context.Context, id ProductID, expected *int64) (*Product, error) {
	found, err := tx.lockProduct(ctx, id, expected)
	return found, notFoundAt(err, "productId")
}

// notFoundAt moves a rejection as NOT_FOUND to another field.
func notFoundAt(err error, field string) error {
	var refused *fault.Rejection
	if errors.As(err, &refused) && refused.Problems[0].Reason == fault.ReasonNotFound {
		refused.Problems[0].Field = []string{field}
	}
	return err
}

// The conditions for lockProducts, by the type of the keys.
const (
	productsByID          = "p.id = ANY (@ids)"
	productsOfVariants    = "p.id IN (SELECT v.product_id FROM variants v WHERE v.id = ANY (@ids))"
	productsOfReviews     = "p.id IN (SELECT r.product_id FROM reviews r WHERE r.id = ANY (@ids))"
	productsInCollections = "p.id IN (SELECT cp.product_id FROM collection_products cp WHERE cp.collection_id = ANY (@ids))"
)

// lockProducts locks products like lockProduct, in the same order as
// refresh_products, and returns their keys. ids is a slice of keys.
func (tx *Tx) lockProducts(ctx context.Context, which string, ids any) ([]ProductID, error) {
	rows, err := rowsOf[struct{ ID ProductID }](ctx, tx, `-- name: LockProducts
SELECT p.id
FROM products p
WHERE `+which+`
ORDER BY p.id
FOR NO KEY UPDATE`, args{"ids": ids})
	return mapSlice(rows, func(row *struct{ ID ProductID }) ProductID { return row.ID }), err
}

// lockProductsOf returns a lock function for bulkEach. key returns the key of an
// item.
func lockProductsOf[I, K any](ctx context.Context, which string, items []I, key func(I) K) func(*Tx) error {
	return func(tx *Tx) error {
		_, err := tx.lockProducts(ctx, which, mapSlice(items, key))
		return err
	}
}
