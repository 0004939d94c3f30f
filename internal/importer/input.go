package importer

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"

	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/htmlindex"
	"golang.org/x/text/encoding/unicode"
)

// inputBuffer is the size of a read: large enough that system calls cost
// nothing, small compared with the 200 MB that an import may use.
const inputBuffer = 256 << 10

// Input is one file being read: decompressed, without its byte order mark.
type Input struct {
	// Name is the file as it was named on the command line.
	Name string
	// Header is the names of the file's columns, set by the reader that knows
	// them; a rejects file repeats them.
	Header []string

	body   *bufio.Reader
	row    []string    // the current CSV record, for errors found later
	form   *CSVOptions // how NewCSV was called, for reading the file again
	coding string      // what Decode was called with
	closer []io.Closer
	tally  *tally
}

// tally counts while inputs are read, from any goroutine.
type tally struct {
	bytesRead atomic.Int64 // as stored, compressed bytes
	bytesAll  atomic.Int64 // size of all inputs; 0: not known
	rows      atomic.Int64
	blank     atomic.Int64
	skipped   atomic.Int64
}

// CountRow counts a row of data.
func (in *Input) CountRow() { in.tally.rows.Add(1) }

// CountBlank counts a row without any value, which is read and skipped.
func (in *Input) CountBlank() {
	in.tally.rows.Add(1)
	in.tally.blank.Add(1)
}

// CountSkipped counts a row that has nothing to store and is not an error, such
// as "not stocked". CountRow has counted it too.
func (in *Input) CountSkipped() { in.tally.skipped.Add(1) }

// NewInput returns an input over r, for readers' tests. gzip is recognised by
// its first bytes.
func NewInput(name string, r io.Reader) (*Input, error) {
	return newInput(name, r, &tally{})
}

func newInput(name string, r io.Reader, t *tally) (*Input, error) {
	in := &Input{Name: name, tally: t}
	in.body = bufio.NewReaderSize(&countingReader{r: r, n: &t.bytesRead}, inputBuffer)
	head, err := in.body.Peek(2)
	if err != nil && err != io.EOF {
		return nil, fmt.Errorf("read %s: %w", name, err)
	}
	if bytes.Equal(head, []byte{0x1f, 0x8b}) {
		unzipped, err := gzip.NewReader(in.body)
		if err != nil {
			return nil, fmt.Errorf("read %s as gzip: %w", name, err)
		}
		in.closer = append(in.closer, unzipped)
		in.body = bufio.NewReaderSize(wholeGzip{unzipped}, inputBuffer)
	}
	return in, in.dropMark()
}

var errDamaged = errors.New("the compressed file is damaged or incomplete: download it again")

// wholeGzip explains "unexpected EOF" and similar errors of a compressed file.
type wholeGzip struct{ r io.Reader }

func (w wholeGzip) Read(p []byte) (int, error) {
	n, err := w.r.Read(p)
	if err != nil && !errors.Is(err, io.EOF) {
		err = fmt.Errorf("%w (%w)", errDamaged, err)
	}
	return n, err
}

// dropMark removes a byte order mark, and decodes UTF-16 if the mark says so.
func (in *Input) dropMark() error {
	head, err := in.body.Peek(3)
	if err != nil && err != io.EOF {
		return fmt.Errorf("read %s: %w", in.Name, err)
	}
	switch {
	case bytes.Equal(head, []byte{0xef, 0xbb, 0xbf}):
		_, err = in.body.Discard(3)
		return err
	case bytes.HasPrefix(head, []byte{0xff, 0xfe}), bytes.HasPrefix(head, []byte{0xfe, 0xff}):
		in.decode(unicode.UTF16(unicode.LittleEndian, unicode.ExpectBOM))
	}
	return nil
}

// Decode decodes the input from the named encoding, such as windows-1252 (any
// name of the WHATWG encoding standard; empty and utf-8 change nothing). Call
// it before reading.
func (in *Input) Decode(name string) error {
	if name == "" || strings.EqualFold(name, "utf-8") || strings.EqualFold(name, "utf8") {
		return nil
	}
	enc, err := htmlindex.Get(name)
	if err != nil {
		return fmt.Errorf("encoding %q is not known: use one such as utf-8, windows-1252 or shift_jis", name)
	}
	in.coding = name
	in.decode(enc)
	return nil
}

func (in *Input) decode(enc encoding.Encoding) {
	in.body = bufio.NewReaderSize(enc.NewDecoder().Reader(in.body), inputBuffer)
}

// Body is the file's text. Bytes that are not UTF-8 are passed through; CSV
// rejects such rows, and readers of other formats call badUTF8.
func (in *Input) Body() *bufio.Reader { return in.body }

// Close ends reading.
func (in *Input) Close() error {
	var first error
	for _, c := range slices.Backward(in.closer) {
		if err := c.Close(); err != nil && first == nil {
			first = err
		}
	}
	in.closer = nil
	return first
}

type countingReader struct {
	r io.Reader
	n *atomic.Int64
}

func (c *countingReader) Read(p []byte) (int, error) {
	n, err := c.r.Read(p)
	c.n.Add(int64(n))
	return n, err
}

// openInput opens one path that expandPaths returned.
func openInput(path string, t *tally) (*Input, error) {
	if path == "-" {
		return newInput("stdin", os.Stdin, t)
	}
	file, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("open input: %w", err)
	}
	in, err := newInput(path, file, t)
	if err != nil {
		_ = file.Close()
		return nil, err
	}
	in.closer = append([]io.Closer{file}, in.closer...)
	return in, nil
}

// expandPaths turns the arguments of the command line into files: a directory
// is all data files in and below it, a pattern is the files that match, "-" is
// standard input. It also returns the total size in bytes, 0 when not known.
func expandPaths(paths []string) (files []string, size int64, err error) {
	for _, path := range paths {
		found, err := expandPath(path)
		if err != nil {
			return nil, 0, err
		}
		files = append(files, found...)
	}
	if len(files) == 0 {
		return nil, 0, fmt.Errorf("no input: give files, directories, patterns, or - for standard input")
	}
	for _, file := range files {
		info, err := os.Stat(file)
		if file == "-" || err != nil || !info.Mode().IsRegular() {
			return files, 0, nil
		}
		size += info.Size()
	}
	return files, size, nil
}

func expandPath(path string) ([]string, error) {
	if path == "-" {
		return []string{path}, nil
	}
	info, err := os.Stat(path)
	switch {
	case err == nil && info.IsDir():
		return filesBelow(path)
	case err == nil:
		return []string{path}, nil
	}
	found, globErr := filepath.Glob(path)
	if globErr != nil || len(found) == 0 {
		return nil, fmt.Errorf("open input: %w", err)
	}
	return found, nil
}

// filesBelow lists the data files of a directory, by name, without hidden files
// and the documentation that is often beside data.
func filesBelow(dir string) ([]string, error) {
	var files []string
	err := filepath.WalkDir(dir, func(path string, entry fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case path != dir && strings.HasPrefix(entry.Name(), "."):
			if entry.IsDir() {
				return filepath.SkipDir
			}
		case entry.Type().IsRegular() && dataFile(entry.Name()):
			files = append(files, path)
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("read directory: %w", err)
	}
	if len(files) == 0 {
		return nil, fmt.Errorf("directory %s has no .csv, .tsv, .txt, .json, .jsonl or .ndjson file (or one of these with .gz)", dir)
	}
	return files, nil
}

func dataFile(name string) bool {
	switch filepath.Ext(strings.TrimSuffix(strings.ToLower(name), ".gz")) {
	case ".csv", ".tsv", ".txt", ".json", ".jsonl", ".ndjson":
		return true
	}
	return false
}
