package plans

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"testing"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"souk/internal/auth"
	"souk/internal/fault"
	"souk/store"
)

// planPeople are the keys of rows that not everybody may see.
type planPeople struct {
	buyers    []store.CustomerID // the one with the most addresses first
	addresses []store.AddressID
	staff     []store.StaffID
	roles     []store.RoleID
	apiKeys   []store.APIKeyID
	events    []store.AuditEventID
	imports   []store.ImportRunID
	jobs      []store.JobID
	documents []store.DocumentID
	locations []store.LocationID
	counted   []store.VariantID // the one at the most locations first
	stocked   []store.VariantID // any that are counted
	actors    []uuid.UUID
	subject   uuid.UUID // of the most events
	actor     uuid.UUID // of the most events
}

func readPlanPeople(t *testing.T, conn *pgx.Conn) planPeople {
	t.Helper()
	fullest := func(column, from string) string {
		return `SELECT ` + column + ` FROM ` + from + ` GROUP BY 1 ORDER BY count(*) DESC, 1 LIMIT 100`
	}
	return planPeople{
		buyers:    readKeys[store.CustomerID](t, conn, fullest("customer_id", "addresses")),
		addresses: readKeys[store.AddressID](t, conn, `SELECT id FROM addresses ORDER BY md5(id::text) LIMIT 100`),
		staff:     readKeys[store.StaffID](t, conn, fullest("staff_id", "staff_roles JOIN staff s ON s.id = staff_id WHERE s.disabled_at IS NULL")),
		roles:     readKeys[store.RoleID](t, conn, `SELECT id FROM roles WHERE NOT is_administrator ORDER BY md5(id::text) LIMIT 100`),
		apiKeys:   readKeys[store.APIKeyID](t, conn, `SELECT id FROM api_keys ORDER BY md5(id::text) LIMIT 100`),
		imports:   readKeys[store.ImportRunID](t, conn, `SELECT id FROM import_runs ORDER BY md5(id::text) LIMIT 100`),
		jobs:      readKeys[store.JobID](t, conn, `SELECT lpad(to_hex(id), 32, '0')::uuid FROM river_job ORDER BY md5(id::text) LIMIT 100`),
		documents: readKeys[store.DocumentID](t, conn, `SELECT id FROM documents ORDER BY md5(id::text) LIMIT 100`),
		events:    readKeys[store.AuditEventID](t, conn, `SELECT id FROM audit_events ORDER BY md5(id::text) LIMIT 100`),
		locations: readKeys[store.LocationID](t, conn, `SELECT id FROM locations ORDER BY md5(id::text) LIMIT 100`),
		counted:   readKeys[store.VariantID](t, conn, fullest("variant_id", "inventory_levels")),
		stocked:   readKeys[store.VariantID](t, conn, `SELECT variant_id FROM inventory_levels ORDER BY md5(variant_id::text) LIMIT 100`),
		actors:    readKeys[uuid.UUID](t, conn, fullest("actor_id", "audit_events")),
		subject:   readKeys[uuid.UUID](t, conn, fullest("subject_id", "audit_events"))[0],
		actor:     readKeys[uuid.UUID](t, conn, fullest("actor_id", "audit_events"))[0],
	}
}

// documentNames are names of documents of the large shop.
func documentNames(n int) (names []string) {
	for i := range n {
		names = append(names, fmt.Sprint("document-", i+1))
	}
	return names
}

// documentHash is that of one of them.
func documentHash(i int) string {
	return fmt.Sprintf("%x", sha256.Sum256(fmt.Appendf(nil, "query Q%d { shop { id } }", i)))
}

// everything is what a manager sees.
var everything = store.View{Drafts: true, Reviews: true, Customers: true, Staff: true, APIKeys: true, Audit: true, Documents: true}

// seenBy are calls through a view.
func seenBy(view store.View, calls []planCall) []planCall {
	for i := range calls {
		calls[i].view = view
	}
	return calls
}

// peopleLists are the lists that not everybody may see, and what is not on sale.
func peopleLists(t *testing.T, s *store.Store, k planKeys) []planCall {
	t.Helper()
	var calls []planCall
	view := everything
	add := func(name string, many int, rule planRule, order store.Order, list lister) {
		calls = append(calls, seenBy(view, listCalls(t, s.Reader(view, 0), name, rule, many, list.in(order)))...)
	}
	root := func(name string, rule planRule, order store.Order, read func(ctx context.Context, s *store.Reader, p store.PageRequest) ([]store.Position, error)) {
		add(name, 1, rule, order, func(ctx context.Context, s *store.Reader, _ int, p store.PageRequest) ([]store.Position, error) {
			return read(ctx, s, p)
		})
	}
	for _, search := range []store.CustomerSearch{"", "customer 1", "customer-9@example.com"} {
		root("customers found by "+string(search), planRule{}, search.Order(), func(ctx context.Context, s *store.Reader, p store.PageRequest) ([]store.Position, error) {
			return placesOfOne(s.ListCustomers(ctx, search, p))
		})
	}
	for name, filter := range auditFilters(k) {
		root("audit events"+name, planRule{}, store.AuditEventsByNewest, func(ctx context.Context, s *store.Reader, p store.PageRequest) ([]store.Position, error) {
			return placesOfOne(s.ListAuditEvents(ctx, filter, p))
		})
	}
	root("import runs", planRule{}, store.ImportRunsByNewest, func(ctx context.Context, s *store.Reader, p store.PageRequest) ([]store.Position, error) {
		return placesOfOne(s.ListImportRuns(ctx, p))
	})
	root("documents", planRule{sorted: -1}, store.DocumentsByNewest, func(ctx context.Context, s *store.Reader, p store.PageRequest) ([]store.Position, error) {
		return placesOfOne(s.ListDocuments(ctx, p))
	})
	for name, filter := range jobFilters() {
		root("jobs"+name, planRule{}, store.JobsByNewest, func(ctx context.Context, s *store.Reader, p store.PageRequest) ([]store.Position, error) {
			return placesOfOne(s.ListJobs(ctx, filter, p))
		})
	}
	root("API keys", planRule{}, store.APIKeysByNewest, func(ctx context.Context, s *store.Reader, p store.PageRequest) ([]store.Position, error) {
		return placesOfOne(s.ListAPIKeys(ctx, p))
	})
	root("roles", planRule{}, store.RolesByAge, func(ctx context.Context, s *store.Reader, p store.PageRequest) ([]store.Position, error) {
		return placesOfOne(s.ListRoles(ctx, p))
	})
	root("locations", planRule{}, store.LocationsByName, func(ctx context.Context, s *store.Reader, p store.PageRequest) ([]store.Position, error) {
		return placesOfOne(s.ListLocations(ctx, p))
	})
	// The permissions of each one are sorted.
	root("staff", planRule{sorted: 1_000}, store.StaffByAge, func(ctx context.Context, s *store.Reader, p store.PageRequest) ([]store.Position, error) {
		return placesOfOne(s.ListStaff(ctx, p))
	})
	for _, status := range []store.ProductStatus{store.ProductDraft, store.ProductArchived} {
		root("products that are "+string(status), planRule{}, store.ProductsByNewest, func(ctx context.Context, s *store.Reader, p store.PageRequest) ([]store.Position, error) {
			return placesOf(s.ListProducts(ctx, []store.Listing{store.WholeShop()}, store.ProductFilter{Status: status}, p))
		})
	}
	add("levels", len(k.people.counted), planRule{}, store.LevelsByLocation, func(ctx context.Context, s *store.Reader, n int, p store.PageRequest) ([]store.Position, error) {
		return placesOf(s.ListInventoryLevels(ctx, k.people.counted[:n], p))
	})
	add("addresses", len(k.people.buyers), planRule{}, store.AddressesByAge, func(ctx context.Context, s *store.Reader, n int, p store.PageRequest) ([]store.Position, error) {
		return placesOf(s.ListAddresses(ctx, k.people.buyers[:n], p))
	})
	// A moderator does not see what is not on sale, and a customer sees their own.
	for _, view = range []store.View{everything, {Reviews: true}, {Customer: &k.customers[0]}} {
		add("customer's reviews", len(k.customers), planRule{}, store.ReviewsByNewest, func(ctx context.Context, s *store.Reader, n int, p store.PageRequest) ([]store.Position, error) {
			return placesOf(s.ListReviewsByCustomer(ctx, k.customers[:n], p))
		})
		for _, status := range []store.ReviewStatus{store.ReviewPending, store.ReviewPublished, store.ReviewRejected} {
			root("reviews that are "+string(status), planRule{}, store.ReviewsByNewest, func(ctx context.Context, s *store.Reader, p store.PageRequest) ([]store.Position, error) {
				return placesOfOne(s.ListReviewsByStatus(ctx, status, p))
			})
		}
	}
	return calls
}

func auditFilters(k planKeys) map[string]store.AuditFilter {
	return map[string]store.AuditFilter{
		"": {}, " of a subject": {Subject: &k.people.subject}, " of an actor": {Actor: &k.people.actor},
		" of both": {Subject: &k.people.subject, Actor: &k.people.actor},
	}
}

// peopleBatches are single lookups, as a manager makes them, a customer, and a
// staff member who may nothing.
func peopleBatches(k planKeys) []planCall {
	var calls []planCall
	for _, view := range []store.View{everything, {Customer: &k.people.buyers[0]}, {StaffMember: &k.people.staff[0]}} {
		for name, do := range map[string]func(ctx context.Context, s *store.Reader, n int) error{
			"customers": func(ctx context.Context, s *store.Reader, n int) error {
				return second(s.CustomersByIDs(ctx, k.customers[:n]))
			},
			"addresses": func(ctx context.Context, s *store.Reader, n int) error {
				return second(s.AddressesByIDs(ctx, k.people.addresses[:n]))
			},
			"staff": func(ctx context.Context, s *store.Reader, n int) error {
				return second(s.StaffByIDs(ctx, k.people.staff[:n]))
			},
			"roles": func(ctx context.Context, s *store.Reader, n int) error {
				return second(s.RolesByIDs(ctx, k.people.roles[:n]))
			},
			"API keys": func(ctx context.Context, s *store.Reader, n int) error {
				return second(s.APIKeysByIDs(ctx, k.people.apiKeys[:n]))
			},
			"events": func(ctx context.Context, s *store.Reader, n int) error {
				return second(s.AuditEventsByIDs(ctx, k.people.events[:n]))
			},
			"import runs": func(ctx context.Context, s *store.Reader, n int) error {
				return second(s.ImportRunsByIDs(ctx, k.people.imports[:n]))
			},
			"documents": func(ctx context.Context, s *store.Reader, n int) error {
				return second(s.DocumentsByIDs(ctx, k.people.documents[:n]))
			},
			"jobs": func(ctx context.Context, s *store.Reader, n int) error {
				return second(s.JobsByIDs(ctx, k.people.jobs[:n]))
			},
			"locations": func(ctx context.Context, s *store.Reader, n int) error {
				return second(s.LocationsByIDs(ctx, k.people.locations[:n]))
			},
			"actors": func(ctx context.Context, s *store.Reader, n int) error {
				return second(s.ActorsByIDs(ctx, k.people.actors[:n]))
			},
			"costs": func(ctx context.Context, s *store.Reader, n int) error {
				return second(s.CostsByVariantIDs(ctx, k.variants[:n]))
			},
			"products": func(ctx context.Context, s *store.Reader, n int) error {
				return second(s.ProductsByIDs(ctx, k.products[:n]))
			},
			"variants": func(ctx context.Context, s *store.Reader, n int) error {
				return second(s.VariantsByIDs(ctx, k.variants[:n]))
			},
			"reviews": func(ctx context.Context, s *store.Reader, n int) error {
				return second(s.ReviewsByIDs(ctx, k.reviews[:n]))
			},
			"roles of staff": func(ctx context.Context, s *store.Reader, n int) error {
				return second(s.RolesByStaffIDs(ctx, k.people.staff[:n]))
			},
		} {
			for _, n := range []int{1, 100} {
				calls = append(calls, planCall{
					name: name, view: view, rule: planRule{keys: n, sorted: 10 * n, buffersPer: n},
					do: func(ctx context.Context, s *store.Reader) error { return do(ctx, s, n) },
				})
			}
		}
	}
	one := planRule{keys: 1, buffersPer: 1}
	spellings := planRule{keys: 1, buffersPer: 1, sorted: 3} // of one mailbox, each with an account
	for _, kind := range []auth.Kind{auth.Customer, auth.Staff} {
		calls = append(calls,
			planCall{name: "account by e-mail", rule: spellings, do: func(ctx context.Context, s *store.Reader) error {
				return known(s.CredentialsByEmail(ctx, kind, map[auth.Kind]string{auth.Customer: "Customer-9@example.com", auth.Staff: "Staff-9@example.com"}[kind]))
			}},
			planCall{name: "account by key", rule: one, do: func(ctx context.Context, s *store.Reader) error {
				id := map[auth.Kind]uuid.UUID{auth.Customer: uuid.UUID(k.people.buyers[0]), auth.Staff: uuid.UUID(k.people.staff[0])}[kind]
				return known(s.CredentialsByID(ctx, kind, id))
			}})
	}
	return append(calls, planCall{name: "token", rule: one, do: func(ctx context.Context, s *store.Reader) error {
		return known(s.ResetTokenByPlain(ctx, "once-1"))
	}})
}

// known is the error of a lookup that may find nothing.
func known[V any](_ V, err error) error {
	if found, ok := errors.AsType[*fault.Error](err); ok && found.Code == fault.CodeNotFound {
		return nil
	}
	return err
}

// peopleLengths are counts. Those of whole tables read them.
func peopleLengths(k planKeys) []planCall {
	var calls []planCall
	add := func(name string, view store.View, rule planRule, do func(ctx context.Context, s *store.Reader) error) {
		calls = append(calls, planCall{name: "count of " + name, view: view, rule: rule, do: do})
	}
	whole := planRule{scans: true}
	add("customers", everything, whole, func(ctx context.Context, s *store.Reader) error { return second(s.CountCustomers(ctx, "")) })
	add("customers by name", everything, planRule{}, func(ctx context.Context, s *store.Reader) error { return second(s.CountCustomers(ctx, "customer 1")) })
	add("customers by e-mail", everything, planRule{buffersPer: 1}, func(ctx context.Context, s *store.Reader) error {
		return second(s.CountCustomers(ctx, "customer-9@example.com"))
	})
	add("staff", everything, whole, func(ctx context.Context, s *store.Reader) error { return second(s.CountStaff(ctx)) })
	add("roles", everything, whole, func(ctx context.Context, s *store.Reader) error { return second(s.CountRoles(ctx)) })
	add("API keys", everything, whole, func(ctx context.Context, s *store.Reader) error { return second(s.CountAPIKeys(ctx)) })
	add("documents", everything, whole, func(ctx context.Context, s *store.Reader) error { return second(s.CountDocuments(ctx)) })
	add("import runs", everything, whole, func(ctx context.Context, s *store.Reader) error { return second(s.CountImportRuns(ctx)) })
	for name, filter := range jobFilters() {
		add("jobs"+name, everything, planRule{scans: name == ""}, func(ctx context.Context, s *store.Reader) error {
			return second(s.CountJobs(ctx, filter))
		})
	}
	add("locations", everything, whole, func(ctx context.Context, s *store.Reader) error { return second(s.CountLocations(ctx)) })
	for name, filter := range auditFilters(k) {
		add("audit events"+name, everything, planRule{scans: name == ""}, func(ctx context.Context, s *store.Reader) error {
			return second(s.CountAuditEvents(ctx, filter))
		})
	}
	for _, view := range []store.View{everything, {Reviews: true}, {Customer: &k.customers[0]}} {
		for _, status := range []store.ReviewStatus{store.ReviewPending, store.ReviewPublished} {
			// A bound holds: most reviews are published, and all products on sale.
			add("reviews that are "+string(status), view, planRule{scans: true}, func(ctx context.Context, s *store.Reader) error {
				return second(s.CountReviewsByStatus(ctx, status))
			})
		}
		add("customers' reviews", view, planRule{}, func(ctx context.Context, s *store.Reader) error {
			return second(s.CountReviewsByCustomer(ctx, k.customers))
		})
	}
	add("addresses", everything, planRule{}, func(ctx context.Context, s *store.Reader) error {
		return second(s.CountAddresses(ctx, k.people.buyers))
	})
	add("levels", everything, planRule{}, func(ctx context.Context, s *store.Reader) error {
		return second(s.CountInventoryLevels(ctx, k.people.counted))
	})
	add("drafts", everything, planRule{}, func(ctx context.Context, s *store.Reader) error {
		return second(s.CountProducts(ctx, []store.Listing{store.WholeShop()}, store.ProductFilter{Status: store.ProductDraft}))
	})
	return calls
}

// jobFilters are the filters of the list of jobs, by what they restrict it to.
func jobFilters() map[string]store.JobFilter {
	kind := "products_refresh"
	return map[string]store.JobFilter{
		"": {}, " that failed": {States: []store.JobState{store.JobDiscarded, store.JobRetryable}}, " of a kind": {Kind: &kind},
		" of a kind that wait": {Kind: &kind, States: []store.JobState{store.JobAvailable}},
	}
}
