package paging

import (
	"fmt"
	"testing"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"

	"souk/graph/relay"
	"souk/internal/auth"
	"souk/store"
)

// manager is a staff member who may see everything.
var manager = auth.Principal{Kind: auth.Staff, Permissions: auth.AllPermissions()}

// guardedID writes the ID of an item of a list that not everybody may see.
func guardedID(field string, key uuid.UUID) string {
	switch field {
	case "addresses":
		return relay.ID(store.AddressID(key))
	case "apiKeys":
		return relay.ID(store.APIKeyID(key))
	case "auditEvents":
		return relay.ID(store.AuditEventID(key))
	case "importRuns":
		return relay.ID(store.ImportRunID(key))
	case "documents":
		return relay.ID(store.DocumentID(key))
	case "jobs":
		return relay.ID(store.JobID(key))
	case "customers":
		return relay.ID(store.CustomerID(key))
	case "locations", "inventoryLevels":
		return relay.ID(store.LocationID(key))
	case "roles":
		return relay.ID(store.RoleID(key))
	case "staffMembers":
		return relay.ID(store.StaffID(key))
	}
	return "of what is " + field
}

// guardedLists are the lists of a field that not everybody may see, as somebody
// sees them who may. In a shop that has nobody with such things there are none.
func (s pagingShop) guardedLists(t *testing.T, field string) []pagedList {
	t.Helper()
	root := func(name, args, statement string, values ...any) pagedList {
		return pagedList{field: field, name: name, by: manager, args: args, filtered: args != "", statement: statement, values: values}
	}
	switch field {
	case "Query.apiKeys":
		return []pagedList{root("", "", "SELECT id FROM api_keys ORDER BY id DESC")}
	case "Query.roles":
		return []pagedList{root("", "", "SELECT id FROM roles ORDER BY id")}
	case "Query.staffMembers":
		return []pagedList{root("", "", "SELECT id FROM staff ORDER BY id")}
	case "Query.locations":
		return []pagedList{root("", "", `SELECT c.id FROM locations c ORDER BY `+byName)}
	case "Query.importRuns":
		return []pagedList{root("", "", "SELECT id FROM import_runs ORDER BY id DESC")}
	case "Query.documents":
		return []pagedList{root("", "", "SELECT id FROM documents ORDER BY id DESC")}
	case "Query.jobs":
		const number = "SELECT lpad(to_hex(id), 32, '0')::uuid FROM river_job"
		return []pagedList{
			root("", "", number+" ORDER BY id DESC"),
			root("that failed", `filter: {states: [DISCARDED, RETRYABLE]}`, number+" WHERE state IN ('discarded', 'retryable') ORDER BY id DESC"),
			root("of a kind", `filter: {kind: "products_refresh", states: [COMPLETED]}`, number+" WHERE kind = 'products_refresh' AND state = 'completed' ORDER BY id DESC"),
		}
	case "Query.auditEvents":
		return s.auditLists(t, root)
	case "Query.customers":
		const byDisplayName = ` ORDER BY left(lower(unaccent(c.display_name)), 128) COLLATE "C", c.id`
		return []pagedList{
			root("", "", "SELECT c.id FROM customers c ORDER BY c.created_at DESC, c.id DESC"),
			root("by name", `filter: {search: "CUSTOMÉR 1"}`,
				"SELECT c.id FROM customers c WHERE lower(unaccent(c.display_name)) LIKE 'customer 1%'"+byDisplayName),
			root("by e-mail", `filter: {search: "Customer-9@example.com"}`,
				"SELECT c.id FROM customers c WHERE lower(c.email) = 'customer-9@example.com'"+byDisplayName),
		}
	case "Query.reviews":
		lists := []pagedList{root("", "", "SELECT id FROM reviews WHERE status = 'PENDING' ORDER BY created_at DESC, id DESC")}
		for _, status := range []string{"PUBLISHED", "PENDING", "REJECTED"} {
			lists = append(lists, root(status, "filter: {status: "+status+"}",
				"SELECT id FROM reviews WHERE status = '"+status+"' ORDER BY created_at DESC, id DESC"))
		}
		return lists
	}
	return s.listsOfOne(t, field)
}

func (s pagingShop) auditLists(t *testing.T, root func(name, args, statement string, values ...any) pagedList) []pagedList {
	t.Helper()
	lists := []pagedList{root("", "", "SELECT id FROM audit_events ORDER BY id DESC")}
	subject, found := s.fullest(t, "subject_id", "audit_events")
	if !found {
		return lists
	}
	actor, _ := s.fullest(t, "actor_id", "audit_events WHERE actor_kind = 'STAFF'")
	subjectID, actorID := relay.ID(store.ProductID(subject)), relay.ID(store.StaffID(actor))
	return append(lists,
		root("of a subject", fmt.Sprintf("filter: {subjectId: %q}", subjectID), "SELECT id FROM audit_events WHERE subject_id = $1 ORDER BY id DESC", subject),
		root("of an actor", fmt.Sprintf("filter: {actorId: %q}", actorID), "SELECT id FROM audit_events WHERE actor_id = $1 ORDER BY id DESC", actor),
		root("of both", fmt.Sprintf("filter: {subjectId: %q, actorId: %q}", subjectID, actorID),
			"SELECT id FROM audit_events WHERE subject_id = $1 AND actor_id = $2 ORDER BY id DESC", subject, actor))
}

// listsOfOne are the list of a customer or a variant.
func (s pagingShop) listsOfOne(t *testing.T, field string) []pagedList {
	t.Helper()
	l := pagedList{field: field, by: manager}
	var parent uuid.UUID
	var found bool
	switch field {
	case "Customer.addresses", "Viewer.addresses":
		parent, found = s.fullest(t, "customer_id", "addresses")
		l.statement = "SELECT id FROM addresses WHERE customer_id = $1 ORDER BY id"
	case "Customer.reviews":
		parent, found = s.fullest(t, "customer_id", "reviews WHERE customer_id IS NOT NULL")
		l.statement = "SELECT id FROM reviews WHERE customer_id = $1 ORDER BY created_at DESC, id DESC"
	case "Viewer.reviews":
		parent, found = s.fullest(t, "customer_id", "reviews WHERE customer_id IS NOT NULL")
		l.statement = `SELECT r.id FROM reviews r JOIN products p ON p.id = r.product_id
WHERE p.status = 'ACTIVE' AND r.customer_id = $1 ORDER BY r.created_at DESC, r.id DESC`
	case "ProductVariant.inventoryLevels":
		parent, found = s.fullest(t, "variant_id", "inventory_levels")
		l.statement = "SELECT location_id FROM inventory_levels WHERE variant_id = $1 ORDER BY location_id"
	default:
		require.Fail(t, "the schema has a list that this test does not know", "%s: tell here what it is a list of", field)
	}
	if !found {
		return nil
	}
	if on, _ := cutField(field); on == "Viewer" {
		l.by = auth.Principal{Kind: auth.Customer, ID: parent}
	}
	l.parent, l.values = parentField(field, parent), []any{parent}
	return []pagedList{l}
}

// fullest finds the value of a column that most rows have.
func (s pagingShop) fullest(t *testing.T, column, from string) (key uuid.UUID, found bool) {
	t.Helper()
	rows, err := s.conn.Query(t.Context(), `SELECT `+column+` FROM `+from+` GROUP BY 1 ORDER BY count(*) DESC, 1 LIMIT 1`)
	require.NoError(t, err)
	keys, err := pgx.CollectRows(rows, pgx.RowTo[uuid.UUID])
	require.NoError(t, err)
	if len(keys) == 0 {
		return key, false
	}
	return keys[0], true
}
