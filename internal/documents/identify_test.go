package documents_test

import (
	"crypto/md5"
	"encoding/hex"
	"encoding/json"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"souk/internal/documents"
	"souk/internal/fault"
)

const aText = `{ products { totalCount } }`

func extension(hash any) map[string]any {
	return map[string]any{"persistedQuery": map[string]any{"version": json.Number("1"), "sha256Hash": hash}}
}

func TestIdentifyKnowsEachForm(t *testing.T) {
	hash := documents.HashOf(aText)
	sum := md5.Sum([]byte(aText))
	short := hex.EncodeToString(sum[:])
	for form, sent := range map[string]documents.Sent{
		"documentId":                  {DocumentID: hash},
		"doc_id":                      {DocID: hash},
		"id":                          {ID: hash},
		"the path":                    {Path: hash},
		"with its prefix":             {DocumentID: "sha256:" + hash},
		"in upper case":               {DocumentID: strings.ToUpper(hash)},
		"all of it in upper case":     {DocumentID: strings.ToUpper("sha256:" + hash)},
		"the same in two places":      {DocumentID: "sha256:" + hash, ID: hash},
		"the extension":               {Extensions: extension(hash)},
		"the extension with a prefix": {Extensions: extension("sha256:" + hash)},
		"with the text":               {Text: aText, Extensions: extension(hash)},
	} {
		t.Run(form, func(t *testing.T) {
			ref, err := documents.Identify(sent)
			require.NoError(t, err)
			require.Equal(t, documents.Reference{ID: hash, Automatic: sent.Extensions != nil}, ref)
		})
	}
	for id, want := range map[string]string{
		short: short, strings.ToUpper(short): short, "x-shop:ProductList": "x-shop:ProductList", "ProductList": "ProductList", "": "",
	} {
		ref, err := documents.Identify(documents.Sent{DocID: id})
		require.NoError(t, err)
		require.Equal(t, want, ref.ID)
	}
}

func TestIdentifyRefuses(t *testing.T) {
	hash, other := documents.HashOf(aText), documents.HashOf("{ shop { name } }")
	for reason, sent := range map[string]documents.Sent{
		"two IDs":               {DocumentID: hash, ID: other},
		"an ID beside the path": {Path: hash, DocID: "ProductList"},
		"two hashes":            {DocumentID: hash, Extensions: extension(other)},
		"half a hash":           {DocumentID: "sha256:" + hash[:40]},
		"a hash of letters":     {DocumentID: "sha256:" + strings.Repeat("x", 64)},
		"a long ID":             {ID: strings.Repeat("x", documents.MaxIDBytes+1)},
		"a line end":            {ID: "a\nb"},
		"a zero byte":           {ID: "a\x00b"},
		"no UTF-8":              {Path: "\xff"},
		"a list":                {Extensions: map[string]any{"persistedQuery": []any{}}},
		"no version":            {Extensions: map[string]any{"persistedQuery": map[string]any{"sha256Hash": hash}}},
		"version 2":             {Extensions: map[string]any{"persistedQuery": map[string]any{"sha256Hash": hash, "version": json.Number("2")}}},
		"a text as version":     {Extensions: map[string]any{"persistedQuery": map[string]any{"sha256Hash": hash, "version": "1"}}},
		"no hash":               {Extensions: extension("")},
		"a number as hash":      {Extensions: extension(json.Number("1"))},
	} {
		t.Run(reason, func(t *testing.T) {
			_, err := documents.Identify(sent)
			require.True(t, fault.Is(err, fault.CodeBadUserInput), "%v", err)
		})
	}
	for _, sent := range []documents.Sent{
		{Text: aText, Extensions: extension(other)}, {Text: aText, DocumentID: other},
	} {
		_, err := documents.Identify(sent)
		var refusal *documents.Refusal
		require.ErrorAs(t, err, &refusal)
		require.Equal(t, documents.Refusal{Code: documents.Mismatch, Message: "provided sha does not match query"}, *refusal)
	}
}
