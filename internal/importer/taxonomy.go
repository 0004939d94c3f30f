package importer

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
)

// maxLineBytes bounds a line of a taxonomy; real ones have at most 250 bytes.
const maxLineBytes = 64 << 10

// taxonomy reads category trees as text, a path on each line. The form of each
// line tells whose it is:
//
//	gid://shopify/TaxonomyCategory/ap-1   : Animals & Pet Supplies > Live Animals
//	3237 - Animals & Pet Supplies > Live Animals
//	Animals & Pet Supplies > Live Animals
//
// Lines that begin with # are comments.
type taxonomy struct{}

// Read implements Reader.
func (taxonomy) Read(ctx context.Context, in *Input, emit func(Record) error, reject func(Fault)) error {
	lines := bufio.NewReaderSize(in.Body(), maxLineBytes)
	for number := 1; ; number++ {
		line, err := lines.ReadSlice('\n')
		if errors.Is(err, bufio.ErrBufferFull) {
			return fmt.Errorf("read %s: line %d is longer than %d bytes: is it a taxonomy?", in.Name, number, maxLineBytes)
		}
		if err != nil && !errors.Is(err, io.EOF) {
			return fmt.Errorf("read %s: %w", in.Name, err)
		}
		last := err != nil
		if text := bytes.TrimSpace(line); len(text) > 0 && text[0] != '#' {
			in.CountRow()
			stop, err := takeLine(in, string(text), number, emit, reject)
			if stop || err != nil {
				return err
			}
		}
		if last {
			return nil
		}
		if ctx.Err() != nil {
			return ctx.Err()
		}
	}
}

// takeLine emits one line's category. It stops at a line which shows that the
// file is something else.
func takeLine(in *Input, text string, number int, emit func(Record) error, reject func(Fault)) (stop bool, err error) {
	place := Place{File: in.Name, Line: number}
	if at := badByte(text); at >= 0 {
		reject(Fault{
			Place: place, Value: cut(text), Code: "encoding", Row: []string{text},
			Reason: fmt.Sprintf("byte 0x%02X is not UTF-8: save the file as UTF-8", text[at]),
		})
		return false, nil
	}
	if text[0] == '{' || text[0] == '[' || strings.HasPrefix(text, "gid://") && !strings.HasPrefix(text, shopifyCategory) {
		reject(Fault{
			Place: place, Value: cut(text), Code: "format",
			Reason: "this file has no categories as text lines; the rest of it was skipped",
		})
		return true, nil
	}
	key, rest := splitLine(composed(text))
	path := splitPath(rest)
	if len(path) == 0 {
		reject(Fault{Place: place, Value: cut(text), Code: "category", Reason: "the line has no category name"})
		return false, nil
	}
	return false, emit(&Category{Place: place, Key: key, Path: path})
}

const shopifyCategory = "gid://shopify/TaxonomyCategory/"

// splitLine separates the ID from a line, in Shopify's or Google's form.
func splitLine(text string) (key, path string) {
	if strings.HasPrefix(text, shopifyCategory) {
		key, path, _ = strings.Cut(text, " : ")
		return strings.TrimSpace(key), path
	}
	if id, path, ok := strings.Cut(text, " - "); ok && isDigits(id) {
		return id, path
	}
	return "", text
}

func isDigits(text string) bool {
	return text != "" && strings.Trim(text, "0123456789") == ""
}
