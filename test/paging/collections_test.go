package paging

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/uuid"
)

// smartConditions are what the saved filters mean, in words of their own, by the name
// of the condition in the column.
var smartConditions = map[string]string{
	"category": `EXISTS (SELECT FROM product_categories pc JOIN categories c ON c.id = pc.category_id
  WHERE pc.product_id = p.id AND (o.filter->>'category')::uuid = ANY (c.ancestor_ids || c.id))`,
	"vendors": `p.vendor_id IN (SELECT v::uuid FROM jsonb_array_elements_text(o.filter->'vendors') AS v)`,
	"price": `p.currency = o.filter->'price'->>'currency'
  AND p.price_min_minor >= coalesce((o.filter->'price'->>'min_minor')::bigint, 0)`,
	"min_rating":   `p.rating_average >= (o.filter->>'min_rating')::numeric`,
	"availability": `p.availability IN (SELECT a FROM jsonb_array_elements_text(o.filter->'availability') AS a)`,
	"options": `NOT EXISTS (SELECT FROM jsonb_array_elements(o.filter->'options') AS w WHERE NOT EXISTS (
  SELECT FROM product_options own, unnest(own.option_values) AS has, jsonb_array_elements_text(w->'values') AS wanted
  WHERE own.product_id = p.id AND lower(own.name) = lower(w->>'name') AND lower(has) = lower(wanted)))`,
}

// collectionLists are the products of the fullest manual collection, and of smart
// collections that have each condition, alone or with others.
func (s pagingShop) collectionLists(t *testing.T, field connectionField) []pagedList {
	t.Helper()
	var collections int
	if err := s.conn.QueryRow(t.Context(), `SELECT count(*) FROM collections`).Scan(&collections); err != nil || collections == 0 {
		return nil // a shop whose files have none
	}
	var lists []pagedList
	add := func(what string, key uuid.UUID, condition, byDefault string) {
		by := map[string]string{"": byDefault}
		for name, order := range productOrderBy {
			by[name] = order
		}
		eachOrder(t, field, by, "", func(name, args, orderBy string) {
			of := pagedList{field: field.name, parent: parentField(field.name, key), values: []any{key}}
			of.name, of.args = strings.TrimSpace(what+" "+name), args
			of.statement = "SELECT p.id FROM products p JOIN " + condition + " WHERE o.id = $1 AND p.status = 'ACTIVE' ORDER BY " + orderBy
			lists = append(lists, of)
			of.name, of.args, of.by, of.filtered = what+" drafts "+name, strings.Trim("filter: {status: DRAFT}, "+args, ", "), manager, true
			of.statement = strings.Replace(of.statement, "'ACTIVE'", "'DRAFT'", 1)
			lists = append(lists, of)
		})
	}
	add("manual", s.one(t, `SELECT collection_id FROM collection_products GROUP BY 1 ORDER BY count(*) DESC, 1 LIMIT 1`),
		"collection_products cp ON cp.product_id = p.id JOIN collections o ON o.id = cp.collection_id", "cp.position, p.id")
	meets := make([]string, 0, len(smartConditions))
	for name, condition := range smartConditions {
		meets = append(meets, fmt.Sprintf("(NOT o.filter ? '%s' OR %s)", name, condition))
	}
	of := "collections o ON " + strings.Join(meets, " AND ")
	for name := range smartConditions {
		for what, order := range map[string]string{"only": "", "most": "DESC"} {
			key := s.one(t, `SELECT o.id FROM collections o WHERE o.filter ? $1
ORDER BY (SELECT count(*) FROM jsonb_object_keys(o.filter)) `+order+`, 1 LIMIT 1`, name)
			add("smart "+name+" "+what, key, of, "p.created_at DESC, p.id DESC")
		}
	}
	return lists
}
