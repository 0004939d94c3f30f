package coherence

import (
	"encoding/csv"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"testing"

	"github.com/stretchr/testify/require"

	"souk/test/harness"
)

// largeImport imports products below the readers, and counts what Redis has to do for it. They are
// drafts: the readers want the first page of the listing to be the goods.
func largeImport(t *testing.T, s *system) {
	products := chosen(500, 20_000, 20_000)
	file := filepath.Join(t.TempDir(), "products.csv")
	writeProducts(t, file, products)
	s.during(t, terms{LateWrites: true}, func(l *load) {
		before := l.slowest()
		usual := l.published(t)
		command := exec.CommandContext(t.Context(), harness.Build(t).Path, "import", "shopify-products", "--database-url="+s.Primary, "--currency=EUR", "--no-undoable", file)
		command.Env = harness.Environment()
		said, err := command.CombinedOutput()
		require.NoError(t, err, string(said))
		changes := l.published(t) - usual
		t.Logf("%d products: Redis got %d messages meanwhile; the slowest read took %v, before %v", products, changes, round(l.slowest()), round(before))
		require.Less(t, changes, 20_000)
		l.more(1_000)
	})
	count := harness.Text(t, s.Primary, `SELECT count(*)::text FROM products WHERE slug LIKE 'imported-%'`)
	require.Equal(t, strconv.Itoa(products), count)
	s.trusted(t)
}

func writeProducts(t *testing.T, path string, n int) {
	t.Helper()
	file, err := os.Create(path)
	require.NoError(t, err)
	defer func() { require.NoError(t, file.Close()) }()
	rows := csv.NewWriter(file)
	require.NoError(t, rows.Write([]string{"Handle", "Title", "Vendor", "Status", "Variant SKU", "Variant Price"}))
	for i := range n {
		require.NoError(t, rows.Write([]string{
			fmt.Sprint("imported-", i), fmt.Sprint("Imported ", i), "Importer", "draft", fmt.Sprint("IMP-", i), "9.99",
		}))
	}
	rows.Flush()
	require.NoError(t, rows.Error())
}

// published is how many messages of the follower Redis has got.
func (l *load) published(t *testing.T) int {
	t.Helper()
	stats, err := l.redisClient(t).Info(t.Context(), "commandstats").Result()
	require.NoError(t, err)
	found := regexp.MustCompile(`cmdstat_xadd:calls=(\d+)`).FindStringSubmatch(stats)
	require.NotNil(t, found, stats)
	n, err := strconv.Atoi(found[1])
	require.NoError(t, err)
	return n
}
