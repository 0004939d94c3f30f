package store

import (
	"context"
	"errors"
	"strings"

	"souk/internal/fault"
	"souk/internal/richtext"
)

// ProductPatch are the fields of a product that an update changes. Null removes the
// vendor; the other fields refuse it.
type ProductPatch struct {
	ID              ProductID
	ExpectedVersion *int64

	Title           Patch[*string]
	Slug            Patch[*string]
	DescriptionHTML Patch[*string]
	ProductType     Patch[*string]
	Tags            Patch[[]string]
	VendorID        Patch[*VendorID]
}

func (p *ProductPatch) check() error {
	var problems fault.Problems
	checkID(&problems, "id", p.ID, "product")
	required(&problems, "title", &p.Title, name(maxLine))
	required(&problems, "slug", &p.Slug, slugText)
	required(&problems, "descriptionHtml", &p.DescriptionHTML, cleanHTML)
	required(&problems, "productType", &p.ProductType, line(maxLine))
	requiredList(&problems, "tags", &p.Tags, checkTags)
	if p.VendorID.Value != nil {
		checkID(&problems, "vendorId", *p.VendorID.Value, "vendor")
	}
	return problems.Err()
}

// UpdateProduct changes the fields that the patch sets. A slug that it takes from
// the product still leads to it.
func (w *Writer) UpdateProduct(ctx context.Context, p ProductPatch) error {
	if err := p.check(); err != nil {
		return err
	}
	return w.inTx(ctx, func(tx *Tx) error { return tx.updateProduct(ctx, p) })
}

func (tx *Tx) updateProduct(ctx context.Context, p ProductPatch) error {
	var problems fault.Problems
	// The vendor comes first: a new name locks a vendor and then its products.
	if err := tx.checkVendor(ctx, &problems, p.VendorID.Value); err != nil {
		return err
	}
	old, err := tx.lockProduct(ctx, p.ID, p.ExpectedVersion)
	if err != nil {
		return err
	}
	if p.Slug.Set && *p.Slug.Value != old.Slug {
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
		err = tx.moveSlug(ctx, p.ID, old.Slug, *p.Slug.Value, func() error { return tx.update(ctx, "UpdateProduct", "products", p.ID, a) })
	} else {
		tx.later(a.statement("UpdateProduct", "products", p.ID))
	}
	if err != nil {
		return err
	}
	tx.changed(SubjectProduct, p.ID, a.changes, derives(what, p.ID))
	return nil
}

// productAssignments are the columns that a patch changes of a product.
func productAssignments(old *Product, p ProductPatch) *assignments {
	a := &assignments{}
	assign(a, "title", p.Title, old.Title)
	assign(a, "slug", p.Slug, old.Slug)
	if assign(a, "description_html", p.DescriptionHTML, old.DescriptionHTML); a.has("description_html") {
		a.derive("description", richtext.Plain(*p.DescriptionHTML.Value))
	}
	assign(a, "product_type", p.ProductType, old.ProductType)
	assignList(a, "tags", p.Tags, old.Tags)
	if p.VendorID.Set {
		replaceKey(a, "vendor_id", SubjectVendor, old.VendorID, p.VendorID.Value)
	}
	return a
}

// deriveSearch adds the search words to an update of a product that changes them,
// which so writes the row once, and returns what else follows from the update. (What
// a statement of its own brings is a second version of the row, with an entry in
// each index.)
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

// checkVendor notes a vendor that does not exist, and keeps one that does from
// being removed or renamed until the transaction ends.
func (tx *Tx) checkVendor(ctx context.Context, problems *fault.Problems, id *VendorID) error {
	if id == nil {
		return nil
	}
	found, err := tx.holdVendors(ctx, id)
	if err == nil && found == 0 {
		problems.Add(fault.ReasonNotFound, "vendorId", notFound, "vendor")
	}
	return err
}

// SetProductStatus publishes a product, makes it a draft, or archives it.
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
	tx.changed(SubjectProduct, ref.ID, a.changes, derives(derivedAll, ref.ID))
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
	tx.changed(SubjectProduct, ref.ID, []AuditChange{was("title", old.Title), was("slug", old.Slug)})
	return nil
}

// lockProduct returns a product in any state and keeps others from changing it or
// anything under it until the transaction ends. Every change below a product
// starts here: all lock in one order.
func (tx *Tx) lockProduct(ctx context.Context, id ProductID, expected *int64) (*Product, error) {
	found, err := lockRow[Product](ctx, tx, "product", `-- name: LockProduct
SELECT `+productColumns+`
FROM products p
WHERE p.id = @id
FOR NO KEY UPDATE`, args{"id": id})
	if err != nil {
		return nil, err
	}
	return found, checkVersion(found.Version, expected)
}

// lockParent is lockProduct for an input that calls the product productId.
func (tx *Tx) lockParent(ctx context.Context, id ProductID, expected *int64) (*Product, error) {
	found, err := tx.lockProduct(ctx, id, expected)
	var refused *fault.Rejection
	if errors.As(err, &refused) && refused.Problems[0].Reason == fault.ReasonNotFound {
		refused.Problems[0].Field = []string{"productId"}
	}
	return found, err
}
