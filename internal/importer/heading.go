package importer

import (
	"slices"
	"strings"
	"unicode"
)

// heading finds the columns of a format that has its own names for them, in any
// of the spellings that are in use: only letters and digits count, and not their
// case.
type heading struct {
	csv    *CSV
	names  []string // in that form; "" for a rejects file's own columns
	used   []bool
	double []int // columns that mean what an earlier one means
	first  []int // the earlier one
}

// heading returns the file's columns by their names.
func (c *CSV) heading() *heading {
	h := &heading{csv: c, names: make([]string, len(c.in.Header)), used: make([]bool, len(c.in.Header))}
	for i, name := range c.in.Header {
		h.names[i] = foldName(name)
	}
	return h
}

// foldName is the form in which column names are compared.
func foldName(name string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsLetter(r) || unicode.IsDigit(r) {
			return unicode.ToLower(r)
		}
		return -1
	}, name)
}

// either returns the first column that has one of the names, and -1 if there is
// none. Further ones are not used.
func (h *heading) either(names ...string) int {
	found := -1
	for i, name := range h.names {
		if name == "" || !slices.ContainsFunc(names, func(one string) bool { return foldName(one) == name }) {
			continue
		}
		if found < 0 {
			found, h.used[i] = i, true
		} else if !h.used[i] {
			h.double, h.first = append(h.double, i), append(h.first, found)
		}
	}
	return found
}

// has reports whether there is a column with one of the names.
func (h *heading) has(names ...string) bool {
	return slices.ContainsFunc(names, func(one string) bool { return slices.Contains(h.names, foldName(one)) })
}

// done reports what is not used: columns that nothing was found for, and, as
// warnings, columns that mean what an earlier one means.
func (h *heading) done(reject func(Fault)) {
	in := h.csv.in
	for i, used := range h.used {
		if !used && strings.TrimSpace(in.Header[i]) != "" {
			in.unused = append(in.unused, in.Header[i])
		}
	}
	for i, column := range h.double {
		reject(Fault{
			Place: Place{File: in.Name, Line: h.csv.headLine}, Column: in.Header[column], Code: "column", Warning: true,
			Reason: "means the same as the column " + in.Header[h.first[i]] + ", which comes first: that one is used",
		})
	}
}
