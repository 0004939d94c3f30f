package importer

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

func render(t *testing.T, report *Report) string {
	t.Helper()
	var human strings.Builder
	require.NoError(t, report.Render(&human))
	return human.String()
}

func TestEqualFaultsAreOneLine(t *testing.T) {
	for name, test := range map[string]struct {
		files  int
		faults []Fault
		want   string
	}{
		"one": {1, []Fault{
			{Place: Place{"p.csv", 2}, Column: "Price", Value: "five", Code: "price", Reason: "no number"},
		}, "Rejected: price 1\n  p.csv:2 Price \"five\": no number\n"},
		"equal ones": {1, []Fault{
			{Place: Place{"p.csv", 2}, Column: "Status", Value: "Entwurf", Code: "status", Reason: "not known", Warning: true},
			{Place: Place{"p.csv", 3}, Column: "Status", Value: "Entwurf", Code: "status", Reason: "not known", Warning: true},
		}, "Warnings: status 2\n  Status \"Entwurf\" ×2 (first in line 2): not known\n"},
		"equal ones of several files": {2, []Fault{
			{Place: Place{"/a/p.csv", 2}, Code: "columns", Reason: "too few"},
			{Place: Place{"/a/q.csv", 9}, Code: "columns", Reason: "too few"},
		}, "Rejected: columns 2\n  ×2 (first in p.csv, line 2): too few\n"},
		"other columns, values and reasons": {1, []Fault{
			{Place: Place{"p.csv", 2}, Column: "A", Value: "1", Code: "c", Reason: "r"},
			{Place: Place{"p.csv", 3}, Column: "B", Value: "1", Code: "c", Reason: "r"},
			{Place: Place{"p.csv", 4}, Column: "A", Value: "2", Code: "c", Reason: "r"},
			{Place: Place{"p.csv", 5}, Column: "A", Value: "1", Code: "c", Reason: "q"},
		}, "Rejected: c 4\n  p.csv:2 A \"1\": r\n  p.csv:3 B \"1\": r\n  p.csv:4 A \"2\": r\n  p.csv:5 A \"1\": q\n"},
	} {
		t.Run(name, func(t *testing.T) {
			report := newReport(Options{}, test.files)
			report.Rows = 10
			for _, fault := range test.faults {
				report.addFault(fault)
			}
			require.Contains(t, render(t, report), test.want)
		})
	}
}

func TestRejectedAndWarningsAreListedApart(t *testing.T) {
	report := newReport(Options{}, 1)
	report.Rows = 200
	for i := range 60 {
		fault := Fault{Place: Place{"p.csv", i + 2}, Column: "Price", Value: fmt.Sprint(i % 30), Code: "price", Reason: "rejected", Warning: i%2 == 0}
		if fault.Warning {
			fault.Reason, fault.Value = "warned", fmt.Sprint(i)
		} else {
			report.RejectedRows++
		}
		report.addFault(fault)
	}
	rejected, warnings, both := strings.Cut(render(t, report), "\nWarnings: price 30\n")
	require.True(t, both)
	_, rejected, _ = strings.Cut(rejected, "\nRejected: price 30\n")
	require.Equal(t, 15, strings.Count(rejected, ": rejected\n"), "30 rows with 15 values")
	require.Contains(t, rejected, "use --rejects")
	require.NotContains(t, rejected, "more")
	require.NotContains(t, rejected, "warned")
	require.Equal(t, shownFaults, strings.Count(warnings, ": warned\n"))
	require.Contains(t, warnings, "  … and 10 more\n")
	require.NotContains(t, warnings, "rejected")
}

func TestInterruptedImportSaysWhatIsStored(t *testing.T) {
	s := newShop(t)
	path := s.file("p.csv", "Handle,Title,Variant Price\na,A,1\nb,B,1\nc,C,1\n")
	other := s.file("q.csv", "Handle,Title,Variant SKU\nd,D,d\ne,E,e\n")
	for _, test := range []struct {
		after int
		want  string
	}{
		{1, "\n1 of the 3 products that were read are stored; run the same command again for the rest.\n"},
		{4, "\n4 of the 5 products that were read are stored; run the same command again for the rest.\n"},
	} {
		ctx, cancel := context.WithCancel(t.Context())
		chunks := 0
		report, err := Run(ctx, Options{
			DatabaseURL: s.url, Format: FormatShopifyProducts, Paths: []string{path, other}, ChunkProducts: 1,
			afterChunk: func(int) {
				if chunks++; chunks == test.after {
					cancel()
				}
			},
		})
		require.ErrorIs(t, err, context.Canceled)
		require.Contains(t, render(t, report), test.want)
	}
	whole := s.run(Options{Format: FormatShopifyProducts, Paths: []string{path, other}})
	require.Empty(t, whole.Merged)
	require.NotContains(t, render(t, whole), "again")
}

func TestImportThatCannotBeUndoneIsAnnouncedBeforeItChangesAnything(t *testing.T) {
	s := newShop(t)
	var text strings.Builder
	text.WriteString("Handle,Title,Variant Price,Option1 Name,Option1 Value\nmug,Mug,1,Size,0\n")
	for i := range UndoableRows {
		fmt.Fprintf(&text, "mug,,1,Size,%d\n", i%5)
	}
	large, small := s.file("large.csv", text.String()), s.file("small.csv", "Handle,Title,Variant Price\nmug,Mug,1\n")
	yes, no := true, false
	for name, test := range map[string]struct {
		path     string
		undoable *bool
		want     string
	}{
		"nobody has chosen": {large, nil, "20,001 rows"},
		"chosen":            {large, &no, ""},
		"recorded":          {small, &yes, ""},
		"small":             {small, nil, ""},
	} {
		ctx, cancel := context.WithCancel(t.Context())
		notices := &noticed{stop: cancel}
		_, err := Run(ctx, Options{
			DatabaseURL: s.url, Format: FormatShopifyProducts, Paths: []string{test.path}, Undoable: test.undoable, Notices: notices,
			afterChunk: func(int) { cancel() },
		})
		require.ErrorIs(t, err, context.Canceled, name)
		if test.want == "" {
			require.Empty(t, notices.text, name)
			continue
		}
		require.Contains(t, notices.text, test.want)
		require.Contains(t, notices.text, "--undoable")
	}
}

// noticed is a reader of notices who stops the import.
type noticed struct {
	text string
	stop func()
}

func (n *noticed) Write(text []byte) (int, error) {
	n.text += string(text)
	n.stop()
	return len(text), nil
}

func TestRejectsOfAnEarlierRunDoNotStay(t *testing.T) {
	s := newShop(t)
	const header, stale = "Handle,Title,Variant Price\n", "from yesterday"
	for name, test := range map[string]struct {
		text  string
		paths []string // not there; nil: the file does not matter
		want  map[string]bool
	}{
		"nothing is rejected": {header + "a,A,1\n", nil, map[string]bool{"r.csv": true, "r-2.csv": true, "r-4.csv": false, "r-old.csv": false}},
		"a row is rejected":   {header + "a,A,x\n", nil, map[string]bool{"r-2.csv": true, "r-4.csv": false, "r-old.csv": false}},
		"the import fails":    {"", []string{"/does/not/exist"}, map[string]bool{"r.csv": false, "r-2.csv": false}},
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			for _, file := range []string{"r.csv", "r-2.csv", "r-4.csv", "r-old.csv"} {
				require.NoError(t, os.WriteFile(filepath.Join(dir, file), []byte(stale), 0o600))
			}
			options := Options{DatabaseURL: s.url, Format: FormatShopifyProducts, Paths: test.paths, Rejects: filepath.Join(dir, "r.csv")}
			if test.paths == nil {
				options.Paths = []string{s.file("p.csv", test.text)}
			}
			_, _ = Run(t.Context(), options)
			for file, emptied := range test.want {
				data, err := os.ReadFile(filepath.Join(dir, file))
				require.NoError(t, err)
				require.Equal(t, map[bool]string{true: "", false: stale}[emptied], string(data), file)
			}
		})
	}
	t.Run("without such a file none is made", func(t *testing.T) {
		path := filepath.Join(t.TempDir(), "r.csv")
		s.run(Options{Format: FormatShopifyProducts, Paths: []string{s.file("p.csv", header+"a,A,1\n")}, Rejects: path})
		require.NoFileExists(t, path)
	})
	t.Run("a device stays", func(t *testing.T) {
		s.run(Options{Format: FormatShopifyProducts, Paths: []string{s.file("p.csv", header+"a,A,1\n")}, Rejects: os.DevNull})
	})
}

func TestFilesWithoutRowsAreNamed(t *testing.T) {
	s := newShop(t)
	const header = "Handle,Title,Variant Price\n"
	full, empty, bare := s.file("full.csv", header+"a,A,1\n"), s.file("empty.csv", ""), s.file("bare.csv", header)
	report := s.run(Options{Format: FormatShopifyProducts, Paths: []string{full, empty, bare}})
	require.Zero(t, report.ExitCode())
	require.ElementsMatch(t, []string{empty, bare}, report.EmptyFiles)
	require.Regexp(t, `Without a row: (empty.csv, bare.csv|bare.csv, empty.csv)\.`, render(t, report))
	report = s.run(Options{Format: FormatShopifyProducts, Paths: []string{empty, bare}})
	require.Equal(t, 1, report.ExitCode())
	require.Contains(t, render(t, report), "none of the 2 files has rows")
}

func TestNewLocationsAreNamed(t *testing.T) {
	s := newShop(t)
	s.shopify("Handle,Title,Variant Price\nmug,Mug,1\n")
	stock := Options{Format: FormatShopifyInventory, Paths: []string{s.file("i.csv",
		"Handle,Option1 Value,Location,On hand\nmug,Default Title,Shop,3\nmug,Default Title,Attic,4\n")}}
	for _, dry := range []bool{true, false} {
		stock.DryRun = dry
		report := s.run(stock)
		require.Equal(t, []string{"Attic", "Shop"}, report.NewLocations)
		require.Contains(t, render(t, report), "New locations: Attic, Shop.\n")
	}
	require.Empty(t, s.run(stock).NewLocations)
	report := s.shopify("Handle,Title,Variant Inventory Tracker,Variant Inventory Qty,Variant Price\ncup,Cup,shopify,3,1\n")
	require.Contains(t, render(t, report), "New location: Default.\n")
}
