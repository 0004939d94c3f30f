package importer

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"
)

// This file has the rules for rows that belong together: what somebody has added since
// must not lose what it needs.

// countsOf runs a statement that returns a key and a number for each row.
func countsOf(ctx context.Context, tx pgx.Tx, statement string, args pgx.StrictNamedArgs) (map[string]int, error) {
	rows, err := tx.Query(ctx, statement, args)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", nameOf(statement), err)
	}
	found := map[string]int{}
	var key string
	var n int
	if _, err := pgx.ForEachRow(rows, []any{&key, &n}, func() error { found[key] = n; return nil }); err != nil {
		return nil, fmt.Errorf("%s: %w", nameOf(statement), err)
	}
	return found, nil
}

// keepVariants keeps an added variant whose stock has been changed since. A variant
// that does not come back has no stock that could.
func (p *undoPart) keepVariants(ctx context.Context, tx pgx.Tx) error {
	var going []string
	for _, v := range p.of("variants") {
		if v.goes() {
			going = append(going, v.now.text("id"))
		}
	}
	levels, err := countsOf(ctx, tx, `-- name: UndoLevelsOfVariants
SELECT l.variant_id::text, count(*)::int
FROM inventory_levels l
WHERE l.variant_id = ANY (@keys::uuid[])
GROUP BY l.variant_id`, pgx.StrictNamedArgs{"keys": going})
	if err != nil {
		return err
	}
	for _, l := range p.of("inventory_levels") {
		if l.goes() {
			levels[l.now.text("variant_id")]--
		}
	}
	for _, v := range p.of("variants") {
		if v.goes() && levels[v.now.text("id")] != 0 {
			v.stay("its stock has been changed since")
		}
	}
	p.keepStock()
	return nil
}

// keepStock keeps the stock of added variants that stay, for whatever reason.
func (p *undoPart) keepStock() {
	stays := map[string]bool{}
	for _, v := range p.of("variants") {
		stays[v.now.text("id")] = v.wasAdded && v.now != nil && v.next != nil
	}
	for _, l := range p.of("inventory_levels") {
		if l.goes() && stays[l.now.text("variant_id")] {
			l.next = l.now
		}
	}
}

// keepImages keeps an added image that a variant shows.
func (p *undoPart) keepImages(ctx context.Context, tx pgx.Tx) error {
	var going []string
	for _, image := range p.of("images") {
		if image.goes() {
			going = append(going, image.now.text("id"))
		}
	}
	shown, err := countsOf(ctx, tx, `-- name: UndoImagesShown
SELECT v.image_id::text, count(*)::int
FROM variants v
WHERE v.image_id = ANY (@keys::uuid[])
GROUP BY v.image_id`, pgx.StrictNamedArgs{"keys": going})
	if err != nil {
		return err
	}
	for _, v := range p.of("variants") {
		if image := v.now.text("image_id"); image != "" && v.next.text("image_id") != image {
			shown[image]--
		}
	}
	for _, image := range p.of("images") {
		if image.goes() && shown[image.now.text("id")] > 0 {
			image.stay("a variant has been given this image since")
		}
	}
	return nil
}

// keepShapes keeps the options of a product, and its variants' values of them, if one
// of these has been changed since, or if there is a variant that would not fit.
func (p *undoPart) keepShapes(ctx context.Context, tx pgx.Tx) error {
	shaped := map[string]bool{} // the products whose options the run changed, and whether they stay
	for _, o := range p.of("product_options") {
		shaped[o.product] = shaped[o.product] || len(o.left) > 0
	}
	for _, v := range p.of("variants") {
		_, values := v.left["option_values"]
		stays := v.now != nil && v.next != nil && len(v.left) > 0 && v.wasAdded
		if values || stays {
			shaped[v.product] = true
		}
	}
	products := make([]string, 0, len(shaped))
	for product := range shaped {
		products = append(products, product)
	}
	since, err := countsOf(ctx, tx, `-- name: UndoVariantsSince
SELECT v.product_id::text, count(*)::int
FROM variants v
WHERE v.product_id = ANY (@keys::uuid[])
  AND NOT EXISTS (
    SELECT
    FROM import_changes c
    WHERE c.product_id = v.product_id AND c.kind = 'variants' AND c.row_key = jsonb_build_object('id', v.id)
      AND c.run_id = @run::uuid)
  AND v.created_at > (
    SELECT min(c.changed_at)
    FROM import_changes c
    WHERE c.product_id = v.product_id AND c.run_id = @run::uuid)
GROUP BY v.product_id`, pgx.StrictNamedArgs{"keys": products, "run": p.undo.run.String()})
	if err != nil {
		return err
	}
	for product, stays := range shaped {
		if stays || since[product] > 0 {
			p.keepShape(product)
		}
	}
	return nil
}

func (p *undoPart) keepShape(product string) {
	const reason = "the product's options or variants have been changed since"
	for _, o := range p.of("product_options") {
		if o.product == product && !o.unchanged() {
			o.stay(reason)
		}
	}
	for _, v := range p.of("variants") {
		switch {
		case v.product != product:
		case v.returns():
			v.next = nil
			v.left[""] = reason
		case v.now != nil && v.next != nil:
			for _, column := range []string{"option_values", "title"} {
				if string(v.next[column]) != string(v.now[column]) {
					v.next[column] = v.now[column]
					v.left[column] = reason
				}
			}
		}
	}
	for _, l := range p.of("inventory_levels") {
		if v := p.rows["variants"+fmt.Sprintf(`{"id": "%s"}`, l.next.text("variant_id"))]; l.returns() && v != nil && v.next == nil {
			l.next = nil
		}
	}
}

// keepProducts keeps an added product as a whole if anything of it has been changed
// since, or if something hangs on it.
func (p *undoPart) keepProducts(ctx context.Context, tx pgx.Tx) error {
	var going []string
	slated := map[string]int{}
	for _, row := range p.order {
		switch {
		case !row.goes():
		case row.table.name == "products":
			going = append(going, row.product)
		case row.table.name != "import_releases":
			slated[row.product]++
		}
	}
	parts, err := countsOf(ctx, tx, `-- name: UndoPartsOfProducts
SELECT p.id::text,
       ((SELECT count(*) FROM images t WHERE t.product_id = p.id)
         + (SELECT count(*) FROM variants t WHERE t.product_id = p.id)
         + (SELECT count(*) FROM product_options t WHERE t.product_id = p.id)
         + (SELECT count(*) FROM product_slugs t WHERE t.product_id = p.id)
         + (SELECT count(*) FROM product_categories t WHERE t.product_id = p.id)
         + (SELECT count(*) FROM reviews t WHERE t.product_id = p.id)
         + (SELECT count(*) FROM collection_products t WHERE t.product_id = p.id)
         + (SELECT count(*) FROM inventory_levels t JOIN variants v ON v.id = t.variant_id WHERE v.product_id = p.id))::int
FROM products p
WHERE p.id = ANY (@keys::uuid[])`, pgx.StrictNamedArgs{"keys": going})
	if err != nil {
		return err
	}
	kept := map[string]bool{}
	for _, row := range p.of("products") {
		switch {
		case row.goes() && parts[row.product] != slated[row.product]:
			row.stay("a part of it has been changed or added since")
			kept[row.product] = true
		case row.wasAdded && row.next != nil:
			kept[row.product] = true
		}
	}
	for _, row := range p.order {
		if kept[row.product] && row.goes() {
			row.next = row.now
		}
	}
	return nil
}
