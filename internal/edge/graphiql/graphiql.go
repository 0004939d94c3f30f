// Package graphiql serves GraphiQL, the query editor in the browser. We bundle
// it from npm ourselves, without a CDN, so it works offline and under a strict
// content security policy.
//
// Node.js builds the bundle in dist/, which is not in version control. If it
// exists when the Go binary is built, the binary includes it. Otherwise it is
// read from the source folder once a build has put it there; until then the
// page says what to do.
package graphiql

import (
	"bytes"
	"compress/gzip"
	"context"
	"embed"
	"encoding/json"
	"html/template"
	"io/fs"
	"log/slog"
	"net/http"
	"os"
	"path"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
)

// AssetPath is the path of the bundle's files; build.mjs uses the same path.
const AssetPath = "/graphiql/assets/"

// contentSecurityPolicy lets the page load only from this server. Styles are
// inline because Monaco writes its themes and positions into style elements and
// attributes. Fonts and small images are data in the stylesheet. Product images
// in responses can come from anywhere.
const contentSecurityPolicy = "default-src 'none'; script-src 'self'; worker-src 'self'; " +
	"style-src 'self' 'unsafe-inline'; font-src 'self' data:; img-src 'self' data: https:; " +
	"connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"

//go:embed all:dist
var embedded embed.FS

//go:embed page.html
var pageSource string

// Options configure the page: where the bundle is, and what the page opens
// with.
type Options struct {
	// Dir is the folder with package.json, from which Build bundles, in a
	// source checkout: internal/edge/graphiql. Empty: use only the bundle in
	// the binary.
	Dir string
	// Samples returns values for the example queries, so that they find
	// something in the current shop. It runs when the page is loaded. nil, or
	// an empty field, means the demo shop's values.
	Samples func(ctx context.Context) Samples
	// DemoAccounts are the accounts that the page offers for sign-in. The page
	// contains their passwords, and everyone can read them.
	DemoAccounts []DemoAccount
	// Log receives a line for each build.
	Log *slog.Logger
}

// DemoAccount is an account for visitors of a development server.
type DemoAccount struct {
	// Label is the button's text.
	Label    string `json:"label"`
	Email    string `json:"email"`
	Password string `json:"password"`
	// Kind is the AccountKind of the schema: CUSTOMER or STAFF.
	Kind string `json:"kind"`
}

// Page serves the page and its assets, and builds them.
type Page struct {
	options  Options
	template *template.Template
	inBinary fs.FS // dist/ from when the binary was built; may be empty

	building sync.Mutex // held by Build
	mu       sync.Mutex // guards the fields below
	running  bool
	failure  error
}

// New returns the page. It does not build the bundle: see Build.
func New(o Options) *Page {
	if o.Samples == nil {
		o.Samples = func(context.Context) Samples { return Samples{} }
	}
	inBinary, err := fs.Sub(embedded, "dist")
	if err != nil {
		panic(err) // "dist" is a valid path
	}
	return &Page{options: o, inBinary: inBinary, template: template.Must(template.New("page").Parse(pageSource))}
}

// manifest is the content of dist/manifest.json, which build.mjs writes last.
type manifest struct {
	Sources string `json:"sources"` // the hash of the sources
	Script  string `json:"script"`
	Style   string `json:"style"`
}

// bundle returns the built files, or false while there are none. Files on disk
// come first: after a rebuild they are newer than the binary's.
func (p *Page) bundle() (fs.FS, manifest, bool) {
	if p.options.Dir != "" {
		disk := os.DirFS(filepath.Join(p.options.Dir, "dist"))
		if m, ok := readManifest(disk); ok {
			return disk, m, true
		}
	}
	m, ok := readManifest(p.inBinary)
	return p.inBinary, m, ok
}

func readManifest(files fs.FS) (manifest, bool) {
	text, err := fs.ReadFile(files, "manifest.json")
	if err != nil {
		return manifest{}, false
	}
	var m manifest
	return m, json.Unmarshal(text, &m) == nil && m.Script != ""
}

// ServeHTTP serves the page at "/" and the bundle's files under AssetPath.
func (p *Page) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Content-Security-Policy", contentSecurityPolicy)
	if name, ok := strings.CutPrefix(r.URL.Path, AssetPath); ok {
		p.serveAsset(w, r, name)
		return
	}
	p.servePage(w, r)
}

// view is the data of page.html.
type view struct {
	AssetPath, Script, Style string
	Examples                 []Example
	DemoAccounts             []DemoAccount
	Origin                   string // scheme and host, as the browser sees them

	Building, NoNode bool
	Failure          string
}

func (p *Page) servePage(w http.ResponseWriter, r *http.Request) {
	v := view{AssetPath: AssetPath, Origin: "http://" + r.Host}
	if _, m, ok := p.bundle(); ok {
		v.Script, v.Style = m.Script, m.Style
		v.Examples = Examples(p.options.Samples(r.Context()))
		v.DemoAccounts = p.options.DemoAccounts
	} else {
		// Not an error status: a person is waiting for this page, and error
		// statuses would fill the log with false failures.
		v.Building, v.NoNode, v.Failure = p.buildState()
	}
	var page bytes.Buffer
	if err := p.template.Execute(&page, v); err != nil {
		http.Error(w, "the GraphiQL page could not be written", http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.Header().Set("Cache-Control", "no-cache")
	_, _ = w.Write(page.Bytes()) // fails when the browser has disconnected
}

// serveAsset serves one built file as it is on disk, compressed. Its name
// contains its content's hash, so it never changes.
func (p *Page) serveAsset(w http.ResponseWriter, r *http.Request, name string) {
	files, _, ok := p.bundle()
	kind := contentType(name)
	if !ok || kind == "" || !fs.ValidPath(name) || strings.Contains(name, "/") {
		http.NotFound(w, r)
		return
	}
	coding := bestCoding(r.Header.Get("Accept-Encoding"))
	body, err := readCoded(files, name, coding)
	if err != nil {
		http.NotFound(w, r)
		return
	}
	header := w.Header()
	header.Set("Vary", "Accept-Encoding")
	header.Set("Cache-Control", "public, max-age=31536000, immutable")
	tag := strconv.Quote(name + "." + coding)
	header.Set("ETag", tag)
	if strings.Contains(r.Header.Get("If-None-Match"), tag) {
		w.WriteHeader(http.StatusNotModified)
		return
	}
	header.Set("Content-Type", kind)
	header.Set("Content-Length", strconv.Itoa(len(body)))
	if coding != "identity" {
		header.Set("Content-Encoding", coding)
	}
	_, _ = w.Write(body) // fails when the browser has disconnected
}

// bestCoding selects one of the codings in dist/. Browsers offer br only over
// TLS and on the loopback address, hence gzip too; identity is for curl.
func bestCoding(accept string) string {
	for _, coding := range []string{"br", "gzip"} {
		for offer := range strings.SplitSeq(accept, ",") {
			offered, parameters, _ := strings.Cut(strings.TrimSpace(offer), ";")
			if offered == coding && strings.ReplaceAll(parameters, " ", "") != "q=0" {
				return coding
			}
		}
	}
	return "identity"
}

func readCoded(files fs.FS, name, coding string) ([]byte, error) {
	switch coding {
	case "br":
		return fs.ReadFile(files, name+".br")
	case "gzip":
		return fs.ReadFile(files, name+".gz")
	}
	packed, err := fs.ReadFile(files, name+".gz")
	if err != nil {
		return nil, err
	}
	reader, err := gzip.NewReader(bytes.NewReader(packed))
	if err != nil {
		return nil, err
	}
	var body bytes.Buffer
	_, err = body.ReadFrom(reader)
	return body.Bytes(), err
}

// contentType knows the file types of a bundle. It does not use the machine's
// own table: some return text/plain for .js, which nosniff then refuses.
func contentType(name string) string {
	switch path.Ext(name) {
	case ".js":
		return "text/javascript; charset=utf-8"
	case ".css":
		return "text/css; charset=utf-8"
	case ".ttf":
		return "font/ttf"
	case ".woff2":
		return "font/woff2"
	}
	return ""
}
