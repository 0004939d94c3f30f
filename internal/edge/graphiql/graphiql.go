// Package graphiql serves GraphiQL, the query editor in the browser. We bundle
// it from npm ourselves, without a CDN, so it works offline and under a strict
// content security policy.
//
// Node.js builds the bundle into a folder, by default beside the binary, and the
// server reads it from there: building it does not change the binary. While the
// folder has no bundle of the binary's version, the page says what to do.
package graphiql

import (
	"bytes"
	"context"
	_ "embed"
	"errors"
	"fmt"
	"html/template"
	"io/fs"
	"log/slog"
	"net/http"
	"os"
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

//go:embed page.html
var pageSource string

// Options configure the page: where the bundle is, and what the page opens
// with.
type Options struct {
	// Dir is the folder of the bundle. Empty: DefaultDir.
	Dir string
	// Sources is the folder with package.json, from which Build bundles, in a
	// source checkout: internal/edge/graphiql. Empty: there is no checkout.
	Sources string
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
	folder   folder
	hash     string // of the sources in the binary

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
	if o.Dir == "" {
		o.Dir = DefaultDir()
	}
	hash, err := sourceHash(bundledSources)
	if err != nil {
		panic(err) // embedded files are always readable
	}
	return &Page{
		options: o, folder: folder{path: o.Dir}, hash: hash,
		template: template.Must(template.New("page").Parse(pageSource)),
	}
}

// bundle returns the built GraphiQL of this version. In a checkout, the version
// is that of the sources on disk, which may be newer than the binary.
func (p *Page) bundle() (*bundle, error) {
	hash := p.hash
	if p.options.Sources != "" {
		onDisk, err := sourceHash(os.DirFS(p.options.Sources))
		if err != nil {
			return nil, fmt.Errorf("read GraphiQL's sources: %w", err)
		}
		hash = onDisk
	}
	return p.folder.bundle(hash)
}

// ServeHTTP serves the page at "/" and the bundle's files under AssetPath.
func (p *Page) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Content-Security-Policy", contentSecurityPolicy)
	w.Header().Set("X-Frame-Options", "DENY")
	w.Header().Set("Cross-Origin-Opener-Policy", "same-origin")
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

	// What the page says without a bundle.
	Dir                                      string
	Building, NoNode, Checkout, OtherVersion bool
	Failure                                  string
}

func (p *Page) servePage(w http.ResponseWriter, r *http.Request) {
	v := view{AssetPath: AssetPath, Origin: "http://" + r.Host}
	if r.TLS != nil {
		v.Origin = "https://" + r.Host
	}
	if b, err := p.bundle(); err == nil {
		v.Script, v.Style = b.Script, b.Style
		v.Examples = Examples(p.options.Samples(r.Context()))
		v.DemoAccounts = p.options.DemoAccounts
	} else {
		// Not an error status: a person is waiting for this page, and error
		// statuses would fill the log with false failures.
		p.explain(&v, err)
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

// explain fills in why there is no bundle.
func (p *Page) explain(v *view, err error) {
	v.Dir, v.Checkout = p.options.Dir, p.options.Sources != ""
	v.OtherVersion = errors.Is(err, errOtherVersion)
	v.Building, v.NoNode, v.Failure = p.buildState()
	if v.Failure == "" && !v.OtherVersion && !errors.Is(err, fs.ErrNotExist) {
		v.Failure = err.Error()
	}
}

// serveAsset serves one built file, compressed as build.mjs wrote it. Its name
// contains its content's hash, so it never changes.
func (p *Page) serveAsset(w http.ResponseWriter, r *http.Request, name string) {
	coding := bestCoding(r.Header.Get("Accept-Encoding"))
	var body []byte
	b, err := p.bundle()
	found := err == nil
	if found {
		body, found = b.file(name, coding)
	}
	if !found {
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
	header.Set("Content-Type", contentType(name))
	header.Set("Content-Length", strconv.Itoa(len(body)))
	if coding != "identity" {
		header.Set("Content-Encoding", coding)
	}
	_, _ = w.Write(body) // fails when the browser has disconnected
}
