package store

import (
	"context"
	"encoding/hex"
	"strconv"
	"strings"

	"souk/internal/fault"
	"souk/internal/slug"
)

// maxSlugTries bounds the numbers that are tried before a random ending.
const maxSlugTries = 10

// slugOf makes a slug from a name; ifEmpty is for a name without a letter or digit.
func slugOf(name, ifEmpty string) string {
	made := strings.Trim(strings.ReplaceAll(slug.Make(name, ifEmpty), "_", "-"), "-")
	if made == "" {
		return ifEmpty
	}
	return made
}

func slugTaken() *fault.Rejection {
	return fault.Reject(fault.ReasonTaken, "slug", "another one has this slug; choose another, or leave it out to have one made")
}

// checkNewSlug checks the slug that an input for a new object may choose.
func checkNewSlug(problems *fault.Problems, chosen *string) {
	if chosen != nil {
		slugText(problems, "slug", *chosen)
	}
}

// numbered is the nth form of a slug: base, base-2, base-3, …
func numbered(base string, n int) string {
	if n == 1 {
		return base
	}
	return base + "-" + strconv.Itoa(n)
}

// randomSlug is the form of a slug of which too many have numbers.
func randomSlug(base string) (string, error) {
	id, err := newID[[16]byte]()
	return base + "-" + hex.EncodeToString(id[10:]), err
}

// insertNamed runs an insert that makes no row when its @slug is taken, and returns
// the slug of the row. A slug that was asked for must be free; one that is made from
// the name gets a number, and then a random ending, until it is. It holds when many do
// it at once, since each waits at the unique index for the others.
func (tx *Tx) insertNamed(ctx context.Context, statement string, values args, asked *string, made string) (string, error) {
	if asked != nil {
		values["slug"] = *asked
		n, err := tx.exec(ctx, statement, values)
		if err == nil && n == 0 {
			err = slugTaken()
		}
		return *asked, err
	}
	for try := 1; ; try++ {
		slug := numbered(made, try)
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
