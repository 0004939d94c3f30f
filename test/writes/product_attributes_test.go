package writes

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"souk/test/harness"
	"souk/test/shop"
)

func attribute(key, name, value string) obj { return obj{"key": key, "name": name, "value": value} }

func TestProductAttributesAreSetAsAWhole(t *testing.T) {
	b := newBackOffice(t)
	const selection = "product { id version attributes { key name value } }"
	care, fit := attribute("custom.care", "Care", "Wash cold"), attribute("größe ☂", "Fit & “cut”", `["slim"]`)

	made := b.done(t, "productCreate", selection, obj{"title": "Cap", "attributes": []obj{care, attribute(" fit ", " Fit ", " two\r\nlines\x00 ")}})["product"]
	require.Equal(t, []any{care, attribute("fit", "Fit", "two\nlines")}, harness.At(made, "attributes"))
	id := harness.At(made, "id")

	update := func(more obj) any {
		more["id"] = id
		return b.done(t, "productUpdate", selection, more)["product"]
	}
	require.Equal(t, []any{fit, care}, harness.At(update(obj{"attributes": []obj{fit, care}}), "attributes"), "in the order that is given")
	require.Equal(t, []any{fit, care}, harness.At(update(obj{"title": "Hat"}), "attributes"), "kept if they are not named")
	before := b.state(t)
	update(obj{"attributes": []obj{fit, care}})
	require.Equal(t, before, b.state(t), "what changes nothing leaves no trace")
	require.Equal(t, []any{}, harness.At(update(obj{"attributes": []obj{}}), "attributes"))

	require.Equal(t, []string{
		`productCreate null -> [{"key":"custom.care","name":"Care","value":"Wash cold"},{"key":"fit","name":"Fit","value":"two\nlines"}]`,
		`productUpdate [{"key":"custom.care","name":"Care","value":"Wash cold"},{"key":"fit","name":"Fit","value":"two\nlines"}]` +
			` -> [{"key":"größe ☂","name":"Fit & “cut”","value":"[\"slim\"]"},{"key":"custom.care","name":"Care","value":"Wash cold"}]`,
		`productUpdate [{"key":"größe ☂","name":"Fit & “cut”","value":"[\"slim\"]"},{"key":"custom.care","name":"Care","value":"Wash cold"}] -> []`,
	}, one[[]string](t, b, `
		SELECT array_agg(e.action || ' ' || coalesce(c ->> 'before', 'null') || ' -> ' || coalesce(c ->> 'after', 'null') ORDER BY e.id)
		FROM audit_events e, jsonb_array_elements(e.changes) AS c
		WHERE c ->> 'field' = 'attributes'`))
}

// TestProductAttributesAreLimited sends as much as there can be, and one more.
func TestProductAttributesAreLimited(t *testing.T) {
	b := newBackOffice(t)
	many := func(n, size int) []obj {
		list := make([]obj, n)
		for i := range list {
			list[i] = attribute("k"+strings.Repeat("k", i), "K", strings.Repeat("v", size))
		}
		return list
	}
	for _, list := range [][]obj{many(250, 64<<10/250), many(1, 64<<10)} {
		b.done(t, "productUpdate", "product { id }", obj{"id": shop.ShirtID, "attributes": list})
	}
	for want, list := range map[string][]obj{
		"TOO_MANY input.attributes":         many(251, 1),
		"TOO_LONG input.attributes.0.value": many(1, 64<<10+1),
		"TOO_LONG input.attributes.4.value": many(9, 16<<10),
	} {
		require.Equal(t, []string{want}, faults(b.mutate(t, "productUpdate", "product { id }", obj{"id": shop.ShirtID, "attributes": list})))
	}
}
