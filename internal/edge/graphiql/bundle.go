package graphiql

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"sync"
)

// manifestFile is written last by build.mjs: once it exists, the bundle is whole.
const manifestFile = "manifest.json"

// errOtherVersion means that the folder's bundle was built from other sources
// than this binary's.
var errOtherVersion = errors.New("the bundle was built for another version of Souk")

// bundledSources are the files from which this binary's bundle must be built.
// The binary contains them only to know their hash; their bundle is on disk.
//
//go:embed all:src *.mjs package.json package-lock.json
var bundledSources embed.FS

// DefaultDir is the folder of the bundle when no setting names one: graphiql,
// beside the binary.
func DefaultDir() string {
	binary, err := os.Executable()
	if err != nil {
		return "graphiql" // only on systems without /proc
	}
	return filepath.Join(filepath.Dir(binary), "graphiql")
}

// sourceHash is the hash of everything that determines the bundle. sources.mjs
// computes the same hash, and the manifest contains it.
func sourceHash(sources fs.FS) (string, error) {
	names := []string{"package-lock.json", "package.json"}
	for _, pattern := range []string{"*.mjs", "src/*"} {
		matches, err := fs.Glob(sources, pattern)
		if err != nil {
			return "", err
		}
		names = append(names, matches...)
	}
	slices.Sort(names)
	sum := sha256.New()
	for _, name := range names {
		text, err := fs.ReadFile(sources, name)
		if err != nil {
			return "", err
		}
		fmt.Fprintf(sum, "%s\x00%s\x00", name, text)
	}
	return hex.EncodeToString(sum.Sum(nil)), nil
}

// manifest is the content of manifest.json.
type manifest struct {
	Sources string   `json:"sources"` // the hash of the sources
	Script  string   `json:"script"`
	Style   string   `json:"style"`
	Files   []string `json:"files"` // all files, without .br and .gz
}

// bundle is a built GraphiQL in memory. It does not change.
type bundle struct {
	manifest
	coded map[string][]byte // by file name with .br or .gz
}

// folder reads the bundle of a folder: once for each build. A bundle that
// appears while the server runs is found by the next request.
type folder struct {
	path string

	mu     sync.Mutex
	text   []byte // the manifest of loaded
	loaded *bundle
}

// bundle returns the folder's bundle. The error is errOtherVersion when its
// sources do not have the hash, and fs.ErrNotExist when there is none.
func (f *folder) bundle(hash string) (*bundle, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	// Nothing outside the folder is read: Root refuses links that lead out of it.
	root, err := os.OpenRoot(f.path)
	if err != nil {
		return nil, err
	}
	defer func() { _ = root.Close() }() // it was only read
	text, err := readRegular(root, manifestFile)
	if err != nil {
		return nil, err
	}
	if f.loaded == nil || !bytes.Equal(text, f.text) {
		if f.loaded, err = load(root, text); err != nil {
			return nil, err
		}
		f.text = text
	}
	if f.loaded.Sources != hash {
		return nil, errOtherVersion
	}
	return f.loaded, nil
}

func load(root *os.Root, text []byte) (*bundle, error) {
	b := &bundle{coded: map[string][]byte{}}
	if err := json.Unmarshal(text, &b.manifest); err != nil {
		return nil, fmt.Errorf("read %s: %w", manifestFile, err)
	}
	for _, name := range b.Files {
		if name != path.Base(name) || contentType(name) == "" {
			return nil, fmt.Errorf("%s lists %q, which is not a file of a bundle", manifestFile, name)
		}
		for _, coding := range []string{".br", ".gz"} {
			body, err := readRegular(root, name+coding)
			if err != nil {
				return nil, err
			}
			b.coded[name+coding] = body
		}
	}
	return b, nil
}

// readRegular reads a file, and nothing else that a folder can contain: opening
// a pipe would wait for its writer.
func readRegular(root *os.Root, name string) ([]byte, error) {
	info, err := root.Stat(name)
	if err != nil {
		return nil, err
	}
	if !info.Mode().IsRegular() {
		return nil, fmt.Errorf("%s is not a regular file", name)
	}
	return root.ReadFile(name)
}

// file returns a file of the bundle in a coding: br, gzip or identity.
func (b *bundle) file(name, coding string) (body []byte, ok bool) {
	if coding == "br" {
		body, ok = b.coded[name+".br"]
		return body, ok
	}
	packed, ok := b.coded[name+".gz"]
	if !ok || coding == "gzip" {
		return packed, ok
	}
	reader, err := gzip.NewReader(bytes.NewReader(packed))
	if err != nil {
		return nil, false
	}
	body, err = io.ReadAll(reader)
	return body, err == nil
}

// bestCoding selects one of the codings of a bundle. Browsers offer br only over
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
