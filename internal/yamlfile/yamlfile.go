// Package yamlfile reads the data files that are part of the binary. They are written
// by hand, so it is strict: an unknown, repeated or missing key is a fault, and so is a
// value of another kind than its field's. All faults are collected, each with its file
// and line, so that one run shows everything that must be corrected.
//
// A field of a struct is the key in its tag, `yaml:"low"`. With `yaml:"late,optional"`
// the key may be missing. A field of type Place is filled with the line on which its
// struct begins, and a Text has the line of its own, so that what the kinds of values
// cannot say is checked, and reported, by the package whose data it is.
package yamlfile

import (
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"strconv"
	"strings"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/parser"
)

// Place is a line of a file, from 1.
type Place struct {
	File string
	Line int
}

func (p Place) String() string { return p.File + ":" + strconv.Itoa(p.Line) }

// Text is a single value with the place where it stands.
type Text struct {
	Place
	Value string
}

// Faults are what is wrong with some files. The zero value has none.
type Faults struct {
	all []fault
}

type fault struct {
	place  Place
	reason string
}

// Add adds a fault.
func (f *Faults) Add(at Place, format string, args ...any) {
	f.all = append(f.all, fault{place: at, reason: fmt.Sprintf(format, args...)})
}

// Err joins the faults, a line each, in the order of files and lines. nil: there are none.
func (f *Faults) Err() error {
	if len(f.all) == 0 {
		return nil
	}
	slices.SortFunc(f.all, func(a, b fault) int {
		return cmp.Or(strings.Compare(a.place.File, b.place.File), cmp.Compare(a.place.Line, b.place.Line), strings.Compare(a.reason, b.reason))
	})
	lines := make([]string, len(f.all))
	for i, f := range f.all {
		lines[i] = f.place.String() + ": " + f.reason
	}
	return errors.New(strings.Join(lines, "\n"))
}

// Read reads the file into the variable that into points to, and adds what is wrong with
// it to the faults. A value with a fault stays zero.
func Read[T any](fsys fs.FS, name string, into *T, faults *Faults) {
	text, err := fs.ReadFile(fsys, name)
	if err != nil {
		faults.Add(Place{File: name, Line: 1}, "%v", err)
		return
	}
	file, err := parser.ParseBytes(text, 0)
	if err != nil {
		line, reason := 1, err.Error()
		if at, is := errors.AsType[yaml.Error](err); is && at.GetToken() != nil {
			line, reason = at.GetToken().Position.Line, at.GetMessage()
		}
		faults.Add(Place{File: name, Line: line}, "%s", reason)
		return
	}
	if len(file.Docs) != 1 || file.Docs[0].Body == nil {
		faults.Add(Place{File: name, Line: 1}, "the file must have one document")
		return
	}
	r := reader{file: name, faults: faults}
	r.read(file.Docs[0].Body, into)
}

// ReadAll reads each file that the pattern matches, in the order of their names.
func ReadAll[T any](fsys fs.FS, pattern string, faults *Faults) []T {
	names, err := fs.Glob(fsys, pattern)
	if err != nil || len(names) == 0 {
		faults.Add(Place{File: pattern, Line: 1}, "no file has such a name")
		return nil
	}
	all := make([]T, len(names))
	for i, name := range names {
		Read(fsys, name, &all[i], faults)
	}
	return all
}

func lineOf(n ast.Node) int {
	if n == nil || n.GetToken() == nil || n.GetToken().Position == nil {
		return 1
	}
	return n.GetToken().Position.Line
}
