package artwork

import (
	"encoding/xml"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

func set(t testing.TB) *Set {
	t.Helper()
	s, err := Load()
	require.NoError(t, err)
	return s
}

func serve(t *testing.T, method, path string, header http.Header) *httptest.ResponseRecorder {
	request := httptest.NewRequest(method, "http://shop.test/", nil)
	request.URL.Path = path
	for name, values := range header {
		request.Header[name] = values
	}
	answer := httptest.NewRecorder()
	set(t).Handler().ServeHTTP(answer, request)
	return answer
}

func TestEveryPictureIsSmallWellFormedAndInert(t *testing.T) {
	all := set(t)
	handler, colours := all.Handler(), all.Colours()
	require.GreaterOrEqual(t, len(all.Kinds()), 20)
	for i, kind := range all.Kinds() {
		for hash := range uint32(8) {
			for view := 1; view <= MaxViews; view++ {
				path := Path(kind, colours[(i+int(hash))%len(colours)], hash*2654435761, view)
				answer := httptest.NewRecorder()
				handler.ServeHTTP(answer, httptest.NewRequest(http.MethodGet, path, nil))
				require.Equal(t, http.StatusOK, answer.Code, path)
				require.Less(t, answer.Body.Len(), 4096, path)
				requireInert(t, path, answer.Body.String())
			}
		}
	}
}

// requireInert fails on markup that is broken, runs, styles or loads anything.
func requireInert(t *testing.T, path, body string) {
	t.Helper()
	require.NotContains(t, body, "{", path)
	decoder := xml.NewDecoder(strings.NewReader(body))
	for {
		token, err := decoder.Token()
		if errors.Is(err, io.EOF) {
			return
		}
		require.NoError(t, err, path)
		element, is := token.(xml.StartElement)
		if !is {
			continue
		}
		require.NotContains(t, []string{"script", "style", "foreignObject", "image", "a", "animate", "set"}, element.Name.Local, path)
		for _, attribute := range element.Attr {
			require.False(t, strings.HasPrefix(attribute.Name.Local, "on") || attribute.Name.Local == "style", path)
			if attribute.Name.Local == "href" {
				require.True(t, strings.HasPrefix(attribute.Value, "#"), path)
			}
		}
	}
}

func TestAnAnswerIsCachedForEverAndSafe(t *testing.T) {
	path := Path("mug", "navy", 0x1234abcd, 1)
	require.Equal(t, "/demo/images/mug/navy/1234abcd-1.svg", path)
	answer := serve(t, http.MethodGet, path, nil)
	require.Equal(t, http.StatusOK, answer.Code)
	require.Equal(t, "image/svg+xml", answer.Header().Get("Content-Type"))
	require.Equal(t, "public, max-age=31536000, immutable", answer.Header().Get("Cache-Control"))
	require.Equal(t, "nosniff", answer.Header().Get("X-Content-Type-Options"))
	require.Contains(t, answer.Header().Get("Content-Security-Policy"), "default-src 'none'")
	etag := answer.Header().Get("ETag")
	require.Regexp(t, `^"[0-9a-f]{16}"$`, etag)

	require.Equal(t, answer.Body.String(), serve(t, http.MethodGet, path, nil).Body.String())
	again := serve(t, http.MethodGet, path, http.Header{"If-None-Match": {etag}})
	require.Equal(t, http.StatusNotModified, again.Code)
	require.Zero(t, again.Body.Len())
	require.Zero(t, serve(t, http.MethodHead, path, nil).Body.Len())
	require.Equal(t, http.StatusMethodNotAllowed, serve(t, http.MethodPost, path, nil).Code)
	require.NotEqual(t, etag, serve(t, http.MethodGet, Path("mug", "navy", 0x1234abcd, 2), nil).Header().Get("ETag"))
}

func TestAnyOtherAddressIsNotFound(t *testing.T) {
	for _, path := range []string{
		"", "/", "/demo/", "/demo/images/", "/images/mug/navy/1234abcd-1.svg", "/demo/images/mug", "/demo/images/mug/navy", "/demo/images/mug/navy/", "/demo/images/mug/navy/1234abcd-1",
		"/demo/images/mug/navy/1234abcd-0.svg", "/demo/images/mug/navy/1234abcd-6.svg", "/demo/images/mug/navy/1234abcd-12.svg",
		"/demo/images/mug/navy/1234ABCD-1.svg", "/demo/images/mug/navy/+234abcd-1.svg", "/demo/images/mug/navy/1234abcg-1.svg",
		"/demo/images/mug/navy/1234abcd-1.svgz", "/demo/images/mug/navy/1234abcd_1.svg", "/demo/images/mug/navy/x/1234abcd-1.svg",
		"/demo/images/../mug/navy/1234abcd-1.svg", "/demo/images//mug/navy/1234abcd-1.svg", "/demo/images/mug/nope/1234abcd-1.svg",
		"/demo/images/nope/navy/1234abcd-1.svg", "/demo/IMAGES/mug/navy/1234abcd-1.svg", "/demo/images/mug/navy/1234abcd-1.svg/",
	} {
		answer := serve(t, http.MethodGet, path, nil)
		require.Equal(t, http.StatusNotFound, answer.Code, path)
		require.Empty(t, answer.Header().Get("Cache-Control"), path)
	}
}

func FuzzParse(f *testing.F) {
	f.Add("/demo/images/mug/navy/1234abcd-1.svg")
	f.Add("/demo/images/mug/navy/-1.svg")
	h := &handler{set: set(f)}
	f.Fuzz(func(t *testing.T, path string) {
		if p, ok := h.parse(path); ok {
			require.True(t, strings.HasSuffix(path, "-"+string(rune('0'+p.view))+".svg"))
			require.NotEmpty(t, p.draw())
		}
	})
}

// TestContactSheet writes a page with every shape into the folder that
// SOUK_CONTACT_SHEET names, for looking at in a browser.
func TestContactSheet(t *testing.T) {
	folder := os.Getenv("SOUK_CONTACT_SHEET")
	if folder == "" {
		t.Skip("SOUK_CONTACT_SHEET is not set")
	}
	drawings := set(t)
	h, colours := drawings.Handler(), drawings.Colours()
	var all, views strings.Builder
	for i, kind := range drawings.Kinds() {
		for view := 1; view <= MaxViews; view++ {
			answer := httptest.NewRecorder()
			h.ServeHTTP(answer, httptest.NewRequest(http.MethodGet, Path(kind, colours[(i*7+3)%len(colours)], uint32(i)*977, view), nil))
			name := kind + string(rune('0'+view)) + ".svg"
			require.NoError(t, os.WriteFile(filepath.Join(folder, name), answer.Body.Bytes(), 0o600))
			cell := `<figure><img width="180" src="` + name + `"><figcaption>` + kind + `</figcaption></figure>`
			if view == 1 {
				all.WriteString(cell)
			}
			if i%8 == 0 {
				views.WriteString(cell)
			}
		}
	}
	for name, cells := range map[string]string{"all.html": all.String(), "views.html": views.String()} {
		page := `<style>body{display:flex;flex-wrap:wrap;gap:6px;margin:6px;font:12px sans-serif}figure{margin:0;text-align:center}</style>` + cells
		require.NoError(t, os.WriteFile(filepath.Join(folder, name), []byte(page), 0o600))
	}
}
