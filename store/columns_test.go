package store

import (
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"

	"souk/internal/dbtest"
)

// everything is a row with a column of each kind.
type everything struct {
	UUID     uuid.UUID
	Text     string
	Bool     bool
	Small    int
	Int      int
	Big      int64
	Float    float64
	Time     time.Time
	JSON     []string
	Bytes    []byte
	UUIDs    []ProductID
	Texts    []string
	Ints     []int
	Maybe    *string
	MaybeInt *int64
}

// everythingColumns are named as the fields are, so that pgx can read them too. values has
// what they stand for.
func everythingColumns(values []string) *chosen[everything] {
	at := -1
	next := func(name string) string {
		at++
		return values[at] + ` AS "` + name + `"`
	}
	return columnsOf("",
		col(next("uuid"), asUUID, func(e *everything) *uuid.UUID { return &e.UUID }),
		col(next("text"), asText, func(e *everything) *string { return &e.Text }),
		col(next("bool"), asBool, func(e *everything) *bool { return &e.Bool }),
		col(next("small"), asInt, func(e *everything) *int { return &e.Small }),
		col(next("int"), asInt, func(e *everything) *int { return &e.Int }),
		col(next("big"), asInt, func(e *everything) *int64 { return &e.Big }),
		col(next("float"), asFloat, func(e *everything) *float64 { return &e.Float }),
		col(next("time"), asTime, func(e *everything) *time.Time { return &e.Time }),
		col(next("json"), asJSON, func(e *everything) *[]string { return &e.JSON }),
		col(next("bytes"), asBytes, func(e *everything) *[]byte { return &e.Bytes }),
		col(next("uuids"), asUUIDs, func(e *everything) *[]ProductID { return &e.UUIDs }),
		col(next("texts"), asTexts, func(e *everything) *[]string { return &e.Texts }),
		col(next("ints"), asInts, func(e *everything) *[]int { return &e.Ints }),
		maybe(next("maybe"), asText, func(e *everything) **string { return &e.Maybe }),
		maybe(next("maybe_int"), asInt, func(e *everything) **int64 { return &e.MaybeInt }),
	).all()
}

var typicalValues = []string{
	"'01890000-0000-7000-8000-0000000000ff'::uuid", "'naïve'::text", "true", "(-7)::smallint", "(-70000)::int", "9007199254740993::bigint",
	"4.25::float8", "'2026-02-28 23:59:59.999999+00'::timestamptz", `'["a", "b"]'::jsonb`, `'\x00ff'::bytea`,
	"ARRAY['01890000-0000-7000-8000-000000000001', '01890000-0000-7000-8000-000000000002']::uuid[]",
	"ARRAY['', 'b,\"c']::text[]", "ARRAY[1, -2]::int[]", "'x'::text", "5::bigint",
}

// TestDecodersReadWhatPgxReads compares them on usual values, on the ends of ranges, and on
// empty values and NULL.
func TestDecodersReadWhatPgxReads(t *testing.T) {
	t.Parallel()
	conn, err := pgx.Connect(t.Context(), dbtest.New(t).PrimaryURL)
	require.NoError(t, err)
	defer conn.Close(t.Context())
	for name, values := range map[string][]string{
		"typical": typicalValues,
		"extreme": {
			"'ffffffff-ffff-ffff-ffff-ffffffffffff'::uuid", "repeat('ß', 10000)", "false", "32767::smallint", "2147483647::int", "(-9223372036854775808)::bigint",
			"'-Infinity'::float8", "'1900-01-01 00:00:00+00'::timestamptz", `'[]'::jsonb`, `repeat('a', 5000)::bytea`,
			"'{}'::uuid[]", "'{}'::text[]", "'{}'::int[]", "NULL::text", "NULL::bigint",
		},
	} {
		t.Run(name, func(t *testing.T) {
			what := everythingColumns(values)
			rows, err := conn.Query(t.Context(), "SELECT "+what.sql)
			require.NoError(t, err)
			ours, err := what.rows(rows)
			require.NoError(t, err)
			rows, err = conn.Query(t.Context(), "SELECT "+what.sql)
			require.NoError(t, err)
			theirs, err := pgx.CollectRows(rows, pgx.RowToAddrOfStructByName[everything])
			require.NoError(t, err)
			require.Equal(t, theirs, ours)
		})
	}
}

// TestDecodersRefuseOtherTypes finds a column whose type has changed: an error that names
// the column, not another value.
func TestDecodersRefuseOtherTypes(t *testing.T) {
	t.Parallel()
	conn, err := pgx.Connect(t.Context(), dbtest.New(t).PrimaryURL)
	require.NoError(t, err)
	defer conn.Close(t.Context())
	for at, wrong := range map[int]string{
		0: "1::bigint", 2: "2::int", 3: "'abc'::text", 6: "1::int", 7: "'infinity'::timestamptz", 8: "'x'::text",
		10: "ARRAY['a']::text[]", 11: "ARRAY[NULL, 'b']::text[]", 4: "1::float8", 5: "now()", 9: "'x'::text", 12: "ARRAY[[1], [2]]::int[]", 1: "NULL::text", 14: "'abc'::text",
	} {
		values := append([]string(nil), typicalValues...)
		values[at] = wrong
		what := everythingColumns(values)
		rows, err := conn.Query(t.Context(), "SELECT "+what.sql)
		require.NoError(t, err)
		_, err = what.rows(rows)
		rows.Close()
		require.ErrorContains(t, err, "scan column "+wrong)
	}
}
