package importer

import (
	"bytes"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"testing/iotest"
	"time"

	"github.com/stretchr/testify/require"
)

// scanAll returns all records and the lines that they and their fields begin on.
func scanAll(t testing.TB, r io.Reader, separator string) (records [][]string, lines [][]int) {
	t.Helper()
	s := newScanner(r, 1)
	s.sep = []byte(separator)
	for {
		rec, err := s.next()
		if errors.Is(err, io.EOF) {
			return records, lines
		}
		require.NoError(t, err)
		records = append(records, slices.Clone(rec.fields))
		at := make([]int, len(rec.fields))
		for i := range at {
			at[i] = rec.lineOf(i)
		}
		lines = append(lines, at)
		s.pass(rec.size, rec.breaks)
	}
}

// encodingCSV reads as scanAll with encoding/csv.
func encodingCSV(t testing.TB, text string, separator rune, lazy bool) (records [][]string, lines [][]int, err error) {
	t.Helper()
	r := csv.NewReader(strings.NewReader(text))
	r.Comma, r.LazyQuotes, r.FieldsPerRecord = separator, lazy, -1
	for {
		fields, err := r.Read()
		if err != nil {
			if errors.Is(err, io.EOF) {
				err = nil
			}
			return records, lines, err
		}
		records = append(records, fields)
		at := make([]int, len(fields))
		for i := range at {
			at[i], _ = r.FieldPos(i)
		}
		lines = append(lines, at)
	}
}

func FuzzScannerReadsAsEncodingCSV(f *testing.F) {
	for _, text := range []string{
		"a,b\n1,\"x\ny\"\n", "\"a\"\"b\",c\r\n\r\n\n,\"\"\n", "5\" pipe,\"6\" pipe\"\n", "a\r\rb\r\n\"\r\n\"\r", "\"open\n,", "é,\"\"\"\r\n\"\"\"", "\r", "\"\r",
		"a\"\r\n\"b\"\r", "\"x\" \n\"y\"z\"\n",
	} {
		f.Add(text, byte(0), byte(0))
		f.Add(text, byte(1), byte(3))
	}
	f.Fuzz(func(t *testing.T, text string, which, chunk byte) {
		separator := []rune{',', ';', '\t', '§'}[which%4]
		want, lines, err := encodingCSV(t, text, separator, true)
		require.NoError(t, err)
		var r io.Reader = strings.NewReader(text)
		if chunk%2 == 1 {
			r = iotest.OneByteReader(r)
		}
		got, at := scanAll(t, r, string(separator))
		require.Equal(t, want, got)
		require.Equal(t, lines, at)
	})
}

// wellFormed makes a file of count records with width fields: plain, quoted,
// empty, and of several lines, some of which look like records.
func wellFormed(random *rand.Rand, count, width int, quoteAll bool) (rows [][]string, lines []string) {
	cells := []string{"", "plain", "two words", "5", "x;y", "a, b", "say \"hi\"", "<p class=\"x\">\nline two\n</p>", "one\n\nthree", "\"", "Ä\u00a0ö", "end\n"}
	row := strings.Repeat("cell,", width-1) + "cell"
	cells = append(cells, "before\n"+row+"\nafter", row)
	for i := range count {
		fields := []string{fmt.Sprintf("key-%d", i)}
		for len(fields) < width {
			fields = append(fields, cells[random.IntN(len(cells))])
		}
		var line bytes.Buffer
		for j, field := range fields {
			if j > 0 {
				line.WriteByte(',')
			}
			if quoteAll || strings.ContainsAny(field, ",\"\n") || random.IntN(8) == 0 {
				field = `"` + strings.ReplaceAll(field, `"`, `""`) + `"`
			}
			line.WriteString(field)
		}
		line.WriteByte('\n')
		rows, lines = append(rows, fields), append(lines, line.String())
	}
	return rows, lines
}

func header(width int) string {
	names := make([]string, width)
	for i := range names {
		names[i] = fmt.Sprintf("column %d", i)
	}
	return strings.Join(names, ",") + "\n"
}

// A quote too many costs at most the record that has it, wherever it is: all
// others are read as they are, and if that one is not, somebody is told.
func TestAStrayQuoteCostsOneRecord(t *testing.T) {
	silent := 0
	for seed := range uint64(12) {
		random := rand.New(rand.NewPCG(seed, 1))
		width := 3 + random.IntN(5)
		rows, lines := wellFormed(random, 8, width, seed%3 == 0)
		for damaged := range lines {
			for at := range lines[damaged] {
				text := header(width) + strings.Join(lines[:damaged], "") +
					lines[damaged][:at] + `"` + lines[damaged][at:] + strings.Join(lines[damaged+1:], "")
				_, _, faults, got := readRows(t, text)
				name := fmt.Sprintf("seed %d, record %d, byte %d: %q", seed, damaged, at, lines[damaged])
				read := map[string]bool{}
				for _, row := range got {
					read[strings.Join(row, "§")] = true
				}
				for i, row := range rows {
					if i != damaged && !read[strings.Join(row, "§")] {
						require.Contains(t, got, row, name)
					}
				}
				if len(faults) == 0 {
					require.Len(t, got, len(rows), name)
					silent++
				}
			}
		}
	}
	require.Positive(t, silent, "a quote inside of a value costs nothing")
}

func readRows(t *testing.T, text string) (in *Input, reader *CSV, faults []Fault, rows [][]string) {
	t.Helper()
	in, err := NewInput("test.csv", strings.NewReader(text))
	require.NoError(t, err)
	reader, err = NewCSV(in, CSVOptions{Comma: ','}, func(f Fault) { faults = append(faults, f) })
	require.NoError(t, err)
	for {
		row, err := reader.Next()
		if errors.Is(err, io.EOF) {
			return in, reader, faults, rows
		}
		require.NoError(t, err)
		rows = append(rows, slices.Clone(row.Fields))
	}
}

func TestSkippedLinesAreNamed(t *testing.T) {
	const head = "a,b,c\n1,x,2\n"
	for name, test := range map[string]struct {
		text   string
		faults []string
		keys   []string
	}{
		"opened before a value": {
			head + "2,\"y,3\n3,z,4\n", []string{"3 quote: line 3 was skipped"}, []string{"1", "3"},
		},
		"in a value with lines": {
			head + "2,\"x,\"p\nq\nr\"\n3,z,4\n4,\"v,w\",5\n", []string{"3 quote: the lines 3 to 5 were skipped"}, []string{"1", "3", "4"},
		},
		"up to the next value with quotes in the same column": {
			head + "2,\"y,3\n3,z,4\n4,\"v, w\",5\n5,z,6\n", []string{"3 quote: line 3 was skipped"}, []string{"1", "3", "4", "5"},
		},
		"in two rows":        {head + "2,\"y,3\n3,z,4\n4,\"y,3\n5,z,6\n", []string{"3 quote: line 3", "5 quote: line 5"}, []string{"1", "3", "5"}},
		"in the last row":    {head + "2,\"y,3\n", []string{"3 quote: line 3"}, []string{"1"}},
		"at the end":         {head + "2,y,3\n3,z,\"4", nil, []string{"1", "2", "3"}},
		"in rows that touch": {head + "2,\"y,3\n3,\"z,4\n4,\"v,5\n5,w,6\n", []string{"3 quote: the lines 3 to 5 were skipped"}, []string{"1", "5"}},
		"missing at the end of a value": {
			head + "2,\"y, z,3\n3,z,4\n4,\"v, w\",5\n", []string{"3 quote: line 3"}, []string{"1", "3", "4"},
		},
		"none, but a wrong number of fields and lines": {
			head + "2,\"y\nz\"\n3,z,4\n", []string{"3 columns: the row, on the lines 3 to 4, has 2 fields"}, []string{"1", "3"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			in, _, faults, rows := readRows(t, test.text)
			require.Len(t, faults, len(test.faults), "%v", faults)
			for i, want := range test.faults {
				require.Contains(t, fmt.Sprintf("%d %s: %s", faults[i].Line, faults[i].Code, faults[i].Reason), want)
			}
			var keys []string
			for _, row := range rows {
				keys = append(keys, row[0])
			}
			require.Equal(t, test.keys, keys)
			counted := len(rows)
			for _, f := range faults {
				counted += max(1, f.Rows)
			}
			require.EqualValues(t, counted, in.tally.rows.Load())
		})
	}
}

func TestAHeaderWithAStrayQuoteIsRefused(t *testing.T) {
	in, err := NewInput("test.csv", strings.NewReader("a,\"b,c\n1,2,3\n4,\"5\",6\n"))
	require.NoError(t, err)
	_, err = NewCSV(in, CSVOptions{}, func(Fault) {})
	require.ErrorContains(t, err, "the header on line 1 has a quote that is not closed")
}

// A file with a stray quote in every other row must not be read again for each.
func TestManyStrayQuotesTakeNoLongerThanTheirFile(t *testing.T) {
	const pairs = 60_000
	text := "a,b,c\n" + strings.Repeat("1,\"x,2\n3,y,4\n", pairs)
	_, reader, faults, rows := readRows(t, text)
	require.Len(t, rows, pairs)
	require.Len(t, faults, pairs)
	require.LessOrEqual(t, len(reader.scan.buf), 2*maxRecordBytes)
}

func FuzzResync(f *testing.F) {
	f.Add("a,b\n1,\"x\n2,y\n3,\"z\"\n")
	f.Add("a,b\n\"\"\"\n\",\"\n,\n\"")
	f.Add("a\n=\"")
	f.Fuzz(func(t *testing.T, text string) {
		in, err := NewInput("f", iotest.HalfReader(strings.NewReader(text)))
		if err != nil {
			return
		}
		rejected := 0
		reader, err := NewCSV(in, CSVOptions{Comma: ','}, func(f Fault) {
			rejected += max(1, f.Rows)
			require.Positive(t, f.Line)
			require.NotEmpty(t, f.Row)
		})
		read, line := 0, 0
		for err == nil {
			var row Row
			if row, err = reader.Next(); err == nil {
				read++
				require.Greater(t, row.Line, line)
				line = row.Line
			}
		}
		require.EqualValues(t, in.tally.rows.Load(), int64(read+rejected)+in.tally.blank.Load())
	})
}

// TestQuotesInEveryRowAreReadOnce reads files whose every row has a quote that makes the
// rest of the file one value. What is read for each of them grows with the file, unless
// there is a bound.
func TestQuotesInEveryRowAreReadOnce(t *testing.T) {
	const rows = 100_000
	for _, row := range []string{
		`h1,"19" rack 1,b,S1,9.9`, `h1,"19"" rack 1,b,S1,9.9`, `h1,"19"" rack 1,b,S1`, `h1,"19 rack 1,b,S1,9.9`, `h1,b"",",S1,9.9`,
		`"h1"x,b,c,d,e`, `"h1""x,b,c,d,"e`, `,,,,"`, `"`,
	} {
		t.Run(row, func(t *testing.T) {
			in, err := NewInput("f", strings.NewReader("a,b,c,d,e\n"+strings.Repeat(row+"\n", rows)))
			require.NoError(t, err)
			rejected := 0
			reader, err := NewCSV(in, CSVOptions{Comma: ','}, func(f Fault) { rejected += max(1, f.Rows) })
			require.NoError(t, err)
			started, read := time.Now(), 0
			for err == nil {
				if _, err = reader.Next(); err == nil {
					read++
				}
			}
			require.ErrorIs(t, err, io.EOF)
			require.Less(t, time.Since(started), 10*time.Second)
			require.EqualValues(t, in.tally.rows.Load(), int64(read+rejected)+in.tally.blank.Load())
			if strings.HasPrefix(row, `h1,"19`) && strings.Count(row, ",") == 4 { // two others make one of two lines
				require.Equal(t, rows, read+rejected, "each line is a row, read or lost")
			}
		})
	}
}

// BenchmarkScanner compares the scanner with encoding/csv and the search for bytes
// that are no text.
func BenchmarkScanner(b *testing.B) {
	random := rand.New(rand.NewPCG(1, 1))
	_, quoted := wellFormed(random, 20_000, 9, false)
	plain := strings.Repeat("Steel racket,sports & fitness,Badminton,https://img.test/a.jpg,https://shop.test/x/dp/B09P34VSYY/ref=1,3.4,2255,1516.20,9999\n", 20_000)
	for name, text := range map[string]string{"plain": plain, "quoted": strings.Join(quoted, "")} {
		b.Run(name+"/own", func(b *testing.B) {
			b.SetBytes(int64(len(text)))
			for b.Loop() {
				s := newScanner(strings.NewReader(text), 1)
				for {
					rec, err := s.next()
					if err != nil {
						break
					}
					s.pass(rec.size, rec.breaks)
				}
			}
		})
		b.Run(name+"/encoding-csv", func(b *testing.B) {
			b.SetBytes(int64(len(text)))
			for b.Loop() {
				r := csv.NewReader(strings.NewReader(text))
				r.LazyQuotes, r.ReuseRecord, r.FieldsPerRecord = true, true, -1
				for {
					fields, err := r.Read()
					if err != nil {
						break
					}
					for _, field := range fields { // the scanner does this too
						if badByte(field) >= 0 {
							b.Fatal(field)
						}
					}
				}
			}
		})
	}
}
