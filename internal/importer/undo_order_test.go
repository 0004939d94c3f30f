package importer

import (
	"fmt"
	"math/rand/v2"
	"regexp"
	"strings"
	"testing"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"
)

var undoCommand = regexp.MustCompile(`souk import undo ([0-9a-f-]{36})`)

// undoAsTold undoes a run. If later ones are in the way, nothing may have changed, and
// what the message says is done; it returns the runs that were undone.
func (s *shop) undoAsTold(run string) (undone []string, reports []*UndoReport) {
	s.t.Helper()
	before := s.dump()
	try := func(run string) (*UndoReport, error) {
		return Undo(s.t.Context(), UndoOptions{DatabaseURL: s.url, Run: uuid.MustParse(run), Actor: "test"})
	}
	report, err := try(run)
	if err == nil {
		return []string{run}, []*UndoReport{report}
	}
	require.ErrorContains(s.t, err, "nothing was changed")
	require.Equal(s.t, before, s.dump())
	for _, command := range undoCommand.FindAllStringSubmatch(err.Error(), -1) {
		report, err := try(command[1])
		require.NoError(s.t, err, "the order that the message names works")
		undone, reports = append(undone, command[1]), append(reports, report)
	}
	require.Equal(s.t, run, undone[len(undone)-1])
	return undone, reports
}

func TestUndoInAnyOrderEndsInTheShopBeforeAllImports(t *testing.T) {
	for seed := range seeds(6) {
		t.Run(fmt.Sprintf("seed %d", seed), func(t *testing.T) {
			t.Parallel()
			r := rand.New(rand.NewPCG(seed, 3))
			s := newShop(t)
			before := s.dump()
			var runs []string
			for range 4 {
				runs = append(runs, s.importRandom(r).RunID)
			}
			done := map[string]bool{}
			for _, i := range r.Perm(len(runs)) {
				if done[runs[i]] {
					continue
				}
				undone, reports := s.undoAsTold(runs[i])
				for j, run := range undone {
					done[run] = true
					for _, left := range reports[j].Left {
						require.Contains(t, []string{"vendors", "categories", "locations", "customers"}, left.Table, "%v", left)
					}
				}
				s.consistent()
			}
			require.Equal(t, before, s.dump())
		})
	}
}

func TestWhatALaterRunAddedToThePartsOfAnEarlierOneIsInItsWay(t *testing.T) {
	const base = "Handle,Title,Option1 Name,Option1 Value,Option2 Name,Option2 Value,Variant Price\nmug,Mug,Size,S,Colour,Red,1\nmug,,,M,,Blue,1\n"
	for name, test := range map[string]struct{ first, second, stock string }{
		"an image of a new product":     {first: "Handle,Title\ncup,Cup\n", second: "Handle,Image Src\ncup,https://img/cup\n"},
		"a category of a new product":   {first: "Handle,Title\ncup,Cup\n", second: "Handle,Product Category\ncup,Home > Kitchen\n"},
		"a variant of the same options": {first: base + "mug,,,L,,Red,1\n", second: base + "mug,,,L,,Red,1\nmug,,,L,,Blue,1\n"},
		"the image of a variant": {
			first:  "Handle,Image Src\nmug,https://img/mug\n",
			second: "Handle,Option1 Name,Option1 Value,Option2 Name,Option2 Value,Variant Image\nmug,Size,S,Colour,Red,https://img/mug\n",
		},
		"stock of a new variant": {
			first: "Handle,Title,Option1 Name,Option1 Value,Option2 Name,Option2 Value,Variant Price,Variant Inventory Tracker,Variant Inventory Qty\nmug,Mug,Size,L,Colour,Red,1,shopify,3\n",
			stock: "Handle,Option1 Name,Option1 Value,Option2 Name,Option2 Value,Location,On hand\nmug,Size,L,Colour,Red,Attic,4\n",
		},
	} {
		t.Run(name, func(t *testing.T) {
			s := newShop(t)
			s.shopify(base)
			before := s.dump()
			first := s.shopify(test.first).RunID
			var second string
			if test.stock != "" {
				second = s.run(Options{Format: FormatShopifyInventory, Location: "Elsewhere", Paths: []string{s.file("i.csv", test.stock)}}).RunID
			} else {
				second = s.shopify(test.second).RunID
			}
			undone, reports := s.undoAsTold(first)
			require.Equal(t, []string{second, first}, undone)
			for _, report := range reports {
				require.Empty(t, report.Left)
			}
			require.Equal(t, before, s.dump())
		})
	}
}

func TestLaterRunsInTheWayAreNamed(t *testing.T) {
	s := newShop(t)
	first := s.shopify("Handle,Title,Variant SKU,Variant Price\na,A,A-1,1.00\n").RunID
	price := s.shopify("Handle,Variant Price\na,2.00\n").RunID
	other := s.shopify("Handle,Title,Variant Price\nb,B,3.00\n").RunID
	again := s.shopify("Handle,Variant Price\na,4.00\n").RunID
	for _, dry := range []bool{true, false} {
		_, err := Undo(t.Context(), UndoOptions{DatabaseURL: s.url, Run: uuid.MustParse(first), DryRun: dry})
		var told []string
		for _, line := range strings.Split(err.Error(), "\n")[1:] {
			told = append(told, strings.TrimPrefix(strings.TrimSpace(line), "souk import undo "))
		}
		require.Equal(t, []string{again, price, first}, told)
		require.NotContains(t, err.Error(), other)
	}
	require.Equal(t, "400", one[string](s, `SELECT price_minor::text FROM variants WHERE sku = 'A-1'`))
	undone, reports := s.undoAsTold(first)
	require.Equal(t, []string{again, price, first}, undone)
	for _, report := range reports {
		require.Zero(t, report.ExitCode(), "%v", report.Left)
	}
	require.Equal(t, []string{"b"}, list[string](s, `SELECT slug FROM products`))
}

func TestWhatALaterRunUsesGoesWithIt(t *testing.T) {
	s := newShop(t)
	before := s.dump()
	const header = "Handle,Title,Vendor,Variant Price,Product Category\n"
	first := s.shopify(header + "a,A,Acme,1,Home > Mugs\n").RunID
	second := s.shopify(header + "b,B,Acme,1,Home > Mugs\n").RunID
	third := s.shopify(header + "c,C,Acme,1,\n").RunID

	report := s.undo(first)
	require.Equal(t, 3, report.ExitCode())
	for _, left := range report.Left {
		require.Contains(t, left.Reason, "it goes with the import "+second)
	}
	require.Len(t, report.Left, 3, "%v", report.Left)
	require.Len(t, s.undo(second).Left, 1, "the vendor")
	require.Empty(t, s.undo(third).Left)
	require.Equal(t, before, s.dump())
}

func TestLastIsTheNewestRunThatChangedSomething(t *testing.T) {
	s := newShop(t)
	last := func() (string, error) {
		report, err := Undo(t.Context(), UndoOptions{DatabaseURL: s.url})
		if err != nil {
			return "", err
		}
		return report.RunID, nil
	}
	const header = "Handle,Title,Variant Price\n"
	first := s.shopify(header + "a,A,1\n").RunID
	second := s.shopify(header + "b,B,1\n").RunID
	s.shopify(header + "b,B,1\n") // changes nothing
	for _, want := range []string{second, first} {
		got, err := last()
		require.NoError(t, err)
		require.Equal(t, want, got)
	}
	_, err := last()
	require.ErrorContains(t, err, "no import run to undo")

	s.shopify(header + "a,A,1\n")
	unrecorded := s.run(Options{Format: FormatShopifyProducts, Paths: []string{s.file("c.csv", header+"c,C,1\n")}, Undoable: new(false)}).RunID
	for _, since := range []string{`SELECT`, `UPDATE import_runs SET status = 'FAILED', counts = '[]' WHERE id = '` + unrecorded + `'`} { // as a kill leaves it
		s.exec(since)
		_, err = last()
		require.ErrorContains(t, err, unrecorded, "the one before it is not meant")
		require.ErrorContains(t, err, "--undoable")
	}
}

func TestUndoSaysOfWhatAndWhatStays(t *testing.T) {
	s := newShop(t)
	run := s.shopify("Handle,Title,Vendor,Variant Price,Image Src\na,A,Acme,1,https://img/a\nb,B,,1,\n").RunID
	s.exec(`INSERT INTO products (id, slug, title, vendor_id) SELECT gen_random_uuid(), 'own', 'Own', id FROM vendors`)
	report := s.undo(run)
	require.Equal(t, 3, report.ExitCode())
	var human strings.Builder
	require.NoError(t, report.Render(&human))
	require.Regexp(t, `^Undid the import run `+run+` of products\.csv, \d{4}-\d\d-\d\d \d\d:\d\d UTC\.
  removed: 2 products, 2 variants, 1 image

1 item stays as it is:
  vendor Acme: a product or a collection has this vendor
$`, human.String())
}
