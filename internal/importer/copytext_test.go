package importer

import (
	"bytes"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"
)

func TestCopyRowsReachPostgresAsTheyAre(t *testing.T) {
	s := newShop(t)
	nasty := []string{"", "tab\tnew\nline\rreturn\\back", `"quoted" {braces}, \N`, "NULL", "\\.", "ünï\u2028", "nul\x00gone"}
	id := uuid.Must(uuid.NewV7())
	when := time.Date(2024, 2, 29, 12, 30, 0, 5000, time.UTC)
	weight := 1e-3
	_, err := s.conn.Exec(t.Context(), `CREATE TEMP TABLE c (a text, b text[], c uuid, d uuid[], e timestamptz, f numeric, g bigint, h boolean, i int[], j text)`)
	require.NoError(t, err)
	var rows copyRows
	for _, text := range nasty {
		rows.text(text)
		rows.texts(nasty)
		rows.uuid(id)
		rows.uuids([]uuid.UUID{id, id})
		rows.time(when)
		rows.float(&weight)
		rows.int(-1 << 63)
		rows.bool(true)
		rows.ints([]int{1, 2, 3})
		rows.textOrNull("")
		rows.end()
	}
	_, err = s.conn.PgConn().CopyFrom(t.Context(), bytes.NewReader(rows.buf), "COPY c FROM STDIN")
	require.NoError(t, err)
	nasty[6] = "nulgone"
	require.ElementsMatch(t, nasty, list[string](s, `SELECT a FROM c`))
	require.Equal(t, nasty, one[[]string](s, `SELECT DISTINCT b FROM c`))
	require.True(t, one[bool](s, `SELECT bool_and(c = $1 AND d = ARRAY[$1, $1]::uuid[] AND e = $2 AND f = 0.001
		AND g = -9223372036854775808 AND h AND i = '{1,2,3}' AND j IS NULL) FROM c`, id.String(), when))
}
