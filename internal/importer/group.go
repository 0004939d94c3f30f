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

// writtenRows are the rows t of a chunk that t_written is about, the table that has
// their masks, and their id in t_written.
type writtenRows struct{ rows, mask, id string }

var (
	writtenProducts = writtenRows{"t_target t WHERE t.n BETWEEN @first AND @last", "t_target", "t.product_id"}
	writtenVariants = writtenRows{"t_match t WHERE t.copy = 1 AND t.fault IS NULL AND @first <= @last", "t_match", "t.variant_id"}
	writtenLevels   = writtenRows{
		"t_level l JOIN s_level t USING (seq) WHERE l.n BETWEEN @first AND @last", "s_level",
		"md5(l.variant_id::text || l.location_id::text)::uuid",
	}
)

// keepWritten hides from the merge what an earlier group has written of the chunk's
// rows: as within a group, the first file that has a value counts, and the others are
// duplicates. Otherwise two files that contradict each other would change the shop
// with each import.
func (m *merger) keepWritten(ctx context.Context, tx pgx.Tx, of writtenRows, into *Count, chunk pgx.StrictNamedArgs) error {
	if m.groups < 2 {
		return nil
	}
	_, err := countDistinct(ctx, tx, into, `-- name: ImportKeepWritten
WITH chunk AS (
  SELECT t.ctid AS row, t.has, `+of.id+` AS id
  FROM `+of.rows+`
), written AS (
  SELECT c.row, w.has, c.has & w.has & @told <> 0 AS told
  FROM chunk c
  JOIN t_written w USING (id)
), hidden AS (
  UPDATE `+of.mask+` t
  SET has = t.has & ~w.has
  FROM written w
  WHERE t.ctid = w.row
)
SELECT count(*) FILTER (WHERE NOT told), count(*) FILTER (WHERE told) FROM written`, pgx.StrictNamedArgs{
		"told": ^int64(identifying), "first": chunk["first"], "last": chunk["last"],
	})
	return err
}

// identifying is the fields by which files say which product or variant a row is
// about. To have them in two files is not to say something twice.
const identifying = ProductHidden | ProductVisible | ProductVariants |
	VariantKey | VariantOptions | VariantTitle | VariantPosition | VariantSKU | VariantBarcode

// noteWritten notes what the chunk writes of such rows. Attributes are left out: two
// files may have different ones of a product.
func (m *merger) noteWritten(ctx context.Context, tx pgx.Tx, of writtenRows, chunk pgx.StrictNamedArgs) error {
	if m.groups < 2 {
		return nil
	}
	_, err := tx.Exec(ctx, withFields(`-- name: ImportWritten
INSERT INTO t_written AS w (id, has)
SELECT `+of.id+`, t.has & ~(BIT(attributes))
FROM `+of.rows+`
ON CONFLICT (id) DO UPDATE SET has = w.has | EXCLUDED.has`), pgx.StrictNamedArgs{"first": chunk["first"], "last": chunk["last"]})
	if err != nil {
		return fmt.Errorf("note what was written: %w", err)
	}
	return nil
}
