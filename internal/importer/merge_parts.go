package importer

// imagesStatement stores images in the order of the input. Images of the
// product that only the shop has keep their positions, and new ones come after
// them; so do all if the input does not name all images.
var imagesStatement = withFields(`-- name: ImportImages
WITH w AS MATERIALIZED (
  SELECT t.product_id, t.is_new, HAS(t.images) AS orders, s.id, s.url, s.alt_text, s.width, s.height, e.id AS existing, e.position AS had,
         row_number() OVER (PARTITION BY t.product_id
                            ORDER BY CASE WHEN s.position = 0 THEN 2147483646 ELSE s.position END, s.seq)::int AS rank
  FROM t_image i
  JOIN t_target t USING (n)
  JOIN s_image s ON s.seq = i.seq
  LEFT JOIN images e ON e.product_id = t.product_id AND e.url = s.url
  WHERE i.n BETWEEN @first AND @last
), other AS (
  SELECT e.product_id, max(e.position) AS last
  FROM (SELECT product_id, count(existing) AS known, bool_and(orders) AS orders FROM w WHERE NOT is_new GROUP BY product_id) AS k
  JOIN images e USING (product_id)
  GROUP BY e.product_id, k.known, k.orders
  HAVING count(*) > k.known OR NOT k.orders
), placed AS (
  SELECT w.*, CASE WHEN o.last IS NULL THEN w.rank ELSE coalesce(w.had, o.last + w.rank) END AS place
  FROM w
  LEFT JOIN other o USING (product_id)
), added AS (
  INSERT INTO images (id, product_id, position, url, alt_text, width, height)
  SELECT id, product_id, place, url, alt_text, width, height
  FROM placed
  WHERE existing IS NULL
  RETURNING product_id
), changed AS (
  UPDATE images e
  SET position = p.place, alt_text = coalesce(nullif(p.alt_text, ''), e.alt_text),
      width = coalesce(p.width, e.width), height = coalesce(p.height, e.height), version = e.version + 1
  FROM placed p
  WHERE e.id = p.existing
    AND (e.position, e.alt_text, e.width, e.height) IS DISTINCT FROM
        (p.place, coalesce(nullif(p.alt_text, ''), e.alt_text), coalesce(p.width, e.width), coalesce(p.height, e.height))
  RETURNING e.product_id
), noted AS (
  INSERT INTO t_touched (product_id, own)
  SELECT product_id, false FROM added
  UNION
  SELECT product_id, false FROM changed
)
SELECT (SELECT count(*) FROM added), (SELECT count(*) FROM changed), (SELECT count(*) FROM w)`)

// variantsStatement stores the matched variants, in the same order as
// imagesStatement. SKU, barcode, cost, weight and image stay if the input has
// none. A file without quantities does not stop the shop from tracking stock. A
// price in another currency takes the variant's other amounts with it.
var variantsStatement = withFields(`-- name: ImportVariants
WITH w AS MATERIALIZED (
  SELECT m.product_id, t.is_new AS of_new, m.is_new, m.has, m.variant_id, m.ident AS key, s.title, s.sku, s.barcode, s.currency,
         s.price_minor, s.compare_at_price_minor, s.cost_minor, s.weight_grams, s.option_values, s.inventory_tracked,
         s.sell_when_out_of_stock, s.available, pic.id AS image_id, e.position AS had,
         row_number() OVER (PARTITION BY m.product_id ORDER BY s.position, s.seq)::int AS rank
  FROM t_match m
  JOIN t_target t USING (n)
  JOIN s_variant s USING (seq)
  LEFT JOIN variants e ON e.id = m.variant_id
  LEFT JOIN images pic ON pic.product_id = m.product_id AND pic.url = s.image_url
  WHERE m.copy = 1 AND m.fault IS NULL
), other AS (
  SELECT e.product_id, max(e.position) AS last
  FROM (SELECT product_id, count(had) AS known FROM w WHERE NOT of_new GROUP BY product_id) AS k
  JOIN variants e USING (product_id)
  GROUP BY e.product_id, k.known
  HAVING count(*) > k.known
), placed AS (
  SELECT w.*,
         CASE
           WHEN o.last IS NULL AND (w.is_new OR HAS(w.variant.position)) THEN w.rank
           ELSE coalesce(w.had, o.last + w.rank)
         END AS place
  FROM w
  LEFT JOIN other o USING (product_id)
), added AS (
  INSERT INTO variants (id, product_id, position, title, sku, barcode, currency, price_minor, compare_at_price_minor,
    cost_minor, weight_grams, option_values, image_id, inventory_tracked, sell_when_out_of_stock, available_quantity,
    source_key)
  SELECT variant_id, product_id, place, title, sku, barcode, currency, price_minor, compare_at_price_minor, cost_minor,
         weight_grams, option_values, image_id, inventory_tracked, sell_when_out_of_stock,
         CASE WHEN inventory_tracked THEN coalesce(available, 0) END, key
  FROM placed
  WHERE is_new
  RETURNING product_id
), next AS (
  SELECT e.id, w.place AS position,
         CASE WHEN HAS(w.variant.title) THEN w.title ELSE e.title END AS title,
         CASE WHEN HAS(w.variant.sku) THEN coalesce(w.sku, e.sku) ELSE e.sku END AS sku,
         CASE WHEN HAS(w.variant.barcode) THEN coalesce(w.barcode, e.barcode) ELSE e.barcode END AS barcode,
         CASE WHEN HAS(w.variant.price) THEN w.currency ELSE e.currency END AS currency,
         CASE WHEN HAS(w.variant.price) THEN w.price_minor ELSE e.price_minor END AS price_minor,
         CASE
           WHEN HAS(w.variant.compareAtPrice) AND (HAS(w.variant.price) OR w.currency = e.currency) THEN w.compare_at_price_minor
           WHEN HAS(w.variant.price) AND w.currency <> e.currency THEN NULL
           ELSE e.compare_at_price_minor
         END AS compare_at_price_minor,
         CASE
           WHEN HAS(w.variant.cost) AND (HAS(w.variant.price) OR w.currency = e.currency) AND w.cost_minor IS NOT NULL THEN w.cost_minor
           WHEN HAS(w.variant.price) AND w.currency <> e.currency THEN NULL
           ELSE e.cost_minor
         END AS cost_minor,
         CASE WHEN HAS(w.variant.weightGrams) THEN coalesce(w.weight_grams, e.weight_grams) ELSE e.weight_grams END AS weight_grams,
         CASE WHEN HAS(w.variant.options) THEN w.option_values ELSE e.option_values END AS option_values,
         CASE WHEN HAS(w.variant.image) THEN coalesce(w.image_id, e.image_id) ELSE e.image_id END AS image_id,
         CASE
           WHEN NOT (HAS(w.variant.stock))
             OR w.available IS NULL AND EXISTS (SELECT FROM inventory_levels l WHERE l.variant_id = e.id)
           THEN e.inventory_tracked
           ELSE w.inventory_tracked
         END AS inventory_tracked,
         CASE WHEN HAS(w.variant.sellWhenOutOfStock) THEN w.sell_when_out_of_stock ELSE e.sell_when_out_of_stock END
           AS sell_when_out_of_stock
  FROM placed w
  JOIN variants e ON e.id = w.variant_id
  WHERE NOT w.is_new
), changed AS (
  UPDATE variants e
  SET position = x.position, title = x.title, sku = x.sku, barcode = x.barcode, currency = x.currency,
      price_minor = x.price_minor, compare_at_price_minor = x.compare_at_price_minor, cost_minor = x.cost_minor,
      weight_grams = x.weight_grams, option_values = x.option_values, image_id = x.image_id,
      inventory_tracked = x.inventory_tracked, sell_when_out_of_stock = x.sell_when_out_of_stock,
      version = e.version + 1, updated_at = now()
  FROM next x
  WHERE e.id = x.id
    AND (e.position, e.title, e.sku, e.barcode, e.currency, e.price_minor, e.compare_at_price_minor, e.cost_minor,
         e.weight_grams, e.option_values, e.image_id, e.inventory_tracked, e.sell_when_out_of_stock)
        IS DISTINCT FROM
        (x.position, x.title, x.sku, x.barcode, x.currency, x.price_minor, x.compare_at_price_minor, x.cost_minor,
         x.weight_grams, x.option_values, x.image_id, x.inventory_tracked, x.sell_when_out_of_stock)
  RETURNING e.product_id
), noted AS (
  INSERT INTO t_touched (product_id, own)
  SELECT product_id, false FROM added
  UNION
  SELECT product_id, false FROM changed
)
SELECT (SELECT count(*) FROM added), (SELECT count(*) FROM changed), (SELECT count(*) FROM w)`)

// optionsStatement writes each option with the values that the product's
// variants have, in the order of the variants. The names are the input's if it
// has them, otherwise the shop's. An option stays while a variant has a value of it.
var optionsStatement = withFields(`-- name: ImportOptions
WITH valued AS MATERIALIZED (
  SELECT product_id, position, array_agg(value ORDER BY first, value) AS option_values
  FROM (
    SELECT v.product_id, u.position, u.value, min(v.position) AS first
    FROM t_target t
    JOIN variants v USING (product_id), unnest(v.option_values) WITH ORDINALITY AS u(value, position)
    WHERE t.n BETWEEN @first AND @last AND u.value <> ''
    GROUP BY v.product_id, u.position, u.value
  ) AS s
  GROUP BY product_id, position
), given AS (
  SELECT t.product_id, u.position::int AS position, u.name
  FROM t_target t
  JOIN s_product s ON s.seq = t.product_seq, unnest(s.options) WITH ORDINALITY AS u(name, position)
  WHERE t.n BETWEEN @first AND @last AND (t.is_new OR HAS(t.options))
), named AS (
  SELECT product_id, position, name FROM given
  UNION ALL
  SELECT t.product_id, o.position, o.name
  FROM t_target t
  JOIN product_options o USING (product_id)
  WHERE t.n BETWEEN @first AND @last AND NOT t.is_new
    AND (NOT (HAS(t.options))
         OR EXISTS (SELECT FROM valued v WHERE v.product_id = o.product_id AND v.position = o.position)
            AND NOT EXISTS (SELECT FROM given g WHERE g.product_id = o.product_id AND g.position = o.position))
), w AS MATERIALIZED (
  SELECT n.product_id, n.position, n.name, coalesce(v.option_values, '{}') AS option_values
  FROM named n
  LEFT JOIN valued v ON v.product_id = n.product_id AND v.position = n.position
), gone AS (
  DELETE FROM product_options o
  USING t_target t
  WHERE t.n BETWEEN @first AND @last AND NOT t.is_new AND o.product_id = t.product_id
    AND NOT EXISTS (SELECT FROM w WHERE w.product_id = o.product_id AND w.position = o.position)
  RETURNING o.product_id
), added AS (
  INSERT INTO product_options (product_id, position, name, option_values)
  SELECT product_id, position, name, option_values
  FROM w
  WHERE NOT EXISTS (SELECT FROM product_options o WHERE o.product_id = w.product_id AND o.position = w.position)
  RETURNING product_id
), changed AS (
  UPDATE product_options o
  SET name = w.name, option_values = w.option_values
  FROM w
  WHERE o.product_id = w.product_id AND o.position = w.position
    AND (o.name, o.option_values) IS DISTINCT FROM (w.name, w.option_values)
  RETURNING o.product_id
), noted AS (
  INSERT INTO t_touched (product_id, own)
  SELECT product_id, false FROM gone
  UNION
  SELECT product_id, false FROM added
  UNION
  SELECT product_id, false FROM changed
)
SELECT (SELECT count(*) FROM added), (SELECT count(*) FROM changed), (SELECT count(*) FROM w)`)

// totalsStatement stores a quantity without location at the default location.
// If stock is known at named locations, a total says less and is ignored:
// otherwise alternating imports of product files and inventory files would
// change the quantities back and forth.
var totalsStatement = withFields(`-- name: ImportTotals
WITH w AS MATERIALIZED (
  SELECT m.variant_id, m.product_id, s.available, place.id AS location_id, l.variant_id IS NULL AS is_new
  FROM t_match m
  JOIN s_variant s USING (seq)
  JOIN locations place ON place.name = @location
  LEFT JOIN inventory_levels l ON l.variant_id = m.variant_id AND l.location_id = place.id
  WHERE m.copy = 1 AND m.fault IS NULL AND HAS(m.variant.stock) AND s.available IS NOT NULL AND s.inventory_tracked
    AND NOT EXISTS (SELECT FROM inventory_levels o WHERE o.variant_id = m.variant_id AND o.location_id <> place.id)
), added AS (
  INSERT INTO inventory_levels (variant_id, location_id, on_hand)
  SELECT variant_id, location_id, available
  FROM w
  WHERE is_new
  RETURNING variant_id
), changed AS (
  UPDATE inventory_levels l
  SET on_hand = w.available + l.committed + l.unavailable, version = l.version + 1, updated_at = now()
  FROM w
  WHERE l.variant_id = w.variant_id AND l.location_id = w.location_id
    AND l.on_hand <> w.available + l.committed + l.unavailable
  RETURNING l.variant_id
), noted AS (
  INSERT INTO t_touched (product_id, own)
  SELECT w.product_id, false FROM w JOIN added USING (variant_id)
  UNION
  SELECT w.product_id, false FROM w JOIN changed USING (variant_id)
)
SELECT (SELECT count(*) FROM added), (SELECT count(*) FROM changed), (SELECT count(*) FROM w)`)

// availableStatement updates the available quantity of tracked variants of
// changed products.
const availableStatement = `-- name: ImportAvailable
WITH changed AS (
  UPDATE variants v
  SET available_quantity = w.available, version = v.version + 1, updated_at = now()
  FROM (
    SELECT v.id,
           CASE WHEN v.inventory_tracked
             THEN coalesce((SELECT sum(l.on_hand - l.committed - l.unavailable)
                            FROM inventory_levels l WHERE l.variant_id = v.id), 0)::bigint
           END AS available
    FROM variants v
    WHERE v.product_id IN (SELECT product_id FROM t_touched)
      AND (v.inventory_tracked OR v.available_quantity IS NOT NULL)
  ) AS w
  WHERE v.id = w.id AND v.available_quantity IS DISTINCT FROM w.available
  RETURNING v.product_id
)
INSERT INTO t_touched (product_id, own)
SELECT DISTINCT product_id, false FROM changed`
