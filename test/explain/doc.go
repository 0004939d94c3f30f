// Package explain proves what extensions.explain says of an operation, and to whom.
package explain
