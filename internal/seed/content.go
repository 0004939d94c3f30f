package seed

import (
	"embed"
	"fmt"
	"io/fs"

	"souk/internal/artwork"
	"souk/internal/yamlfile"
)

//go:embed data/*.yaml data/departments/*.yaml
var dataFiles embed.FS

// content is what the demo shop is made of, as the data files have it.
type content struct {
	shelves  []shelf
	choices  map[string]choice
	specials []special
	themes   map[theme]sentences
	stars    []stars // from one star to five
	names    names
}

// loadContent reads the data files. Its error lists every fault.
func loadContent(files fs.FS) (*content, error) {
	drawings, err := artwork.Load()
	if err != nil {
		return nil, err
	}
	var c content
	var faults yamlfile.Faults
	departments := yamlfile.ReadAll[department](files, "data/departments/*.yaml", &faults)
	yamlfile.Read(files, "data/options.yaml", &c.choices, &faults)
	yamlfile.Read(files, "data/specials.yaml", &c.specials, &faults)
	yamlfile.Read(files, "data/themes.yaml", &c.themes, &faults)
	yamlfile.Read(files, "data/reviews.yaml", &c.stars, &faults)
	yamlfile.Read(files, "data/names.yaml", &c.names, &faults)
	if err := faults.Err(); err != nil {
		return nil, fmt.Errorf("the demo's data:\n%w", err)
	}
	c.shelves = shelvesOf(departments)
	check := checker{content: &c, kinds: drawings.Kinds(), colours: drawings.Colours(), faults: &faults}
	check.departments(departments)
	check.leaves()
	check.options()
	check.special()
	check.sentences()
	check.lists()
	if err := faults.Err(); err != nil {
		return nil, fmt.Errorf("the demo's data:\n%w", err)
	}
	return &c, nil
}
