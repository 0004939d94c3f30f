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
)

// inputBuffer is the size of a read: large enough that system calls cost
// nothing, small compared with the 200 MB that an import may use.
const inputBuffer = 256 << 10

// Input is one file being read: decompressed, without its byte order mark, and
// decoded.
type Input struct {
	// Name is the file as it was named on the command line.
	Name string
	// Header is the names of the file's columns, set by the reader that knows
	// them; a rejects file repeats them.
	Header []string

	titled bool // products can be made of its rows

	raw     *bufio.Reader
	body    *bufio.Reader // decoded; nil until Body is called
	guess   *guessedText  // nil when the encoding is known
	skipped int           // lines before the byte order mark
	given   Reading
	layout  Layout
	row     []string    // the current CSV record, for errors found later
	line    int         // on which the row starts
	unused  []string    // the columns that nothing is read from
	form    *CSVOptions // how NewCSV was called, for reading the file again
	closer  []io.Closer
	tally   *tally
}

// Reading is what the user says about files, which overrules what a mapping says
// and what is found by looking.
type Reading struct {
	Encoding  string // a name of the WHATWG encoding standard; empty: not said
	Separator rune   // zero: not said
	Decimal   byte   // the decimal mark; zero: not said
}

// Layout is how a file is written, as declared or found by looking.
type Layout struct {
	Encoding  string // utf-8 where all of the text is ASCII
	Mark      bool   // the file begins with a byte order mark
	Separator rune   // of the fields; zero: the file is not CSV
	SepLine   bool   // a first line such as "sep=;" says so
	CRLF      bool   // lines end with a carriage return and a line feed
	Decimal   byte   // the decimal mark of the numbers; zero: not known
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
	return newInput(name, r, Reading{}, &tally{})
}

func newInput(name string, r io.Reader, given Reading, t *tally) (*Input, error) {
	in := &Input{Name: name, given: given, tally: t}
	in.raw = bufio.NewReaderSize(&countingReader{r: r, n: &t.bytesRead}, inputBuffer)
	head, err := in.raw.Peek(2)
	if err != nil && err != io.EOF {
		return nil, fmt.Errorf("read %s: %w", name, err)
	}
	if bytes.Equal(head, []byte{0x1f, 0x8b}) {
		unzipped, err := gzip.NewReader(in.raw)
		if err != nil {
			return nil, fmt.Errorf("read %s as gzip: %w", name, err)
		}
		in.closer = append(in.closer, unzipped)
		in.raw = bufio.NewReaderSize(wholeGzip{unzipped}, inputBuffer)
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

// dropMark removes a byte order mark. It proves the encoding, whatever else is
// said about it.
func (in *Input) dropMark() error {
	head, err := in.raw.Peek(encodingSample)
	if err != nil && !errors.Is(err, io.EOF) {
		return fmt.Errorf("read %s: %w", in.Name, err)
	}
	coding, size := findMark(head)
	if coding == "" {
		in.layout.Encoding = in.given.Encoding
		return nil
	}
	in.layout.Encoding, in.layout.Mark = coding, true
	in.skipped = bytes.Count(head[:size], []byte("\n"))
	_, err = in.raw.Discard(size)
	return err
}

// Decode says which encoding a mapping declares, such as windows-1252 (any name
// of the WHATWG encoding standard; empty: none). A byte order mark and the
// user's word come first. Call it before Body.
func (in *Input) Decode(name string) error {
	if _, err := findEncoding(name); err != nil {
		return err
	}
	if in.layout.Encoding == "" {
		in.layout.Encoding = name
	}
	return nil
}

// Body is the file's text. An encoding that is not declared is found by looking.
// Bytes that are not UTF-8 in a file of UTF-8 are passed through; CSV rejects
// such rows, and readers of other formats call badByte.
func (in *Input) Body() *bufio.Reader {
	if in.body != nil {
		return in.body
	}
	if in.layout.Encoding == "" {
		head, _ := in.raw.Peek(encodingSample)
		in.layout.Encoding = guessUTF16(head)
	}
	if in.layout.Encoding == "" {
		in.guess = &guessedText{src: in.raw}
		in.body = bufio.NewReaderSize(in.guess, inputBuffer)
		return in.body
	}
	coding := utf16Of(in.layout.Encoding)
	if coding == nil {
		coding, _ = findEncoding(in.layout.Encoding) // Decode and Options have checked it
	}
	in.body = in.raw
	if coding != nil {
		in.body = bufio.NewReaderSize(coding.NewDecoder().Reader(in.raw), inputBuffer)
	}
	return in.body
}

// Layout is how the file is written, as far as it is read.
func (in *Input) Layout() Layout {
	layout := in.layout
	if in.guess != nil {
		layout.Encoding = in.guess.coding
	}
	return layout
}

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
func openInput(path string, given Reading, t *tally) (*Input, error) {
	if path == "-" {
		return newInput("stdin", os.Stdin, given, t)
	}
	file, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("open input: %w", err)
	}
	in, err := newInput(path, file, given, t)
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
