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
	role, err := w.CreateRole(ctx, store.NewRole{Name: "Role " + mode, Permissions: []auth.Permission{auth.AuditRead}})
	if err != nil {
		return err
	}
	made, err := w.CreateStaff(ctx, store.NewStaff{Email: mode + "@staff.example", DisplayName: "New", RoleIDs: []store.RoleID{role}})
	if err != nil {
		return err
	}
	if err := w.UpdateRole(ctx, store.RolePatch{ID: role, Permissions: to([]auth.Permission{auth.CustomersRead})}); err != nil {
		return err
	}
	if err := w.UpdateStaff(ctx, store.StaffPatch{ID: made.ID, RoleIDs: to([]store.RoleID{})}); err != nil {
		return err
	}
	none := store.StaffPatch{ID: made.ID, DisplayName: toValue("Newer"), IsDisabled: toValue(true)}
	if err := w.UpdateStaff(ctx, none); err != nil {
		return err
	}
	administrator, err := w.AppointStaff(ctx, mode+"@appointed.example", "Appointed", "Administrator", "hash")
	if err != nil {
		return err
	}
	if err := w.UpdateStaff(ctx, store.StaffPatch{ID: administrator, IsDisabled: toValue(true)}); err != nil {
		return err
	}
	demo, err := w.AppointStaff(ctx, mode+"@demo.example", "Demo", "Administrator", "hash")
	if err != nil {
		return err
	}
	if err := w.DisableAccount(ctx, auth.Staff, uuid.UUID(demo)); err != nil {
		return err
	}
	return w.DeleteRole(ctx, store.Ref[store.RoleID]{ID: role})
}

func stockChanges(ctx context.Context, w *store.Writer, k planKeys, mode string) error {
	location, err := w.CreateLocation(ctx, store.NewLocation{Name: "Location " + mode})
	if err != nil {
		return err
	}
	if err := w.UpdateLocation(ctx, store.LocationPatch{ID: location, Name: toValue("Renamed " + mode)}); err != nil {
		return err
	}
	empty, err := w.CreateLocation(ctx, store.NewLocation{Name: "Empty " + mode})
	if err != nil {
		return err
	}
	if err := w.DeleteLocation(ctx, store.Ref[store.LocationID]{ID: empty}); err != nil {
		return err
	}
	variant := k.people.stocked[len(mode)] // another one for each mode
	if err := second(w.AdjustInventory(ctx, store.InventoryAdjust{VariantID: variant, LocationID: location, Delta: 5})); err != nil {
		return err
	}
	if err := second(w.SetInventory(ctx, store.InventorySet{VariantID: variant, LocationID: location, Quantity: 3})); err != nil {
		return err
	}
	return second(w.BulkAdjustInventory(ctx, store.Bulk[store.InventoryAdjust]{
		Items: []store.InventoryAdjust{{VariantID: variant, LocationID: location, Delta: 1}}, ErrorPolicy: store.AllOrNothing,
	}))
}

// productChanges are the life of a product, made under a key.
func productChanges(ctx context.Context, s *store.Store, origin store.Origin, k planKeys) error {
	keyed := s.Writer(s.Reader(everything, 0), origin)
	price := to(&store.MoneyInput{Amount: "1"}) // in the shop's currency
	product := store.NewProduct{
		Title: "Product " + origin.Key, Status: store.ProductActive, VendorID: &k.vendors[0], CategoryIDs: k.filled[:2],
		Options:  []*store.ProductOptionInput{{Name: "Size", Values: []string{"S", "M"}}},
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
		func() error {
			return w.UpdateProduct(ctx, store.ProductPatch{ID: id, Title: to(&title), Slug: to(&slug)})
		},
		func() error { return w.SetProductStatus(ctx, store.Ref[store.ProductID]{ID: id}, store.ProductDraft) },
		func() error {
			return w.SetOptions(ctx, store.ProductOptionsSet{ProductID: id, Options: []*store.ProductOptionInput{
				{Name: "Size", Values: []string{"S", "L"}}, {Name: "Color", Values: []string{"Red"}},
			}})
		},
		func() (err error) {
			category, err = w.CreateCategory(ctx, store.NewCategory{Name: name, ParentID: &k.categories[2]})
			return err
		},
		func() error {
			return w.SetCategories(ctx, store.ProductCategoriesSet{ProductID: id, CategoryIDs: []store.CategoryID{category}})
		},
		func() error {
			return w.MoveCategory(ctx, store.CategoryMove{ID: category, ParentID: toValue(k.categories[3])})
		},
		func() error {
			return w.SetCategories(ctx, store.ProductCategoriesSet{ProductID: id, CategoryIDs: k.filled[2:4]})
		},
		func() error { return w.DeleteCategory(ctx, store.Ref[store.CategoryID]{ID: category}) },
		func() (err error) {
			images, err = w.AddImages(ctx, store.ImagesAdd{ProductID: id, Images: []*store.ImageInput{{URL: "/c"}, {URL: "/d"}}})
			return err
		},
		func() error { return w.UpdateImage(ctx, store.ImagePatch{ID: images[0], AltText: toValue("alt")}) },
		func() error {
			return w.ReorderImages(ctx, store.ImagesReorder{ProductID: id, ImageIDs: []store.ImageID{images[1], images[0]}})
		},
		func() error { return w.RemoveImages(ctx, store.ImagesRemove{ProductID: id, ImageIDs: images}) },
		func() (err error) {
			variants, err = w.UpsertVariants(ctx, store.ProductVariantsUpsert{ProductID: id, Variants: []store.VariantInput{{
				Price: price, OptionValues: to([]*store.SelectedOption{{Name: "Size", Value: "L"}, {Name: "Color", Value: "Red"}}),
			}}, ErrorPolicy: store.AllOrNothing})
			return err
		},
		func() error {
			sku := "SKU"
			return second(w.UpsertVariants(ctx, store.ProductVariantsUpsert{
				ProductID: id, Variants: []store.VariantInput{{ID: variants[0].Value, SKU: to(&sku)}}, ErrorPolicy: store.AllOrNothing,
			}))
		},
		func() error {
			return w.DeleteVariants(ctx, store.ProductVariantsDelete{ProductID: id, IDs: []store.VariantID{*variants[0].Value}})
		},
		func() error { return w.DeleteProduct(ctx, store.Ref[store.ProductID]{ID: id}) },
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
	"BeginMoment", "EndMoment", "AbandonMoment", "Begin", "TransactionNumber", "Commit", "LogPosition", "Savepoint", "Release", "Undo", "PlanOnce", "PlanEachTime", "PlanAsUsual",
	"BeginSnapshot", "ReadSnapshot", "CacheEpoch", "DocumentGeneration",
	"TransactionStatus", "EndLostTransaction", "ReplicaProgress", "ServerIdentity",
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
