// Package equality compares a server that runs operations breadth first with one that
// uses gqlgen's executor, over one database: clients must not see which it is.
package equality
