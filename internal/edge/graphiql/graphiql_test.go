package graphiql

import (
	"bytes"
	"compress/gzip"
	"context"
	"encoding/json"
	"io"
	"io/fs"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// built is a bundle as build.mjs leaves it.
func built(t *testing.T) fs.FS {
	t.Helper()
	var packed bytes.Buffer
	w := gzip.NewWriter(&packed)
	_, err := io.WriteString(w, "let x = 1")
	require.NoError(t, err)
	require.NoError(t, w.Close())
	return fstest.MapFS{
		"manifest.json":       {Data: []byte(`{"sources":"s","script":"graphiql-A.js","style":"graphiql-B.css"}`)},
		".gitkeep":            {},
		"graphiql-A.js.gz":    {Data: packed.Bytes()},
		"graphiql-A.js.br":    {Data: []byte("in brotli")},
		"graphiql-B.css.gz":   {Data: packed.Bytes()},
		"graphiql-B.css.br":   {Data: []byte("in brotli")},
		"codicon-C.ttf.gz":    {Data: packed.Bytes()},
		"secret/hidden.js.gz": {Data: packed.Bytes()},
	}
}

func pageOver(files fs.FS) *Page {
	p := New(Options{})
	p.inBinary = files
	return p
}

func get(h http.Handler, path string, headers ...string) *httptest.ResponseRecorder {
	request := httptest.NewRequest(http.MethodGet, path, nil)
	for i := 0; i < len(headers); i += 2 {
		request.Header.Set(headers[i], headers[i+1])
	}
	answer := httptest.NewRecorder()
	h.ServeHTTP(answer, request)
	return answer
}

func TestPageHoldsTheExamplesAndLoadsFromUsAlone(t *testing.T) {
	p := pageOver(built(t))
	p.options.Samples = func(context.Context) Samples { return Samples{ProductSlug: `</script><script>alert(1)`} }
	answer := get(p, "/")
	require.Equal(t, http.StatusOK, answer.Code)
	body := answer.Body.String()
	require.Contains(t, body, `src="/graphiql/assets/graphiql-A.js"`)
	require.Contains(t, body, `href="/graphiql/assets/graphiql-B.css"`)
	require.Contains(t, body, "query Welcome")
	require.NotContains(t, body, "<script>alert")
	require.NotContains(t, body, `src="http`)
	policy := answer.Header().Get("Content-Security-Policy")
	require.Contains(t, policy, "script-src 'self';")
	require.NotContains(t, policy, "unsafe-eval")
	require.Equal(t, "no-cache", answer.Header().Get("Cache-Control"))
}

func TestPageOffersTheDemoAccountsThatItIsTold(t *testing.T) {
	p := pageOver(built(t))
	offered := func() (accounts []DemoAccount) {
		t.Helper()
		_, after, _ := strings.Cut(get(p, "/").Body.String(), `<script type="application/json" id="demo-accounts">`)
		text, _, _ := strings.Cut(after, "</script>")
		require.NoError(t, json.Unmarshal([]byte(text), &accounts))
		return accounts
	}
	require.Empty(t, offered())
	p.options.DemoAccounts = []DemoAccount{{Label: "Demo staff", Email: "staff@demo.example", Password: "</script>", Kind: "STAFF"}}
	require.Equal(t, p.options.DemoAccounts, offered())
}

func TestPageWithoutABundleSaysWhatToDo(t *testing.T) {
	for name, tc := range map[string]struct {
		state   func(t *testing.T, p *Page)
		want    string
		reloads bool
	}{
		"while it is being built":  {func(_ *testing.T, p *Page) { p.setBuildState(true, nil) }, "GraphiQL is being built", true},
		"when the build failed":    {func(_ *testing.T, p *Page) { p.setBuildState(false, io.ErrUnexpectedEOF) }, "unexpected EOF", false},
		"when there is no Node.js": {func(t *testing.T, _ *Page) { t.Setenv("PATH", t.TempDir()) }, "nodejs.org", true},
		"before a build":           {func(t *testing.T, _ *Page) { fakeNPM(t, "exit 1") }, "make graphiql", true},
	} {
		t.Run(name, func(t *testing.T) {
			p := pageOver(fstest.MapFS{".gitkeep": {}})
			tc.state(t, p)
			answer := get(p, "/")
			require.Equal(t, http.StatusOK, answer.Code)
			require.Contains(t, answer.Body.String(), tc.want)
			require.Contains(t, answer.Body.String(), "curl http://example.com/graphql")
			require.Equal(t, tc.reloads, strings.Contains(answer.Body.String(), `http-equiv="refresh"`))
		})
	}
}

func TestAssets(t *testing.T) {
	p := pageOver(built(t))
	for name, tc := range map[string]struct{ accept, coding, body string }{
		"brotli for who takes it":     {"gzip, deflate, br", "br", "in brotli"},
		"gzip for the others":         {"gzip;q=0.8, br;q=0", "gzip", "\x1f\x8b"},
		"plain for who takes neither": {"", "", "let x = 1"},
	} {
		t.Run(name, func(t *testing.T) {
			answer := get(p, AssetPath+"graphiql-A.js", "Accept-Encoding", tc.accept)
			require.Equal(t, http.StatusOK, answer.Code)
			require.Equal(t, tc.coding, answer.Header().Get("Content-Encoding"))
			require.True(t, strings.HasPrefix(answer.Body.String(), tc.body))
			require.Equal(t, "text/javascript; charset=utf-8", answer.Header().Get("Content-Type"))
			require.Contains(t, answer.Header().Get("Cache-Control"), "immutable")
			require.Equal(t, "Accept-Encoding", answer.Header().Get("Vary"))

			again := get(p, AssetPath+"graphiql-A.js", "Accept-Encoding", tc.accept, "If-None-Match", answer.Header().Get("ETag"))
			require.Equal(t, http.StatusNotModified, again.Code)
			require.Empty(t, again.Body.String())
		})
	}
	for _, path := range []string{"manifest.json", ".gitkeep", "graphiql-A.js.gz", "../graphiql.go", "secret/hidden.js", "nothing.js", ""} {
		require.Equal(t, http.StatusNotFound, get(p, AssetPath+path).Code, path)
	}
}

func TestABundleOnDiskComesBeforeTheBinarys(t *testing.T) {
	p := pageOver(built(t))
	p.options.Dir = t.TempDir()
	require.Contains(t, get(p, "/").Body.String(), "graphiql-A.js", "while there is none on disk")
	writeFile(t, p.options.Dir, "dist/manifest.json", `{"script":"graphiql-NEW.js","style":"s.css"}`)
	require.Contains(t, get(p, "/").Body.String(), "graphiql-NEW.js")
}
