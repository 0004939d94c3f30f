package importer

import (
	"time"

	"souk/internal/money"
)

// Place is the position of a record or an error in the input.
type Place struct {
	File string // as named on the command line
	Line int    // line on which the record starts, from 1
}

// Record is one parsed and checked record of a file, not yet stored: a
// *Product, *Variant, *Image, *Category, *Review or *Level. A product's parts
// are separate records, joined to it by ProductKey, so that a file can have
// them in many rows in any order.
type Record interface{ place() Place }

// Product has a product's own columns. The first record with a Key in a run
// wins; later ones add only their Categories.
type Product struct {
	Place
	// Lacks is the fields that the input has no column for. They keep the shop's
	// values; a new product gets defaults. A product without ProductTitle is only
	// changed, never made.
	Lacks           Fields
	Key             string // the product's key in its source: a handle, an ASIN; or bySKU
	Title           string
	DescriptionHTML string // not sanitized; the stage sanitizes it and extracts its text
	Handle          string // the preferred slug; empty: made from the title
	Status          string // ACTIVE, DRAFT or ARCHIVED
	ProductType     string
	Tags            []string
	Attributes      []Attribute
	Vendor          string   // name; empty: none
	Options         []string // option names in order, at most 3 in Shopify's format, any number elsewhere
	// MaxOptions is how many options the input has columns for; 0: any number. A
	// product with more of them in the shop keeps its options.
	MaxOptions int
	Categories [][]string
	// CategoryIfNone is a category for a product that is in none.
	CategoryIfNone  []string
	CreatedAt       time.Time // zero: the time of the import
	RatingAverage   *float64  // totals of ratings, without reviews
	RatingCount     int
	RatingHistogram []int // by star from 1 to 5; nil: not known
}

// Variant is one form of a product that can be bought.
type Variant struct {
	Place
	Lacks              Fields // as of Product
	ProductKey         string
	Key                string // unique within the product: its option values, or its SKU
	Position           int    // from 1, in file order
	Title              string
	SKU                string
	Barcode            string
	Price              *money.Amount // nil: not for sale yet
	CompareAtPrice     *money.Amount
	Cost               *money.Amount // staff only
	Currency           string        // also when Price is nil
	WeightGrams        *float64
	OptionValues       []string // one for each of the product's Options
	ImageURL           string
	InventoryTracked   bool
	SellWhenOutOfStock bool
	Available          *int64 // stock at the default location; nil: not in the file
}

// Image is an image of a product, identified by its URL.
type Image struct {
	Place
	ProductKey string
	Position   int
	URL        string
	AltText    string
	Width      int // 0: not known
	Height     int
}

// Category is a category, identified by its path of names. Missing ancestors
// are created.
type Category struct {
	Place
	Key  string   // its id in the source; may be empty
	Path []string // names, root first, itself last
}

// Review is one customer's review of one product.
type Review struct {
	Place
	Key        string // unique within the source
	ProductKey string
	// ProductSource is the source that ProductKey belongs to.
	ProductSource string
	AuthorKey     string // the customer's name in the source; empty: anonymous
	AuthorName    string
	Rating        int // 1 to 5
	Title         string
	Body          string // plain text
	CreatedAt     time.Time
}

// Level is a variant's stock at one location. The variant is found by its
// product and its option values.
type Level struct {
	Place
	Lacks         Fields // as of Product
	ProductKey    string // or bySKU
	ProductSource string
	OptionValues  []string
	SKU           string
	Location      string
	OnHand        int64
	Committed     int64
	Unavailable   int64
	Incoming      int64
}

func (p Place) place() Place { return p }

// skuMark begins the product key of a record that names its product only by an
// SKU or a barcode. No key of a file begins with it.
const skuMark = "\x01"

// bySKU is the product key of a record without one: the product that has a
// variant with this SKU or, if the SKU is empty or unknown, this barcode.
func bySKU(sku, barcode string) string { return skuMark + sku + skuMark + barcode }

// bulk is the size of a record's long texts. The other texts have a limit.
func bulk(record Record) int {
	switch r := record.(type) {
	case *Product:
		size := len(r.DescriptionHTML)
		for _, a := range r.Attributes {
			size += len(a.Value)
		}
		return size
	case *Review:
		return len(r.Body)
	}
	return 0
}

// Fault is a row, or a cell of it, that was not imported, or was imported with
// a change (Warning).
type Fault struct {
	Place
	Column  string
	Value   string   // as in the file, cut to 200 characters
	Reason  string   // what is wrong, and what is valid
	Code    string   // bounded: price, rating, title, reference, encoding …
	Warning bool     // the rest of the row was stored
	Row     []string // the whole record, for the rejects file; nil where not a CSV
	Rows    int      // how many rows of the file were lost, if it is not one
}
