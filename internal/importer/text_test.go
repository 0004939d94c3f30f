package importer

import (
	"bytes"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/gosimple/slug"
	"github.com/stretchr/testify/require"
)

func TestMarkupIsCleanedAndItsTextKept(t *testing.T) {
	for in, want := range map[string][2]string{
		"plain\ntext":          {"plain\ntext", "plain\ntext"},
		"Tom & Jerry":          {"Tom &amp; Jerry", "Tom & Jerry"},
		"<p>One</p><p>Two</p>": {"<p>One</p><p>Two</p>", "One\nTwo"},
		"a<b>b</b>c <i>d</i>":  {"a<b>b</b>c <i>d</i>", "abc d"},
		"<p onclick=x()>Hi</p><script>alert('x')</script><style>p{}</style>": {"<p>Hi</p>", "Hi"},
		"x<iframe src=//evil>inside</iframe>y":                               {"xy", "xy"},
		"<table><tr><td>A</td><td>B</td></tr></table>":                       {"<table><tr><td>A</td><td>B</td></tr></table>", "A\nB"},
		"<ul><li>1</li><li>2</li></ul>":                                      {"<ul><li>1</li><li>2</li></ul>", "1\n2"},
	} {
		safe, text := newMarkup().clean(in)
		require.Equal(t, want, [2]string{safe, text})
	}
}

func TestSlugs(t *testing.T) {
	for in, want := range map[string]string{
		"Red Mug":                            "red-mug",
		"  A -- B_c!  ":                      "a-b_c",
		"Nhẫn bạc":                           "nhan-bac",
		"Crème & Brûlée":                     "creme-and-brulee",
		"\U0001F600":                         "product",
		"":                                   "product",
		strings.Repeat("ab", 99):             strings.Repeat("ab", 40),
		strings.Repeat("long ", 30) + "word": strings.TrimSuffix(strings.Repeat("long-", 16), "-"),
	} {
		require.Equal(t, want, makeSlug(in, "product"), in)
	}
}

// FuzzSlug holds the short way to what the library says.
func FuzzSlug(f *testing.F) {
	f.Add("Red Mug, 5\" (new)")
	f.Add("a--b__c - ")
	f.Fuzz(func(t *testing.T, text string) {
		made, plain := plainSlug(text)
		if plain && len(text) <= slugMax {
			require.Equal(t, slug.Make(text), made)
		}
		require.NotEmpty(t, makeSlug(text, "x"))
		require.LessOrEqual(t, len(makeSlug(text, "x")), slugMax)
	})
}

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
