// Package graphiql serves GraphiQL, the query editor in the browser, as a bundle
// that we build ourselves from npm: no CDN, so it works offline and under a
// strict content security policy.
//
// The bundle in dist/ is made by Node.js and is not in version control. When it
// was there while the Go binary was built, the binary holds it. Otherwise it is
// read from the source folder as soon as a build has put it there, and until
// then the page says what to do.
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

// AssetPath is where the bundle's files are served; build.mjs knows it too.
const AssetPath = "/graphiql/assets/"

// contentSecurityPolicy lets the page load from us alone. Styles are inline
// because Monaco writes its themes and positions into style elements and
// attributes; fonts and small pictures sit in the stylesheet as data; pictures
// of products that a query answers with may come from anywhere.
const contentSecurityPolicy = "default-src 'none'; script-src 'self'; worker-src 'self'; " +
	"style-src 'self' 'unsafe-inline'; font-src 'self' data:; img-src 'self' data: https:; " +
	"connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"

//go:embed all:dist
var embedded embed.FS

//go:embed page.html
var pageSource string

// Options say where the bundle is and what the page opens with.
type Options struct {
	// Dir is the folder with package.json, from which Build bundles, in a source
	// checkout: internal/edge/graphiql. Empty: only what the binary holds.
	Dir string
	// Samples returns what the example queries ask for, so that they find
	// something in the shop at hand. It runs when the page is loaded. nil, or an
	// empty field, means the demo shop's.
	Samples func(ctx context.Context) Samples
	// DemoAccounts are what the page offers to sign in as with one click. They and
	// their passwords are in the page, for everybody to read.
	DemoAccounts []DemoAccount
	// Log receives a line for each build.
	Log *slog.Logger
}

// DemoAccount is an account that a visitor of a development server may use.
type DemoAccount struct {
	// Label is what the button says.
	Label    string `json:"label"`
	Email    string `json:"email"`
	Password string `json:"password"`
	// Kind is the AccountKind of the schema: CUSTOMER or STAFF.
	Kind string `json:"kind"`
}

// Page is the page, its assets, and the build that makes them.
type Page struct {
	options  Options
	template *template.Template
	inBinary fs.FS // dist/ as it was when the binary was built, perhaps empty

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

// manifest is what build.mjs leaves in dist/manifest.json, last of all.
type manifest struct {
	Sources string `json:"sources"` // the sum of what it was built from
	Script  string `json:"script"`
	Style   string `json:"style"`
}

// bundle returns the built files, or false while there are none. Those on disk
// come first, since they are newer than the binary's after a rebuild.
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

// view is what page.html shows.
type view struct {
	AssetPath, Script, Style string
	Examples                 []Example
	DemoAccounts             []DemoAccount
	Origin                   string // scheme and host, as the browser knows us

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
		// Not an error status: this is a page for a person who waits, and it would
		// fill the log with failures that are none.
		v.Building, v.NoNode, v.Failure = p.buildState()
	}
	var page bytes.Buffer
	if err := p.template.Execute(&page, v); err != nil {
		http.Error(w, "the GraphiQL page could not be written", http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.Header().Set("Cache-Control", "no-cache")
	_, _ = w.Write(page.Bytes()) // fails when the browser has left
}

// serveAsset serves one built file as it lies on disk, compressed. Its name
// holds its content's hash, so it never changes.
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
	_, _ = w.Write(body) // fails when the browser has left
}

// bestCoding picks among what dist/ holds. Browsers offer br over TLS and on
// the loopback address only, hence gzip too; identity is for curl.
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

// contentType knows the kinds of file that a bundle has. The machine's own
// table is not asked: some say text/plain for .js, which nosniff then refuses.
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
