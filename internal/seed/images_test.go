package seed

import (
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"

	"souk/internal/artwork"
	"souk/internal/dbtest"
)

func TestPicturesOfAnOlderDemoShopMove(t *testing.T) {
	drawings, err := artwork.Load()
	require.NoError(t, err)
	for _, kind := range append(drawings.Kinds(), drawings.Colours()...) {
		require.Regexp(t, `^[a-z-]+$`, kind, "MoveImages does not know such a name")
	}
	db := dbtest.New(t)
	options := Options{DatabaseURL: db.PrimaryURL, Products: 20}
	_, err = Run(t.Context(), options)
	require.NoError(t, err)
	conn, err := pgx.Connect(t.Context(), db.PrimaryURL)
	require.NoError(t, err)
	defer conn.Close(t.Context())
	addresses := func() []string {
		rows, err := conn.Query(t.Context(), `SELECT url FROM images ORDER BY url`)
		require.NoError(t, err)
		urls, err := pgx.CollectRows(rows, pgx.RowTo[string])
		require.NoError(t, err)
		return urls
	}
	fresh := addresses()
	require.NotEmpty(t, fresh)
	for _, url := range fresh {
		require.True(t, strings.HasPrefix(url, artwork.Prefix), url)
	}

	// As an older version has seeded it, beside pictures that are not the demo's.
	const own = `INSERT INTO images (id, product_id, position, url)
SELECT gen_random_uuid(), (SELECT min(id::text)::uuid FROM products), 90 + n, url
FROM unnest(ARRAY['/images/mine.svg', '/images/mug/navy/mine.jpg', 'https://cdn.example/images/mug/navy/1234abcd-1.svg']) WITH ORDINALITY AS u (url, n)`
	for _, statement := range []string{`UPDATE images SET url = substr(url, 6)`, own} {
		_, err := conn.Exec(t.Context(), statement)
		require.NoError(t, err)
	}
	require.NotSubset(t, addresses(), fresh)
	var version int64
	require.NoError(t, conn.QueryRow(t.Context(), `SELECT sum(version) FROM products`).Scan(&version))

	require.NoError(t, MoveImages(t.Context(), db.PrimaryURL))
	moved := addresses()
	require.Subset(t, moved, fresh)
	require.Len(t, moved, len(fresh)+3)
	require.Subset(t, moved, []string{"/images/mine.svg", "/images/mug/navy/mine.jpg", "https://cdn.example/images/mug/navy/1234abcd-1.svg"})
	var raised int64
	require.NoError(t, conn.QueryRow(t.Context(), `SELECT sum(version) FROM products`).Scan(&raised))
	require.Equal(t, version+20, raised, "whoever keeps a product has its pictures' addresses")

	report, err := Run(t.Context(), options)
	require.NoError(t, err)
	require.Zero(t, report.Images.Stored, "seeding again finds its pictures")
	require.Equal(t, moved, addresses())
}
