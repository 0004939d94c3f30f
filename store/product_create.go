package store

import (
	"context"

	"souk/internal/fault"
	"souk/internal/richtext"
)

// NewProduct is a product to create. Fields that are nil or empty are not given.
type NewProduct struct {
	Title           string
	Slug            *string // nil: made from the title
	DescriptionHTML *string
	ProductType     *string
	Tags            []string
	VendorID        *VendorID
	Status          ProductStatus
	Options         []*ProductOptionInput
	Variants        []VariantInput
	CategoryIDs     []CategoryID
	Images          []*ImageInput
	IdempotencyKey  *string
}

// CreateProduct creates a product with its options, variants, categories and images.
func (w *Writer) CreateProduct(ctx context.Context, n NewProduct) (ProductID, error) {
	checked, err := n.check()
	if err != nil {
		return ProductID{}, err
	}
	return repeatable(ctx, w, n.IdempotencyKey, func(tx *Tx) (ProductID, error) { return tx.createProduct(ctx, checked) })
}

// newProduct is a product that has been checked and can be written.
type newProduct struct {
	product     *Product
	chooseSlug  bool
	options     []*ProductOption
	categoryIDs []CategoryID
	images      []*imageRow
	variants    *variantsChange
}

// check finds everything that is wrong with a product to create but what the
// database knows.
func (n *NewProduct) check() (*newProduct, error) {
	id, err := newID[ProductID]()
	if err != nil {
		return nil, err
	}
	var problems fault.Problems
	p := &Product{ID: id, Title: name(maxLine)(&problems, "title", n.Title), Status: n.Status, VendorID: n.VendorID}
	if n.Slug != nil {
		p.Slug = slugText(&problems, "slug", *n.Slug)
	}
	p.DescriptionHTML = given(&problems, "descriptionHtml", n.DescriptionHTML, cleanHTML)
	p.Description = richtext.Plain(p.DescriptionHTML)
	p.ProductType = given(&problems, "productType", n.ProductType, line(maxLine))
	p.Tags = checkTags(&problems, "tags", n.Tags)
	if n.VendorID != nil {
		checkID(&problems, "vendorId", *n.VendorID, "vendor")
	}
	checked := &newProduct{product: p, chooseSlug: n.Slug == nil, categoryIDs: n.CategoryIDs}
	if checked.options, err = checkOptions(id, n.Options); err == nil {
		checked.variants = &variantsChange{product: id, options: checked.options}
		err = checked.variants.checkAll(n.Variants)
	}
	if err := problems.Include(err); err != nil {
		return nil, err
	}
	checkCategoryIDs(&problems, n.CategoryIDs)
	if checked.images, err = checkImages(&problems, id, nil, n.Images); err != nil {
		return nil, err
	}
	return checked, problems.Err()
}

func (tx *Tx) createProduct(ctx context.Context, n *newProduct) (ProductID, error) {
	var problems fault.Problems
	p := n.product
	if !n.chooseSlug {
		if err := tx.checkSlugFree(ctx, &problems, p.Slug); err != nil {
			return p.ID, err
		}
	}
	if err := tx.checkVendor(ctx, &problems, p.VendorID); err != nil {
		return p.ID, err
	}
	categories, err := tx.checkCategories(ctx, &problems, n.categoryIDs)
	if err != nil {
		return p.ID, err
	}
	if err := problems.Err(); err != nil {
		return p.ID, err
	}
	if err := tx.insertProduct(ctx, p, n.chooseSlug); err != nil {
		return p.ID, err
	}
	if err := n.insertParts(ctx, tx, categories); err != nil {
		return p.ID, err
	}
	tx.changed(SubjectProduct, p.ID, createdProduct(n, categories), derives(derivedAll, p.ID))
	return p.ID, nil
}

// insertParts writes the rows of other tables that belong to the product.
func (n *newProduct) insertParts(ctx context.Context, tx *Tx, categories []*Category) error {
	id := n.product.ID
	if err := tx.insertOptions(ctx, id, n.options); err != nil {
		return err
	}
	if err := tx.insertCategories(ctx, id, categories); err != nil {
		return err
	}
	if err := tx.insertImages(ctx, id, n.images); err != nil {
		return err
	}
	return n.variants.write(ctx, tx)
}

// maxSlugRaces is how often a slug that was free a moment ago is looked for anew.
const maxSlugRaces = 20

// slugFor makes a slug that is free now; after too many races, one that is free for
// certain.
func (tx *Tx) slugFor(ctx context.Context, base string, race int) (string, error) {
	if race < maxSlugRaces {
		return tx.freeSlug(ctx, base)
	}
	return randomSlug(base)
}

// insertProduct writes the product's own row, under a slug made from its title if
// it may choose one.
func (tx *Tx) insertProduct(ctx context.Context, p *Product, chooseSlug bool) error {
	const statement = `-- name: InsertProduct
INSERT INTO products (id, slug, title, description_html, description, status, product_type, tags, vendor_id)
VALUES (@id, @slug, @title, @description_html, @description, @status, @product_type, @tags, @vendor_id)
ON CONFLICT (slug) DO NOTHING`
	base := slugOf(p.Title, "product")
	for race := 0; ; race++ {
		if chooseSlug {
			var err error
			if p.Slug, err = tx.slugFor(ctx, base, race); err != nil {
				return err
			}
		}
		n, err := tx.exec(ctx, statement, args{
			"id": p.ID, "slug": p.Slug, "title": p.Title, "description_html": p.DescriptionHTML,
			"description": p.Description, "status": p.Status, "product_type": p.ProductType, "tags": p.Tags, "vendor_id": p.VendorID,
		})
		switch {
		case err != nil:
			return err
		case n == 1 && chooseSlug:
			return nil
		case n == 1:
			return tx.forgetSlug(ctx, p.Slug)
		case !chooseSlug:
			return slugTaken()
		}
	}
}

// createdProduct is what the audit log keeps of a product that was created.
func createdProduct(n *newProduct, categories []*Category) []AuditChange {
	var a assignments
	p := n.product
	replace(&a, "title", "", p.Title)
	replace(&a, "slug", "", p.Slug)
	replace(&a, "status", "", p.Status)
	replace(&a, "description_html", "", p.DescriptionHTML)
	replace(&a, "product_type", "", p.ProductType)
	replaceList(&a, "tags", nil, p.Tags)
	replaceKey(&a, "vendor_id", SubjectVendor, nil, p.VendorID)
	fields := created(a.changes)
	if len(n.options) > 0 {
		fields = append(fields, AuditChange{Field: "options", After: optionsText(n.options)})
	}
	if len(categories) > 0 {
		fields = append(fields, AuditChange{Field: "categories", After: categoriesText(categories)})
	}
	return fields
}
