package main

import "strings"

// relayNouns writes the code of graph/relay that depends on the nouns: the kinds of
// global IDs, the functions that gqlgen finds by their names and calls to write and
// read keys, and the connections.
func (p *plan) relayNouns() ([]byte, error) {
	s := newSource(relayPath, "github.com/99designs/gqlgen/graphql")
	s.add("// The kinds of objects that have a global ID.\nconst (")
	for _, n := range p.nouns {
		s.add("\t%s Kind = %d", n.Go, n.Kind)
	}
	s.add(")\n")

	keys := make([]string, len(p.nouns))
	for i, n := range p.nouns {
		keys[i] = s.ref(goType{storePath, n.key()})
	}
	s.add("// Key is the key of an object that has a global ID.\ntype Key interface {\n\t%s\n\t~[16]byte\n}\n", strings.Join(keys, " |\n\t\t"))

	s.add("// kindOf returns the kind of a key type, and the words for an object of it.")
	s.add("func kindOf[K Key]() (Kind, string) {\n\tswitch any(*new(K)).(type) {")
	for i, n := range p.nouns {
		s.add("\tcase %s:\n\t\treturn %s, %q", keys[i], n.Go, n.Called)
	}
	s.add("\t}\n\tpanic(\"relay: a key type without a kind\") // impossible: Key has no other types\n}\n")

	for i, n := range p.nouns {
		s.add("// Marshal%s writes the key of %s as a global ID.", n.key(), n.Called)
		s.add("func Marshal%s(key %s) graphql.Marshaler { return marshalID(key) }\n", n.key(), keys[i])
		s.add("// Append%s appends the global ID of %s as JSON.", n.key(), n.Called)
		s.add("func Append%s(b []byte, key %s) []byte { return appendID(b, key) }\n", n.key(), keys[i])
		s.add("// Unmarshal%s reads the global ID of %s in an input.", n.key(), n.Called)
		s.add("func Unmarshal%s(v any) (%s, error) { return unmarshalID[%s](v) }\n", n.key(), keys[i], keys[i])
	}
	p.addAliases(s, "The connections of the schema.")
	return s.text()
}
