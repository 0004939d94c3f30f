package store

import (
	"context"
	"slices"

	"souk/internal/fault"
)

// maxCollectionProducts is the maximum number of products of a manual collection. A
// move can write all of their positions, which takes about 0.1 s.
const maxCollectionProducts = 5000

// CollectionProductsAdd adds products at the end of a manual collection.
type CollectionProductsAdd struct {
	CollectionID    CollectionID
	ExpectedVersion *int64
	ProductIDs      []ProductID // 1 to MaxBulk
	IdempotencyKey  *string
}

// CollectionProductsRemove removes products from a manual collection.
type CollectionProductsRemove struct {
	CollectionID    CollectionID
	ExpectedVersion *int64
	ProductIDs      []ProductID // 1 to MaxBulk
}

// CollectionProductsReorder moves products of a manual collection.
type CollectionProductsReorder struct {
	CollectionID    CollectionID
	ExpectedVersion *int64
	ProductIDs      []ProductID // 1 to MaxBulk
	// Position is where the first of them stands after the move, counted from 0. The
	// others follow it.
	Position int
}

// checkCollectionProducts checks what the three changes have in common.
func checkCollectionProducts(collection CollectionID, ids []ProductID) (problems fault.Problems) {
	checkID(&problems, "collectionId", collection, "collection")
	checkLength(&problems, "productIds", len(ids), MaxBulk)
	seen := make(map[ProductID]bool, len(ids))
	for i, id := range ids[:min(len(ids), MaxBulk)] {
		if checkID(&problems, itemField("productIds", i), id, "product"); seen[id] && id != (ProductID{}) {
			problems.Add(fault.ReasonDuplicate, itemField("productIds", i), "the product is in the list already; leave it out")
		}
		seen[id] = true
	}
	return problems
}

// AddCollectionProducts adds products at the end of a manual collection.
func (w *Writer) AddCollectionProducts(ctx context.Context, a CollectionProductsAdd) (CollectionID, error) {
	if err := checkCollectionProducts(a.CollectionID, a.ProductIDs).Err(); err != nil {
		return a.CollectionID, err
	}
	return idempotent(ctx, w, a.IdempotencyKey, func(tx *Tx) (CollectionID, error) {
		return a.CollectionID, tx.addCollectionProducts(ctx, a)
	})
}

// RemoveCollectionProducts removes products from a manual collection.
func (w *Writer) RemoveCollectionProducts(ctx context.Context, r CollectionProductsRemove) error {
	if err := checkCollectionProducts(r.CollectionID, r.ProductIDs).Err(); err != nil {
		return err
	}
	return w.inTx(ctx, func(tx *Tx) error { return tx.removeCollectionProducts(ctx, r) })
}

// ReorderCollectionProducts moves products of a manual collection to a position. The
// other products keep their order.
func (w *Writer) ReorderCollectionProducts(ctx context.Context, r CollectionProductsReorder) error {
	if err := checkCollectionProducts(r.CollectionID, r.ProductIDs).Err(); err != nil {
		return err
	}
	return w.inTx(ctx, func(tx *Tx) error { return tx.reorderCollectionProducts(ctx, r) })
}

func (tx *Tx) addCollectionProducts(ctx context.Context, a CollectionProductsAdd) error {
	if err := tx.lockManual(ctx, a.CollectionID, a.ExpectedVersion); err != nil {
		return err
	}
	if _, err := tx.lockProducts(ctx, productsByID, a.ProductIDs); err != nil {
		return err
	}
	before, err := tx.collectionProducts(ctx, a.CollectionID)
	if err != nil {
		return err
	}
	const named = `-- name: SlugsOfProducts
SELECT p.id AS product_id, p.slug, 0::bigint AS position
FROM products p
WHERE p.id = ANY (@ids)`
	found, err := rowsOf[collectedProduct](ctx, tx, named, args{"ids": a.ProductIDs})
	if err != nil {
		return err
	}
	exists, present := byProduct(found), byProduct(before)
	var problems fault.Problems
	if n := len(before) + len(a.ProductIDs); n > maxCollectionProducts {
		problems.Add(fault.ReasonTooMany, "productIds", "the collection would have %d products; it can have at most %d", n, maxCollectionProducts)
	}
	for i, id := range a.ProductIDs {
		switch {
		case exists[id] == nil:
			problems.Add(fault.ReasonNotFound, itemField("productIds", i), notFound, "product")
		case present[id] != nil:
			problems.Add(fault.ReasonDuplicate, itemField("productIds", i), "the product is in the collection already; leave it out")
		}
	}
	if err := problems.Err(); err != nil {
		return err
	}
	last := int64(0)
	if len(before) > 0 {
		last = before[len(before)-1].Position
	}
	const insert = `-- name: InsertCollectionProducts
INSERT INTO collection_products (collection_id, product_id, position)
SELECT @collection_id, product.id, @last + product.n
FROM unnest(@ids::uuid[]) WITH ORDINALITY AS product (id, n)`
	if _, err := tx.exec(ctx, insert, args{"collection_id": a.CollectionID, "ids": a.ProductIDs, "last": last}); err != nil {
		return err
	}
	tx.changed(SubjectCollection, a.CollectionID, []AuditChange{{Field: "products", After: slugsText(exists, a.ProductIDs)}},
		refreshesProducts(derivedAll, a.ProductIDs...), raisesVersions(collectionByID, a.CollectionID))
	return nil
}

func (tx *Tx) removeCollectionProducts(ctx context.Context, r CollectionProductsRemove) error {
	if err := tx.lockManual(ctx, r.CollectionID, r.ExpectedVersion); err != nil {
		return err
	}
	if _, err := tx.lockProducts(ctx, productsByID, r.ProductIDs); err != nil {
		return err
	}
	before, err := tx.collectionProducts(ctx, r.CollectionID)
	if err != nil {
		return err
	}
	present := byProduct(before)
	if err := checkMembers(present, r.ProductIDs, "productIds", "collection", "product"); err != nil {
		return err
	}
	const statement = `-- name: DeleteCollectionProducts
DELETE FROM collection_products
WHERE collection_id = @collection_id AND product_id = ANY (@ids)`
	if _, err := tx.exec(ctx, statement, args{"collection_id": r.CollectionID, "ids": r.ProductIDs}); err != nil {
		return err
	}
	tx.changed(SubjectCollection, r.CollectionID, []AuditChange{{Field: "products", Before: slugsText(present, r.ProductIDs)}},
		refreshesProducts(derivedAll, r.ProductIDs...), raisesVersions(collectionByID, r.CollectionID))
	return nil
}

func (tx *Tx) reorderCollectionProducts(ctx context.Context, r CollectionProductsReorder) error {
	if err := tx.lockManual(ctx, r.CollectionID, r.ExpectedVersion); err != nil {
		return err
	}
	before, err := tx.collectionProducts(ctx, r.CollectionID)
	if err != nil {
		return err
	}
	present := byProduct(before)
	if err := checkMembers(present, r.ProductIDs, "productIds", "collection", "product"); err != nil {
		return err
	}
	if most := len(before) - len(r.ProductIDs); r.Position < 0 || r.Position > most {
		return fault.Reject(fault.ReasonInvalid, "position", "it is %d; the collection has %d products, so give a position from 0 to %d", r.Position, len(before), most)
	}
	order := mapSlice(before, func(p *collectedProduct) ProductID { return p.ProductID })
	after := slices.DeleteFunc(slices.Clone(order), func(id ProductID) bool { return slices.Contains(r.ProductIDs, id) })
	after = slices.Insert(after, r.Position, r.ProductIDs...)
	if slices.Equal(order, after) {
		return nil
	}
	var moved []ProductID
	var positions []int64
	for i, id := range after {
		if position := int64(i + 1); present[id].Position != position {
			moved, positions = append(moved, id), append(positions, position)
		}
	}
	const statement = `-- name: MoveCollectionProducts
UPDATE collection_products cp
SET position = moved.position
FROM unnest(@ids::uuid[], @positions::bigint[]) AS moved (id, position)
WHERE cp.collection_id = @collection_id AND cp.product_id = moved.id`
	if _, err := tx.exec(ctx, statement, args{"collection_id": r.CollectionID, "ids": moved, "positions": positions}); err != nil {
		return err
	}
	tx.changed(SubjectCollection, r.CollectionID, []AuditChange{
		{Field: "products", After: slugsText(present, r.ProductIDs)}, {Field: "position", After: text(r.Position)},
	}, raisesVersions(collectionByID, r.CollectionID))
	return nil
}

// lockManual is lockCollection for an input whose field for the collection is
// collectionId. It refuses a smart collection.
func (tx *Tx) lockManual(ctx context.Context, id CollectionID, expected *int64) error {
	found, err := tx.lockCollection(ctx, id, expected)
	switch {
	case err != nil:
		return notFoundAt(err, "collectionId")
	case found.Filter != nil:
		return fault.Reject(fault.ReasonInvalid, "collectionId", "this is a smart collection, whose filter chooses the products; change its filter, or use a manual collection")
	}
	return nil
}

// collectedProduct is a product of a manual collection.
type collectedProduct struct {
	ProductID ProductID
	Slug      string
	Position  int64
}

// collectionProducts returns all products of a manual collection in their order.
func (tx *Tx) collectionProducts(ctx context.Context, id CollectionID) ([]*collectedProduct, error) {
	const statement = `-- name: ProductsOfCollection
SELECT cp.product_id, p.slug, cp.position
FROM collection_products cp
JOIN products p ON p.id = cp.product_id
WHERE cp.collection_id = @id
ORDER BY cp.position, cp.product_id`
	return rowsOf[collectedProduct](ctx, tx, statement, args{"id": id})
}

func byProduct(rows []*collectedProduct) map[ProductID]*collectedProduct {
	known := make(map[ProductID]*collectedProduct, len(rows))
	for _, row := range rows {
		known[row.ProductID] = row
	}
	return known
}

// slugsText returns products for the audit log.
func slugsText(known map[ProductID]*collectedProduct, ids []ProductID) *string {
	return text(mapSlice(ids, func(id ProductID) string { return known[id].Slug }))
}
