package store

import (
	"context"

	"souk/internal/fault"
	"souk/internal/richtext"
	"souk/internal/slug"
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
	Attributes      []*ProductAttribute
	Options         []*ProductOptionInput
	Variants        []VariantInput
	CategoryIDs     []CategoryID
	Images          []*ImageInput
	IdempotencyKey  *string
}

// CreateProduct creates a product with its options, variants, categories and images.
func (w *Writer) CreateProduct(ctx context.Context, n NewProduct) (ProductID, error) {
	return idempotent(ctx, w, n.IdempotencyKey, func(tx *Tx) (ProductID, error) { return tx.createProduct(ctx, n) })
}

// newProduct is a product whose input has been checked.
type newProduct struct {
	product     *Product
	chooseSlug  bool
	options     []*ProductOption
	categoryIDs []CategoryID
	images      []*imageRow
	variants    *variantsChange
}

// check finds the problems that can be found without the database, but for the shop's
// currency. createProduct reports them together with those that the database knows of.
func (n *NewProduct) check(problems *fault.Problems, shopCurrency string) (*newProduct, error) {
	id, err := newID[ProductID]()
	if err != nil {
		return nil, err
	}
	p := &Product{ID: id, Title: nonEmptyLine(maxLine)(problems, "title", n.Title), Status: n.Status, VendorID: n.VendorID}
	if checkNewSlug(problems, &n.Slug); n.Slug != nil {
		p.Slug = *n.Slug
	}
	textOrEmpty(problems, "descriptionHtml", &n.DescriptionHTML, cleanHTML)
	textOrEmpty(problems, "productType", &n.ProductType, line(maxLine))
	p.DescriptionHTML, p.Description, p.ProductType = *n.DescriptionHTML, richtext.Plain(*n.DescriptionHTML), *n.ProductType
	p.Tags = checkTags(problems, "tags", n.Tags)
	p.Attributes = checkAttributes(problems, "attributes", n.Attributes)
	if n.VendorID != nil {
		checkID(problems, "vendorId", *n.VendorID, "vendor")
	}
	checked := &newProduct{product: p, chooseSlug: n.Slug == nil}
	if checked.options, err = checkOptions(id, n.Options); err == nil {
		checked.variants = &variantsChange{product: id, ofNewProduct: true, options: checked.options, shopCurrency: shopCurrency}
		err = checked.variants.checkAll(n.Variants)
	}
	if err := problems.Include(err); err != nil {
		return nil, err
	}
	checked.categoryIDs = checkCategoryIDs(problems, n.CategoryIDs)
	if n := len(n.Images); n > MaxBulk {
		checkLength(problems, "images", n, MaxBulk)
		return checked, nil
	}
	for i, image := range n.Images {
		image.check(problems, itemField("images", i))
	}
	if checked.images, err = newImages(problems, id, nil, n.Images); err != nil {
		return nil, err
	}
	return checked, nil
}

func (tx *Tx) createProduct(ctx context.Context, input NewProduct) (ProductID, error) {
	currency, err := tx.currencyFor(ctx, input.Variants)
	if err != nil {
		return ProductID{}, err
	}
	var problems fault.Problems
	n, err := input.check(&problems, currency)
	if err != nil {
		return ProductID{}, err
	}
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
	tx.changed(SubjectProduct, p.ID, createdProduct(n, categories), refreshesProducts(derivedAll, p.ID))
	return p.ID, nil
}

// insertParts inserts the product's rows in other tables.
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

// maxSlugRaces is how often a new free slug is looked for after another product has
// taken the last one.
const maxSlugRaces = 20

// slugFor returns a slug that is free now. After maxSlugRaces it returns one with a
// random suffix.
func (tx *Tx) slugFor(ctx context.Context, base string, race int) (string, error) {
	if race < maxSlugRaces {
		return tx.freeSlug(ctx, base)
	}
	return randomSlug(base)
}

// insertProduct inserts the product's own row. If chooseSlug is set, it makes the
// slug from the title.
func (tx *Tx) insertProduct(ctx context.Context, p *Product, chooseSlug bool) error {
	const statement = `-- name: InsertProduct
INSERT INTO products (id, slug, title, description_html, description, status, product_type, tags, attributes, vendor_id)
VALUES (@id, @slug, @title, @description_html, @description, @status, @product_type, @tags, @attributes, @vendor_id)
ON CONFLICT (slug) DO NOTHING`
	base := slug.Make(p.Title, "product")
	for race := 0; ; race++ {
		if chooseSlug {
			var err error
			if p.Slug, err = tx.slugFor(ctx, base, race); err != nil {
				return err
			}
		}
		n, err := tx.exec(ctx, statement, args{
			"id": p.ID, "slug": p.Slug, "title": p.Title, "description_html": p.DescriptionHTML,
			"description": p.Description, "status": p.Status, "product_type": p.ProductType, "tags": p.Tags,
			"attributes": p.Attributes, "vendor_id": p.VendorID,
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

// createdProduct returns the fields of a new product for the audit log.
func createdProduct(n *newProduct, categories []*Category) []AuditChange {
	var a assignments
	p := n.product
	replace(&a, "title", "", p.Title)
	replace(&a, "slug", "", p.Slug)
	replace(&a, "status", "", p.Status)
	replace(&a, "description_html", "", p.DescriptionHTML)
	replace(&a, "product_type", "", p.ProductType)
	replaceList(&a, "tags", nil, p.Tags)
	replaceAttributes(&a, nil, p.Attributes)
	replaceKey(&a, "vendor_id", SubjectVendor, nil, p.VendorID)
	fields := withoutBefore(a.changes)
	if len(n.options) > 0 {
		fields = append(fields, AuditChange{Field: "options", After: optionsText(n.options)})
	}
	if len(categories) > 0 {
		fields = append(fields, AuditChange{Field: "categories", After: categoriesText(categories)})
	}
	return fields
}
