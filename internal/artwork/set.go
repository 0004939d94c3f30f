package artwork

import (
	"embed"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"regexp"
	"slices"
	"strings"

	"souk/internal/yamlfile"
)

//go:embed data/*.yaml data/shapes/*.yaml
var dataFiles embed.FS

// Set is what can be drawn: shapes, and the colours that they can have.
type Set struct {
	shapes      map[string]shape
	colours     map[string]rgb
	accents     []rgb
	backgrounds []rgb
}

// shape is a thing drawn flat in a square of 200 by 200, standing on the line y
// = 164. Its colours are placeholders: {m} main, {d} darker, {l} lighter, {a}
// accent, {k} nearly black, {w} nearly white.
type shape struct {
	body      string
	patterned bool // its main-coloured parts can have stripes or dots
}

// shapeData is a shape as the data files have it.
type shapeData struct {
	yamlfile.Place
	Patterned bool            `yaml:"patterned,optional"`
	Body      []yamlfile.Text `yaml:"body"` // whole elements of SVG
}

// palette is the file with the colours, each as #rrggbb.
type palette struct {
	Colours     map[string]yamlfile.Text `yaml:"colours"`
	Accents     []yamlfile.Text          `yaml:"accents"`
	Backgrounds []yamlfile.Text          `yaml:"backgrounds"`
}

// Load reads the shapes and colours, which are part of the binary. Its error lists every
// fault.
func Load() (*Set, error) { return load(dataFiles) }

func load(files fs.FS) (*Set, error) {
	var colours palette
	var faults yamlfile.Faults
	s := &Set{shapes: map[string]shape{}, colours: map[string]rgb{}}
	yamlfile.Read(files, "data/palette.yaml", &colours, &faults)
	for name, text := range colours.Colours {
		s.colours[name] = readColour(text, &faults)
	}
	for _, text := range colours.Accents {
		s.accents = append(s.accents, readColour(text, &faults))
	}
	for _, text := range colours.Backgrounds {
		s.backgrounds = append(s.backgrounds, readColour(text, &faults))
	}
	for _, file := range yamlfile.ReadAll[map[string]shapeData](files, "data/shapes/*.yaml", &faults) {
		for kind, data := range file {
			if _, twice := s.shapes[kind]; twice {
				faults.Add(data.Place, "%s is in another file too", kind)
			}
			s.shapes[kind] = readShape(kind, data, &faults)
		}
	}
	if len(s.accents) == 0 || len(s.backgrounds) == 0 {
		faults.Add(yamlfile.Place{File: "data/palette.yaml", Line: 1}, "a picture needs an accent and a background")
	}
	if err := faults.Err(); err != nil {
		return nil, fmt.Errorf("the drawings' data:\n%w", err)
	}
	return s, nil
}

// Kinds returns the names of the kinds of things that can be drawn, in order.
func (s *Set) Kinds() []string { return slices.Sorted(maps.Keys(s.shapes)) }

// Colours returns the names of the colours, in order.
func (s *Set) Colours() []string { return slices.Sorted(maps.Keys(s.colours)) }

// readColour reads #rrggbb.
func readColour(text yamlfile.Text, faults *yamlfile.Faults) rgb {
	var c rgb
	if n, err := fmt.Sscanf(text.Value, "#%02x%02x%02x", &c.r, &c.g, &c.b); n != 3 || err != nil || c.String() != text.Value {
		faults.Add(text.Place, "%q is not a colour such as #35373d", text.Value)
	}
	return c
}

func readShape(kind string, data shapeData, faults *yamlfile.Faults) shape {
	placeholder := regexp.MustCompile(`\{[mdlakw]\}`)
	if len(data.Body) == 0 {
		faults.Add(data.Place, "%s has no body", kind)
	}
	var body strings.Builder
	for _, element := range data.Body {
		if strings.ContainsAny(placeholder.ReplaceAllString(element.Value, ""), "{}") {
			faults.Add(element.Place, "%s: the placeholders are {m}, {d}, {l}, {a}, {k} and {w}", kind)
		}
		if err := wellFormed(element.Value); err != nil {
			faults.Add(element.Place, "%s: %v", kind, err)
		}
		body.WriteString(element.Value)
	}
	return shape{body: body.String(), patterned: data.Patterned}
}

// wellFormed reports what is wrong with an XML text of whole elements.
func wellFormed(text string) error {
	decoder := xml.NewDecoder(strings.NewReader(text))
	for {
		_, err := decoder.Token()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
	}
}
