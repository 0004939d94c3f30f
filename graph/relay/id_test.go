package relay

import (
	"encoding/base64"
	"encoding/json"
	"net/url"
	"testing"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"souk/internal/fault"
	"souk/store"
)

var someKey = uuid.MustParse("01900000-0000-7000-8000-0000000001ff")

func TestIDIsReadBackAsItWasWritten(t *testing.T) {
	for kind := range Kind(255) {
		id := encodeID(kind, someKey)
		require.Equal(t, id, url.QueryEscape(id), "good in a URL as it is")
		gotKind, key, ok := ParseID(id)
		require.True(t, ok)
		require.Equal(t, kind, gotKind)
		require.Equal(t, someKey, key)
	}
}

// Clients keep IDs: these must be read by every later version.
func TestIDsOfEarlierVersionsAreGood(t *testing.T) {
	require.Equal(t, "AQGQAAAAAHAAgAAAAAAAAf8", ID(store.ProductID(someKey)))
	require.Equal(t, "AgGQAAAAAHAAgAAAAAAAAf8", ID(store.VariantID(someKey)))
	require.Equal(t, "AwGQAAAAAHAAgAAAAAAAAf8", ID(store.CategoryID(someKey)))
	require.Equal(t, "BAGQAAAAAHAAgAAAAAAAAf8", ID(store.VendorID(someKey)))
	require.Equal(t, "BQGQAAAAAHAAgAAAAAAAAf8", ID(store.ImageID(someKey)))
	require.Equal(t, "BgGQAAAAAHAAgAAAAAAAAf8", ID(store.ReviewID(someKey)))
}

func TestParseKeyRefusesWhatIsNotAnIDOfItsKind(t *testing.T) {
	good := encodeID(Product, someKey)
	for name, id := range map[string]string{
		"empty":            "",
		"another kind":     ID(store.VendorID(someKey)),
		"an unknown kind":  encodeID(200, someKey),
		"too short":        good[:len(good)-1],
		"too long":         good + "A",
		"padded":           good + "=",
		"a bare UUID":      someKey.String(),
		"standard base64":  base64.StdEncoding.EncodeToString(append([]byte{1}, someKey[:]...)),
		"bits left over":   good[:len(good)-1] + "9",
		"blanks around":    " " + good[1:],
		"line ends":        good[:12] + "\n\n\n" + good[15:],
		"not base64":       good[:5] + "*" + good[6:],
		"a letter of UTF8": good[:len(good)-2] + "é",
	} {
		t.Run(name, func(t *testing.T) {
			key, ok := ParseKey[store.ProductID](id)
			require.False(t, ok)
			require.Zero(t, key, "a caller that does not look at ok must find nothing")
			var problems fault.Problems
			_, ok = ReadKey[store.ProductID](&problems, "filter.product", id)
			require.False(t, ok)
			require.Equal(t, fault.Reject(fault.ReasonNotFound, "filter.product", "it is not the ID of a product; take it from the `id` field of one"), problems.Err())
		})
	}
}

func TestAnIDInAnInputThatIsNoneIsTheZeroKey(t *testing.T) {
	for name, value := range map[string]any{
		"damaged": "x", "another type's": ID(store.VendorID(someKey)), "a number": json.Number("7"), "empty": "",
	} {
		key, err := UnmarshalProductID(value)
		require.NoError(t, err, name)
		require.Zero(t, key, name)
	}
	key, err := UnmarshalProductID(ID(store.ProductID(someKey)))
	require.NoError(t, err)
	require.Equal(t, store.ProductID(someKey), key)
	_, err = UnmarshalProductID([]any{"x"})
	require.Error(t, err, "what graphql.ID does not read")
}

// FuzzParseID wants that only what ID writes is read, each ID in one spelling.
func FuzzParseID(f *testing.F) {
	f.Add(encodeID(Product, someKey))
	f.Add("AQGQAAAAAHAAgAAAAAAAAf9")
	f.Add("")
	f.Fuzz(func(t *testing.T, id string) {
		if kind, key, ok := ParseID(id); ok {
			require.Equal(t, id, encodeID(kind, key))
		}
	})
}
