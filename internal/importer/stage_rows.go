package importer

import (
	"fmt"
	"math"
	"strings"

	"github.com/google/uuid"

	"souk/internal/richtext"
	"souk/internal/slug"
)

// stageTable is an index into stageTables.
type stageTable int

const (
	stageVendors stageTable = iota
	stagePaths
	stageProducts
	stageFiled
	stageVariants
	stageImages
	stageReviews
	stageLevels
)

// stageTables are the session's temporary tables, so that a killed import
// leaves nothing behind. Each row of s_product and the tables below begins with
// its position in the run (seq), its file's number, its line, and an id that is
// used if the record is new.
var stageTables = [...]struct{ name, columns string }{
	stageVendors: {"s_vendor", "no int, id uuid, name text, slug text"},
	stagePaths: {"s_path", "no int, seq bigint, key text, names text[], ids uuid[], slugs text[], " +
		"declared boolean"},
	stageProducts: {"s_product", `seq bigint, file int, line int, id uuid, has bigint, max_options int, key text, title text,
		description_html text, description text, slug text, status text, product_type text, tags text[], attributes jsonb, vendor int,
		options text[], created_at timestamptz, rating_average numeric(3, 2), rating_count int, rating_histogram int[]`},
	stageFiled: {"s_filed", "product_key text, path int, if_none boolean"},
	stageVariants: {"s_variant", `seq bigint, file int, line int, id uuid, has bigint, product_key text, key text,
		position int, title text, sku text, barcode text, currency text, price_minor bigint,
		compare_at_price_minor bigint, cost_minor bigint, weight_grams numeric(14, 3), option_values text[],
		image_url text, inventory_tracked boolean, sell_when_out_of_stock boolean, available bigint`},
	stageImages: {"s_image", `seq bigint, file int, line int, id uuid, product_key text, position int,
		url text, alt_text text, width int, height int`},
	stageReviews: {"s_review", `seq bigint, file int, line int, id uuid, key text, product_source text,
		product_key text, author_id uuid, author_key text, author_name text, rating smallint, title text,
		body text, created_at timestamptz`},
	stageLevels: {"s_level", `seq bigint, file int, line int, id uuid, has bigint, product_source text, product_key text,
		option_values text[], sku text, location text, on_hand bigint, committed bigint, unavailable bigint,
		incoming bigint`},
}

// add writes one record as rows of the load.
func (s *stager) add(record Record) error {
	switch record := record.(type) {
	case *Product:
		return s.addProduct(record)
	case *Variant:
		return s.addVariant(record)
	case *Image:
		return s.addImage(record, record.Position)
	case *Category:
		_, err := s.path(record.Path, record.Key, true)
		return err
	case *Review:
		return s.addReview(record)
	case *Level:
		return s.addLevel(record)
	}
	return fmt.Errorf("the importer cannot store a %T", record)
}

func (s *stager) addProduct(p *Product) error {
	s.counts.products++
	vendor, err := s.vendor(p.Vendor)
	if err != nil {
		return err
	}
	for _, path := range p.Categories {
		if err := s.file(p.Key, path, false); err != nil {
			return err
		}
	}
	if p.CategoryIfNone != nil {
		if err := s.file(p.Key, p.CategoryIfNone, true); err != nil {
			return err
		}
	}
	rows, err := s.begin(stageProducts, p.Place)
	if err != nil {
		return err
	}
	safe := richtext.Clean(p.DescriptionHTML)
	rows.int(int64(allProductFields &^ p.Lacks))
	if p.MaxOptions > 0 {
		rows.int(int64(p.MaxOptions))
	} else {
		rows.int(math.MaxInt32)
	}
	rows.text(p.Key)
	rows.text(p.Title)
	rows.text(safe)
	rows.text(richtext.Plain(safe))
	rows.text(slugOf(p))
	rows.text(firstOf(p.Status, "ACTIVE"))
	rows.text(p.ProductType)
	rows.texts(p.Tags)
	if err := rows.attributes(p.Attributes); err != nil {
		return err
	}
	if vendor > 0 {
		rows.int(vendor)
	} else {
		rows.null()
	}
	rows.texts(p.Options)
	rows.time(p.CreatedAt)
	rows.float(p.RatingAverage)
	rows.int(int64(p.RatingCount))
	rows.ints(p.RatingHistogram)
	rows.end()
	return nil
}

// file puts a product in a category.
func (s *stager) file(key string, path []string, ifNone bool) error {
	no, err := s.path(path, "", false)
	if err != nil {
		return err
	}
	rows := &s.load.rows[stageFiled]
	rows.text(key)
	rows.int(no)
	rows.bool(ifNone)
	rows.end()
	return nil
}

// slugOf is the slug that the product wants: its handle as it is, otherwise one
// made from its title. A record without a title is looked up by it.
func slugOf(p *Product) string {
	handle := p.Handle
	if p.Lacks&ProductTitle != 0 {
		handle = firstOf(handle, p.Key)
	}
	if made := slug.Handle(handle); made != "" {
		return made
	}
	return slug.Make(p.Title, "product")
}

func (s *stager) addVariant(v *Variant) error {
	s.counts.parts++
	if v.ImageURL != "" {
		// A variant's image is usually one of the product's images too;
		// otherwise it comes after them.
		image := &Image{Place: v.Place, ProductKey: v.ProductKey, URL: v.ImageURL}
		if err := s.addImage(image, math.MaxInt32); err != nil {
			return err
		}
	}
	rows, err := s.begin(stageVariants, v.Place)
	if err != nil {
		return err
	}
	rows.int(int64(allVariantFields &^ v.Lacks))
	rows.text(v.ProductKey)
	rows.text(firstOf(v.Key, defaultVariant))
	rows.int(int64(v.Position))
	rows.text(v.Title)
	rows.textOrNull(v.SKU)
	rows.textOrNull(v.Barcode)
	rows.text(v.Currency)
	for _, amount := range [...]*int64{minor(v.Price), minor(v.CompareAtPrice), minor(v.Cost)} {
		if amount == nil {
			rows.null()
		} else {
			rows.int(*amount)
		}
	}
	rows.float(v.WeightGrams)
	rows.texts(v.OptionValues)
	rows.textOrNull(v.ImageURL)
	rows.bool(v.InventoryTracked)
	rows.bool(v.SellWhenOutOfStock)
	if v.Available == nil {
		rows.null()
	} else {
		rows.int(*v.Available)
	}
	rows.end()
	return nil
}

func (s *stager) addImage(image *Image, position int) error {
	s.counts.parts++
	rows, err := s.begin(stageImages, image.Place)
	if err != nil {
		return err
	}
	rows.text(image.ProductKey)
	rows.int(int64(position))
	rows.text(image.URL)
	rows.text(image.AltText)
	for _, size := range [...]int{image.Width, image.Height} {
		if size > 0 {
			rows.int(int64(size))
		} else {
			rows.null()
		}
	}
	rows.end()
	return nil
}

func (s *stager) addReview(r *Review) error {
	s.counts.reviews++
	author, err := s.newID()
	if err != nil {
		return err
	}
	rows, err := s.begin(stageReviews, r.Place)
	if err != nil {
		return err
	}
	rows.text(r.Key)
	rows.text(firstOf(r.ProductSource, s.source))
	rows.text(r.ProductKey)
	rows.uuid(author)
	rows.textOrNull(r.AuthorKey)
	rows.text(r.AuthorName)
	rows.int(int64(r.Rating))
	rows.text(r.Title)
	rows.text(r.Body)
	rows.time(r.CreatedAt)
	rows.end()
	return nil
}

func (s *stager) addLevel(l *Level) error {
	s.counts.levels++
	rows, err := s.begin(stageLevels, l.Place)
	if err != nil {
		return err
	}
	rows.int(int64(allLevelFields &^ l.Lacks))
	rows.text(firstOf(l.ProductSource, s.source))
	rows.text(l.ProductKey)
	rows.texts(l.OptionValues)
	rows.textOrNull(l.SKU)
	rows.text(l.Location)
	rows.int(l.OnHand)
	rows.int(l.Committed)
	rows.int(l.Unavailable)
	rows.int(l.Incoming)
	rows.end()
	return nil
}

// vendor returns the number under which a vendor's name is staged; 0 for none.
func (s *stager) vendor(name string) (int64, error) {
	if name == "" {
		return 0, nil
	}
	if no, known := s.vendors[name]; known {
		return no, nil
	}
	id, err := s.newID()
	if err != nil {
		return 0, err
	}
	s.names++
	rows := &s.load.rows[stageVendors]
	rows.int(s.names)
	rows.uuid(id)
	rows.text(name)
	rows.text(slug.Make(name, "vendor"))
	rows.end()
	remember(s.vendors, name, s.names)
	return s.names, nil
}

// path returns the number under which a category's path is staged.
func (s *stager) path(names []string, key string, declared bool) (int64, error) {
	joined := strings.Join(names, "\x00")
	if no, known := s.paths[joined]; known && !declared {
		return no, nil
	}
	ids, slugs := make([]uuid.UUID, len(names)), make([]string, len(names))
	for i, name := range names {
		id, err := s.newID()
		if err != nil {
			return 0, err
		}
		ids[i], slugs[i] = id, slug.Make(name, "category")
	}
	s.names++
	s.seq++
	rows := &s.load.rows[stagePaths]
	rows.int(s.names)
	rows.int(s.seq)
	rows.textOrNull(key)
	rows.texts(names)
	rows.uuids(ids)
	rows.texts(slugs)
	rows.bool(declared)
	rows.end()
	remember(s.paths, joined, s.names)
	return s.names, nil
}

func remember(known map[string]int64, name string, no int64) {
	if len(known) >= knownNames {
		clear(known)
	}
	known[name] = no
}
