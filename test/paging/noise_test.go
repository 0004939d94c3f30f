package paging

import "strings"

// Keys follow the time, so a random one would lie behind all others: near makes
// one that lies beside the row's own.
const near = `(left(id::text, 24) || substr(md5(random()::text), 1, 12))::uuid`

// guardedChurns are of rows that not everybody may see. What they insert has the
// version 77, or says that it is noise.
var guardedChurns = map[string]churn{
	"address": {
		add: `
INSERT INTO addresses (id, customer_id, name, line1, city, country_code, version)
SELECT ` + near + `, customer_id, name, line1, city, country_code, 77 FROM addresses
WHERE customer_id = (SELECT customer_id FROM addresses GROUP BY 1 ORDER BY count(*) DESC, 1 LIMIT 1) ORDER BY md5(id::text || $1) LIMIT 5`,
		remove: removeNoise("addresses", "version = 77"),
	},
	"apiKey": {
		add: `
INSERT INTO api_keys (id, key_id, secret_hash, name, permissions)
SELECT ` + near + `, gen_random_uuid(), '', 'noise', '{}' FROM api_keys ORDER BY md5(id::text || $1) LIMIT 5`,
		remove: removeNoise("api_keys", "name = 'noise'"),
	},
	"auditEvent": {
		add: `
INSERT INTO audit_events (id, actor_kind, actor_id, action, subject_kind, subject_id, request_id)
SELECT ` + near + `, actor_kind, actor_id, 'noise', subject_kind, subject_id, '' FROM audit_events ORDER BY md5(id::text || $1) LIMIT 5`,
		remove: removeNoise("audit_events", "action = 'noise'"),
	},
	"importRun": {
		add: `
INSERT INTO import_runs (id, source, format, mode, actor)
SELECT ` + near + `, 'noise', format, mode, actor FROM import_runs ORDER BY md5(id::text || $1) LIMIT 5`,
		remove: removeNoise("import_runs", "source = 'noise'"),
	},
	"document": {
		add: `
INSERT INTO documents (id, name, hash, text, client)
SELECT ` + near + `, gen_random_uuid()::text, hash, text, 'noise' FROM documents ORDER BY md5(id::text || $1) LIMIT 5`,
		remove: removeNoise("documents", "client = 'noise'"),
	},
	"job": {
		add: `
INSERT INTO river_job (id, kind, args, state, finalized_at, tags)
SELECT id + 1 + (random() * 900)::int, kind, args, state, finalized_at, '{noise}' FROM river_job WHERE id % 1000 = 0 ORDER BY md5(id::text || $1) LIMIT 5
ON CONFLICT DO NOTHING`,
		remove: removeNoise("river_job", "tags = '{noise}'"),
	},
	"customer": {
		add: `
INSERT INTO customers (id, display_name, created_at, version)
SELECT ` + near + `, display_name, created_at, 77 FROM customers ORDER BY md5(id::text || $1) LIMIT 5`,
		remove: removeNoise("customers", "version = 77"),
	},
	"inventoryLevel": {
		add: `
WITH made AS (
  INSERT INTO locations (id, name, version)
  SELECT ` + near + `, 'noise ' || gen_random_uuid(), 77 FROM locations ORDER BY md5(id::text || $1) LIMIT 5
  RETURNING id
)
INSERT INTO inventory_levels (location_id, variant_id)
SELECT id, (SELECT variant_id FROM inventory_levels GROUP BY 1 ORDER BY count(*) DESC, 1 LIMIT 1) FROM made`,
		remove: `
DELETE FROM inventory_levels WHERE location_id IN (SELECT id FROM locations WHERE version = 77 ORDER BY md5(id::text || $1) LIMIT 4)`,
	},
	"location": {
		add: `
INSERT INTO locations (id, name, version)
SELECT ` + near + `, name || ' ' || substr(md5(id::text || $1), 1, 12), 77 FROM locations WHERE version <> 77 ORDER BY md5(id::text || $1) LIMIT 5`,
		remove: removeNoise("locations", "version = 77"),
	},
	"role": {
		add: `
INSERT INTO roles (id, name, version)
SELECT ` + near + `, gen_random_uuid(), 77 FROM roles ORDER BY md5(id::text || $1) LIMIT 5`,
		remove: removeNoise("roles", "version = 77"),
	},
	"staffMember": {
		add: `
INSERT INTO staff (id, email, display_name, version)
SELECT ` + near + `, gen_random_uuid(), 'noise', 77 FROM staff ORDER BY md5(id::text || $1) LIMIT 5`,
		remove: removeNoise("staff", "version = 77"),
	},
	"pending review":       reviewChurn("status = 'PENDING'"),
	"review of a customer": reviewChurn("customer_id = (SELECT customer_id FROM reviews WHERE customer_id IS NOT NULL GROUP BY 1 ORDER BY count(*) DESC, 1 LIMIT 1)"),
	"product not on sale": {
		add:    strings.ReplaceAll(churns["product"].add, "'ACTIVE'", "'DRAFT'"),
		remove: churns["product"].remove,
	},
}

func removeNoise(table, noise string) string {
	return `DELETE FROM ` + table + ` WHERE id IN (SELECT id FROM ` + table + ` WHERE ` + noise + ` ORDER BY md5(id::text || $1) LIMIT 4)`
}

func reviewChurn(seeds string) churn {
	return churn{
		add: `
INSERT INTO reviews (id, product_id, customer_id, rating, title, status, source, source_key, created_at)
SELECT gen_random_uuid(), product_id, customer_id, rating, 'noise', status, 'noise', gen_random_uuid(), created_at FROM reviews
WHERE ` + seeds + ` ORDER BY md5(id::text || $1) LIMIT 5`,
		remove: removeNoise("reviews", "title = 'noise'"),
	}
}

// churnOf tells what a list is of.
func churnOf(list pagedList) churn {
	on, name := cutField(list.field)
	switch {
	case name == "children" || name == "categories":
		return churns["category"]
	case strings.Contains(list.args, "status: DRAFT"):
		return guardedChurns["product not on sale"]
	case name == "products" || name == "relatedProducts":
		return churns["product"]
	case list.field == "Query.reviews":
		return guardedChurns["pending review"]
	case name == "reviews" && on != "Product":
		return guardedChurns["review of a customer"]
	case name == "addresses":
		return guardedChurns["address"]
	}
	if c, guarded := guardedChurns[name[:len(name)-1]]; guarded {
		return c
	}
	return churns[name[:len(name)-1]]
}
