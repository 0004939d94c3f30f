package importer

import (
	"fmt"
	"strings"
)

// Fields is a set of fields of a product, a variant or an inventory level. A
// record says with it which fields its input has no column for: they stay as
// they are in the shop.
type Fields int64

// The fields of a product.
const (
	ProductTitle Fields = 1 << iota
	ProductSlug
	ProductDescription
	ProductStatus
	// ProductHidden says, of a record without ProductStatus, that an active product
	// becomes a draft.
	ProductHidden
	// ProductVisible says that the input says whether a new product is visible.
	ProductVisible
	ProductType
	ProductTags
	ProductVendor
	ProductCreatedAt
	ProductRatingAverage
	ProductRatingCount
	ProductRatingHistogram
	// ProductOptions is the names of the options.
	ProductOptions
	// ProductImages says that the input names all images of the product, and
	// ProductVariants that it names all variants. Prune removes the others.
	ProductImages
	ProductVariants
	// ProductAttributes says that the input has columns for some attributes. The shop
	// keeps the others.
	ProductAttributes
)

// The fields of a variant.
const (
	VariantTitle Fields = 1 << (iota + 20)
	VariantSKU
	VariantBarcode
	VariantPrice
	VariantCompareAtPrice
	VariantCost
	VariantWeight
	VariantImage
	VariantSellWhenOutOfStock
	// VariantStock is the quantity, and whether stock is tracked.
	VariantStock
	// VariantOptions is the option values, by which a variant is found.
	VariantOptions
	// VariantKey says that each variant has a key of its own, by which it is found
	// if the input has no option values. Without both, a variant is found by its
	// SKU, its barcode, or as the product's only one.
	VariantKey
	// VariantPosition is its place among the product's variants.
	VariantPosition
)

// The fields of an inventory level.
const (
	LevelCommitted Fields = 1 << (iota + 40)
	LevelUnavailable
	LevelIncoming
	// LevelOnHand says that OnHand is the quantity on hand. Without it OnHand is
	// the quantity that can be sold: on hand, less committed and unavailable.
	LevelOnHand
	// LevelQuantity is the quantity itself.
	LevelQuantity
)

// Every field of a product, of a variant and of an inventory level.
const (
	allProductFields = ProductAttributes<<1 - ProductTitle
	allVariantFields = VariantPosition<<1 - VariantTitle
	allLevelFields   = LevelQuantity<<1 - LevelCommitted
)

// fieldNames are the names of fields in statements and in lists of fields: those
// of the API.
var fieldNames = map[string]Fields{
	"title": ProductTitle, "slug": ProductSlug, "descriptionHtml": ProductDescription,
	"status": ProductStatus, "hidden": ProductHidden, "visible": ProductVisible,
	"productType": ProductType, "tags": ProductTags, "vendor": ProductVendor, "createdAt": ProductCreatedAt,
	"ratingAverage": ProductRatingAverage, "ratingCount": ProductRatingCount,
	"ratingHistogram": ProductRatingHistogram, "options": ProductOptions, "images": ProductImages,
	"variants": ProductVariants, "attributes": ProductAttributes,

	"variant.title": VariantTitle, "variant.sku": VariantSKU, "variant.barcode": VariantBarcode,
	"variant.price": VariantPrice, "variant.compareAtPrice": VariantCompareAtPrice, "variant.cost": VariantCost,
	"variant.weightGrams": VariantWeight, "variant.image": VariantImage,
	"variant.sellWhenOutOfStock": VariantSellWhenOutOfStock, "variant.stock": VariantStock,
	"variant.options": VariantOptions, "variant.key": VariantKey, "variant.position": VariantPosition,

	"level.committed": LevelCommitted, "level.unavailable": LevelUnavailable, "level.incoming": LevelIncoming,
	"level.onHand": LevelOnHand, "level.quantity": LevelQuantity,
}

// withFields replaces HAS(w.title) in a statement by a test of the mask w.has, and
// BIT(title) by the mask of that field alone.
func withFields(statement string) string { return fieldMarks.Replace(statement) }

var fieldMarks = func() *strings.Replacer {
	var marks []string
	for name, field := range fieldNames {
		marks = append(marks, "BIT("+name+")", fmt.Sprintf("%d::bigint", int64(field)))
		for _, row := range [...]string{"w", "t", "s", "m", "p"} {
			marks = append(marks, "HAS("+row+"."+name+")", fmt.Sprintf("(%s.has & %d) <> 0", row, int64(field)))
		}
	}
	return strings.NewReplacer(marks...)
}()
