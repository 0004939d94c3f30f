package store

import (
	"context"
	"errors"
	"slices"
	"strings"

	"souk/internal/fault"
	"souk/internal/richtext"
)

// ProductPatch are the fields of a product that an update changes. Those that
// always have a value refuse nil.
type ProductPatch struct {
	// ExpectedVersion, when set, refuses the update of a product that has changed
	// since.
	ExpectedVersion *int64

	Title           Patch[*string]
	Slug            Patch[*string]
	DescriptionHTML Patch[*string]
	ProductType     Patch[*string]
	Tags            Patch[[]string]
	VendorID        Patch[*VendorID]
}

// UpdateProduct changes the fields that the patch sets. A slug that it takes from
// the product leads to it still.
func (w *Writer) UpdateProduct(ctx context.Context, id ProductID, p ProductPatch) error {
	return w.inTx(ctx, func(tx *Tx) error { return tx.updateProduct(ctx, id, p) })
}

func (tx *Tx) updateProduct(ctx context.Context, id ProductID, p ProductPatch) error {
	var problems fault.Problems
	// The vendor comes first: a new name locks a vendor and then its products.
	if err := tx.checkVendor(ctx, &problems, p.VendorID.Value); err != nil {
		return err
	}
	old, err := tx.lockProduct(ctx, id, p.ExpectedVersion)
	if err != nil {
		return err
	}
	a, err := tx.productAssignments(ctx, problems, old, p)
	if err != nil || !a.any() {
		return err
	}
	a.args["id"] = id
	follows := a.deriveSearch()
	statement := a.statement("UpdateProduct", "products")
	if slug := p.Slug.Value; slug != nil && *slug != old.Slug {
		err = tx.moveSlug(ctx, id, old.Slug, *slug, func() error {
			_, err := tx.exec(ctx, statement, a.args)
			return err
		})
	} else {
		tx.later(statement, a.args)
	}
	if err != nil {
		return err
	}
	tx.refresh(follows, id)
	tx.audit(SubjectProduct, id, a.changes...)
	return nil
}

// deriveSearch adds the search words to an update of a product that changes them,
// which so writes the row once, and returns what else follows from the update. (What
// a statement of its own brings is a second version of the row, with an entry in
// each index.)
func (a *assignments) deriveSearch() derived {
	values := []string{"id"}
	follows := derivedNothing
	for _, column := range []string{"title", "vendor_id", "product_type", "tags", "description"} {
		_, changes := a.args[column]
		switch {
		case !changes:
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

// productAssignments checks a patch, of which the vendor is checked, and returns
// what it changes.
func (tx *Tx) productAssignments(ctx context.Context, problems fault.Problems, old *Product, p ProductPatch) (*assignments, error) {
	a := &assignments{}
	if title := needed(&problems, "title", p.Title); title.Set {
		title.Value = oneName(&problems, "title", title.Value)
		assign(a, "title", title, old.Title)
	}
	if slug := needed(&problems, "slug", p.Slug); slug.Set && slug.Value != old.Slug {
		if err := tx.checkSlug(ctx, &problems, slug.Value); err != nil {
			return nil, err
		}
		assign(a, "slug", slug, old.Slug)
	}
	if body := needed(&problems, "descriptionHtml", p.DescriptionHTML); body.Set {
		checkHTML(&problems, "descriptionHtml", body.Value)
		body.Value = richtext.Clean(body.Value)
		if assign(a, "description_html", body, old.DescriptionHTML); body.Value != old.DescriptionHTML {
			a.derive("description", richtext.Plain(body.Value))
		}
	}
	if kind := needed(&problems, "productType", p.ProductType); kind.Set {
		kind.Value = oneLine(&problems, "productType", kind.Value, maxLine)
		assign(a, "product_type", kind, old.ProductType)
	}
	switch {
	case p.Tags.Set && p.Tags.Value == nil:
		needed(&problems, "tags", Patch[*string]{Set: true})
	case p.Tags.Set:
		p.Tags.Value = checkTags(&problems, "tags", p.Tags.Value)
		assignList(a, "tags", p.Tags, old.Tags)
	}
	if p.VendorID.Set {
		if assignMaybe(a, "vendor_id", p.VendorID, old.VendorID); !sameMaybe(p.VendorID.Value, old.VendorID) {
			a.asIDs((*[16]byte)(old.VendorID), (*[16]byte)(p.VendorID.Value))
		}
	}
	return a, problems.Err()
}

// needed is a patch of a field that always has a value: nil is refused.
func needed[T any](problems *fault.Problems, field string, p Patch[*T]) Patch[T] {
	if !p.Set {
		return Patch[T]{}
	}
	if p.Value == nil {
		problems.Add(fault.ReasonRequired, field, "it always has a value; give one, or leave the field out")
		return Patch[T]{}
	}
	return Patch[T]{Set: true, Value: *p.Value}
}

// derive assigns a column that follows from another, and is no news for the audit
// log.
func (a *assignments) derive(column string, value any) {
	a.terms = append(a.terms, column+" = @"+column)
	a.args[column] = value
}

// checkVendor notes a vendor that does not exist, and keeps one that does from
// being removed or renamed until the transaction ends.
func (tx *Tx) checkVendor(ctx context.Context, problems *fault.Problems, id *VendorID) error {
	if id == nil {
		return nil
	}
	found, err := tx.holdVendors(ctx, id)
	if err == nil && found == 0 {
		problems.Add(fault.ReasonNotFound, "vendorId", "there is no vendor with this ID")
	}
	return err
}

// holdVendors keeps vendors from being removed or renamed until the transaction
// ends, and returns how many of them there are. nil is none.
func (tx *Tx) holdVendors(ctx context.Context, ids ...*VendorID) (int64, error) {
	ids = slices.DeleteFunc(ids, func(id *VendorID) bool { return id == nil })
	if len(ids) == 0 {
		return 0, nil
	}
	const statement = `-- name: HoldVendors
SELECT v.id
FROM vendors v
WHERE v.id = ANY (@ids)
ORDER BY v.id
FOR SHARE`
	return tx.exec(ctx, statement, args{"ids": ids})
}

// SetProductStatus puts a product on sale or takes it off.
func (w *Writer) SetProductStatus(ctx context.Context, id ProductID, expected *int64, status ProductStatus) error {
	return w.inTx(ctx, func(tx *Tx) error { return tx.setProductStatus(ctx, id, expected, status) })
}

func (tx *Tx) setProductStatus(ctx context.Context, id ProductID, expected *int64, status ProductStatus) error {
	old, err := tx.lockProduct(ctx, id, expected)
	if err != nil || old.Status == status {
		return err
	}
	var a assignments
	assign(&a, "status", Patch[ProductStatus]{Set: true, Value: status}, old.Status)
	a.args["id"] = id
	if _, err := tx.exec(ctx, a.statement("SetProductStatus", "products"), a.args); err != nil {
		return err
	}
	tx.refresh(derivedAll, id)
	tx.audit(SubjectProduct, id, a.changes...)
	return nil
}

// DeleteProduct removes a product with all that hangs on it.
func (w *Writer) DeleteProduct(ctx context.Context, id ProductID, expected *int64) error {
	return w.inTx(ctx, func(tx *Tx) error { return tx.deleteProduct(ctx, id, expected) })
}

func (tx *Tx) deleteProduct(ctx context.Context, id ProductID, expected *int64) error {
	old, err := tx.lockProduct(ctx, id, expected)
	if err != nil {
		return err
	}
	const statement = `-- name: DeleteProduct
DELETE FROM products
WHERE id = @id`
	if _, err := tx.exec(ctx, statement, args{"id": id}); err != nil {
		return err
	}
	tx.audit(SubjectProduct, id,
		AuditChange{Field: "title", Before: &old.Title}, AuditChange{Field: "slug", Before: &old.Slug})
	return nil
}

// lockProduct returns a product in any state and keeps others from changing it or
// anything under it until the transaction ends. Every change below a product
// starts here: all lock in one order.
func (tx *Tx) lockProduct(ctx context.Context, id ProductID, expected *int64) (*Product, error) {
	const statement = `-- name: LockProduct
SELECT ` + productColumns + `
FROM products p
WHERE p.id = @id
FOR NO KEY UPDATE`
	found, err := oneRow[Product](ctx, tx, statement, args{"id": id})
	switch {
	case err != nil:
		return nil, err
	case found == nil:
		return nil, fault.Reject(fault.ReasonNotFound, "id", "there is no product with this ID")
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

// checkVersion refuses to change what has changed since the caller read it.
func checkVersion(current int64, expected *int64) error {
	if expected == nil || *expected == current {
		return nil
	}
	refused := fault.Reject(fault.ReasonVersionConflict, "expectedVersion",
		"it was changed since it was read; read it again and repeat the change")
	refused.Problems[0].CurrentVersion = current
	return refused
}
