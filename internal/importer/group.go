package importer

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/jackc/pgx/v5"
)

// fileGroup is files with the same columns, which are read and merged together.
type fileGroup struct {
	files   []string
	columns string
	titled  bool // they can make products
}

// groups are the files of a run by their columns. A file with other columns says
// something about other fields, so it is merged by itself, into what the earlier
// groups made.
type groups []fileGroup

// add sorts a file into the group with the same columns.
func (g *groups) add(file string, columns []string, titled bool) {
	key := strings.Join(columns, "\x00")
	for i := range *g {
		if (*g)[i].columns == key {
			(*g)[i].files = append((*g)[i].files, file)
			return
		}
	}
	*g = append(*g, fileGroup{files: []string{file}, columns: key, titled: titled})
}

// inOrder puts the files that make products before those that only change them.
// Otherwise the groups are in the order in which each kind of file comes first.
func (g groups) inOrder() groups {
	slices.SortStableFunc(g, func(a, b fileGroup) int {
		switch {
		case a.titled == b.titled:
			return 0
		case a.titled:
			return -1
		}
		return 1
	})
	return g
}

// next empties the tables of the last group, for the next one.
func (m *merger) next(ctx context.Context) error {
	staged := make([]string, 0, len(stageTables))
	for _, table := range stageTables {
		staged = append(staged, table.name)
	}
	m.run.staged = stageCounts{}
	return m.inTx(ctx, func(tx pgx.Tx) error {
		return exec(ctx, tx, `-- name: ImportNextGroup
TRUNCATE `+strings.Join(staged, ", ")+`, t_fault`, `-- name: ImportNextGroupTables
DROP TABLE IF EXISTS t_key, t_target, t_member, t_variant, t_image, t_filed, t_unpriced, t_vendor, t_path, t_path_keys,
  t_node, t_found, t_level, t_review`)
	})
}

// keepWritten hides from the merge what an earlier group has written of the
// chunk's products or variants: as within a group, the first file that has a
// value counts, and the others are duplicates. Otherwise two files that
// contradict each other would change the shop with each import.
func (m *merger) keepWritten(ctx context.Context, tx pgx.Tx, mask, id string, into *Count) error {
	if m.groups < 2 {
		return nil
	}
	var duplicates int64
	err := tx.QueryRow(ctx, `-- name: ImportKeepWritten
WITH written AS (
  SELECT t.ctid AS row, w.has, t.has & w.has & @told <> 0 AS told
  FROM `+mask+` t
  JOIN t_written w ON w.id = t.`+id+`
), hidden AS (
  UPDATE `+mask+` t
  SET has = t.has & ~w.has
  FROM written w
  WHERE t.ctid = w.row
)
SELECT count(*) FROM written WHERE told`, pgx.StrictNamedArgs{"told": int64(allFields &^ identifying)}).Scan(&duplicates)
	if err != nil {
		return fmt.Errorf("hide what is already written: %w", err)
	}
	into.Duplicates += duplicates
	return nil
}

// identifying is the fields by which files say which product or variant a row is
// about. To have them in two files is not to say something twice.
const identifying = ProductHidden | ProductVisible | ProductVariants | VariantKey | VariantOptions | VariantTitle | VariantPosition | VariantSKU | VariantBarcode

// noteWritten notes what the chunk writes of its products and variants. Attributes
// are left out: two files may have different ones of a product.
func (m *merger) noteWritten(ctx context.Context, tx pgx.Tx, chunk pgx.StrictNamedArgs) error {
	if m.groups < 2 {
		return nil
	}
	_, err := tx.Exec(ctx, withFields(`-- name: ImportWritten
INSERT INTO t_written AS w (id, has)
SELECT id, bit_or(has & ~(BIT(attributes)))
FROM (
  SELECT product_id AS id, has FROM t_target WHERE n BETWEEN @first AND @last
  UNION ALL
  SELECT variant_id, has FROM t_match WHERE copy = 1 AND fault IS NULL
) AS s
GROUP BY id
ON CONFLICT (id) DO UPDATE SET has = w.has | EXCLUDED.has`), chunk)
	if err != nil {
		return fmt.Errorf("note what was written: %w", err)
	}
	return nil
}
