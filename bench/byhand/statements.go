package main

// The statements by name, as they are prepared. Each of the lists is one statement for all
// products of a page, whose rows come in the order of the products.
const (
	productStatement  = "Product"
	pageStatement     = "Page"
	vendorStatement   = "Vendors"
	categoryStatement = "Categories"
	variantStatement  = "Variants"
	imageStatement    = "Images"
	reviewStatement   = "Reviews"

	pageSize = 50 // the page has one row more, which says whether another page follows
)

var statements = map[string]string{
	productStatement: `-- name: ByHandProduct
SELECT p.id, p.title, v.name, c.name
FROM products p
LEFT JOIN vendors v ON v.id = p.vendor_id
LEFT JOIN LATERAL (
  SELECT c.name
  FROM product_categories pc
  JOIN categories c ON c.id = pc.category_id
  WHERE pc.product_id = p.id
  ORDER BY c.name_key, c.id
  LIMIT 1
) AS c ON true
WHERE p.status = 'ACTIVE'
  AND p.id = coalesce(
    (SELECT id FROM products WHERE slug = $1),
    (SELECT product_id FROM product_slugs WHERE slug = $1))`,

	pageStatement: `-- name: ByHandPage
SELECT l.created_at, p.id, p.slug, p.title, p.description, p.availability, p.created_at, p.vendor_id,
  p.currency, p.price_min_minor, p.price_max_minor, p.rating_average::float8, p.rating_count
FROM product_listings l
JOIN products p ON p.id = l.product_id
WHERE l.scope_id = '00000000-0000-0000-0000-000000000000'
ORDER BY l.created_at DESC, l.product_id DESC
LIMIT 51`,

	vendorStatement: `-- name: ByHandVendors
SELECT v.id, v.name
FROM vendors v
WHERE v.id = ANY ($1::uuid[])`,

	categoryStatement: `-- name: ByHandCategories
SELECT parent.ordinal, c.id, c.name, c.slug
FROM unnest($1::uuid[]) WITH ORDINALITY AS parent (id, ordinal)
CROSS JOIN LATERAL (
  SELECT c.id, c.name, c.slug
  FROM product_categories pc
  JOIN categories c ON c.id = pc.category_id
  WHERE pc.product_id = parent.id
  ORDER BY c.name_key, c.id
  LIMIT 3
) AS c`,

	variantStatement: `-- name: ByHandVariants
SELECT parent.ordinal, v.id, v.sku, v.title, v.price_minor, v.currency, v.available_quantity
FROM unnest($1::uuid[]) WITH ORDINALITY AS parent (id, ordinal)
CROSS JOIN LATERAL (
  SELECT v.id, v.sku, v.title, v.price_minor, v.currency, v.available_quantity
  FROM variants v
  WHERE v.product_id = parent.id
  ORDER BY v.position, v.id
  LIMIT 10
) AS v`,

	imageStatement: `-- name: ByHandImages
SELECT parent.ordinal, i.id, i.url, i.alt_text, i.width, i.height
FROM unnest($1::uuid[]) WITH ORDINALITY AS parent (id, ordinal)
CROSS JOIN LATERAL (
  SELECT i.id, i.url, i.alt_text, i.width, i.height
  FROM images i
  WHERE i.product_id = parent.id
  ORDER BY i.position, i.id
  LIMIT 3
) AS i`,

	reviewStatement: `-- name: ByHandReviews
SELECT parent.ordinal, r.id, r.rating, r.title, r.body, r.author, r.created_at
FROM unnest($1::uuid[]) WITH ORDINALITY AS parent (id, ordinal)
CROSS JOIN LATERAL (
  SELECT r.id, r.rating, r.title, r.body, r.created_at,
    (SELECT c.display_name FROM customers c WHERE c.id = r.customer_id) AS author
  FROM reviews r
  WHERE r.product_id = parent.id AND r.status = 'PUBLISHED'
  ORDER BY r.created_at DESC, r.id DESC
  LIMIT 3
) AS r`,
}
