// Package randquery writes random operations over a schema. They are valid, and have all
// that operations can have: fragments within fragments, fields that are merged, aliases,
// directives, variables that are given, left out or null, values of every shape.
//
//	query := randquery.Write(rand.New(rand.NewPCG(1, 2)), schema, randquery.Options{})
//
// The same seed writes the same operation.
package randquery
