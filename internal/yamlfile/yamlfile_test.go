package yamlfile

import (
	"strings"
	"testing"
	"testing/fstest"

	"github.com/stretchr/testify/require"
)

type shop struct {
	Place
	Name   string             `yaml:"name"`
	Open   bool               `yaml:"open,optional"`
	Floors int                `yaml:"floors"`
	Area   float64            `yaml:"area,optional"`
	Goods  []goods            `yaml:"goods,optional"`
	Tills  map[string]Text    `yaml:"tills,optional"`
	Prices map[string]float64 `yaml:"prices,optional"`
}

type goods struct {
	Place
	Name string `yaml:"name"`
}

func files(text string) fstest.MapFS {
	return fstest.MapFS{"shop.yaml": &fstest.MapFile{Data: []byte(text)}}
}

func TestAFileIsReadWithItsPlaces(t *testing.T) {
	var got shop
	var faults Faults
	Read(files(`# A shop.
name: 24
open: true
floors: 2
area: 99.5
goods:
  - {name: "a: b"}

  - name: tea # loose
tills:
  left: >-
    one
    two
prices: {tea: 3}
`), "shop.yaml", &got, &faults)
	require.NoError(t, faults.Err())
	require.Equal(t, shop{
		Place: Place{"shop.yaml", 2}, Name: "24", Open: true, Floors: 2, Area: 99.5,
		Goods:  []goods{{Place{"shop.yaml", 7}, "a: b"}, {Place{"shop.yaml", 9}, "tea"}},
		Tills:  map[string]Text{"left": {Place{"shop.yaml", 11}, "one two"}},
		Prices: map[string]float64{"tea": 3},
	}, got)
}

func TestEveryFaultIsReported(t *testing.T) {
	for name, tc := range map[string]struct{ text, want string }{
		"of kinds and keys": {`name: [a]
open: yes
area: wide
colour: red
goods:
  - {name: tea, label: tea}
  - tea
  - {}
tills: [1]
prices:
  tea: {}
  milk: ""
`, `shop.yaml:1: the key floors is missing
shop.yaml:1: this must be a single value
shop.yaml:2: "yes" must be true or false
shop.yaml:3: "wide" must be a number
shop.yaml:4: there is no key colour here: the keys are name, open, floors, area, goods, tills, prices
shop.yaml:6: there is no key label here: the keys are name
shop.yaml:7: this must be a map of keys and values
shop.yaml:8: the key name is missing
shop.yaml:9: this must be a map of keys and values
shop.yaml:11: this must be a single value
shop.yaml:12: "" must be a number`},
		"of a number that is not whole": {"name: a\nfloors: 1.5\n", `shop.yaml:2: "1.5" must be a whole number`},
		"of an empty value":             {"name:\nfloors: 1\ngoods:\n", "shop.yaml:1: this must be a single value\nshop.yaml:3: this must be a list"},
		"of a key that comes twice":     {"name: a\nfloors: 1\nname: b\n", `shop.yaml:3: mapping key "name" already defined at [1:1]`},
		"of the syntax":                 {"name: a\nfloors: [1\n", "shop.yaml:2: sequence end token ']' not found"},
		"of a file without content":     {"# nothing\n", "shop.yaml:1: the file must have one document"},
		"of a list for a map":           {"- name: a\n", "shop.yaml:1: this must be a map of keys and values"},
	} {
		t.Run(name, func(t *testing.T) {
			var got shop
			var faults Faults
			Read(files(tc.text), "shop.yaml", &got, &faults)
			require.EqualError(t, faults.Err(), tc.want)
		})
	}
}

func TestAFileThatIsNotThereIsAFault(t *testing.T) {
	var faults Faults
	Read(files(""), "other.yaml", &shop{}, &faults)
	require.Empty(t, ReadAll[shop](files(""), "more/*.yaml", &faults))
	require.ErrorContains(t, faults.Err(), "other.yaml:1: ")
	require.ErrorContains(t, faults.Err(), "more/*.yaml:1: no file has such a name")
}

func TestFilesAreReadInTheOrderOfTheirNames(t *testing.T) {
	all := fstest.MapFS{}
	for _, name := range []string{"2-b", "1-a", "3-c"} {
		all["goods/"+name+".yaml"] = &fstest.MapFile{Data: []byte("name: " + name)}
	}
	var faults Faults
	var names []string
	for _, g := range ReadAll[goods](all, "goods/*.yaml", &faults) {
		names = append(names, g.Name)
	}
	require.NoError(t, faults.Err())
	require.Equal(t, "1-a 2-b 3-c", strings.Join(names, " "))
}
