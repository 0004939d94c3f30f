package store

import (
	"context"

	"souk/internal/fault"
	"souk/internal/slug"
)

// slugIndex is the unique index on slugs.
const slugIndex = "products_slug_key"

// checkSlugFree adds a problem if another product has the chosen slug. A slug that
// another product only had before is free; from now on it leads to its new owner.
func (tx *Tx) checkSlugFree(ctx context.Context, problems *fault.Problems, chosen string) error {
	if slug.Handle(chosen) != chosen {
		return nil // it is refused already, and the database cannot look for just any text
	}
	const statement = `-- name: SlugTaken
SELECT id
FROM products
WHERE slug = @slug`
	type owner struct{ ID ProductID }
	found, err := oneRow[owner](ctx, tx, statement, args{"slug": chosen})
	if err == nil && found != nil {
		return problems.Include(slugTaken())
	}
	return err
}

// changeSlug runs write, which changes the slug of a product, and keeps the old slug
// as a redirect to the product.
func (tx *Tx) changeSlug(ctx context.Context, id ProductID, before, after string, write func() error) error {
	err := tx.try(ctx, write)
	if uniqueViolation(err) == slugIndex {
		return slugTaken() // another transaction took the slug after checkSlugFree
	}
	if err != nil {
		return err
	}
	if err := tx.forgetSlug(ctx, after); err != nil {
		return err
	}
	const statement = `-- name: KeepSlug
INSERT INTO product_slugs (slug, product_id)
VALUES (@slug, @id)
ON CONFLICT (slug) DO UPDATE
SET product_id = EXCLUDED.product_id, created_at = now()`
	_, err = tx.exec(ctx, statement, args{"slug": before, "id": id})
	return err
}

// forgetSlug deletes the redirect of a slug to the product that had it before.
func (tx *Tx) forgetSlug(ctx context.Context, taken string) error {
	const statement = `-- name: ForgetSlug
DELETE FROM product_slugs
WHERE slug = @slug`
	_, err := tx.exec(ctx, statement, args{"slug": taken})
	return err
}

// freeSlug returns the first of base, base-2, base-3, … that no product has or had:
// an old address must not lead to another product by chance. It tries numbers up to
// 1,000, and then a random suffix.
func (tx *Tx) freeSlug(ctx context.Context, base string) (string, error) {
	const statement = `-- name: SlugsInUse
SELECT slug
FROM products
WHERE slug = ANY (@slugs)
UNION ALL
SELECT slug
FROM product_slugs
WHERE slug = ANY (@slugs)`
	type used struct{ Slug string }
	for first, last := 1, 10; last <= 1000; first, last = last+1, last*10 {
		candidates := make([]string, 0, last-first+1)
		for n := first; n <= last; n++ {
			candidates = append(candidates, numberedSlug(base, n))
		}
		found, err := rowsOf[used](ctx, tx, statement, args{"slugs": candidates})
		if err != nil {
			return "", err
		}
		inUse := make(map[string]bool, len(found))
		for _, u := range found {
			inUse[u.Slug] = true
		}
		for _, candidate := range candidates {
			if !inUse[candidate] {
				return candidate, nil
			}
		}
	}
	return randomSlug(base)
}
