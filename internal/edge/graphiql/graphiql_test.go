package graphiql

import (
	"bytes"
	"compress/gzip"
	"context"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// compressed returns text in gzip.
func compressed(t *testing.T, text string) string {
	t.Helper()
	var packed bytes.Buffer
	w := gzip.NewWriter(&packed)
	_, err := io.WriteString(w, text)
	require.NoError(t, err)
	require.NoError(t, w.Close())
	return packed.String()
}

// writeBundle writes a bundle of this version as build.mjs does.
func writeBundle(t *testing.T, dir string, files ...string) {
	t.Helper()
	for _, name := range files {
		writeFile(t, dir, name+".br", "in brotli")
		writeFile(t, dir, name+".gz", compressed(t, "let x = 1"))
	}
	text, err := json.Marshal(manifest{Sources: New(Options{}).hash, Script: files[0], Style: files[1], Files: files})
	require.NoError(t, err)
	writeFile(t, dir, manifestFile, string(text))
}

// builtPage is a page with a bundle in its folder.
func builtPage(t *testing.T) *Page {
	t.Helper()
	dir := t.TempDir()
	writeBundle(t, dir, "graphiql-A.js", "graphiql-B.css", "codicon-C.ttf")
	return New(Options{Dir: dir})
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
	p := builtPage(t)
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
	p := builtPage(t)
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
	nothing := func(*testing.T, *Page) {}
	for name, tc := range map[string]struct {
		checkout bool
		state    func(t *testing.T, p *Page)
		want     string
		reloads  bool
	}{
		"while it is being built":  {true, func(_ *testing.T, p *Page) { p.setBuildState(true, nil) }, "GraphiQL is being built", true},
		"when the build failed":    {true, func(_ *testing.T, p *Page) { p.setBuildState(false, io.ErrUnexpectedEOF) }, "unexpected EOF", false},
		"when there is no Node.js": {true, func(t *testing.T, _ *Page) { t.Setenv("PATH", t.TempDir()) }, "nodejs.org", true},
		"before a build":           {true, func(t *testing.T, _ *Page) { fakeNPM(t, "exit 1") }, "Run <code>make graphiql</code>. This", true},
		"outside a checkout":       {false, nothing, "SOUK_GRAPHIQL_DIR", true},
		"when it is of another version": {false, func(t *testing.T, p *Page) {
			writeFile(t, p.options.Dir, manifestFile, `{"sources":"other","script":"a.js","style":"a.css"}`)
		}, "built for another version", true},
		"when it is damaged": {false, func(t *testing.T, p *Page) {
			writeFile(t, p.options.Dir, manifestFile, "{")
		}, "unexpected end of JSON", false},
	} {
		t.Run(name, func(t *testing.T) {
			o := Options{Dir: t.TempDir()}
			if tc.checkout {
				o.Sources = sources(t)
			}
			p := New(o)
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
	p := builtPage(t)
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
}

func TestOnlyFilesOfTheBundleAreServed(t *testing.T) {
	p := builtPage(t)
	for _, name := range []string{"other.js", "secret/hidden.js", "../outside.js"} {
		writeFile(t, p.options.Dir, name+".gz", compressed(t, "secret"))
	}
	for _, path := range []string{
		"manifest.json", "graphiql-A.js.gz", "graphiql-A.js/", "./graphiql-A.js", "nothing.js", "other.js", "secret/hidden.js",
		"../outside.js", "..%2foutside.js", "/etc/passwd", ".", "",
	} {
		answer := get(p, AssetPath+path)
		require.Equal(t, http.StatusNotFound, answer.Code, path)
		require.NotContains(t, answer.Body.String(), "graphiql-A", path)
	}
}

func TestABundleIsRefusedWhoseFilesAreElsewhere(t *testing.T) {
	for name, put := range map[string]func(t *testing.T, p *Page, file string){
		"through a link out of the folder": func(t *testing.T, p *Page, file string) {
			outside := t.TempDir()
			writeFile(t, outside, "secret", "secret")
			require.NoError(t, os.Symlink(filepath.Join(outside, "secret"), filepath.Join(p.options.Dir, file)))
		},
		"through a relative link": func(t *testing.T, p *Page, file string) {
			writeFile(t, p.options.Dir, "../secret", "secret")
			require.NoError(t, os.Symlink("../secret", filepath.Join(p.options.Dir, file)))
		},
		"behind a pipe, which would wait for its writer": func(t *testing.T, p *Page, file string) {
			require.NoError(t, syscall.Mkfifo(filepath.Join(p.options.Dir, file), 0o600))
		},
		"nowhere": func(*testing.T, *Page, string) {},
	} {
		for _, file := range []string{"graphiql-A.js.br", "codicon-C.ttf.gz", manifestFile} {
			t.Run(name+": "+file, func(t *testing.T) {
				p := builtPage(t)
				require.NoError(t, os.Remove(filepath.Join(p.options.Dir, file)))
				put(t, p, file)
				require.NotContains(t, get(p, "/").Body.String(), AssetPath)
				require.Equal(t, http.StatusNotFound, get(p, AssetPath+"graphiql-A.js", "Accept-Encoding", "br").Code)
			})
		}
	}
	for _, name := range []string{"../outside.js", "/etc/hosts", "sub/file.js", "page.html", ""} {
		t.Run("by the name "+name, func(t *testing.T) {
			p := New(Options{Dir: t.TempDir()})
			text, err := json.Marshal(manifest{Sources: p.hash, Script: name, Style: "a.css", Files: []string{name}})
			require.NoError(t, err)
			writeFile(t, p.options.Dir, manifestFile, string(text))
			require.Contains(t, get(p, "/").Body.String(), "not a file of a bundle")
		})
	}
}

func TestABundleIsReadOnceForEachBuild(t *testing.T) {
	p := New(Options{Dir: filepath.Join(t.TempDir(), "later")})
	require.Contains(t, get(p, "/").Body.String(), "not built yet")
	writeBundle(t, p.options.Dir, "graphiql-A.js", "graphiql-B.css")
	require.Contains(t, get(p, "/").Body.String(), AssetPath+"graphiql-A.js", "a bundle that appears later is found")

	require.NoError(t, os.Remove(filepath.Join(p.options.Dir, "graphiql-A.js.br")))
	require.Equal(t, "in brotli", get(p, AssetPath+"graphiql-A.js", "Accept-Encoding", "br").Body.String(), "it is in memory")

	writeBundle(t, p.options.Dir, "graphiql-NEW.js", "graphiql-B.css")
	require.Contains(t, get(p, "/").Body.String(), AssetPath+"graphiql-NEW.js")
	require.Equal(t, http.StatusNotFound, get(p, AssetPath+"graphiql-A.js", "Accept-Encoding", "br").Code)
}
