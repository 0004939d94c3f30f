package importer

import (
	"context"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestDatesAreReadByTheirLayout(t *testing.T) {
	at := time.Date(2021, 10, 19, 9, 8, 18, 0, time.UTC)
	day := time.Date(2021, 10, 19, 0, 0, 0, 0, time.UTC)
	for _, c := range []struct {
		layout, text string
		want         time.Time
	}{
		{"unix", "1634634498", at},
		{"unix", "1634634498.0", at},
		{"unix_ms", "1634634498000", at},
		{"js", "Tue Oct 19 2021 09:08:18 GMT+0000 (Coordinated Universal Time)", at},
		{"js", "Tue Oct 19 2021 11:08:18 GMT+0200", at},
		{"rfc3339", "2021-10-19T11:08:18+02:00", at},
		{"YYYY-MM-DD HH:mm:ss ZZ", "2021-10-19 09:08:18 +0000", at},
		{"YYYY-MM-DD HH:mm:ss", "2021-10-19 09:08:18", at},
		{"DD.MM.YYYY", "19.10.2021", day},
		{"MM D, YYYY", "10 19, 2021", day},
		{"MMM D, YYYY", "Oct 19, 2021", day},
		{"D/M/YY hh:mm:ss A", "19/10/21 09:08:18 AM", at},
	} {
		layout, ok := dateLayout(c.layout)
		require.True(t, ok, c.layout)
		got, err := parseDate(c.text, []string{layout})
		require.NoError(t, err, c.layout)
		require.Equal(t, c.want, got, c.layout)
	}
	for _, text := range []string{"", "yesterday", "2021-13-01", "99999999999999999999", "-99999999999999"} {
		for _, layout := range []string{dateUnix, dateJS, "2006-01-02"} {
			_, err := parseDate(text, []string{layout})
			require.Error(t, err, text)
		}
	}
	for _, layout := range []string{"", "DD.MM", "soon", "MM/DD"} {
		_, ok := dateLayout(layout)
		require.False(t, ok, layout)
	}
}

func TestCountsAndNumbersAreRead(t *testing.T) {
	for text, want := range map[string]int64{"0": 0, "2,255": 2255, "1,28,900": 128900, "12.0": 12, "-3": -3, "1e3": 1000, "2255": 2255} {
		n, err := parseCount(text)
		require.NoError(t, err, text)
		require.Equal(t, want, n, text)
	}
	for _, text := range []string{"", "FREE Delivery", "1,2", ",1", "1,23", "1.5", "1e-3", "+1", "99999999999999999999", "0x1", "1_0"} {
		_, err := parseCount(text)
		require.Error(t, err, text)
	}
	for text, want := range map[string]float64{"4.5": 4.5, "0": 0, "5": 5, "4,5": 4.5, "0.05": 0.05, "5.0": 5} {
		n, err := parseAverage(text)
		require.NoError(t, err, text)
		require.Equal(t, want, n, text)
	}
	for _, text := range []string{"Get", "5.1", "-1", "NaN", "Inf", "0x1p2", "₹68.99", "6"} {
		_, err := parseAverage(text)
		require.Error(t, err, text)
	}
	for _, text := range []string{"0", "6", "4.5", "x", ""} {
		_, err := parseStars(text)
		require.Error(t, err, text)
	}
}

func TestLinesAreMadeOne(t *testing.T) {
	for text, want := range map[string]string{
		"":                  "",
		" a b ":             "a b",
		"a  b\r\n\tc":       "a b c",
		"and\u00a0dupatta":  "and dupatta",
		"Décor 好來":          "Décor 好來",
		"a\u3000b":          "a b",
		"\u00a0edge\u00a0":  "edge",
		"bad\xffbyte  here": "bad\xffbyte here",
	} {
		require.Equal(t, want, oneLine(text), text)
	}
}

// FuzzMatcher holds the matcher by hand to what regexp finds.
func FuzzMatcher(f *testing.F) {
	f.Add("/dp/B09P34VSYY/ref", "/dp/([A-Z0-9]{10})")
	f.Add("aab12", "a([0-9]{2})")
	f.Add("/dp//dp/B09P34VSYY", "/dp/([A-Z0-9]{10})")
	f.Add("ééé", "é([é]{2})")
	f.Fuzz(func(t *testing.T, text, pattern string) {
		re, err := regexp.Compile(pattern)
		if err != nil || re.NumSubexp() != 1 || len(text) > 1000 || len(pattern) > 100 {
			return
		}
		got, ok := matcher(re)(text)
		found := re.FindStringSubmatch(text)
		at := re.FindStringSubmatchIndex(text)
		if at == nil || at[2] < 0 {
			require.False(t, ok)
			return
		}
		require.True(t, ok)
		require.Equal(t, found[1], got)
	})
}

// FuzzTableCells reads arbitrary cells through every shipped mapping: nothing
// panics, and each row becomes records or a fault.
func FuzzTableCells(f *testing.F) {
	mappings := Mappings()
	f.Add("₹1,28,900", "[{\"name\":\"Color\",\"value\":\"x\",\"variations\":[null]}]", "Get")
	f.Add("1.580950000000000e+03", "[\"a >> b\"]", "\u00a0")
	f.Add("\"", "{", "\xff")
	f.Fuzz(func(t *testing.T, a, b, c string) {
		cells := []string{a, b, c}
		for i := range mappings {
			m := &mappings[i]
			names := &jsonColumns{}
			binding := &binder{mapping: m, column: names.index, numbers: table{mapping: m}.numbers(&Input{})}
			records, faults := 0, 0
			rows := table{mapping: m, source: m.Source}.bind(binding,
				func(Record) error { records++; return nil },
				func(fault Fault) { require.NotEmpty(t, fault.Reason); faults++ })
			rows.row.header = names.names
			row := make([]string, len(names.names))
			for n := range 3 {
				for at := range row {
					row[at] = cells[(at+n)%3]
				}
				rows.row.reset(Place{File: "fuzz", Line: n + 1}, row, nil)
				require.NoError(t, rows.take())
			}
			require.GreaterOrEqual(t, records+faults, 3)
		}
	})
}

// FuzzTableJSON reads arbitrary text as JSON.
func FuzzTableJSON(f *testing.F) {
	mapping, err := LoadMapping("amazon-gift-cards")
	require.NoError(f, err)
	f.Add(`{"asin": "B1", "title": "x"}` + "\n{")
	f.Add(`[{"asin": "B1", "title": "x"}, 5]`)
	f.Fuzz(func(t *testing.T, text string) {
		in, err := NewInput("fuzz", strings.NewReader(text))
		if err != nil {
			return
		}
		_ = mapping.reader("", "").Read(context.Background(), in, func(Record) error { return nil }, func(Fault) {})
	})
}
