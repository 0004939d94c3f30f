// Package manifest reads the documents of an app as the tools write them that build it:
// Apollo's manifest, Relay's persisted file, the file of graphql-codegen's client preset, or
// a folder of documents.
package manifest

import (
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/go-json-experiment/json"
	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/formatter"
	"github.com/vektah/gqlparser/v2/parser"
)

// Document is a document of an app.
type Document struct {
	// ID is what the app sends; "" for one of a folder, whose ID is the hash of its text.
	ID   string
	Text string
	// Client is the app, where a manifest says so.
	Client string
	// Source is where it was found, for messages.
	Source string
}

// apolloFormat is what Apollo's manifests call themselves.
const apolloFormat = "apollo-persisted-query-manifest"

const forms = `it is none of the files that Souk reads: Apollo's manifest ({"format": "` + apolloFormat + `", …}), ` +
	`Relay's persisted queries or the client preset's persisted documents ({"<id>": "query …", …}), or a folder of .graphql files`

// Read returns the documents of a file or a folder, in the order of their sources.
func Read(path string) ([]Document, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, err
	}
	if info.IsDir() {
		return readFolder(path)
	}
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	if isDocument(path) {
		return assemble([]file{{path, string(text)}})
	}
	documents, err := parse(text)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	for i := range documents {
		documents[i].Source = path
	}
	return documents, nil
}

// parse reads a JSON file. json refuses a key that comes twice: an ID has one text.
func parse(text []byte) ([]Document, error) {
	var apollo struct {
		Format     string `json:"format"`
		Version    int    `json:"version"`
		Operations []struct {
			ID         string `json:"id"`
			Body       string `json:"body"`
			ClientName string `json:"clientName"`
		} `json:"operations"`
	}
	if err := json.Unmarshal(text, &apollo); err == nil && apollo.Format != "" {
		if apollo.Format != apolloFormat || apollo.Version != 1 {
			return nil, fmt.Errorf("it is a manifest of format %q, version %d; Souk reads %s, version 1", apollo.Format, apollo.Version, apolloFormat)
		}
		documents := make([]Document, len(apollo.Operations))
		for i, o := range apollo.Operations {
			if o.ID == "" || o.Body == "" {
				return nil, fmt.Errorf("operation %d has no id or no body", i+1)
			}
			documents[i] = Document{ID: o.ID, Text: o.Body, Client: o.ClientName}
		}
		return documents, nil
	}
	var byID map[string]string
	if err := json.Unmarshal(text, &byID); err != nil {
		return nil, fmt.Errorf("%s (%w)", forms, err)
	}
	var documents []Document
	for id, body := range byID {
		if id == "" || body == "" {
			return nil, errors.New("a document has no ID or no text")
		}
		documents = append(documents, Document{ID: id, Text: body})
	}
	slices.SortFunc(documents, func(a, b Document) int { return cmp.Compare(a.ID, b.ID) })
	return documents, nil
}

// file is a file of a folder.
type file struct{ path, text string }

func isDocument(path string) bool {
	return slices.Contains([]string{".graphql", ".gql"}, filepath.Ext(path))
}

func readFolder(folder string) ([]Document, error) {
	var files []file
	err := filepath.WalkDir(folder, func(path string, entry fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case entry.IsDir() && entry.Name() == "node_modules":
			return fs.SkipDir
		case entry.IsDir() || !isDocument(path):
			return nil
		}
		text, err := os.ReadFile(path)
		files = append(files, file{path, string(text)})
		return err
	})
	if err != nil {
		return nil, err
	}
	if len(files) == 0 {
		return nil, fmt.Errorf("%s has no .graphql files: %s", folder, forms)
	}
	return assemble(files)
}

// assemble makes a document of each file that has operations. Fragments that it uses and
// that are in other files follow after its text.
func assemble(files []file) ([]Document, error) {
	fragments := map[string][]*ast.FragmentDefinition{}
	trees := make([]*ast.QueryDocument, len(files))
	for i, f := range files {
		tree, err := parser.ParseQuery(&ast.Source{Name: f.path, Input: f.text})
		if err != nil {
			return nil, fmt.Errorf("%s: %w", f.path, err)
		}
		trees[i] = tree
		for _, fragment := range tree.Fragments {
			fragments[fragment.Name] = append(fragments[fragment.Name], fragment)
		}
	}
	var documents []Document
	for i, f := range files {
		if len(trees[i].Operations) == 0 {
			continue
		}
		missing, err := missingFragments(trees[i], fragments)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", f.path, err)
		}
		text := f.text
		if len(missing) > 0 {
			var printed strings.Builder
			formatter.NewFormatter(&printed).FormatQueryDocument(&ast.QueryDocument{Fragments: missing})
			text = strings.TrimRight(text, "\n") + "\n\n" + printed.String()
		}
		documents = append(documents, Document{Text: text, Source: f.path})
	}
	return documents, nil
}

// missingFragments returns the fragments that a document uses and does not have, those that
// they use as well, by their names.
func missingFragments(tree *ast.QueryDocument, all map[string][]*ast.FragmentDefinition) (ast.FragmentDefinitionList, error) {
	needed := map[string]*ast.FragmentDefinition{}
	var visit func(ast.SelectionSet) error
	visit = func(set ast.SelectionSet) error {
		for _, selection := range set {
			var below ast.SelectionSet
			switch s := selection.(type) {
			case *ast.Field:
				below = s.SelectionSet
			case *ast.InlineFragment:
				below = s.SelectionSet
			case *ast.FragmentSpread:
				if needed[s.Name] != nil || tree.Fragments.ForName(s.Name) != nil {
					continue
				}
				switch found := all[s.Name]; len(found) {
				case 0:
					return fmt.Errorf("no file has the fragment %s", s.Name)
				case 1:
					needed[s.Name], below = found[0], found[0].SelectionSet
				default:
					return fmt.Errorf("%d files have a fragment %s", len(found), s.Name)
				}
			}
			if err := visit(below); err != nil {
				return err
			}
		}
		return nil
	}
	for _, operation := range tree.Operations {
		if err := visit(operation.SelectionSet); err != nil {
			return nil, err
		}
	}
	for _, fragment := range tree.Fragments {
		if err := visit(fragment.SelectionSet); err != nil {
			return nil, err
		}
	}
	list := make(ast.FragmentDefinitionList, 0, len(needed))
	for _, fragment := range needed {
		list = append(list, fragment)
	}
	slices.SortFunc(list, func(a, b *ast.FragmentDefinition) int { return cmp.Compare(a.Name, b.Name) })
	return list, nil
}
