package store

import (
	"context"
	"encoding/hex"
	"strconv"
	"strings"

	"souk/internal/fault"
	"souk/internal/slug"
)

// maxSlugTries is how many numbered slugs are tried before one with a random suffix.
const maxSlugTries = 10

// slugOf makes a slug from a name. It returns ifEmpty if the name has no letter or
// digit.
func slugOf(name, ifEmpty string) string {
	made := strings.Trim(strings.ReplaceAll(slug.Make(name, ifEmpty), "_", "-"), "-")
	if made == "" {
		return ifEmpty
	}
	return made
}

func slugTaken() *fault.Rejection {
	return fault.Reject(fault.ReasonTaken, "slug", "this slug is already used; choose another one, or leave it out")
}

// checkNewSlug checks the slug that the input for a new object may contain.
func checkNewSlug(problems *fault.Problems, chosen *string) {
	if chosen != nil {
		slugText(problems, "slug", *chosen)
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
// the slug of the new row. A slug that the client asked for must be free. A slug that
// is made from the name gets a number, and later a random suffix, until it is free.
// This is safe under concurrency, because each insert waits at the unique index for
// the others.
func (tx *Tx) insertWithSlug(ctx context.Context, statement string, values args, asked *string, made string) (string, error) {
	if asked != nil {
		values["slug"] = *asked
		n, err := tx.exec(ctx, statement, values)
		if err == nil && n == 0 {
			err = slugTaken()
		}
		return *asked, err
	}
	for try := 1; ; try++ {
		slug := numberedSlug(made, try)
		if try > maxSlugTries {
			var err error
			if slug, err = randomSlug(made); err != nil {
				return "", err
			}
		}
		values["slug"] = slug
		n, err := tx.exec(ctx, statement, values)
		if err != nil || n > 0 {
			return slug, err
		}
	}
}
