package cache

import (
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"souk/internal/follower"
	"souk/store"
)

var (
	kindStart = regexp.MustCompile(`(?m)^\t(row|named|whole|page|count|listed)[\[(]`)
	tagName   = regexp.MustCompile(`(?:\bof\(t, |ofEach\(t, |t\.named\(|t\.all\(|from\([^)]*\), |t\.listing\()"([\w-]+)"`)
	fromList  = regexp.MustCompile(`from\(((?:"\w+"(?:, )?)+)\)`)
	quoted    = regexp.MustCompile(`"(\w+)"`)
)

// TestTheFollowerMovesWhatValuesDependOn reads this package's sources. A tag that the follower
// does not know would never move. And a change of very many rows moves only the generations of
// their tables, so a kind must name all tables that move its tags.
func TestTheFollowerMovesWhatValuesDependOn(t *testing.T) {
	source := func(file string) string {
		text, err := os.ReadFile(filepath.Clean(file))
		require.NoError(t, err)
		return strings.ReplaceAll(string(text), "t.hiding()", `t.all("products")`)
	}
	tablesOfListings := fromList.FindString(source("kind.go"))
	tagsOfListings := tagName.FindAllString(source("tags.go"), -1)
	movedBy := follower.MovedBy()
	blocks := kindStart.Split(source("kinds.go"), -1)[1:]
	starts := kindStart.FindAllStringSubmatch(source("kinds.go"), -1)
	require.Len(t, blocks, len(kinds))
	for i, block := range blocks {
		if starts[i][1] == "listed" {
			block += tablesOfListings + strings.Join(tagsOfListings, " ")
		}
		var named []string
		for _, list := range fromList.FindAllStringSubmatch(block, -1) {
			for _, table := range quoted.FindAllStringSubmatch(list[1], -1) {
				named = append(named, table[1])
			}
		}
		require.NotEmpty(t, named, block)
		tags := tagName.FindAllStringSubmatch(block, -1)
		require.NotEmpty(t, tags, block)
		for _, tag := range tags {
			require.Contains(t, movedBy, tag[1], block)
			for _, table := range movedBy[tag[1]] {
				if tag[1] == "product" && table == "product_slugs" {
					continue // former slugs change no product, and a look-up by slug names the table
				}
				require.Contains(t, named, table, "it has the tag %s\n%s", tag[1], block)
			}
		}
	}
}

// TestEveryKindIsARead compares the names of kinds with the reads of the store.
func TestEveryKindIsARead(t *testing.T) {
	for name, k := range kinds {
		_, is := reflect.TypeFor[*store.Reader]().MethodByName(name)
		require.True(t, is, "the store has no read %s", name)
		require.Equal(t, name, k.name())
	}
}
