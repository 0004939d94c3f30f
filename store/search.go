package store

import (
	"context"
	"strings"
	"unicode/utf8"

	"github.com/jackc/pgx/v5"
)

// maxSearchWords bounds the work of one search; a pasted paragraph finds what its
// first words find.
const maxSearchWords = 12

const (
	// rareWord is the number of products below which a word may be a typing error
	// that the shop's own data has too: some of 107,000 real listings say
	// "wirless".
	rareWord = 25
	// likelier is how many times as many products a near word must have to be
	// what was meant.
	likelier = 10
)

// Search is what a shopper typed, as two tsqueries. "" finds nothing.
type Search struct {
	// Query matches the words and, for those that few products have, the shop's
	// words that are nearest by spelling.
	Query string
	// Exact matches the words alone.
	Exact string
}

// searchWord is a word of a query, with the shop's own words that it may stand for.
type searchWord struct {
	Word         string
	Alternatives []string // the nearest words, when hardly a product has this one
}

// ExpandSearch turns what a shopper typed into queries: each word stands for all
// words that begin with it and, when hardly a product has one, for the shop's
// words that are nearest to it. Letters of scripts without blanks must follow one
// another. A text without a word gives empty queries, which match nothing.
func (r *Reader) ExpandSearch(ctx context.Context, text string) (Search, error) {
	const statement = `-- name: ExpandSearch
SELECT asked.word, coalesce(near.terms, '{}') AS alternatives
FROM regexp_split_to_table(search_normalize(left(@text, 300)), '\s+') WITH ORDINALITY AS asked (word, ordinal)
CROSS JOIN LATERAL (
  SELECT count(*) AS products
  FROM (
    SELECT FROM products p
    WHERE length(asked.word) > 3 AND p.search @@ ('''' || asked.word || ''':*')::tsquery
    LIMIT @rare
  ) AS having_it
) AS known
LEFT JOIN LATERAL (
  SELECT array_agg(nearest.term ORDER BY nearest.distance, usual.products DESC) AS terms
  FROM (
    SELECT near.term, near.distance
    FROM (
      SELECT t.term, levenshtein_less_equal(t.term, asked.word, 3) AS distance
      FROM search_terms t
      WHERE t.term % asked.word AND t.term <> asked.word
        AND levenshtein_less_equal(t.term, asked.word, 3) <= 1 + length(asked.word) / 6
      UNION
      -- Two letters the wrong way round: of a short word no trigram is left.
      SELECT t.term, 1
      FROM search_terms t
      WHERE t.term = ANY (ARRAY(
        SELECT overlay(asked.word PLACING reverse(substr(asked.word, at, 2)) FROM at FOR 2)
        FROM generate_series(1, length(asked.word) - 1) AS at))
    ) AS near
    WHERE length(asked.word) > 3 AND known.products < @rare AND near.term <> asked.word
    ORDER BY near.distance, similarity(near.term, asked.word) DESC, near.term
    LIMIT 10
  ) AS nearest
  CROSS JOIN LATERAL (
    SELECT count(*) AS products
    FROM (
      SELECT FROM products p
      WHERE p.search @@ ('''' || nearest.term || '''')::tsquery
      LIMIT @rare * @likelier
    ) AS having_it
  ) AS usual
  WHERE usual.products >= greatest(known.products * @likelier, 1)
) AS near ON true
WHERE asked.word <> ''
ORDER BY asked.ordinal
LIMIT @words`
	words, err := many[searchWord](ctx, r, statement,
		pgx.StrictNamedArgs{"text": text, "words": maxSearchWords, "rare": rareWord, "likelier": likelier})
	if err != nil {
		return Search{}, err
	}
	return Search{
		Query: tsquery(words, (*searchWord).loose),
		Exact: tsquery(words, (*searchWord).exact),
	}, nil
}

// tsquery writes the words as a query for the configuration "simple". Words hold
// no quotes or backslashes: search_normalize has made them blanks.
func tsquery(words []*searchWord, term func(*searchWord) string) string {
	var b strings.Builder
	for i, w := range words {
		if i > 0 {
			if isLetter(words[i-1].Word) && isLetter(w.Word) {
				b.WriteString(" <-> ")
			} else {
				b.WriteString(" & ")
			}
		}
		b.WriteString(term(w))
	}
	return b.String()
}

func (w *searchWord) exact() string {
	if utf8.RuneCountInString(w.Word) == 1 {
		return "'" + w.Word + "'" // what begins with one letter is half the shop
	}
	// A plural finds the singular: tees, tee.
	if base, plural := strings.CutSuffix(w.Word, "s"); plural && utf8.RuneCountInString(base) >= 3 {
		return "('" + w.Word + "':* | '" + base + "')"
	}
	return "'" + w.Word + "':*"
}

func (w *searchWord) loose() string {
	if len(w.Alternatives) == 0 {
		return w.exact()
	}
	return "(" + w.exact() + " | '" + strings.Join(w.Alternatives, "' | '") + "')"
}

// isLetter tells a single letter of a script that is written without blanks, as
// search_normalize sets it apart.
func isLetter(word string) bool {
	r, size := utf8.DecodeRuneInString(word)
	return size == len(word) && r >= 0x0e00
}
