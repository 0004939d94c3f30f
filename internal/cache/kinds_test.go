package cache

import (
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"testing"

	"github.com/stretchr/testify/require"

	"souk/internal/follower"
	"souk/store"
)

// TestTheFollowerMovesWhatValuesDependOn compares the names in this package's sources: a tag or a
// table that the follower does not know would never move.
func TestTheFollowerMovesWhatValuesDependOn(t *testing.T) {
	moved := follower.Names()
	tag := regexp.MustCompile(`(?:\bof\(t, |ofEach\(t, |t\.named\(|t\.all\(|whole\[[^"]*"\w+", "\w*", from\([^)]*\), |t\.listing\()"([\w-]+)"`)
	table := regexp.MustCompile(`from\(((?:"\w+"(?:, )?)+)\)`)
	quoted := regexp.MustCompile(`"(\w+)"`)
	found := map[string]bool{}
	for _, file := range []string{"kinds.go", "kind.go", "tags.go"} {
		text, err := os.ReadFile(filepath.Clean(file))
		require.NoError(t, err)
		for _, m := range tag.FindAllStringSubmatch(string(text), -1) {
			found[m[1]] = true
			require.Contains(t, moved.Tags, m[1], file)
		}
		for _, m := range table.FindAllStringSubmatch(string(text), -1) {
			for _, name := range quoted.FindAllStringSubmatch(m[1], -1) {
				found["table "+name[1]] = true
				require.Contains(t, moved.Tables, name[1], file)
			}
		}
	}
	for _, name := range []string{"product", "listing", "collected", "categories", "shop", "vendor-slug", "table product_listings", "table shop"} {
		require.True(t, found[name], "the pattern does not find %s", name)
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
