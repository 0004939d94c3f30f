package store

import (
	"context"
	"encoding/hex"
	"strconv"

	"github.com/jackc/pgx/v5"

	"souk/internal/fault"
	"souk/internal/slug"
)

// maxSlugTries is how many numbered slugs are tried before one with a random suffix.
const maxSlugTries = 10

// bySlug returns the argument @slug of a look-up. It finds a slug as somebody wrote it:
// in capitals, in another Unicode form, or with blanks for hyphens.
func bySlug(written string) pgx.StrictNamedArgs {
	return pgx.StrictNamedArgs{"slug": slug.Handle(written)}
}

func slugTaken() *fault.Rejection {
	return fault.Reject(fault.ReasonTaken, "slug", "this slug is already used; choose another one, or leave it out")
}

// checkNewSlug checks the slug that the input for a new object may contain.
func checkNewSlug(problems *fault.Problems, chosen **string) {
	if *chosen != nil {
		checked := slugText(problems, "slug", **chosen)
		*chosen = &checked
	}
}

// numberedSlug returns the nth form of a slug: base, base-2, base-3, …
func numberedSlug(base string, n int) string {
	if n == 1 {
		return base
	}
	return base + "-" + strconv.Itoa(n)
}

// randomSlug returns a slug with a random suffix, for a base of which too many
// numbered slugs are taken.
func randomSlug(base string) (string, error) {
	id, err := newID[[16]byte]()
	return base + "-" + hex.EncodeToString(id[10:]), err
}

// insertWithSlug runs an insert that adds no row if its @slug is taken, and returns
// the slug of the new row. A slug that the client asked for must be free. Without one
// the slug is made from the name, and gets a number, and later a random suffix, until it
// is free. This is safe under concurrency, because each insert waits at the unique index
// for the others.
func (tx *Tx) insertWithSlug(ctx context.Context, statement string, values args, asked *string, name, noun string) (string, error) {
	if asked != nil {
		values["slug"] = *asked
		n, err := tx.exec(ctx, statement, values)
		if err == nil && n == 0 {
			err = slugTaken()
		}
		return *asked, err
	}
	made := slug.Make(name, noun)
	for try := 1; ; try++ {
		next := numberedSlug(made, try)
		if try > maxSlugTries {
			var err error
			if next, err = randomSlug(made); err != nil {
				return "", err
			}
		}
		values["slug"] = next
		n, err := tx.exec(ctx, statement, values)
		if err != nil || n > 0 {
			return next, err
		}
	}
}
