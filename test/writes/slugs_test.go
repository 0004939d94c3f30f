package writes

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"golang.org/x/text/unicode/norm"

	"souk/test/harness"
	"souk/test/shop"
)

// slugNouns are the nouns with a slug, and the field that a new one needs.
var slugNouns = map[string]string{"product": "title", "category": "name", "collection": "title", "vendor": "name"}

func TestASlugIsTakenWholeAndInItsOwnScript(t *testing.T) {
	b := newBackOffice(t)
	for noun, name := range slugNouns {
		selection := noun + " { id slug }"
		find := func(slug string) any {
			return b.read(t, fmt.Sprintf(`query ($s: String) { %s(slug: $s) { id } }`, noun), obj{"s": slug}).At(noun, "id")
		}
		for i, slug := range []string{
			"new_in_2026_", "a--b", "nhẫn-bạc-1", "日本-タオル", "חולצה", "नमस्ते",
			strings.Repeat("long-handle-", 21) + "end", strings.Repeat("\U00020000", 255), // four bytes each
		} {
			input := obj{name: fmt.Sprintf("%s %d", noun, i), "slug": slug}
			if noun == "product" {
				input["status"] = "ACTIVE"
			}
			made := harness.At(b.done(t, noun+"Create", selection, input), noun)
			id := harness.At(made, "id")
			require.Equal(t, slug, harness.At(made, "slug"))
			for _, written := range []string{slug, strings.ToUpper(slug), norm.NFD.String(slug), " " + slug + "\n", slug + "/"} {
				require.Equal(t, id, find(written), "%s %q", noun, written)
			}
			// A form sends all fields, and a patch can bring the other Unicode form.
			for _, again := range []string{slug, norm.NFD.String(slug)} {
				require.Equal(t, slug, harness.At(b.done(t, noun+"Update", selection, obj{"id": id, "slug": again}), noun, "slug"))
			}
			require.Equal(t, []string{"TAKEN input.slug"}, faults(b.mutate(t, noun+"Create", selection, obj{name: fmt.Sprintf("other %d", i), "slug": slug})))
		}
		require.Nil(t, find("!"), noun)
		require.Nil(t, find("%E6%97%A5%E6%9C%AC"), "percent escapes are not decoded")
	}
}

func TestASlugThatChangesLeadsOn(t *testing.T) {
	b := newBackOffice(t)
	for _, slug := range []string{"льняная-рубашка", "shirt_1"} {
		b.done(t, "productUpdate", "product { slug }", obj{"id": shop.ShirtID, "slug": slug})
	}
	for _, written := range []string{"linen-shirt", "Linen Shirt", "Льняная-Рубашка", "shirt_1"} {
		require.Equal(t, "shirt_1", b.read(t, `query ($s: String) { product(slug: $s) { slug } }`, obj{"s": written}).At("product", "slug"), written)
	}
}

func TestASlugThatLookUpsWouldNotFindIsRefused(t *testing.T) {
	b := newBackOffice(t)
	long := strings.Repeat("é", 256)
	for noun, name := range slugNouns {
		for slug, want := range map[string]string{
			"": "REQUIRED", long: "TOO_LONG", "Linen": "INVALID", "a b": "INVALID", "a/b": "INVALID", "v1.2": "INVALID", "-a": "INVALID", "a-": "INVALID",
			"---": "INVALID", "_": "INVALID", "a\u200bb": "INVALID", "a\x00b": "INVALID", "☕": "INVALID",
		} {
			payload := b.mutate(t, noun+"Create", noun+" { id }", obj{name: "New", "slug": slug})
			require.Equal(t, []string{want + " input.slug"}, faults(payload), "%s %q", noun, slug)
		}
	}
	payload := b.mutate(t, "productUpdate", "product { id }", obj{"id": shop.ShirtID, "slug": "Linen & Flax.html"})
	require.Contains(t, harness.At(payload, "userErrors", 0, "message"), "rite it like “linen-flax-html”")
	require.ElementsMatch(t, []string{"NOT_FOUND input.id", "INVALID input.slug"},
		faults(b.mutate(t, "productUpdate", "product { slug }", obj{"id": shop.LoomID, "slug": "flax shirt"})), "all of it together")
}
