// Package artwork draws the pictures of the demo shop: flat illustrations by
// kind of product, made from nothing but the address that asks for one.
//
//	/demo/images/<kind>/<colour>/<hash>-<n>.svg
//
// The same address gives the same picture for ever, or as long as the shapes
// are what they are. hash has eight hexadecimal digits and chooses background,
// pattern and accent; n, from 1 to MaxViews, chooses the view. Shapes and colours
// are the files in data.
package artwork

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// Prefix is the part of the address under which Handler must be mounted. It is the
// demo's own: no path of a real shop's server begins so.
const Prefix = "/demo/images/"

// maxAge is a year, the longest that caches honour.
const maxAge = 365 * 24 * time.Hour

// Path returns the address of a picture. kind is one of a Set's Kinds, colour one of its
// Colours, view from 1 to MaxViews.
func Path(kind, colour string, hash uint32, view int) string {
	return fmt.Sprintf("%s%s/%s/%08x-%d.svg", Prefix, kind, colour, hash, view)
}

// Handler serves the addresses that Path makes, and 404 for all others.
func (s *Set) Handler() http.Handler { return &handler{set: s} }

type handler struct{ set *Set }

func (h *handler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	header := w.Header()
	header.Set("X-Content-Type-Options", "nosniff")
	header.Set("Cross-Origin-Resource-Policy", "cross-origin") // shops of other origins show them
	// Opened directly, an SVG is a document: it must not run or load anything.
	header.Set("Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'; sandbox")
	picture, ok := h.parse(r.URL.Path)
	if !ok {
		http.NotFound(w, r)
		return
	}
	if r.Method != http.MethodGet && r.Method != http.MethodHead {
		header.Set("Allow", "GET, HEAD")
		http.Error(w, "images are read-only", http.StatusMethodNotAllowed)
		return
	}
	drawn := picture.draw()
	sum := sha256.Sum256(drawn)
	header.Set("Content-Type", "image/svg+xml")
	header.Set("Cache-Control", fmt.Sprintf("public, max-age=%d, immutable", int(maxAge.Seconds())))
	header.Set("ETag", `"`+hex.EncodeToString(sum[:8])+`"`)
	http.ServeContent(w, r, "", time.Time{}, bytes.NewReader(drawn))
}

// parse reads an address strictly: each picture has exactly one address, so
// that caches do not fill with copies.
func (h *handler) parse(path string) (picture, bool) {
	rest, ok := strings.CutPrefix(path, Prefix)
	if !ok {
		return picture{}, false
	}
	kind, rest, _ := strings.Cut(rest, "/")
	colour, name, _ := strings.Cut(rest, "/")
	shape, known := h.set.shapes[kind]
	main, coloured := h.set.colours[colour]
	const digits = 8
	if !known || !coloured || len(name) != digits+len("-1.svg") {
		return picture{}, false
	}
	hash, err := strconv.ParseUint(name[:digits], 16, 32)
	view := int(name[digits+1] - '0')
	if err != nil || view < 1 || view > MaxViews || path != Path(kind, colour, uint32(hash), view) {
		return picture{}, false
	}
	return picture{set: h.set, shape: shape, colour: main, hash: uint32(hash), view: view}, true
}
