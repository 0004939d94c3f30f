package seed

import (
	"io/fs"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/stretchr/testify/require"
)

// changed are the data files with some texts replaced.
func changed(t *testing.T, changes [][3]string) fs.FS {
	t.Helper()
	files := fstest.MapFS{}
	require.NoError(t, fs.WalkDir(dataFiles, ".", func(name string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		text, err := fs.ReadFile(dataFiles, name)
		files[name] = &fstest.MapFile{Data: text}
		return err
	}))
	for _, change := range changes {
		file := files["data/"+change[0]]
		require.Contains(t, string(file.Data), change[1])
		file.Data = []byte(strings.Replace(string(file.Data), change[1], change[2], 1))
	}
	return files
}

func TestWhatTheGeneratorCouldNotUseIsReported(t *testing.T) {
	_, err := loadContent(changed(t, [][3]string{
		{"departments/1-home.yaml", "code: HO", "code: Home"},
		{"departments/1-home.yaml", "name: Tables & Desks\n        share: 14", "name: Chairs & Stools\n        share: 0"},
		{"departments/1-home.yaml", "theme: home", "theme: garden"},
		{"departments/1-home.yaml", "options: finish", "options: varnish"},
		{"departments/1-home.yaml", "art: stool, low: 79, high: 189", "art: throne, low: 190, high: 189"},
		{"departments/1-home.yaml", "[oak, walnut, black, white, sage, brick]", "[oak, puce]"},
		{"departments/6-books.yaml", "materials: [Orchard, Harbour, Summer, Ferry, House, Letters, River, Garden, Hour, Daughters]", "materials: []"},
		{"options.yaml", "factors: [1, 1.1]", "factors: [1]"},
		{"options.yaml", "draw: some", "draw: any"},
		{"options.yaml", "at_least: 6", "at_least: 11"},
		{"options.yaml", "chance: 0.6", "chance: 1.6"},
		{"specials.yaml", "leaf: Tea", "leaf: Tee"},
		{"themes.yaml", "{vendor} set out", "{seller} set out"},
		{"reviews.yaml", "Poor quality", "Poor {material}"},
		{"names.yaml", "- Zoë van Dijk", `- ""`},
	}))
	require.EqualError(t, err, `the demo's data:
data/departments/1-home.yaml:1: Home: the code "Home" must be two capital letters
data/departments/1-home.yaml:8: Chairs & Stools: there are no options "varnish"
data/departments/1-home.yaml:8: Chairs & Stools: there is no colour "puce"
data/departments/1-home.yaml:8: Chairs & Stools: there is no theme "garden"
data/departments/1-home.yaml:15: "Bar Stool" needs a name, a price from low to high, and a weight of 0 or more
data/departments/1-home.yaml:15: Bar Stool: nothing is drawn for "throne"
data/departments/1-home.yaml:29: Chairs & Stools: the share must be at least 1
data/departments/1-home.yaml:29: two leaves are called Chairs & Stools
data/departments/6-books.yaml:9: materials is empty, or one of its values is
data/names.yaml:2: customers is empty, or one of its values is
data/options.yaml:28: Size: at_least must be from 1 to the most values that there can be, which is 10
data/options.yaml:58: Scent: draw cannot be "any"
data/options.yaml:65: volume needs axes, and its chance is from 0 to 1
data/options.yaml:100: Length has 1 factors for 2 values
data/reviews.yaml:4: {material} cannot stand here: some products have none
data/specials.yaml:4: 宇治抹茶 特選: there is no leaf "Tee"
data/themes.yaml:5: unknown words in braces: {seller} set out to make {this} last longer than the lease.`)
}

func TestAFaultOfAFilesShapeIsReportedFirst(t *testing.T) {
	_, err := newGenerator(Options{})
	require.NoError(t, err)
	_, err = loadContent(changed(t, [][3]string{
		{"specials.yaml", "low: 18", "lowest: 18"},
		{"departments/9-pantry.yaml", "share: 12", "share: some"},
	}))
	require.EqualError(t, err, `the demo's data:
data/departments/9-pantry.yaml:9: "some" must be a whole number
data/specials.yaml:4: the key low is missing
data/specials.yaml:10: there is no key lowest here: the keys are leaf, art, noun, title, vendor, html, low, high, tags`)
}

func TestALeafWithoutColoursHasItsDepartments(t *testing.T) {
	c, err := loadContent(dataFiles)
	require.NoError(t, err)
	colours := map[string][]string{}
	for _, s := range c.shelves {
		colours[s.Name] = s.Colours
	}
	require.Equal(t, colours["Shirts"], colours["T-Shirts"])
	require.NotEqual(t, colours["Shirts"], colours["Knitwear"])
}

func BenchmarkLoadContent(b *testing.B) {
	for b.Loop() {
		if _, err := loadContent(dataFiles); err != nil {
			b.Fatal(err)
		}
	}
}
