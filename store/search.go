package store

import (
	"context"
	"strings"
	"unicode/utf8"

	"github.com/jackc/pgx/v5"
)

// maxSearchWords limits the work of one search. Of a longer text, only the first
// words are used.
const maxSearchWords = 12

const (
	// rareWord is the number of products below which a word may be a typing error,
	// even though the shop's own data contains it: some of 107,000 real listings say
	// "wirless".
	rareWord = 25
	// correctionRatio is how many times as many products a similar word must have to
	// be used as a correction.
	correctionRatio = 10
)

// Search is a shopper's search text, as two tsqueries. "" matches nothing.
type Search struct {
	// Query matches the words and, for words that few products have, also the most
	// similar words in the shop's data.
	Query string
	// Exact matches only the words themselves.
	Exact string
}

// searchWord is a word of a search, with the similar words that may have been meant.
type searchWord struct {
	Word         string
	Alternatives []string // the most similar words, if few products have this one
}

var searchWordColumns = columnsOf("",
	col("asked.word", asText, func(w *searchWord) *string { return &w.Word }),
	col("coalesce(near.terms, '{}')", asTexts, func(w *searchWord) *[]string { return &w.Alternatives }),
).all()

// ExpandSearch turns a search text into queries. Each word matches all words that
// begin with it and, if few products have the word, also the most similar words in
// the shop's data. Letters of scripts that are written without spaces must follow one
// another. A text without words gives empty queries, which match nothing.
func (r *Reader) ExpandSearch(ctx context.Context, text string) (Search, error) {
	statement := `-- name: ExpandSearch
SELECT ` + searchWordColumns.sql + `
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
      -- Two swapped letters: a short word then has no trigram in common.
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
      LIMIT @rare * @ratio
    ) AS having_it
  ) AS usual
  WHERE usual.products >= greatest(known.products * @ratio, 1)
) AS near ON true
WHERE asked.word <> ''
ORDER BY asked.ordinal
LIMIT @words`
	words, err := many(ctx, r, searchWordColumns, statement,
		pgx.StrictNamedArgs{"text": text, "words": maxSearchWords, "rare": rareWord, "ratio": correctionRatio})
	if err != nil {
		return Search{}, err
	}
	return Search{
		Query: tsquery(words, (*searchWord).loose),
		Exact: tsquery(words, (*searchWord).exact),
	}, nil
}

// tsquery returns the words as a query for the configuration "simple". The words
// contain no quotes or backslashes, because search_normalize replaces them by spaces.
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
		return "'" + w.Word + "'" // no prefix match: half of the shop begins with any one letter
	}
	// A plural also matches the singular: tees, tee.
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

// isLetter reports whether the word is a single letter of a script that is written
// without spaces. search_normalize separates such letters.
func isLetter(word string) bool {
	r, size := utf8.DecodeRuneInString(word)
	return size == len(word) && r >= 0x0e00
}
