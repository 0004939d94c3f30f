package store

import (
	"context"
	"encoding/hex"
	"regexp"
	"strconv"
	"strings"

	"github.com/gosimple/slug"

	"souk/internal/fault"
)

const (
	// maxMadeSlug is where a slug that is made from a name is cut: search engines
	// show about as much of an address.
	maxMadeSlug = 80
	// maxSlug leaves room for a number behind the longest that is made.
	maxSlug = 100
	// maxSlugTries bounds the numbers that are tried before a random ending.
	maxSlugTries = 10
)

var slugForm = regexp.MustCompile(`^[a-z0-9](?:[a-z0-9_-]*[a-z0-9])?$`)

// checkSlug notes a slug that would not do in an address.
func checkSlug(problems *fault.Problems, field, text string) {
	switch {
	case text == "":
		problems.Add(fault.ReasonRequired, field, "it is empty; give a slug such as desk-lamps")
	case len(text) > maxSlug:
		problems.Add(fault.ReasonTooLong, field, "it has %d characters; give at most %d", len(text), maxSlug)
	case !slugForm.MatchString(text):
		problems.Add(fault.ReasonInvalid, field, "a slug has a to z, digits, - and _, and begins and ends with a letter or a digit, such as desk-lamps")
	}
}

// slugOf makes a slug from a name; ifEmpty is for a name without a letter or digit.
func slugOf(name, ifEmpty string) string {
	made := slug.Make(name)
	if len(made) > maxMadeSlug {
		made = made[:maxMadeSlug]
	}
	if made = strings.Trim(made, "-_"); made == "" {
		return ifEmpty
	}
	return made
}

// insertNamed runs an insert that makes no row when its @slug is taken. A slug
// that was asked for must be free; one that is made from the name gets a number,
// and then a random ending, until it is. It holds when many do it at once, since
// each waits at the unique index for the others.
func (tx *Tx) insertNamed(ctx context.Context, statement string, values args, asked *string, made string) error {
	if asked != nil {
		values["slug"] = *asked
		n, err := tx.exec(ctx, statement, values)
		if err == nil && n == 0 {
			return slugTaken()
		}
		return err
	}
	for try := 1; ; try++ {
		switch {
		case try == 1:
			values["slug"] = made
		case try <= maxSlugTries:
			values["slug"] = made + "-" + strconv.Itoa(try)
		default:
			id, err := newID[[16]byte]()
			if err != nil {
				return err
			}
			values["slug"] = made + "-" + hex.EncodeToString(id[10:])
		}
		n, err := tx.exec(ctx, statement, values)
		if err != nil || n > 0 {
			return err
		}
	}
}

func slugTaken() error {
	return fault.Reject(fault.ReasonTaken, "slug", "another one has this slug; choose another, or leave it out to have one made")
}
