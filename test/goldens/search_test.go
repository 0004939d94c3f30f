package goldens

import (
	"testing"

	"github.com/stretchr/testify/require"

	"souk/internal/dbtest"
	"souk/test/harness"
)

// TestSearchFindsWhatWasMeant searches a shop of one product a line, in the
// languages and with the mistakes of real shoppers.
func TestSearchFindsWhatWasMeant(t *testing.T) {
	db := dbtest.New(t)
	harness.Execute(t, db.PrimaryURL, `
INSERT INTO products (id, slug, title, description)
SELECT md5(title)::uuid, 'p-' || ordinal, title, CASE ordinal WHEN 1 THEN 'Turned by hand in Thonet style' ELSE '' END
FROM unnest(ARRAY['Oak Chair', 'Desk Lamp', 'Wireless Headphones', 'Crème brûlée Set', '日本の急須 茶器', 'ร่มกันแดด ผ้าฝ้าย',
  'Bàn gỗ sồi', 'Настольная лампа', 'Pot à café Ébène']) WITH ORDINALITY AS title (title, ordinal)`)
	harness.Execute(t, db.PrimaryURL, `SELECT refresh_products(ARRAY(SELECT id FROM products))`)
	require.NoError(t, db.WaitReplica(t.Context()))
	server := harness.Start(t, db)
	for search, want := range map[string][]any{
		"chair":            {"Oak Chair"},
		"CHAIRS":           {"Oak Chair"},
		"thonet":           {"Oak Chair"},
		"chiar":            {"Oak Chair"},
		"lapm":             {"Desk Lamp"},
		"hedphones":        {"Wireless Headphones"},
		"wirless headpone": {"Wireless Headphones"},
		"wirel":            {"Wireless Headphones"},
		"creme brulee":     {"Crème brûlée Set"},
		"café ebene":       {"Pot à café Ébène"},
		"急須":               {"日本の急須 茶器"},
		"須急":               {},
		"กันแดด":           {"ร่มกันแดด ผ้าฝ้าย"},
		"ban go":           {"Bàn gỗ sồi"},
		"настольн":         {"Настольная лампа"},
		"oak lamp":         {},
		"!!!":              {},
	} {
		t.Run(search, func(t *testing.T) {
			answer := server.Query(t, `query ($search: String!) { products(search: $search) { nodes { title } totalCount } }`,
				map[string]any{"search": search})
			titles := []any{}
			for i := range want {
				titles = append(titles, answer.At("products", "nodes", i, "title"))
			}
			require.Equal(t, want, titles)
			require.EqualValues(t, len(want), answer.At("products", "totalCount"))
		})
	}
}
