package importer

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"
)

// mergedAttributes are the attributes that a product p will have by its staged row s:
// the shop's in their order, with the values of the input, then those that are new.
const mergedAttributes = `(
  SELECT coalesce(jsonb_agg(jsonb_build_object('key', a.key, 'name', a.name, 'value', a.value) ORDER BY a.had, a.comes), '[]')
  FROM (
    SELECT coalesce(had.one ->> 'key', given.one ->> 'key') AS key,
           coalesce(given.one ->> 'name', had.one ->> 'name', given.one ->> 'made') AS name,
           coalesce(given.one ->> 'value', had.one ->> 'value') AS value,
           had.at AS had, given.at AS comes
    FROM jsonb_array_elements(coalesce(p.attributes, '[]')) WITH ORDINALITY AS had(one, at)
    FULL JOIN jsonb_array_elements(s.attributes) WITH ORDINALITY AS given(one, at) ON given.one ->> 'key' = had.one ->> 'key'
  ) AS a
  WHERE a.value <> ''
)`

// attributesStatement writes down the attributes of a chunk's products (t_attributes).
// A product that would have too many keeps what it has.
var attributesStatement = withFields(`-- name: ImportAttributes
WITH merged AS (
  SELECT t.n, s.file, s.line, m.attributes,
         jsonb_array_length(m.attributes) <= @most
         AND (SELECT coalesce(sum(octet_length(a.one ->> 'value')), 0) FROM jsonb_array_elements(m.attributes) AS a(one)) <= @bytes AS fits
  FROM t_target t
  JOIN s_product s ON s.seq = t.product_seq
  LEFT JOIN products p ON p.id = t.product_id
  CROSS JOIN LATERAL (SELECT ` + mergedAttributes + ` AS attributes) AS m
  WHERE t.n BETWEEN @first AND @last AND s.attributes IS NOT NULL AND HAS(t.attributes)
), fitting AS (
  INSERT INTO t_attributes (n, attributes)
  SELECT n, attributes
  FROM merged
  WHERE fits
)
INSERT INTO t_fault (file, line, reason, code, warning)
SELECT file, line, @reason, 'attributes', true
FROM merged
WHERE NOT fits`)

// attributes is for products that are locked, before their rows are written.
func (m *merger) attributes(ctx context.Context, tx pgx.Tx, chunk pgx.StrictNamedArgs) error {
	if err := exec(ctx, tx, "-- name: ImportAttributesNone\nTRUNCATE t_attributes"); err != nil {
		return err
	}
	if _, err := tx.Exec(ctx, attributesStatement, pgx.StrictNamedArgs{
		"first": chunk["first"], "last": chunk["last"], "most": maxAttributes, "bytes": maxAttributeBytes,
		"reason": fmt.Sprintf("beside those that it has, the product would have more than %d attributes or %d bytes of values: "+
			"its attributes stay as they are; remove some of them in the shop", maxAttributes, maxAttributeBytes),
	}); err != nil {
		return fmt.Errorf("merge attributes: %w", err)
	}
	return nil
}
