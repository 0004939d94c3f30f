-- The shop that the goldens are of: small, fixed in keys and times, and with one
-- of each oddity: a product without price, vendor and category, an SKU that two
-- variants share, stock below zero, a review without an author, a slug that moved.

UPDATE shop
SET name = 'Loom & Lamp', currency = 'EUR', country = 'DE', time_zone = 'Europe/Berlin', languages = '{de,en}', version = 2, updated_at = '2026-01-01';

INSERT INTO vendors (id, slug, name, created_at) VALUES
  ('01900000-0000-7000-8000-000000000401', 'loom', 'Loom & Thread', '2026-01-01'),
  ('01900000-0000-7000-8000-000000000402', 'eclair', 'Éclair Lumière', '2026-01-01'),
  ('01900000-0000-7000-8000-000000000403', 'newcomer', 'newcomer', '2026-01-01');

INSERT INTO categories (id, slug, name, parent_id, ancestor_ids, created_at) VALUES
  ('01900000-0000-7000-8000-000000000301', 'home', 'Home', NULL, '{}', '2026-01-01'),
  ('01900000-0000-7000-8000-000000000302', 'apparel', 'Apparel', NULL, '{}', '2026-01-01'),
  ('01900000-0000-7000-8000-000000000303', 'lighting', 'Lighting', '01900000-0000-7000-8000-000000000301',
   '{01900000-0000-7000-8000-000000000301}', '2026-01-01'),
  ('01900000-0000-7000-8000-000000000304', 'desk-lamps', 'Desk lamps', '01900000-0000-7000-8000-000000000303',
   '{01900000-0000-7000-8000-000000000301,01900000-0000-7000-8000-000000000303}', '2026-01-01'),
  ('01900000-0000-7000-8000-000000000305', 'shirts', 'Shirts', '01900000-0000-7000-8000-000000000302',
   '{01900000-0000-7000-8000-000000000302}', '2026-01-01'),
  ('01900000-0000-7000-8000-000000000306', 'empty', 'Empty shelf', '01900000-0000-7000-8000-000000000301',
   '{01900000-0000-7000-8000-000000000301}', '2026-01-01');

INSERT INTO products (id, slug, title, description_html, description, status, product_type, tags, vendor_id,
                      imported_rating_average, imported_rating_count, imported_rating_histogram, created_at) VALUES
  ('01900000-0000-7000-8000-000000000101', 'linen-shirt', 'Linen Shirt', '<p>Light &amp; <b>airy</b>.</p>', 'Light & airy.',
   'ACTIVE', 'Shirt', '{summer,linen}', '01900000-0000-7000-8000-000000000401', NULL, 0, NULL, '2026-03-01 12:00:00.123456'),
  ('01900000-0000-7000-8000-000000000102', 'desk-lamp', 'Desk Lamp', '', 'A lamp for the desk.',
   'ACTIVE', 'Lamp', '{}', '01900000-0000-7000-8000-000000000402', 4.5, 10, '{0,0,1,3,6}', '2026-03-02 12:00:00'),
  ('01900000-0000-7000-8000-000000000103', 'mystery-rug', 'Mystery Rug “½”', '', '',
   'ACTIVE', '', '{}', NULL, NULL, 0, NULL, '2026-03-03 12:00:00'),
  ('01900000-0000-7000-8000-000000000104', 'enamel-mug', 'Enamel Mug', '<p>White.</p>', 'White.',
   'ACTIVE', 'Mug', '{kitchen}', '01900000-0000-7000-8000-000000000401', NULL, 0, NULL, '2026-03-04 12:00:00'),
  ('01900000-0000-7000-8000-000000000105', 'floor-lamp', 'Floor Lamp', '', '',
   'ACTIVE', 'Lamp', '{}', '01900000-0000-7000-8000-000000000402', NULL, 0, NULL, '2026-03-04 12:00:00'),
  ('01900000-0000-7000-8000-000000000106', 'secret-draft', 'Secret Draft', '', '',
   'DRAFT', '', '{}', '01900000-0000-7000-8000-000000000401', NULL, 0, NULL, '2026-03-05 12:00:00'),
  ('01900000-0000-7000-8000-000000000107', 'old-shirt', 'Old Shirt', '', '',
   'ARCHIVED', 'Shirt', '{}', '01900000-0000-7000-8000-000000000401', NULL, 0, NULL, '2026-01-05 12:00:00'),
  ('01900000-0000-7000-8000-000000000108', 'hemp-shirt', 'Hemp Shirt', '', '',
   'ACTIVE', 'Shirt', '{}', '01900000-0000-7000-8000-000000000403', NULL, 0, NULL, '2026-01-08 12:00:00');

UPDATE products
SET attributes = '[{"key": "custom.material", "name": "Material", "value": "Linen"}, {"key": "custom.care", "name": "Care", "value": "Wash cold.\nDry flat."}]'
WHERE slug = 'linen-shirt';

INSERT INTO product_slugs (slug, product_id, created_at) VALUES
  ('flax-shirt', '01900000-0000-7000-8000-000000000101', '2026-02-01');

INSERT INTO product_categories (product_id, category_id) VALUES
  ('01900000-0000-7000-8000-000000000101', '01900000-0000-7000-8000-000000000305'),
  ('01900000-0000-7000-8000-000000000102', '01900000-0000-7000-8000-000000000304'),
  ('01900000-0000-7000-8000-000000000104', '01900000-0000-7000-8000-000000000301'),
  ('01900000-0000-7000-8000-000000000104', '01900000-0000-7000-8000-000000000302'),
  ('01900000-0000-7000-8000-000000000105', '01900000-0000-7000-8000-000000000303'),
  ('01900000-0000-7000-8000-000000000107', '01900000-0000-7000-8000-000000000305'),
  ('01900000-0000-7000-8000-000000000108', '01900000-0000-7000-8000-000000000305');

INSERT INTO product_options (product_id, position, name, option_values) VALUES
  ('01900000-0000-7000-8000-000000000101', 1, 'Color', '{White,Blue}'),
  ('01900000-0000-7000-8000-000000000101', 2, 'Size', '{S,M}'),
  ('01900000-0000-7000-8000-000000000104', 1, 'color', '{white}');

INSERT INTO images (id, product_id, position, url, alt_text, width, height, created_at) VALUES
  ('01900000-0000-7000-8000-000000000501', '01900000-0000-7000-8000-000000000101', 1, 'https://img.example/shirt-white.jpg', 'White shirt', 800, 600, '2026-03-01'),
  ('01900000-0000-7000-8000-000000000502', '01900000-0000-7000-8000-000000000101', 2, 'https://img.example/shirt-blue.jpg', '', NULL, NULL, '2026-03-01'),
  ('01900000-0000-7000-8000-000000000503', '01900000-0000-7000-8000-000000000102', 1, '/images/lamp.svg', 'Lamp', 400, 400, '2026-03-01');

INSERT INTO variants (id, product_id, position, title, sku, barcode, currency, price_minor, compare_at_price_minor, cost_minor,
                      option_values, image_id, inventory_tracked, sell_when_out_of_stock, available_quantity, created_at, updated_at) VALUES
  ('01900000-0000-7000-8000-000000000201', '01900000-0000-7000-8000-000000000101', 1, 'White / S', 'LS-W-S', '4006381333931', 'EUR', 4990, 5990, 77777701,
   '{White,S}', '01900000-0000-7000-8000-000000000501', true, false, 12, '2026-03-01 12:00:00', '2026-03-06 12:00:00'),
  ('01900000-0000-7000-8000-000000000202', '01900000-0000-7000-8000-000000000101', 2, 'White / M', 'LS-W-M', NULL, 'EUR', 4990, NULL, 77777702,
   '{White,M}', '01900000-0000-7000-8000-000000000501', true, false, -3, '2026-03-01 12:00:00', '2026-03-06 12:00:00'),
  ('01900000-0000-7000-8000-000000000203', '01900000-0000-7000-8000-000000000101', 3, 'Blue / S', 'SHARED', NULL, 'EUR', 5490, NULL, 77777703,
   '{Blue,S}', '01900000-0000-7000-8000-000000000502', true, true, 0, '2026-03-01 12:00:00', '2026-03-06 12:00:00'),
  ('01900000-0000-7000-8000-000000000204', '01900000-0000-7000-8000-000000000101', 4, 'Blue / M', NULL, NULL, 'EUR', NULL, NULL, NULL,
   '{Blue,M}', NULL, false, false, NULL, '2026-03-01 12:00:00', '2026-03-06 12:00:00'),
  ('01900000-0000-7000-8000-000000000205', '01900000-0000-7000-8000-000000000102', 1, '', 'SHARED', NULL, 'EUR', 12900, NULL, NULL,
   '{}', NULL, false, false, NULL, '2026-03-02 12:00:00', '2026-03-02 12:00:00'),
  ('01900000-0000-7000-8000-000000000206', '01900000-0000-7000-8000-000000000104', 1, 'white', 'MUG', NULL, 'VND', 250000, NULL, NULL,
   '{white}', NULL, true, true, 0, '2026-03-04 12:00:00', '2026-03-04 12:00:00'),
  ('01900000-0000-7000-8000-000000000207', '01900000-0000-7000-8000-000000000105', 1, '', 'FLOOR', NULL, 'EUR', 25900, NULL, NULL,
   '{}', NULL, true, false, 3000000000, '2026-03-04 12:00:00', '2026-03-04 12:00:00'),
  ('01900000-0000-7000-8000-000000000208', '01900000-0000-7000-8000-000000000106', 1, '', 'SECRET', NULL, 'EUR', 100, NULL, NULL,
   '{}', NULL, false, false, NULL, '2026-03-05 12:00:00', '2026-03-05 12:00:00');

INSERT INTO customers (id, display_name, email, created_at) VALUES
  ('01900000-0000-7000-8000-000000000701', 'Maya', 'maya.private@example.com', '2026-01-01'),
  ('01900000-0000-7000-8000-000000000702', 'J. Doe', NULL, '2026-01-01');

INSERT INTO reviews (id, product_id, customer_id, rating, title, body, status, created_at) VALUES
  ('01900000-0000-7000-8000-000000000601', '01900000-0000-7000-8000-000000000101', '01900000-0000-7000-8000-000000000701', 5, 'Love it', 'Cool in summer.', 'PUBLISHED', '2026-03-10 08:00:00'),
  ('01900000-0000-7000-8000-000000000602', '01900000-0000-7000-8000-000000000101', '01900000-0000-7000-8000-000000000702', 2, '', 'Too "airy" </script>.', 'PUBLISHED', '2026-03-11 08:00:00'),
  ('01900000-0000-7000-8000-000000000603', '01900000-0000-7000-8000-000000000101', NULL, 4, 'Good', '', 'PUBLISHED', '2026-03-12 08:00:00'),
  ('01900000-0000-7000-8000-000000000604', '01900000-0000-7000-8000-000000000101', NULL, 1, 'Pending', 'Not yet checked.', 'PENDING', '2026-03-13 08:00:00'),
  ('01900000-0000-7000-8000-000000000605', '01900000-0000-7000-8000-000000000105', '01900000-0000-7000-8000-000000000701', 3, 'Tall', 'It is tall.', 'PUBLISHED', '2026-03-10 08:00:00');

INSERT INTO collections (id, slug, title, description_html, description, image_url, image_alt_text, image_width, image_height,
                         seo_title, seo_description, filter, created_at, updated_at) VALUES
  ('01900000-0000-7000-8000-000000000f01', 'summer-picks', 'Summer picks', '<p>For <b>hot</b> days.</p>', 'For hot days.',
   'https://img.example/summer.jpg', 'A beach', 1200, 400, 'Summer at Souk', 'Linen and more.', NULL, '2026-03-01', '2026-03-01'),
  ('01900000-0000-7000-8000-000000000f02', 'fine-lamps', 'Fine lamps', '', '', NULL, '', NULL, NULL, NULL, NULL,
   '{"vendors": ["01900000-0000-7000-8000-000000000402"], "price": {"currency": "EUR", "max_minor": 20000}}', '2026-03-01', '2026-03-01');
INSERT INTO collection_products (collection_id, product_id, position) VALUES
  ('01900000-0000-7000-8000-000000000f01', '01900000-0000-7000-8000-000000000104', 1),
  ('01900000-0000-7000-8000-000000000f01', '01900000-0000-7000-8000-000000000106', 2),
  ('01900000-0000-7000-8000-000000000f01', '01900000-0000-7000-8000-000000000101', 3),
  ('01900000-0000-7000-8000-000000000f01', '01900000-0000-7000-8000-000000000108', 4);

SELECT refresh_products(array_agg(id)) FROM products;

-- What refresh_products takes from the clock.
UPDATE products SET updated_at = '2026-03-20 00:00:00', version = 7;
