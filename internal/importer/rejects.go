package importer

import (
	"encoding/csv"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
)

// rejects counts the errors of a run and writes them to a CSV file as they
// occur: the source's columns, then line, column, value and reason. Inputs with
// different columns get separate rejects files (rejects.csv, rejects-2.csv, …),
// so that each can be corrected and imported again.
type rejects struct {
	path   string
	report *Report
	open   []*rejectsFile
	err    error // of the first write that failed
}

type rejectsFile struct {
	path   string
	header []string
	file   *os.File
	csv    *csv.Writer
}

func newRejects(path string, report *Report) *rejects {
	return &rejects{path: path, report: report}
}

// checkRejects refuses, before a long import, a rejects file that cannot be
// written, or that is one of the inputs: it would be emptied before it is read.
func checkRejects(path string, files []string) error {
	if path == "" {
		return nil
	}
	if info, err := os.Stat(filepath.Dir(path)); err != nil || !info.IsDir() {
		return fmt.Errorf("the rejects file cannot be written: there is no folder %s", filepath.Dir(path))
	}
	for _, name := range append(siblings(path), path) {
		written, err := os.Stat(name)
		if err != nil {
			continue
		}
		for _, file := range files {
			if read, err := os.Stat(file); err == nil && os.SameFile(read, written) {
				return fmt.Errorf("the rejects file %s is one of the input files, and would be overwritten: give --rejects another name", name)
			}
		}
	}
	return nil
}

// siblings are the further rejects files, for inputs with different columns.
func siblings(path string) []string {
	ext := filepath.Ext(path)
	found, err := filepath.Glob(strings.TrimSuffix(path, ext) + "-*" + ext)
	if err != nil {
		return nil // the name is not a pattern: nothing to find
	}
	return found
}

// add counts an error and writes it. It keeps nothing of fault.Row.
func (r *rejects) add(header []string, fault Fault) {
	r.report.addFault(fault)
	if r.path == "" || r.err != nil {
		return
	}
	file, err := r.fileFor(header)
	if err != nil {
		r.err = err
		return
	}
	row := make([]string, 0, len(header)+len(rejectColumns))
	for i := range header {
		if i < len(fault.Row) {
			row = append(row, fault.Row[i])
		} else {
			row = append(row, "")
		}
	}
	place := fault.File + ":" + strconv.Itoa(fault.Line)
	r.err = file.csv.Write(append(row, place, fault.Column, fault.Value, fault.Reason))
}

func (r *rejects) fileFor(header []string) (*rejectsFile, error) {
	for _, file := range r.open {
		if slices.Equal(file.header, header) {
			return file, nil
		}
	}
	path := r.path
	if n := len(r.open); n > 0 {
		ext := filepath.Ext(path)
		path = strings.TrimSuffix(path, ext) + "-" + strconv.Itoa(n+1) + ext
	}
	file, err := os.Create(path)
	if err != nil {
		return nil, err
	}
	opened := &rejectsFile{path: path, header: slices.Clone(header), file: file, csv: csv.NewWriter(file)}
	r.open = append(r.open, opened)
	r.report.RejectsFiles = append(r.report.RejectsFiles, path)
	return opened, opened.csv.Write(append(slices.Clone(header), rejectColumns[:]...))
}

// close closes the files and returns the first write error.
func (r *rejects) close() error {
	for _, file := range r.open {
		file.csv.Flush()
		if err := file.csv.Error(); err != nil && r.err == nil {
			r.err = err
		}
		if err := file.file.Close(); err != nil && r.err == nil {
			r.err = err
		}
	}
	r.open = nil
	if r.err != nil {
		return fmt.Errorf("write rejects: %w", r.err)
	}
	return nil
}
