package artwork

import (
	"testing"
	"testing/fstest"

	"github.com/stretchr/testify/require"
)

func TestWhatCannotBeDrawnIsReported(t *testing.T) {
	file := func(text string) *fstest.MapFile { return &fstest.MapFile{Data: []byte(text)} }
	_, err := load(fstest.MapFS{
		"data/palette.yaml": file("colours:\n  red: \"#c74443\"\n  blue: navy\naccents: [\"#FFFFFF\"]\nbackgrounds: []\n"),
		"data/shapes/home.yaml": file(`chair:
  body:
    - <circle r="3" fill="{m}"/>
    - <circle r="3" fill="{z}"/>
    - <g><circle r="3"/>
table:
  body: []
`),
		"data/shapes/wear.yaml": file("chair:\n  striped: true\n  body: [<path/>]\n"),
	})
	require.EqualError(t, err, `the drawings' data:
data/palette.yaml:1: a picture needs an accent and a background
data/palette.yaml:3: "navy" is not a colour such as #35373d
data/palette.yaml:4: "#FFFFFF" is not a colour such as #35373d
data/shapes/home.yaml:4: chair: the placeholders are {m}, {d}, {l}, {a}, {k} and {w}
data/shapes/home.yaml:5: chair: XML syntax error on line 1: unexpected EOF
data/shapes/home.yaml:7: table has no body
data/shapes/wear.yaml:2: chair is in another file too
data/shapes/wear.yaml:2: there is no key striped here: the keys are patterned, body`)
}

func BenchmarkLoad(b *testing.B) {
	for b.Loop() {
		if _, err := Load(); err != nil {
			b.Fatal(err)
		}
	}
}
