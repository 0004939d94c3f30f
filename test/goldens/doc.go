// Package goldens proves what the API answers: whole answers with the statements
// that they took, the schema that clients rely on, and what a search finds.
package goldens
