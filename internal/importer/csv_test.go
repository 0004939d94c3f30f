package importer

import (
	"errors"
	"io"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// readCSV returns all rows as text with their lines, and the faults.
func readCSV(t testing.TB, text string, options CSVOptions) (in *Input, rows []string, faults []Fault, err error) {
	t.Helper()
	in, err = NewInput("test.csv", strings.NewReader(text))
	require.NoError(t, err)
	reader, err := NewCSV(in, options, func(f Fault) { faults = append(faults, f) })
	if err != nil {
		return in, nil, faults, err
	}
	for {
		row, err := reader.Next()
		if errors.Is(err, io.EOF) {
			return in, rows, faults, nil
		}
		if err != nil {
			return in, rows, faults, err
		}
		rows = append(rows, thousands(int64(row.Line))+":"+strings.Join(row.Fields, "|"))
	}
}

func TestCSVRowsAndTheirLines(t *testing.T) {
	for name, test := range map[string]struct {
		text    string
		options CSVOptions
		want    []string
		faults  []string
		blank   int64
	}{
		"line breaks in fields": {text: "a,b\r\n1,\"x\r\ny\"\r\n2,z\r\n", want: []string{"2:1|x\ny", "4:2|z"}},
		"byte order mark":       {text: "\ufeffa,b\n1,2\n", want: []string{"2:1|2"}},
		"header alone":          {text: "a,b\n"},
		"empty file":            {text: ""},
		"no header":             {text: "1,2\n3,4\n", options: CSVOptions{Header: []string{"a", "b"}}, want: []string{"1:1|2", "2:3|4"}},
		"rejects of a file without header": {
			text:    "a,b,souk_line,souk_column,souk_value,souk_reason\n1,2,x:7,a,1,why\n",
			options: CSVOptions{Header: []string{"a", "b"}}, want: []string{"2:1|2|x:7|a|1|why"},
		},
		"blank rows":        {text: "a,b\n,\n\n \t,\n1,2\n", want: []string{"5:1|2"}, blank: 2},
		"another separator": {text: "a;b\n1;2,3\n", options: CSVOptions{Comma: ';'}, want: []string{"2:1|2,3"}},
		"lenient quotes":    {text: "a,b\n5\" pipe,\"6\" pipe\"\n", want: []string{"2:5\" pipe|6\" pipe"}},
		"wrong number of fields": {
			text: "a,b\n1\n1,2,3\n1,2\n", want: []string{"4:1|2"},
			faults: []string{"2 columns", "3 columns"},
		},
		"not UTF-8, as its mark says": {
			text: "\ufeffa,b\n1,\"x\ny\xa0z\"\n1,2\n", want: []string{"4:1|2"}, faults: []string{"3 encoding"},
		},
		"not UTF-8, among text that is": {
			text: "a,b\n1,\"x\ny\xa0z\"\né,2\n", want: []string{"4:é|2"}, faults: []string{"3 encoding"},
		},
		"Windows-1252":             {text: "a,b\n1,\"x\ny\xa0z\"\n1,2\n", want: []string{"2:1|x\ny\u00a0z", "4:1|2"}},
		"a mark after blank lines": {text: " \n\n\ufeffa,b\n1,2\n", want: []string{"4:1|2"}},
		"two marks":                {text: "\ufeff\ufeff\"a\",b\n1,2\n", want: []string{"2:1|2"}},
		"lines of old Macs":        {text: "a,b\r1,\"x\ry\"\r2,z\r", want: []string{"2:1|x\ny", "4:2|z"}},
		"a text formula":           {text: "a,b\n=\"001\",\"=\"\"002\"\"\"\n=HYPERLINK(\"x\"),=1\n", want: []string{"2:001|002", "3:=HYPERLINK(\"x\")|=1"}},
		"decomposed letters":       {text: "a,b\nu\u0308,\u30dd\u30cf\u3099\n", want: []string{"2:\u00fc|\u30dd\u30d0"}},
		"NUL":                      {text: "a,b\n1,\x00\n", faults: []string{"2 encoding"}},
	} {
		t.Run(name, func(t *testing.T) {
			in, rows, faults, err := readCSV(t, test.text, test.options)
			require.NoError(t, err)
			require.Equal(t, test.want, rows)
			require.Equal(t, test.blank, in.tally.blank.Load())
			var codes []string
			for _, f := range faults {
				codes = append(codes, thousands(int64(f.Line))+" "+f.Code)
				require.NotEmpty(t, f.Row)
			}
			require.Equal(t, test.faults, codes)
		})
	}
}

func TestQuoteThatIsNeverClosedCostsItsRowAndNotTheMemory(t *testing.T) {
	const rows = maxRecordBytes / 2
	text := "a,b\n1,2\n1,\"open\n" + strings.Repeat("1,2\n", rows)
	in, err := NewInput("test.csv", strings.NewReader(text))
	require.NoError(t, err)
	var faults []Fault
	reader, err := NewCSV(in, CSVOptions{}, func(f Fault) { faults = append(faults, f) })
	require.NoError(t, err)
	read := 0
	for ; ; read++ {
		if _, err = reader.Next(); err != nil {
			break
		}
	}
	require.ErrorIs(t, err, io.EOF)
	require.Equal(t, rows+1, read)
	require.Len(t, faults, 1)
	require.Equal(t, 3, faults[0].Line)
	require.Equal(t, []string{"1", "\"open"}, faults[0].Row)
	require.LessOrEqual(t, len(reader.scan.buf), 2*maxRecordBytes)
}

func TestDeclaredEncodings(t *testing.T) {
	in, err := NewInput("w", strings.NewReader("a\nGr\xfc\xdfe\xa0!\n"))
	require.NoError(t, err)
	require.NoError(t, in.Decode("windows-1252"))
	text, err := io.ReadAll(in.Body())
	require.NoError(t, err)
	require.Equal(t, "a\nGrüße\u00a0!\n", string(text))
	require.ErrorContains(t, in.Decode("klingon"), "use one such as")

	in, err = NewInput("w", strings.NewReader("\xff\xfea\x00\n\x00"))
	require.NoError(t, err)
	text, err = io.ReadAll(in.Body())
	require.NoError(t, err)
	require.Equal(t, "a\n", string(text))
}

func FuzzCSV(f *testing.F) {
	f.Add("a,b\n1,\"x\ny\"\n\xff,2\n")
	f.Add("\ufeff\"a\"\",b\n")
	f.Fuzz(func(t *testing.T, text string) {
		in, err := NewInput("f", strings.NewReader(text))
		if err != nil {
			return
		}
		reader, err := NewCSV(in, CSVOptions{}, func(Fault) {})
		for err == nil {
			var row Row
			if row, err = reader.Next(); err == nil {
				require.Positive(t, row.Line)
				require.Len(t, row.Fields, reader.width)
				for i := range row.Fields {
					require.Negative(t, badByte(row.Fields[i]))
					row.Fault(i, "x", "y")
				}
			}
		}
	})
}
