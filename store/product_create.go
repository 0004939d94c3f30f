package store

import (
	"context"

	"souk/internal/fault"
	"souk/internal/richtext"
)

// NewProduct is a product to make. nil and empty fields are not given.
type NewProduct struct {
	Title           string
	Slug            *string // nil: made from the title
	DescriptionHTML *string
	ProductType     *string
	Tags            []string
	VendorID        *VendorID
	Status          ProductStatus
	Options         []*OptionInput
	Variants        []VariantInput
	CategoryIDs     []CategoryID
	Images          []*ImageInput
}

// CreateProduct makes a product with all that is given of it.
func (w *Writer) CreateProduct(ctx context.Context, n NewProduct) (ProductID, error) {
	return once(ctx, w, func(tx *Tx) (ProductID, error) { return tx.createProduct(ctx, n) })
}

func (tx *Tx) createProduct(ctx context.Context, n NewProduct) (ProductID, error) {
	id, err := newID[ProductID]()
	if err != nil {
		return id, err
	}
	made, err := tx.checkNewProduct(ctx, id, n)
	if err != nil {
		return id, err
	}
	if err := tx.insertProduct(ctx, made.product, n.Slug == nil); err != nil {
		return id, err
	}
	if err := made.parts(ctx, tx); err != nil {
		return id, err
	}
	tx.refresh(derivedAll, id)
	tx.audit(SubjectProduct, id, createdProduct(made)...)
	return id, nil
}

// newProduct is a product that was checked and can be written.
type newProduct struct {
	product    *Product
	options    []*ProductOption
	categories []*Category
	images     []*imageRow
	variants   *variantsChange
}

// checkNewProduct finds all that is wrong with a product to make.
func (tx *Tx) checkNewProduct(ctx context.Context, id ProductID, n NewProduct) (newProduct, error) {
	var problems fault.Problems
	p := &Product{ID: id, Title: oneName(&problems, "title", n.Title), Status: n.Status, VendorID: n.VendorID}
	if n.Slug != nil {
		p.Slug = *n.Slug
		if err := tx.checkSlug(ctx, &problems, p.Slug); err != nil {
			return newProduct{}, err
		}
	}
	if n.DescriptionHTML != nil {
		checkHTML(&problems, "descriptionHtml", *n.DescriptionHTML)
		p.DescriptionHTML = richtext.Clean(*n.DescriptionHTML)
		p.Description = richtext.Plain(p.DescriptionHTML)
	}
	if n.ProductType != nil {
		p.ProductType = oneLine(&problems, "productType", *n.ProductType, maxLine)
	}
	p.Tags = checkTags(&problems, "tags", n.Tags)
	if err := tx.checkVendor(ctx, &problems, n.VendorID); err != nil {
		return newProduct{}, err
	}
	made := newProduct{product: p}
	var err error
	if made.options, err = checkOptions(id, n.Options); err == nil {
		made.variants = &variantsChange{product: id, options: made.options}
		err = made.variants.checkAll(n.Variants)
	}
	if err := include(&problems, err); err != nil {
		return newProduct{}, err
	}
	if made.categories, err = tx.checkCategories(ctx, &problems, n.CategoryIDs); err != nil {
		return newProduct{}, err
	}
	if made.images, err = checkImages(&problems, id, nil, n.Images); err != nil {
		return newProduct{}, err
	}
	return made, problems.Err()
}

// parts writes what hangs on the product.
func (n newProduct) parts(ctx context.Context, tx *Tx) error {
	id := n.product.ID
	if err := tx.insertOptions(ctx, id, n.options); err != nil {
		return err
	}
	if err := tx.insertCategories(ctx, id, n.categories); err != nil {
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

// createdProduct is what the audit log keeps of a product that was made.
func createdProduct(made newProduct) []AuditChange {
	var a assignments
	p := made.product
	assign(&a, "title", Patch[string]{true, p.Title}, "")
	assign(&a, "slug", Patch[string]{true, p.Slug}, "")
	assign(&a, "status", Patch[ProductStatus]{true, p.Status}, "")
	assign(&a, "description_html", Patch[string]{true, p.DescriptionHTML}, "")
	assign(&a, "product_type", Patch[string]{true, p.ProductType}, "")
	assignList(&a, "tags", Patch[[]string]{true, p.Tags}, nil)
	if assignMaybe(&a, "vendor_id", Patch[*VendorID]{true, p.VendorID}, nil); p.VendorID != nil {
		a.asIDs(nil, (*[16]byte)(p.VendorID))
	}
	assign(&a, "options", Patch[string]{true, optionsText(made.options)}, "")
	assign(&a, "categories", Patch[string]{true, categoriesText(made.categories)}, "")
	for i := range a.changes {
		a.changes[i].Before = nil
	}
	return a.changes
}
