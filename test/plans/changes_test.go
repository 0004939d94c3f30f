package plans

import (
	"context"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"

	"souk/internal/auth"
	"souk/internal/fault"
	"souk/store"
	"souk/test/catalogue"
)

// staffChanges make a role and its member, and take both out of use.
func staffChanges(ctx context.Context, w *store.Writer, mode string) error {
	role, err := w.CreateRole(ctx, store.RolePatch{Name: to("Role " + mode), Permissions: to([]auth.Permission{auth.AuditRead})})
	if err != nil {
		return err
	}
	made, err := w.CreateStaff(ctx, mode+"@staff.example", store.StaffPatch{DisplayName: to("New"), RoleIDs: to([]store.RoleID{role})})
	if err != nil {
		return err
	}
	if err := w.UpdateRole(ctx, role, store.RolePatch{Permissions: to([]auth.Permission{auth.CustomersRead})}); err != nil {
		return err
	}
	none := store.StaffPatch{DisplayName: to("Newer"), RoleIDs: to([]store.RoleID{}), IsDisabled: to(true)}
	if err := w.UpdateStaff(ctx, made.ID, none); err != nil {
		return err
	}
	administrator, err := w.AppointStaff(ctx, mode+"@appointed.example", "Appointed", "Administrator", "hash")
	if err != nil {
		return err
	}
	if err := w.UpdateStaff(ctx, administrator, store.StaffPatch{IsDisabled: to(true)}); err != nil {
		return err
	}
	return w.DeleteRole(ctx, role, nil)
}

func stockChanges(ctx context.Context, w *store.Writer, k planKeys, mode string) error {
	location, err := w.CreateLocation(ctx, "Location "+mode)
	if err != nil {
		return err
	}
	if err := w.UpdateLocation(ctx, location, store.LocationPatch{Name: to("Renamed " + mode)}); err != nil {
		return err
	}
	variant := k.people.stocked[len(mode)] // another one for each mode
	if err := second(w.AdjustInventory(ctx, store.Adjustment{VariantID: variant, LocationID: location, Delta: 5})); err != nil {
		return err
	}
	if err := second(w.SetInventory(ctx, store.StockCount{VariantID: variant, LocationID: location, Quantity: 3})); err != nil {
		return err
	}
	return second(w.BulkAdjustInventory(ctx, []store.Adjustment{{VariantID: variant, LocationID: location, Delta: 1}}, store.AllOrNothing))
}

// productChanges are the life of a product, made under a key.
func productChanges(ctx context.Context, s *store.Store, origin store.Origin, k planKeys) error {
	keyed := s.Writer(s.Reader(everything, 0), origin)
	price := to(&store.MoneyText{Amount: "1", CurrencyCode: "EUR"})
	product := store.NewProduct{
		Title: "Product " + origin.Key, Status: store.ProductActive, VendorID: &k.vendors[0], CategoryIDs: k.filled[:2],
		Options:  []*store.OptionInput{{Name: "Size", Values: []string{"S", "M"}}},
		Variants: []store.VariantInput{{Price: price, OptionValues: to([]*store.SelectedOption{{Name: "Size", Value: "S"}})}},
	}
	id, err := keyed.CreateProduct(ctx, product)
	if err != nil {
		return err
	}
	if err := second(keyed.CreateProduct(ctx, product)); err != nil { // is answered with the outcome
		return err
	}
	name := "To move " + origin.Key
	origin.Key = ""
	w := s.Writer(s.Reader(everything, 0), origin)
	var category store.CategoryID
	slug, title := "slug-"+uuid.UUID(id).String(), "Other"
	var images []store.ImageID
	var variants []store.Outcome[store.VariantID]
	for _, step := range []func() error{
		func() error { return w.UpdateProduct(ctx, id, store.ProductPatch{Title: to(&title), Slug: to(&slug)}) },
		func() error { return w.SetProductStatus(ctx, id, nil, store.ProductDraft) },
		func() error {
			return w.SetOptions(ctx, id, nil, []*store.OptionInput{{Name: "Size", Values: []string{"S", "L"}}, {Name: "Color", Values: []string{"Red"}}})
		},
		func() (err error) {
			category, err = w.CreateCategory(ctx, store.CategoryInput{Name: name, ParentID: &k.categories[2]})
			return err
		},
		func() error { return w.SetCategories(ctx, id, nil, []store.CategoryID{category}) },
		func() error { return w.MoveCategory(ctx, category, &k.categories[3], nil) },
		func() error { return w.SetCategories(ctx, id, nil, k.filled[2:4]) },
		func() error { return w.DeleteCategory(ctx, category, nil) },
		func() (err error) {
			images, err = w.AddImages(ctx, id, nil, []*store.ImageInput{{URL: "/c"}, {URL: "/d"}})
			return err
		},
		func() error { return w.UpdateImage(ctx, images[0], nil, to("alt")) },
		func() error { return w.ReorderImages(ctx, id, nil, []store.ImageID{images[1], images[0]}) },
		func() error { return w.RemoveImages(ctx, id, nil, images) },
		func() (err error) {
			variants, err = w.UpsertVariants(ctx, id, nil, []store.VariantInput{{
				Price: price, OptionValues: to([]*store.SelectedOption{{Name: "Size", Value: "L"}, {Name: "Color", Value: "Red"}}),
			}}, store.AllOrNothing)
			return err
		},
		func() error {
			sku := "SKU"
			return second(w.UpsertVariants(ctx, id, nil, []store.VariantInput{{ID: variants[0].Value, SKU: to(&sku)}}, store.AllOrNothing))
		},
		func() error { return w.DeleteVariants(ctx, id, nil, []store.VariantID{*variants[0].Value}) },
		func() error { return w.DeleteProduct(ctx, id, nil) },
	} {
		if err := step(); err != nil {
			return err
		}
	}
	return nil
}

// refusedWrite is the error of a change that must be refused.
func refusedWrite(err error) error {
	if _, refused := fault.Rejected(err); refused {
		return nil
	}
	return err
}

// unexplained lists the statements of the store's files that have not been
// explained.
func unexplained(t *testing.T, seen map[string]bool) []string {
	t.Helper()
	named := regexp.MustCompile("`-- name: (\\w+)|\\.statement\\(\"(\\w+)\"")
	files, err := filepath.Glob("../../store/*.go")
	require.NoError(t, err)
	var missing []string
	for _, file := range files {
		if strings.HasSuffix(file, "_test.go") {
			continue
		}
		text, err := os.ReadFile(file)
		require.NoError(t, err)
		for _, found := range named.FindAllStringSubmatch(string(text), -1) {
			name := found[1] + found[2]
			if !seen[name] && !slices.Contains(planless, name) && !slices.Contains(missing, name) {
				missing = append(missing, name)
			}
		}
	}
	slices.Sort(missing)
	return missing
}

// planless are statements that read no table of the shop.
var planless = []string{
	"Begin", "TransactionNumber", "Commit", "LogPosition", "Savepoint", "Release", "Undo", "PlanOnce",
	"TransactionStatus", "EndLostTransaction", "ReplicaProgress",
}

// TestForeignKeysHaveIndexes: to delete a row, or to change its key, Postgres
// looks for what points there, in statements that no plan shows.
func TestForeignKeysHaveIndexes(t *testing.T) {
	db := catalogue.New(t, 1000)
	conn, err := pgx.Connect(t.Context(), db.PrimaryURL)
	require.NoError(t, err)
	defer func() { _ = conn.Close(context.WithoutCancel(t.Context())) }()
	rows, err := conn.Query(t.Context(), `
SELECT format('%s (%s)', c.conrelid::regclass, pg_get_constraintdef(c.oid))
FROM pg_constraint c
WHERE c.contype = 'f' AND NOT EXISTS (
  SELECT FROM pg_index i
  WHERE i.indrelid = c.conrelid AND i.indkey[0] = c.conkey[1])
ORDER BY 1`)
	require.NoError(t, err)
	unindexed, err := pgx.CollectRows(rows, pgx.RowTo[string])
	require.NoError(t, err)
	require.Empty(t, unindexed)
}
