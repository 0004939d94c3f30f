// Package writes proves what mutations change of the catalogue, the stock and the
// reviews: rules, derived rows, versions, races and idempotency keys.
package writes
