package importer

import (
	"time"

	"souk/internal/money"
)

// Place says where in the input a record or a fault stands.
type Place struct {
	File string // as named on the command line
	Line int    // line on which the record starts, from 1
}

// Record is one thing that a file says, parsed and checked but not yet stored:
// a *Product, *Variant, *Image, *Category, *Review or *Level. A product's parts
// are records of their own, joined to it by ProductKey, so that a file may
// scatter them over many rows in any order.
type Record interface{ place() Place }

// Product is a product's own columns. The first record with a Key in a run
// wins; later ones add only their Categories.
type Product struct {
	Place
	Key             string // the product's name in its source: a handle, an ASIN
	Title           string
	DescriptionHTML string // as it came; the stage sanitizes it and takes its text
	Handle          string // the slug wished for; empty: made from the title
	Status          string // ACTIVE, DRAFT or ARCHIVED
	ProductType     string
	Tags            []string
	Vendor          string   // name; empty: none
	Options         []string // option names in order, at most 3 in Shopify's format, any number elsewhere
	Categories      [][]string
	CreatedAt       time.Time // zero: the time of the import
	RatingAverage   *float64  // ratings that come as totals, without reviews
	RatingCount     int
	RatingHistogram []int // by star from 1 to 5; nil: not known
}

// Variant is one buyable form of a product.
type Variant struct {
	Place
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
	Available          *int64 // stock at the default location, where the file gives it
}

// Image is a picture of a product, known by its address.
type Image struct {
	Place
	ProductKey string
	Position   int
	URL        string
	AltText    string
	Width      int // 0: not known
	Height     int
}

// Category is a place in the category tree, known by its path of names. Its
// ancestors are made where they are missing.
type Category struct {
	Place
	Key  string   // its id in the source; may be empty
	Path []string // names, root first, itself last
}

// Review is one customer's words on one product.
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
	ProductKey    string
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

// bulk is the size of a record's texts that may be long. The others are bounded.
func bulk(record Record) int {
	switch r := record.(type) {
	case *Product:
		return len(r.DescriptionHTML)
	case *Review:
		return len(r.Body)
	}
	return 0
}

// Fault is a row, or a cell of it, that was not taken, or was taken with a
// change (Warning).
type Fault struct {
	Place
	Column  string
	Value   string   // as it stands in the file, cut to 200 characters
	Reason  string   // a sentence that says what is wrong and what would do
	Code    string   // bounded: price, rating, title, reference, encoding …
	Warning bool     // the rest of the row was stored
	Row     []string // the whole record, for the rejects file; nil where not a CSV
}
